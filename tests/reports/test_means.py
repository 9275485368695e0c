"""Statistics as they stand in the table: classes down, metrics across."""

import math

from cards import NAN, Pool, card, case, cases, two, unscored
from terminals import piped


def test_classes_down_and_metrics_across():
    # liver 0.85, spleen 0.6; sd |0.9 - 0.8| / sqrt 2 = 0.071, |0.5 - 0.7| / sqrt 2 = 0.141
    assert piped(card(two())) == [
        "2 cases, 2 classes: mean +/- sd over the cases",
        "",
        "                             volume_difference  worst",
        "class    n             dice               [ml]   dice  in case",
        "-------  -  ---------------  -----------------  -----  -------",
        "liver    2  0.850 +/- 0.071     11.00 +/- 1.41  0.800  CT_2",
        "spleen   2  0.600 +/- 0.141      0.00 +/- 1.41  0.500  CT_1",
        "-------  -  ---------------  -----------------  -----  -------",
        "overall  4  0.725 +/- 0.035      5.50 +/- 0.00  0.700  CT_1",
        "",
        "signature: dice|threshold:0.5|numbers:1",
    ]


def test_one_class_has_no_overall():
    assert not any("overall" in line for line in piped(card(cases("dice", a={"x": 0.5}))))
    made = card(cases("dice", a={"x": 0.5}, b={"x": 0.7}))
    assert not any("overall" in line for line in piped(made))


def test_semantic_segmentation_is_pooled():
    values = {"road": {"iou": 0.5}}
    results = [case(name, values) for name in "ab"]
    pools = {"": Pool({"road": 0.125})}
    lines = piped(card(results, pools=pools, leads="pooled"))
    assert lines[0] == "2 cases, 1 class: pooled over the cases"
    assert any(line.startswith("road   2  0.125") for line in lines)
    lines = piped(card(results, leads="pooled"))  # nothing was kept: the head says so
    assert any(line.startswith("class  n             mean") for line in lines)


def test_counts_stand_where_they_are_not_zero():
    made = card([*cases("dice", a={"x": 0.5}, b={"x": NAN}), unscored("c"), unscored("d")])
    lines = piped(made)
    assert lines[0] == "2 of 4 cases scored, 1 class: mean +/- sd over the cases"
    assert lines[3].split() == ["class", "n", "undefined", "missing", "dice", "dice", "in", "case"]
    assert lines[5].split() == ["x", "1", "1", "2", "0.500", "0.500", "a"]
    assert "undefined: 1 both_empty" in lines


def test_a_metric_with_fewer_values_says_how_many():
    values = [("a", 0.5, 0.4), ("b", 0.7, NAN)]
    results = [case(n, {"x": {"dice": d, "precision": p}}) for n, d, p in values]
    assert any("0.600 +/- 0.141  0.400 n=1" in line for line in piped(card(results)))


def test_two_units_are_two_columns():
    results = cases("volume_difference", "ml", a={"x": 1.25})
    results += cases("volume_difference", "voxels", b={"x": 250.0})
    lines = piped(card(results))
    name = "volume_difference"
    assert lines[2:5] == [
        f"{'worst':>65}",
        f"          {name}  {name}  {name}",
        "class  n               [ml]           [voxels]               [ml]  in case",
    ]
    assert "1.25" in lines[-3]
    assert " 250 " in lines[-3]


def test_an_infinite_value_is_a_word():
    results = cases("false_positive_volume", "ml", a={"x": math.inf}, b={"x": 1.0})
    assert any(line.split()[-2:] == ["inf", "a"] for line in piped(card(results)))
