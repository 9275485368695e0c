"""Requests become metrics: one spelling, defaults left out, and a way to other processes."""

import math
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import every

from segeval.metrics import FAMILIES, FAMILIES_OF, SEARCH_ORDER
from segeval.metrics.registry import (
    find_convention,
    full_metric_text,
    load_all_metrics,
    metric_arguments,
    resolve_metric,
)
from segeval.request.grammar import parse_metric
from segeval.runtime.errors import RequestError

ALL = every()


@pytest.mark.parametrize(
    ("given", "want"),
    [
        ("dice", "dice"),
        ("fbeta@1", "fbeta"),
        ("fbeta@1.0", "fbeta"),
        ("fbeta@2.0", "fbeta@2"),
        ("ece@15", "ece"),
        ("ece:as=torchmetrics", "ece"),
        ("ece:as=monai", "ece:as=monai"),
        ("ece@20:as=monai", "ece:as=monai"),
        ("dice_loss:smooth_nr=0.00001", "dice_loss"),
        ("dice_loss:smooth_nr=1", "dice_loss:smooth_nr=1"),
        ("volume_difference:unit=auto", "volume_difference"),
    ],
)
def test_one_spelling(given, want):
    assert str(resolve_metric(parse_metric(given))[0]) == want


@pytest.mark.parametrize("text", ALL)
def test_a_resolved_metric_resolves_to_itself(text):
    metric, definition = resolve_metric(parse_metric(text))
    for again in (str(metric), full_metric_text(metric, definition)):
        found, same = resolve_metric(parse_metric(again))
        assert found == metric
        assert (same.compute, same.origin) == (definition.compute, definition.origin)
        assert metric_arguments(parse_metric(again), same) == metric_arguments(metric, definition)


@pytest.mark.parametrize("text", ALL)
def test_a_definition_goes_to_another_process(text):
    definition = resolve_metric(parse_metric(text))[1]
    back = pickle.loads(pickle.dumps(definition))
    assert back is find_convention(definition.name, definition.origin)
    assert (back.compute, back.given) == (definition.compute, definition.given)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dcie", "did you mean dice"),
        ("dice@2mm", "takes no quantity"),
        ("fbeta@2mm", "a bare number"),
        ("dice:as=monai", "dice has no option 'as'"),
        ("ece:as=mona", "did you mean monai"),
        ("ece:bin=mass", "unknown option"),
        ("dice_loss:smooth_nr=much", "cannot be read"),
    ],
)
def test_a_wrong_request_says_what_would_be_right(text, said):  # E3
    with pytest.raises(RequestError) as caught:
        resolve_metric(parse_metric(text))
    assert said in f"{caught.value.message} {caught.value.help}"
    assert caught.value.exit_status == 2


def test_every_option_has_a_default_that_can_be_read():
    for text in ALL:
        metric, definition = resolve_metric(parse_metric(text))
        given = metric_arguments(metric, definition)
        assert set(definition.options) - {"as", "box"} <= set(given), text


@given(st.sampled_from(sorted(load_all_metrics())), st.floats(0.01, 100))
def test_the_quantity_reaches_the_function(name, number):
    definition = load_all_metrics()[name]
    if not definition.at:
        with pytest.raises(RequestError):
            resolve_metric(parse_metric(f"{name}@{number}"))
    else:
        number = float(math.ceil(number)) if definition.most else number
        metric, found = resolve_metric(parse_metric(f"{name}@{number}{definition.at[0]}"))
        at = metric_arguments(metric, found)["at"]
        at = at.number if found.whole else at
        assert at == pytest.approx(number, rel=1e-12)


def families_with(name):
    """The families that define a metric, in any convention."""
    definition = load_all_metrics()[name]
    made = definition.origins.values() or [definition]
    return {d.compute.__module__.removeprefix("segeval.metrics.") for d in made}


def test_a_metric_is_found_with_all_its_conventions():
    """The search ends at the first family that has the name."""
    assert sorted(SEARCH_ORDER) == sorted(FAMILIES)
    for name in load_all_metrics():
        families = families_with(name)
        assert families <= set(FAMILIES_OF.get(name, families if len(families) == 1 else ())), name
    assert FAMILIES_OF.keys() <= load_all_metrics().keys()


@pytest.mark.parametrize(
    "text", ["lesion_recall:as=ivadomed", "lesion_f1:as=isles", "hd95:as=medpy"]
)
def test_a_convention_is_found_in_a_new_process(text):
    program = (
        "import sys; from segeval.metrics.registry import resolve_metric;"
        "from segeval.request.grammar import parse_metric;"
        "print(resolve_metric(parse_metric(sys.argv[1]))[0])"
    )
    ran = subprocess.run([sys.executable, "-c", program, text], capture_output=True, text=True)
    assert ran.stdout.strip() == text, ran.stderr


@pytest.mark.parametrize("text", ["pq@150%", "f1@100.5%", "hd101", "lesion_recall@1000%"])
def test_no_share_is_more_than_all(text):
    with pytest.raises(RequestError, match="is 0% to 100%"):
        resolve_metric(parse_metric(text))
    assert resolve_metric(parse_metric("pq@100%"))[0].at.number == 100
