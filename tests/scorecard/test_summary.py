"""Every statistic by hand, and what is counted where there is no value."""

import math
import random
from dataclasses import replace

import pytest
from cards import NAN, Pool, card, case, cases, not_scored, unscored
from hypothesis import given
from hypothesis import strategies as st

from segeval.request.grammar import parse_metric
from segeval.scorecard.card import OVERALL
from segeval.scorecard.summary import metric_columns, summarise_results
from segeval.scorecard.value_statistics import mean_value, median_value, standard_deviation


def of(results, metric="dice", class_="liver", group=""):
    return summarise_results(results, [parse_metric(metric)])[group][class_][metric]


def four(metric="dice", unit="", values=(0.9, 0.6, 0.8, 0.5)):
    return cases(metric, unit, **{n: {"liver": v} for n, v in zip("abcd", values, strict=True)})


def test_statistics_by_hand():
    s = of(four())
    assert s.mean == pytest.approx((0.9 + 0.6 + 0.8 + 0.5) / 4)  # 0.7
    assert s.median == pytest.approx((0.6 + 0.8) / 2)
    # gaps 0.2 -0.1 0.1 -0.2: squares 0.04 + 0.01 + 0.01 + 0.04 over n - 1 = 3
    assert s.sd == pytest.approx(math.sqrt(0.10 / 3))
    assert (s.n, s.n_undefined, s.n_missing) == (4, 0, 0)
    assert math.isnan(s.pooled)


def test_the_middle_of_three():
    assert of(four(values=(0.9, 0.6, 0.8, NAN))).median == 0.8


def test_one_value_has_no_deviation():
    s = of(cases("dice", a={"liver": 0.9}))
    assert (s.mean, s.median, s.worst, s.best, s.n) == (0.9, 0.9, 0.9, 0.9, 1)
    assert math.isnan(s.sd)


@pytest.mark.parametrize(
    ("metric", "values", "worst", "best", "where"),
    [
        ("dice", (0.9, 0.6, 0.8, 0.5), 0.5, 0.9, "d"),  # higher is better
        ("false_positive_rate", (0.1, 0.3, 0.0, 0.2), 0.3, 0.0, "b"),  # lower
        ("volume_difference", (3.0, -7.0, 0.5, 6.0), -7.0, 0.5, "b"),  # nearer to zero
    ],
)
def test_worst_and_best_follow_the_better_side(metric, values, worst, best, where):
    s = of(four(metric, values=values), metric)
    assert (s.worst, s.best, s.worst_case) == (worst, best, where)


def test_of_equal_values_the_first_case_is_the_worst():
    assert of(four(values=(0.5, 0.9, 0.5, 0.5))).worst_case == "a"


def test_a_size_has_no_worst():
    s = of(four("gt_volume", "ml"), "gt_volume")
    assert math.isnan(s.worst)
    assert math.isnan(s.best)
    assert (s.worst_case, s.unit) == ("", "ml")


def test_undefined_values_are_counted_and_not_averaged():
    s = of(four(values=(0.9, NAN, 0.7, NAN)))
    assert (s.mean, s.n, s.n_undefined) == (pytest.approx(0.8), 2, 2)


def test_an_infinite_value_is_undefined_for_the_mean_and_still_the_worst():
    s = of(four("false_positive_volume", "ml", (1.0, math.inf, 3.0, 2.0)), "false_positive_volume")
    assert (s.mean, s.n, s.n_undefined) == (2.0, 3, 1)
    assert (s.worst, s.worst_case, s.best) == (math.inf, "b", 1.0)


def test_nothing_but_undefined_values():
    s = of(four(values=(NAN,) * 4))
    assert (s.n, s.n_undefined, s.worst_case) == (0, 4, "")
    assert all(map(math.isnan, (s.mean, s.median, s.sd, s.worst, s.best)))


def test_a_case_that_was_not_scored_is_missing_for_every_class():
    results = [*cases("dice", a={"liver": 0.9, "spleen": 0.8}), unscored("b"), unscored("c")]
    summary = summarise_results(results, [parse_metric("dice")])[""]
    assert [summary[c]["dice"].n_missing for c in ("liver", "spleen")] == [2, 2]
    assert summary[OVERALL]["dice"].n_missing == 4


def test_a_class_that_nobody_annotated_is_not_missing():
    here = case("a", {"liver": {"dice": 0.9}})
    there = case("b", {})
    there = replace(there, rows=(not_scored("b", "liver"),))
    s = of([here, there])
    assert (s.n, s.n_undefined, s.n_missing) == (1, 0, 0)


def test_a_class_that_could_not_be_read_is_missing():
    there = replace(case("b", {}), rows=(not_scored("b", "liver", "unreadable"),))
    assert of([case("a", {"liver": {"dice": 0.9}}), there]).n_missing == 1


def test_a_class_that_could_not_be_read_anywhere_is_listed():
    results = [case("a", {"liver": {"dice": 0.9}, "all": {"miou": 0.4}})]
    failed = not_scored("a", "spleen", "unreadable")
    results[0] = replace(results[0], rows=(*results[0].rows, failed))
    summary = summarise_results(results, [parse_metric("dice"), parse_metric("miou")])[""]
    assert set(summary["spleen"]) == {"dice"}  # what belongs to the whole case is not its
    assert (summary["spleen"]["dice"].n, summary["spleen"]["dice"].n_missing) == (0, 1)


def test_overall_is_over_classes_in_its_mean_and_over_cases_in_its_spread_account_a26():
    results = cases(
        "dice",
        a={"liver": 0.9, "spleen": 0.2, "all": 0.1},
        b={"liver": 0.7, "spleen": 0.6},
        c={"liver": 0.8},
    )
    s = of(results, class_=OVERALL)
    assert s.mean == pytest.approx((0.8 + 0.4) / 2)  # liver (0.9+0.7+0.8)/3, spleen (0.2+0.6)/2
    # of the cases: a (0.9+0.2)/2 = 0.55, b (0.7+0.6)/2 = 0.65, c 0.8; their mean is 2/3
    assert (s.worst, s.worst_case, s.best) == (pytest.approx(0.55), "a", 0.8)
    assert s.median == pytest.approx(0.65)
    # gaps -7/60 -1/60 8/60: squares (49 + 1 + 64) / 3600 over n - 1 = 2
    assert s.sd == pytest.approx(math.sqrt(114 / 3600 / 2))
    assert s.mean_of_cases == pytest.approx(2 / 3)
    assert (s.n, s.n_cases, s.n_cases_undefined) == (5, 3, 0)


def test_a_case_without_a_value_has_no_mean_over_its_classes_and_is_counted_account_a26():
    results = cases(
        "dice", a={"liver": 0.9, "spleen": NAN}, b={"liver": NAN}, c={"liver": 0.5, "spleen": 0.7}
    )
    s = of([*results, unscored("d")], class_=OVERALL)
    assert s.mean == pytest.approx((0.7 + 0.7) / 2)
    assert (s.n_cases, s.n_cases_undefined) == (2, 1)
    assert (s.worst, s.worst_case, s.best) == (pytest.approx(0.6), "c", 0.9)


def test_the_mean_of_the_cases_is_named_only_where_it_is_another_account_a26():
    results = cases("dice", a={"liver": 0.9, "spleen": 0.4}, b={"liver": 0.7, "spleen": 0.6})
    assert of(results, class_=OVERALL).mean_of_cases is None


@pytest.mark.parametrize(("apart", "named"), [(0.9e-12, False), (1.1e-12, True)])
def test_the_mean_of_the_cases_is_another_beyond_the_rounding_of_a_sum(apart, named):
    # over classes ((l1 + l2) / 2 + s1) / 2, over cases ((l1 + s1) / 2 + l2) / 2: (s1 - l2) / 4
    spleen = 0.75 * (1 + 4 * apart)
    results = cases("dice", a={"liver": 0.75, "spleen": spleen}, b={"liver": 0.75})
    assert (of(results, class_=OVERALL).mean_of_cases is not None) == named


def test_an_infinite_value_is_undefined_in_the_mean_of_its_case_account_a26():
    results = cases(
        "false_positive_volume", "ml", a={"x": math.inf, "y": 4.0}, b={"x": 1.0, "y": 2.0}
    )
    s = of(results, "false_positive_volume", OVERALL)
    assert (s.worst, s.worst_case, s.best) == (4.0, "a", 1.5)


def test_rows_of_groups_of_classes_are_in_no_overall_account_a26():
    rows = {"road": 0.9, "car": 0.5, "things": 0.5, "stuff": 0.9, "all": 0.7}
    assert of(cases("miou", a=rows), "miou", OVERALL).n == 2
    # a class of the user's that is called so, of a metric without such rows, is a class
    assert of(cases("dice", a={"stuff": 0.9, "car": 0.5}), class_=OVERALL).n == 2


def test_the_pooled_value_of_overall_is_the_mean_of_the_classes_account_a26():
    pools = {"": Pool({"liver": 0.2, "spleen": 0.6, "all": 0.9})}
    results = cases("dice", a={"liver": 0.9, "spleen": 0.4, "all": 0.5})
    assert (
        summarise_results(results, [parse_metric("dice")], pools)[""][OVERALL]["dice"].pooled == 0.4
    )


def test_overall_leaves_out_a_class_without_a_value():
    results = cases("dice", a={"liver": 0.9, "spleen": NAN})
    s = of(results, class_=OVERALL)
    assert (s.mean, s.n, s.n_undefined) == (0.9, 1, 1)


def test_a_whole_case_is_no_class():
    results = [case("a", {"all": {"miou": 0.5}})]
    assert set(summarise_results(results, [parse_metric("miou")])[""]) == {"all"}


def test_pooled_values_stand_beside_the_others():
    values = {"liver": {"dice": 0.9}, "spleen": {"dice": 0.9}}
    results = [case(name, values, group=g) for name, g in (("a", ""), ("b", "east"))]
    pools = {
        "": Pool({"liver": 0.25, "spleen": 0.75}),
        "east": Pool(lambda metric: {"liver": {"dice": 0.5}[str(metric)]}),
    }
    summary = summarise_results([*results, unscored("c")], [parse_metric("dice")], pools)
    assert summary[""]["liver"]["dice"].pooled == 0.25
    assert summary[""][OVERALL]["dice"].pooled == (0.25 + 0.75) / 2
    assert summary["east"]["liver"]["dice"].pooled == 0.5


def test_groups_stand_beside_all_cases():
    results = [
        case("a", {"liver": {"dice": 0.9}}, group="east"),
        case("b", {"liver": {"dice": 0.5}, "spleen": {"dice": 0.4}}, group="west"),
        case("c", {"liver": {"dice": 0.7}}, group="east"),
    ]
    summary = summarise_results(results, [parse_metric("dice")])
    assert list(summary) == ["", "east", "west"]
    assert summary[""]["liver"]["dice"].n == 3
    assert summary["east"]["liver"]["dice"].mean == pytest.approx(0.8)
    assert "spleen" not in summary["east"]


def test_a_group_of_which_nothing_was_scored_waits_for_every_class():
    results = [case("a", {"liver": {"dice": 0.9}}, group="east"), unscored("b", group="west")]
    s = of(results, group="west")
    assert (s.n, s.n_missing) == (0, 1)


def test_nothing_was_scored():
    assert summarise_results([unscored("a")], [parse_metric("dice")]) == {"": {}}


def test_no_case_at_all():
    assert summarise_results([], [parse_metric("dice")]) == {"": {}}


# Units (rule LAYOUTS-G7)


def mixed():
    return [
        case("a", {"liver": {"volume_difference": 2.0}}, "ml", tallies={"n": 1}),
        case("b", {"liver": {"volume_difference": 300.0}}, "voxels", tallies={"n": 2}),
        case("c", {"liver": {"volume_difference": 4.0}}, "ml", tallies={"n": 3}),
        unscored("d"),
    ]


def test_two_units_are_never_averaged():
    summary = summarise_results(mixed(), [parse_metric("volume_difference")])[""]["liver"]
    assert list(summary) == ["volume_difference [ml]", "volume_difference [voxels]"]
    ml, voxels = summary.values()
    assert (ml.mean, ml.n, ml.unit, ml.n_missing) == (3.0, 2, "ml", 1)
    assert (voxels.mean, voxels.n, voxels.unit, voxels.n_missing) == (300.0, 1, "voxels", 1)


def test_two_units_are_never_pooled():
    pools = []

    class Seen(list):
        def __call__(self, metric):
            pools.append([tallies["n"] for tallies in self])
            return {}

        def __getitem__(self, group):
            return Pool({})

        def of_some(self, cases):
            return Seen(case.tallies for case in cases)

    summarise_results(mixed(), [parse_metric("volume_difference")], Seen())
    assert pools == [[1, 3], [2]]


def test_a_value_without_number_and_unit_makes_no_column():
    results = [*cases("volume_difference", "ml", a={"liver": 2.0})]
    results += cases("volume_difference", "", b={"liver": NAN})
    (head,) = metric_columns(results, ["volume_difference"])
    assert (head.name, head.unit) == ("volume_difference", "ml")
    assert of(results, "volume_difference").n_undefined == 1


def test_columns_stand_in_the_order_asked_for():
    results = [case("a", {"liver": {"iou": 0.8, "dice": 0.9}})]
    assert [head.name for head in metric_columns(results, ["dice", "iou"])] == ["dice", "iou"]


# Order


def test_a_class_comes_after_the_one_that_it_follows():
    results = cases("dice", a={"1": 0.9, "3": 0.9, "all": 0.5}, b={"1": 0.9, "2": 0.9, "3": 0.9})
    assert list(card(results).summary[""]) == ["1", "2", "3", "all", OVERALL]


def test_a_new_first_class_comes_first():
    results = cases("dice", a={"2": 0.9}, b={"1": 0.9, "2": 0.9, "9": 0.9})
    assert list(card(results).summary[""]) == ["1", "2", "9", OVERALL]


def test_the_summary_has_classes_in_order_then_all_then_overall():
    results = cases("dice", a={"2": 0.9, "all": 0.5}, b={"1": 0.9, "2": 0.9})
    assert list(card(results).summary[""]) == ["1", "2", "all", OVERALL]


# Numbers

finite = st.floats(-1e6, 1e6)


@given(st.lists(finite, min_size=1), st.randoms(use_true_random=False))
def test_the_mean_does_not_depend_on_an_order(values, chance):
    mixed_up = random.Random(chance.random()).sample(values, len(values))
    assert mean_value(mixed_up) == mean_value(values)


@given(st.lists(finite, min_size=1))
def test_mean_and_median_lie_between_the_extremes(values):
    slack = 1e-9 * max(1, *map(abs, values))
    assert min(values) - slack <= mean_value(values) <= max(values) + slack
    assert min(values) <= median_value(values) <= max(values)


@given(st.lists(finite, min_size=2))
def test_the_deviation_is_that_of_numpy(values):
    import numpy as np

    assert standard_deviation(values, mean_value(values)) == pytest.approx(
        np.std(values, ddof=1), abs=1e-6
    )


def test_statistics_of_nothing():
    assert math.isnan(mean_value([]))
    assert math.isnan(median_value([]))
    assert math.isnan(standard_deviation([1.0], 1.0))


def test_an_infinite_mean_over_classes_stays_infinite():
    assert mean_value([1.0, math.inf]) == math.inf
    assert mean_value([-math.inf, 1.0]) == -math.inf
    assert mean_value([-math.inf, math.inf]) is math.nan  # one object: scorecards compare equal
