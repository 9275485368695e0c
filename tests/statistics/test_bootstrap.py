"""The bootstrap: equal to scipy's BCa on the same resamples, and right where that has no answer."""

import math

import numpy as np
import pytest
from scipy import stats

from segeval.statistics.bootstrap import (
    BLOCK_COUNTS,
    RESAMPLES,
    UnitSums,
    bca_intervals,
    is_point,
    overall_interval,
    resample_means,
    share_below,
    simultaneous_intervals,
    stepwise_intervals,
    sum_by_unit,
)

SEED = 5


def skewed(cases, columns, seed=1):
    """Values whose sums are exact: scipy counts by rounding whether a resample is the mean."""
    made = np.random.default_rng(seed).gamma(0.5, 1, (cases, columns)) * [-1, 0.03, 40][:columns]
    return np.round(made * 2**20) / 2**20


def scipy_ends(values, statistic=np.mean, level=0.95):
    """BCa of scipy, told to draw the same resamples."""
    found = stats.bootstrap(
        (values,),
        statistic,
        n_resamples=RESAMPLES,
        batch=BLOCK_COUNTS // len(values),
        method="BCa",
        confidence_level=level,
        random_state=np.random.default_rng(SEED),
    )
    return list(found.confidence_interval)


@pytest.mark.parametrize("cases", [5, 30, 100])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_bca_is_that_of_scipy(cases, level):
    values = skewed(cases, 3)
    found = np.transpose(bca_intervals(sum_by_unit(values, np.arange(cases)), level, SEED))
    for own, column in zip(found, values.T, strict=True):
        assert own == pytest.approx(scipy_ends(column, level=level), rel=1e-10, abs=1e-10)


def test_a_column_with_undefined_values_sees_the_same_resamples():
    values = skewed(30, 2)
    values[::4, 1] = np.nan
    low, high = bca_intervals(sum_by_unit(values, np.arange(30)), 0.95, SEED)
    for k in range(2):
        wanted = scipy_ends(values[:, k], np.nanmean)
        assert [low[k], high[k]] == pytest.approx(wanted, rel=1e-10)


def test_many_columns_are_as_each_by_itself():
    values = np.random.default_rng(3).normal(size=(12, 300))
    low, high = bca_intervals(sum_by_unit(values, np.arange(12)), 0.95, SEED)
    one = bca_intervals(sum_by_unit(values[:, 299:], np.arange(12)), 0.95, SEED)
    assert [low[299], high[299]] == pytest.approx([*one[0], *one[1]], rel=1e-12)


def test_cases_of_a_patient_are_drawn_together():
    # Ten patients, each with three equal cases: the interval is that of the ten.
    values = skewed(10, 1)
    thrice = sum_by_unit(np.repeat(values, 3, axis=0), np.repeat(np.arange(10), 3))
    for a, b in zip(
        bca_intervals(thrice, 0.95, SEED),
        bca_intervals(sum_by_unit(values, np.arange(10)), 0.95, SEED),
        strict=True,
    ):
        assert a == pytest.approx(b, rel=1e-12)


def test_a_patient_with_more_cases_weighs_more():
    values, units = np.array([[1.0], [1.0], [4.0]]), np.array([0, 0, 1])
    made = resample_means(sum_by_unit(values, units), SEED)
    # two patients: twice the first, both (1 + 1 + 4) / 3, twice the second
    assert np.unique(np.round(made, 12)).tolist() == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("judge", [bca_intervals, simultaneous_intervals, stepwise_intervals])
@pytest.mark.parametrize("value", [0.0, -0.02, 0.1 + 0.2 - 0.3])
def test_equal_differences_have_that_point(judge, value):
    values = np.full((20, 1), value)
    ends = judge(sum_by_unit(values, np.arange(20)), 0.95, SEED)
    assert np.ravel(ends) == pytest.approx([value, value], abs=1e-17)


def test_differences_that_are_equal_but_for_rounding_do_not_stretch_the_others():
    noisy = np.random.default_rng(2).normal(0, 0.03, (30, 1))
    rounding = 0.1 + np.where(np.arange(30) % 2, 1e-17, -1e-17)[:, None]
    rounding[::3] = np.nextafter(0.1, 1)
    alone = simultaneous_intervals(sum_by_unit(noisy, np.arange(30)), 0.95, SEED)
    both = simultaneous_intervals(
        sum_by_unit(np.hstack([noisy, rounding]), np.arange(30)), 0.95, SEED
    )
    assert [both[0][0], both[1][0]] == pytest.approx([alone[0][0], alone[1][0]], rel=1e-12)


@pytest.mark.parametrize("judge", [bca_intervals, simultaneous_intervals, stepwise_intervals])
def test_one_value_is_its_interval_and_none_has_none(judge):
    values = np.full((3, 2), np.nan)
    values[1, 0] = 0.5
    low, high = judge(sum_by_unit(values, np.arange(3)), 0.95, SEED)
    assert (low[0], high[0]) == (0.5, 0.5)
    assert math.isnan(low[1])
    assert math.isnan(high[1])


def test_simultaneous_intervals_are_wider_the_more_there_are():
    values = np.random.default_rng(4).normal(0, 0.03, (40, 30))
    sample = sum_by_unit(values, np.arange(40))
    one = np.subtract(*simultaneous_intervals(sample.picked(slice(0, 1)), 0.95, SEED)[::-1])
    many = np.subtract(*simultaneous_intervals(sample, 0.95, SEED)[::-1])
    again = np.subtract(
        *simultaneous_intervals(sum_by_unit(np.tile(values[:, :1], 30), np.arange(40)), 0.95, SEED)[
            ::-1
        ]
    )
    assert many[0] > 1.4 * one[0]  # 30 independent columns: about the quantile at 0.95 / 30
    assert again[0] == pytest.approx(one[0], rel=1e-12)  # 30 times the same column is one


def test_simultaneous_of_one_normal_column_is_about_that_of_student():
    values = np.random.default_rng(6).normal(0, 1, (25, 1))
    low, high = simultaneous_intervals(sum_by_unit(values, np.arange(25)), 0.95, SEED)
    student = stats.t.interval(0.95, 24, values.mean(), stats.sem(values[:, 0]))
    assert [low[0], high[0]] == pytest.approx(student, rel=0.03)


def test_holm_gives_each_step_its_level():
    values = np.random.default_rng(7).normal([-1, -0.02, 0], 1, (60, 3)) * 0.03
    sample = sum_by_unit(values, np.arange(60))
    low, high = stepwise_intervals(sample, 0.95, SEED)
    # the first is clear at 1 - 0.05 / 3; the second is not at 1 - 0.05 / 2, which the third keeps
    steps = [bca_intervals(sample, 1 - 0.05 / k, SEED) for k in (3, 2)]
    assert (low[0], high[0]) == (steps[0][0][0], steps[0][1][0])
    assert (low[1], high[1]) == (steps[1][0][1], steps[1][1][1])
    assert (low[2], high[2]) == (steps[1][0][2], steps[1][1][2])


def test_the_interval_of_a_mean_over_columns():
    values = skewed(20, 2)
    found = overall_interval(sum_by_unit(values, np.arange(20)), 0.95, SEED)
    assert found == pytest.approx(scipy_ends(values.mean(axis=1)), rel=1e-10)


def test_a_seed_gives_the_same_ends_again():
    sample = sum_by_unit(skewed(20, 2), np.arange(20))
    assert np.array_equal(bca_intervals(sample, 0.95, 1), bca_intervals(sample, 0.95, 1))
    assert not np.array_equal(bca_intervals(sample, 0.95, 1), bca_intervals(sample, 0.95, 2))


def test_very_many_units_are_drawn_from_their_distribution_p25(monkeypatch):
    """The ends agree with those of drawn units to a few percent of the interval's width."""
    from segeval.statistics import bootstrap

    chance = np.random.default_rng(3)
    values = np.column_stack([chance.beta(8, 1, 3000), chance.exponential(1, 3000)])
    values[::7, 1] = np.nan
    sample = sum_by_unit(values, np.arange(3000))
    drawn = np.array(bca_intervals(sample, 0.95, 0))
    monkeypatch.setattr(bootstrap, "LARGE", 2999)
    made = np.array(bca_intervals(sample, 0.95, 0))
    assert (np.abs(made - drawn) < 0.05 * (drawn[1] - drawn[0])).all()
    both = bootstrap.resample_means(sample.picked([0, 0]), 1)
    assert np.allclose(both[:, 0], both[:, 1])


@pytest.mark.parametrize(("off", "point"), [(0.9e-12, True), (1.1e-12, False)])
def test_resamples_are_their_mean_within_rounding(off, point):
    made = 8.0 * np.array([[1 - off], [1], [1 + off / 2]])
    found = is_point(np.array([8.0]), made, np.array([3]), np.array([8.0]))
    assert found.tolist() == [point]


@pytest.mark.parametrize(("off", "share"), [(0.9e-12, 0.5), (1.1e-12, 0.75)])
def test_resamples_are_on_a_bar_within_rounding(off, share):
    made = 4.0 * np.array([[-off], [0]])  # on the bar is half below it
    below = share_below(np.zeros(1), made, np.array([2]), np.array([4.0]))
    assert below.tolist() == [share]


@pytest.mark.parametrize(("off", "wide"), [(0.9e-12, False), (1.1e-12, True)])
def test_a_spread_within_rounding_is_none(off, wide):
    scale = np.array([1.0])
    totals = np.where(np.arange(400) % 2, 1.0, -1.0)[:, None] * off * math.sqrt(400)
    sample = UnitSums(totals, np.ones_like(totals), scale)  # the spread of its means is `off`
    low, high = simultaneous_intervals(sample, 0.95, SEED)
    assert (high > low).tolist() == [wide]
