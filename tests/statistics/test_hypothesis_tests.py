"""Tests of differences and ranks: known answers, and those where the formula has none."""

import math

import numpy as np
import pytest

from segeval.statistics.hypothesis_tests import (
    adjust_holm,
    friedman_test,
    signed_rank_p,
    tied_ranks,
)


def test_signed_rank_by_hand():
    # five differences, all of one sign: 2 of the 2^5 signs are as extreme
    assert signed_rank_p(np.array([0.1, 0.2, 0.3, 0.4, 0.5])) == pytest.approx(2 / 32)


def test_signed_rank_without_differences():
    assert signed_rank_p(np.zeros(12)) == 1
    assert math.isnan(signed_rank_p(np.zeros(0)))


def test_holm_by_hand():
    # 0.01 * 4, 0.02 * 3, then the larger of 0.06 and 0.03 * 2, then 0.5
    assert adjust_holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    found = adjust_holm([math.nan, 0.04])
    assert math.isnan(found[0])
    assert found[1] == 0.04
    assert adjust_holm([0.9, 0.8]) == [1, 1]


def test_ranks_share_the_mean_of_ties():
    assert tied_ranks(np.array([[3.0, 1.0, 1.0], [1.0, 2.0, 3.0]])).tolist() == [
        [3, 1.5, 1.5],
        [1, 2, 3],
    ]


def test_friedman_by_hand():
    # three models in the same order in 4 cases: 12 / (4 * 3 * 4) * (16 + 64 + 144) - 3 * 4 * 4
    values = np.array([[1.0, 2.0, 3.0]] * 4) + np.arange(4)[:, None]
    assert friedman_test(values)[0] == pytest.approx(8)
    assert friedman_test(np.ones((4, 3))) == (0, 1)
    assert all(map(math.isnan, friedman_test(np.zeros((0, 3)))))
