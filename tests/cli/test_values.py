"""A choice out of text and TOML, and back."""

import tomllib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.cli.choices import CHOICES
from segeval.cli.values import format_choice, format_size, quote_toml, read_choice, value_type
from segeval.request.grammar import parse_gate, parse_metric
from segeval.runtime.errors import RequestError


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        ("kind", "prob", "prob"),
        ("threshold", "0.25", 0.25),
        ("threshold", 1, 1.0),
        ("jobs", "0", 0),
        ("jobs", 4, 4),
        ("ignore_label", "255", (255,)),
        ("ignore_label", ["2,3", "-100"], (2, 3, -100)),
        ("ignore_label", 7, (7,)),
        ("remap_pred", "3=4,0=255", ((3, 4), (0, 255))),
        ("remap_gt", "brats-4-to-3", ((4, 3),)),
        ("wide", "yes", True),
        ("wide", "0", False),
        ("wide", False, False),
        ("spacing", "0.98,0.97,3", (3.0, 0.97, 0.98)),  # people write x,y,z; arrays are z,y,x
        ("spacing", [1, 2], (2.0, 1.0)),
        ("metrics", ["dice,hd95", "dice"], (parse_metric("dice"), parse_metric("hd95"))),
        ("metrics", "dice", (parse_metric("dice"),)),
        ("gates", ["dice=0.85"], (parse_gate("dice=0.85"),)),
        ("output", ["a,b.csv"], ("a,b.csv",)),
        ("max_memory", "128MiB", 128 * 1024**2),
        ("max_memory", "2GB", 2 * 1000**3),
        ("max_memory", "1.5 kib", 1536),
        ("max_memory", 4096, 4096),
    ],
)
def test_read(field, raw, value):
    assert read_choice(CHOICES[field], raw, "") == value


@pytest.mark.parametrize(
    ("field", "raw", "said"),
    [
        ("kind", "lables", "none of auto"),
        ("kind", 3, "not text"),
        ("threshold", "half", "not a number"),
        ("threshold", "nan", "not a number"),
        ("threshold", True, "not a number"),
        ("jobs", "1.5", "not a whole number"),
        ("jobs", "-1", "below 0"),
        ("max_memory", "512M", "no size"),
        ("max_memory", 0, "below 1"),
        ("wide", "maybe", "not true or false"),
        ("spacing", "1,2,3,4", "two or three"),
        ("spacing", "1,0,1", "two or three"),
        ("metrics", ["Di+ce"], "no metric"),
        ("metrics", [3], "not a list"),
        ("gates", ["dice"], "no gate"),
        ("remap_pred", "3=x", "another one"),
    ],
)
def test_a_wrong_value_is_refused_where_it_stands(field, raw, said):
    with pytest.raises(RequestError, match=said) as caught:
        read_choice(CHOICES[field], raw, "segeval.toml:3")
    assert caught.value.where == "segeval.toml:3"


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_an_error_names_its_option_once(choice):
    for raw in ("-1=x", ",", "a,a", "=", "x@y", "dice>", "1=a,1=b", "1e999"):
        with suppress(RequestError):
            read_choice(choice, raw, choice.option)
            continue
        with pytest.raises(RequestError) as problem:
            read_choice(choice, raw, choice.option)
        assert problem.value.lines()[0].count(choice.option) == 1, raw


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_a_default_reads_back_as_itself(choice):
    text = format_choice(choice, choice.default) if choice.field != "classes" else ""
    if text:
        assert read_choice(choice, tomllib.loads(f"x = {text}")["x"], "") == choice.default


def test_sides_are_written_as_people_read_them():
    assert format_choice(CHOICES["spacing"], (3.0, 0.97, 0.98)) == "[0.98, 0.97, 3]"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_toml(text):
    assert tomllib.loads(f"x = {quote_toml(text)}")["x"] == text


@given(st.integers(1, 1 << 50))
def test_a_size_reads_back_as_itself(size):
    assert read_choice(CHOICES["max_memory"], format_size(size), "") == size


@pytest.mark.parametrize("choice", CHOICES.values(), ids=lambda choice: choice.field)
def test_every_field_of_the_settings_has_a_type_that_is_known(choice):
    known = value_type(choice)
    assert known.called
    if choice.default not in (None, ()) and choice.field != "classes":  # they are tables of TOML
        text = known.write(choice.default)
        assert known.read(tomllib.loads(f"x = {text}")["x"]) == choice.default
