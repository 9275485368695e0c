"""Quantities that mean nothing are refused before a file is read (ACCOUNT-A33, A37)."""

import pytest

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
