"""Quantities that mean nothing are refused before a file is read (ACCOUNT-A33, A37)."""

from contextlib import suppress

import numpy as np
import pytest

import segeval
from segeval.metrics.registry import load_all_metrics, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.runtime.errors import RequestError

WRONG = {
    "mm": ["-1mm", "-1e-9mm"],
    "px": ["-2px"],
    "%": ["-5%", "101%", "100.0001%"],
    "": ["-1", "-3"],
}
RIGHT = {"mm": ["0mm", "2mm"], "px": ["0px"], "%": ["0%", "50%", "100%"], "": ["1", "15"]}
CASES = [
    (name, unit)
    for name, definition in sorted(load_all_metrics().items())
    for unit in definition.at
]


@pytest.mark.parametrize(("name", "unit"), CASES)
def test_a_quantity_has_the_range_of_its_unit(name, unit):
    for word in WRONG[unit]:
        with pytest.raises(RequestError, match=f"the quantity of {name} is"):
            resolve_metric(parse_metric(f"{name}@{word}"))
    for word in RIGHT[unit]:
        resolve_metric(parse_metric(f"{name}@{word}"))


@pytest.mark.parametrize("name", ["ece", "mce", "rmsce", "ace"])
@pytest.mark.parametrize("word", ["0", "1.5", "1e9", "65537"])
def test_bins_are_counted(name, word):
    with pytest.raises(RequestError, match="a whole number from 1 to 65536"):
        resolve_metric(parse_metric(f"{name}@{word}"))
    resolve_metric(parse_metric(f"{name}@65536"))


@pytest.mark.parametrize(
    "word", ["focal:gamma=nan", "tversky_loss:alpha=nan", "bce:pos_weight=nan"]
)
def test_a_number_that_is_none_is_no_option(word):
    with pytest.raises(RequestError, match="cannot be read"):
        resolve_metric(parse_metric(word))


TRUTH = np.zeros((5, 12, 13), np.uint8)
TRUTH[1:4, 2:8, 2:9] = 1
SCORES = np.clip(np.roll(TRUTH, 1, 2) * 0.9 + 0.05, 0, 1).astype(np.float32)


@pytest.mark.parametrize(("name", "unit"), CASES)
@pytest.mark.parametrize("number", ["1e308", "1e154", "5e-324"])
def test_a_quantity_of_any_size_is_no_warning_of_numpy(name, unit, number):
    labels = load_all_metrics()[name].of in ("counts", "surface", "instances", "instance_surfaces")
    pred = (SCORES > 0.5).astype(np.uint8) if labels else SCORES
    asked = {"instances": "components", "classes": "1=a"}
    asked |= {} if unit == "px" else {"spacing": (3.0, 1.0, 1.0)}
    with suppress(RequestError):  # what counts something, and shares
        card = segeval.score(pred, TRUTH, [f"{name}@{number}{unit}"], **asked)
        assert all(case.status != "internal_error" for case in card.cases)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [("fbeta@1e308", "recall"), ("fbeta@1e120", "recall"), ("fbeta@1e-308", "precision")],
)
def test_a_beta_beyond_all_others_is_the_score_at_its_end(wide, narrow):
    pred = np.roll(TRUTH, (1, 2), (1, 2))
    pred[2, 2] = 0
    card = segeval.score(pred, TRUTH, [wide, narrow], classes="1=a")
    found, right = (row.value for row in card.rows)
    assert 0 < right < 1
    assert found == pytest.approx(right, rel=1e-15)
