"""CLI-R6: a small nested JSON of numbers with stable keys and six decimals."""

import json
import math
import re

from cards import card, case, cases, unscored
from judged import written

KEYS = ["mean", "median", "worst", "pooled", "n", "n_undefined", "n_missing"]


def test_numbers_by_class_and_metric():
    made = card(cases("dice", a={"Brainstem": 0.9}, b={"Brainstem": 0.84}, c={"Brainstem": 0.6}))
    text = written(made, "summary")
    numbers = json.loads(text)["Brainstem"]["dice"]
    assert list(numbers) == KEYS
    assert (numbers["mean"], numbers["median"], numbers["worst"], numbers["n"]) == (
        0.78,
        0.84,
        0.6,
        3,
    )
    assert '"mean": 0.780000, "median": 0.840000, "worst": 0.600000' in text


def test_digits_are_fixed():
    made = card(cases("ce", a={"x": 1 / 3}, b={"x": 1e-9}, c={"y": -1e-9}, d={"y": 12345.678}))
    for number in re.findall(r"-?\d+\.\d+", written(made, "summary")):
        assert re.fullmatch(r"-?\d+\.\d{6}", number)
    assert "-0.000000" not in written(card(cases("ce", a={"x": -1e-9})), "summary")


def test_keys_do_not_go_where_a_value_is_undefined():
    made = card([*cases("dice", a={"x": math.nan}), unscored("b")])
    numbers = json.loads(written(made, "summary"))["x"]["dice"]
    assert numbers == dict(zip(KEYS, [None, None, None, None, 0, 1, 1], strict=True))


def test_an_infinite_value_is_strict_json():
    text = written(card(cases("ce", a={"x": math.inf})), "summary")
    assert json.loads(text, parse_constant=None)["x"]["ce"]["worst"] is None
    assert "nf" not in text.replace("undefined", "")


def test_a_group_is_beside_the_whole():
    results = [case("a", {"x": {"dice": 0.5}}, group="north")]
    names = ["x", "overall", "x [north]", "overall [north]"]
    assert list(json.loads(written(card(results), "summary"))) == names
