"""Tests of paired differences and of ranks, with an answer where the textbook formula has none."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from segeval.runtime.arrays import Floats


def signed_rank_p(difference: Floats) -> float:
    """The p of Wilcoxon's signed-rank test (Biometrics Bulletin 1(6), 1945), two-sided.

    difference  (n,), finite
    returns     1 where all differences are zero, nan where there are none
    """
    from scipy.stats import wilcoxon

    if not len(difference):
        return float("nan")
    if not difference.any():
        return 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few cases, which is said for the whole comparison
        return float(wilcoxon(difference).pvalue)


def friedman_test(values: Floats) -> tuple[float, float]:
    """The statistic and p of Friedman's test (J. Am. Stat. Assoc. 32(200), 1937).

    values   (cases, models), at least three models
    returns  0 and 1 where all models are alike in every case, nan and nan without cases
    """
    from scipy.stats import friedmanchisquare

    if not len(values):
        return float("nan"), float("nan")
    if (values == values[:, :1]).all():
        return 0.0, 1.0
    found = friedmanchisquare(*values.T)
    return float(found.statistic), float(found.pvalue)


def adjust_holm(p: Sequence[float]) -> list[float]:
    """p adjusted for all that are tested together (Holm, Scand. J. Stat. 6(2), 1979); nan stays."""
    known = sorted((one, k) for k, one in enumerate(p) if one == one)
    adjusted, least = list(p), 0.0
    for place, (one, k) in enumerate(known):
        least = max(least, min(1.0, one * (len(known) - place)))
        adjusted[k] = least
    return adjusted


def tied_ranks(badness: Floats) -> Floats:
    """Ranks along the last axis, 1 for the smallest; those that are equal share the mean."""
    from scipy.stats import rankdata

    found: Floats = np.asarray(rankdata(badness, axis=-1), np.float64)
    return found
