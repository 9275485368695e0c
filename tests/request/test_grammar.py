"""Text to Metric and Gate, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.request.grammar import (
    STATISTICS,
    UNITS,
    Gate,
    Metric,
    Quantity,
    format_number,
    parse_charge,
    parse_gate,
    parse_metric,
    parse_quantity,
)
from segeval.runtime.errors import RequestError

names = st.from_regex(r"[a-z]{1,6}(_[a-z]{1,4})?", fullmatch=True) | st.just("hd")
words = st.from_regex(r"[A-Za-z0-9_.+-]{1,8}", fullmatch=True)
numbers = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
quantities = st.builds(Quantity, numbers, st.sampled_from(("", *UNITS)))
options = st.dictionaries(names, words, max_size=3).map(lambda d: tuple(sorted(d.items())))
metrics = st.builds(Metric, names, st.none() | quantities, options)
class_names = st.text(max_size=12).filter(lambda s: s == s.strip() and not s.endswith("/"))
gates = st.builds(Gate, metrics, quantities, class_names, st.sampled_from(STATISTICS))


@given(metrics)
def test_a_metric_reads_back_as_itself(m):
    assert parse_metric(str(m)) == m


@given(gates)
def test_a_gate_reads_back_as_itself(g):
    assert parse_gate(str(g)) == g


@given(numbers)
def test_a_number_keeps_its_value(number):
    assert float(format_number(number)) == number


@pytest.mark.parametrize(
    ("written", "spelling"),
    [
        ("nsd@2.0mm", "nsd@2mm"),
        ("nsd@ 2 mm", "nsd@2mm"),
        ("hd@95%", "hd95"),
        ("hd@95.0%", "hd95"),
        ("hd97.5", "hd97.5"),
        ("hd@1e-9%", "hd@1e-09%"),
        ("hd", "hd"),
        ("ece@15:bins=mass", "ece@15:bins=mass"),
        ("x:b=1:a=2", "x:a=2:b=1"),
        (" dice ", "dice"),
    ],
)
def test_one_spelling(written, spelling):
    assert str(parse_metric(written)) == spelling


def test_the_percentile_of_hd_is_its_quantity():
    assert parse_metric("hd95") == Metric("hd", Quantity(95, "%"))


@pytest.mark.parametrize(
    "text",
    ["", "9dice", "dice@", "dice@x", "dice@2cm", "dice:", "dice:a", "dice:a="],
)
def test_no_metric(text):
    with pytest.raises(RequestError):
        parse_metric(text)


def test_a_percentile_in_the_name_leaves_no_place_for_a_quantity():
    with pytest.raises(RequestError, match="hd95 carries its percentile in its name"):
        parse_metric("hd95@2mm")


def test_an_option_twice_is_refused():
    with pytest.raises(RequestError, match="twice"):
        parse_metric("ece:bins=mass:bins=width")


def test_a_gate_is_cut_at_its_last_equals_and_its_last_slash():
    gate = parse_gate("a/b=c/ece@15:bins=mass.worst=5%")
    #      class a/b=c     metric ece@15:bins=mass.worst: the word may hold a dot, the statistic
    #      is one of the six words after the last dot
    assert gate.class_ == "a/b=c"
    assert str(gate.metric) == "ece@15:bins=mass"
    assert gate.statistic == "worst"
    assert gate.bar == Quantity(5, "%")


def test_a_quantity_with_a_dot_is_no_statistic():
    gate = parse_gate("nsd@1.5mm=0.9")
    assert gate.metric.at == Quantity(1.5, "mm")
    assert gate.statistic == ""


@pytest.mark.parametrize("text", ["dice", "=0.9", "dice=", "dice=high", "/=1", "dice>=0.9"])
def test_no_gate(text):
    with pytest.raises(RequestError):
        parse_gate(text)


def test_a_quantity_has_no_negative_zero():
    assert str(parse_quantity("-0")) == "0"


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("hd95.pred_empty=374.0mm", "hd95.pred_empty=374mm"),
        ("hd@95%:as=deepmind.both_empty=0", "hd95:as=deepmind.both_empty=0"),
        ("dice.gt_empty=undefined", "dice.gt_empty=undefined"),
        ("nsd@2.5mm.both_empty=1", "nsd@2.5mm.both_empty=1"),
    ],
)
def test_a_charge_reads_back_as_itself(text, spelling):
    charge = parse_charge(text)
    assert str(charge) == spelling
    assert parse_charge(spelling) == charge


@pytest.mark.parametrize(
    "text", ["hd95", "hd95=3mm", "hd95.empty=3mm", ".gt_empty=1", "dice.gt_empty=x"]
)
def test_what_is_no_charge(text):
    with pytest.raises(RequestError):
        parse_charge(text)


def test_a_charge_that_says_more_holds_for_less():
    every, deepmind = parse_charge("hd.gt_empty=1"), parse_charge("hd:as=deepmind.gt_empty=1")
    assert every.holds(parse_metric("hd95:as=deepmind"))
    assert deepmind.holds(parse_metric("hd95:as=deepmind"))
    assert not deepmind.holds(parse_metric("hd95"))
    assert not parse_charge("hd95.gt_empty=1").holds(parse_metric("hd"))


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("dice.men=0.9", "did you mean mean or median?"),
        ("dice.average=0.9", "there are mean, median"),
        ("dice>=0.9", "the metric knows its better side: dice=0.9"),
        ("hd95<=5mm", "hd95=5mm"),
    ],
)
def test_e3_a_wrong_gate_says_what_would_be_right(text, help):
    with pytest.raises(RequestError) as caught:
        parse_gate(text)
    assert help in caught.value.help


def test_a_dot_in_a_metric_is_no_statistic():
    assert str(parse_gate("hd97.5=3mm")) == "hd97.5=3mm"
    assert parse_gate("fbeta@0.5=0.9").statistic == ""
