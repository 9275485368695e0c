"""Intervals of means by the bootstrap: every column sees the same resamples of the units.

A column holds the values of a class in a metric, nan where there is none; a unit is what is drawn
together, a patient or else a case. A resample draws as many units as there are, with replacement,
and the mean is that of the values in it.

    bca            bias-corrected and accelerated: Efron, J. Am. Stat. Assoc. 82(397), 1987
    simultaneous   for all columns together, from the largest standardised difference of each
                   resample: Westfall and Young, Resampling-Based Multiple Testing, 1993
    stepwise       BCa at the levels of Holm, Scand. J. Stat. 6(2), 1979

Of more than `LARGE` units no unit is drawn: the means of resamples are then normal but for a little
skewness, and are drawn from that distribution (Cornish and Fisher, Rev. Inst. Int. Stat. 5, 1938).

A column whose resamples are all alike (all values equal, or one unit) has that point as interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist
from typing import Any

import numpy as np

from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen

RESAMPLES = 10_000
BLOCK_COUNTS = 1 << 19  # counts made at a time: 4 MB
LARGE = 20_000  # units; the error of the drawn distribution is below that of 10 000 resamples
MOST_COLUMNS = 256  # columns at a time: 20 MB of means
ROUNDING = 1e-12  # of the largest value: a difference that is none
NORMAL = NormalDist()
# Sums of values near the largest float are infinite; an interval that needs them is nan.
BEYOND_FLOATS: dict[str, Any] = {"over": "ignore", "invalid": "ignore"}


@frozen
class UnitSums:
    """The values of columns, summed over the cases of each unit.

    totals  float64 (units, k)
    sizes   float64 (units, k), how many values each total is the sum of
    scale   float64 (k,), the largest absolute value: what rounding is measured by
    """

    totals: Floats
    sizes: Floats
    scale: Floats

    @property
    def mean(self) -> Floats:
        """The mean of each column (k,); nan where it has no value."""
        return mean_ratio(self.totals.sum(axis=0), self.sizes.sum(axis=0))

    def picked(self, columns: Any) -> UnitSums:
        """Some of the columns."""
        return UnitSums(self.totals[:, columns], self.sizes[:, columns], self.scale[columns])


def mean_ratio(total: Floats, size: Floats) -> Floats:
    """total / size; nan where the size is 0."""
    made: Floats = np.divide(total, size, out=np.full(np.shape(total), np.nan), where=size > 0)
    return made


def sum_by_unit(values: Floats, units: Any) -> UnitSums:
    """Add up values by unit.

    values  float64 (cases, k), nan where there is none
    units   int (cases,), which unit a case belongs to, 0 to units - 1
    """
    known = np.isfinite(values)
    held = np.where(known, values, 0.0)
    scale = np.abs(held).max(axis=0, initial=0.0)
    if np.array_equal(units, np.arange(len(values))):  # each case is one
        return UnitSums(held, known.astype(np.float64), scale)
    totals, sizes = np.zeros((2, int(np.max(units, initial=-1)) + 1, values.shape[1]))
    np.add.at(totals, units, held)
    np.add.at(sizes, units, known)
    return UnitSums(totals, sizes, scale)


def draw_units(units: int, seed: int, resamples: int = RESAMPLES) -> Iterator[Floats]:
    """How often each unit is drawn: float64 (block, units), in all `resamples` rows.

    The indices are those of `scipy.stats.bootstrap` with `np.random.default_rng(seed)`.
    """
    generator = np.random.default_rng(seed)
    block = max(1, BLOCK_COUNTS // units)
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = generator.integers(0, units, (rows, units)) + units * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * units)
        yield counts.reshape(rows, units).astype(np.float64)


def resample_means(sample: UnitSums, seed: int) -> Floats:
    """The mean of each column in each resample, (resamples, k); nan where it drew no value."""
    if len(sample.totals) > LARGE:
        return draw_large_means(sample, seed)
    mean = np.nan_to_num(sample.mean)
    centred = sample.totals - mean * sample.sizes  # what is near to the mean keeps its digits
    patterns, which = np.unique(sample.sizes, axis=1, return_inverse=True)
    made = np.empty((RESAMPLES, centred.shape[1]))
    row = 0
    for counts in draw_units(len(centred), seed):
        sizes = (counts @ patterns)[:, which.ravel()]
        made[row : row + len(counts)] = mean_ratio(counts @ centred, sizes)
        row += len(counts)
    made += mean
    return made


def draw_large_means(sample: UnitSums, seed: int) -> Floats:
    """The means of resamples of very many units, from their own distribution: (resamples, k).

    Their covariance is that of the units' shares in the means; a column's skewness is added to its
    normal draws.
    """
    mean = sample.mean
    shares = mean_ratio(
        sample.totals - np.nan_to_num(mean) * sample.sizes,
        np.broadcast_to(sample.sizes.sum(axis=0), sample.totals.shape),
    )
    shares = np.nan_to_num(shares)
    values, vectors = np.linalg.eigh(shares.T @ shares)
    root = vectors * np.sqrt(np.maximum(values, 0))
    drawn = np.random.default_rng(seed).standard_normal((RESAMPLES, len(values))) @ root.T
    spread = np.sqrt((shares**2).sum(axis=0))
    z = drawn / np.where(spread > 0, spread, 1)
    lean = np.divide(
        (shares**3).sum(axis=0), spread**3, out=np.zeros_like(spread), where=spread > 0
    )
    made: Floats = mean + spread * (z + lean / 6 * (z**2 - 1))
    return made


def leave_one_out_means(sample: UnitSums) -> Floats:
    """The mean of each column without each unit in turn, (units, k)."""
    totals, sizes = sample.totals, sample.sizes
    return mean_ratio(totals.sum(axis=0) - totals, sizes.sum(axis=0) - sizes)


def bca_interval(
    mean: Floats, made: Floats, without: Floats, level: Any, scale: Floats
) -> tuple[Floats, Floats]:
    """Both ends of the interval of each column, (k,) and (k,); `made` is sorted in place.

    mean     (k,), of the sample
    made     (resamples, k), of the resamples
    without  (units, k), without each unit
    level    0.95, or one a column (k,)
    """
    made.sort(axis=0)  # nan comes last
    many = np.isfinite(made).sum(axis=0)
    shift, lean = _bias(mean, made, many, scale), _acceleration(without)
    tail = [NORMAL.inv_cdf((1 - one) / 2) for one in np.broadcast_to(level, mean.shape)]
    ends = []
    for z in (np.array(tail), -np.array(tail)):
        moved = shift + z
        share = normal_cdf(shift + moved / (1 - lean * moved))
        ends.append(_quantile(made, share, many))
    alike = is_point(mean, made, many, scale)
    return finite_ends(np.where(alike, mean, ends[0]), np.where(alike, mean, ends[1]))


def finite_ends(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Both ends of intervals (k,); nan where one of them is no number."""
    known = np.isfinite(low) & np.isfinite(high)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def normal_cdf(z: Floats) -> Floats:
    """The normal distribution function."""
    return np.array([NORMAL.cdf(one) if np.isfinite(one) else np.nan for one in z])


def is_point(mean: Floats, made: Floats, many: Any, scale: Floats) -> Any:
    """Whether all (sorted) resamples of a column are its mean, but for rounding; bool (k,)."""
    last = made[np.maximum(many - 1, 0), np.arange(len(mean))]
    spread = np.maximum(np.abs(made[0] - mean), np.abs(last - mean))
    return (many > 0) & (spread <= ROUNDING * scale)


def share_below(bar: Floats, made: Floats, many: Any, scale: Floats) -> Floats:
    """The share of (sorted) resamples below a bar, those on it counted half; never 0 or 1."""
    near = ROUNDING * scale
    under = [np.searchsorted(m[:n], b) for m, n, b in zip(made.T, many, bar - near, strict=True)]
    upto = [
        np.searchsorted(m[:n], b, "right") for m, n, b in zip(made.T, many, bar + near, strict=True)
    ]
    share = (np.array(under) + np.array(upto)) / np.maximum(2 * many, 1)
    least = 1 / np.maximum(2.0 * many, 2)
    found: Floats = np.clip(share, least, 1 - least)
    return found


def _bias(mean: Floats, made: Floats, many: Any, scale: Floats) -> Floats:
    share = share_below(mean, made, many, scale)
    return np.array([NORMAL.inv_cdf(s) if np.isfinite(s) else np.nan for s in share])


def _acceleration(without: Floats) -> Floats:
    """From the third moment of the means without each unit; 0 where they are all alike."""
    known = np.isfinite(without)
    units = known.sum(axis=0)
    held = np.where(known, without, 0)
    gaps = np.where(known, mean_ratio(held.sum(axis=0), units) - without, 0)
    third, second = (gaps**3).sum(axis=0), (gaps**2).sum(axis=0)
    made: Floats = np.divide(third, 6 * second**1.5, out=np.zeros(len(third)), where=second > 0)
    return made


def _quantile(made: Floats, share: Floats, many: Any) -> Floats:
    """Of each sorted column, between the two resamples beside it (type 7 of Hyndman and Fan)."""
    place = np.nan_to_num(share) * np.maximum(many - 1, 0)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, np.maximum(many - 1, 0))
    columns = np.arange(made.shape[1])
    before, after = made[low, columns], made[high, columns]
    found: Floats = before + (after - before) * (place - low)
    found[~np.isfinite(share)] = np.nan
    return found


@np.errstate(**BEYOND_FLOATS)
def bca_intervals(sample: UnitSums, level: Any, seed: int) -> tuple[Floats, Floats]:
    """BCa intervals of the mean of each column, each by itself: (k,) and (k,)."""
    ends = np.full((2, sample.totals.shape[1]), np.nan)
    levels = np.broadcast_to(level, ends.shape[1:])
    for some, part in _column_parts(sample):
        made = resample_means(part, seed)
        ends[:, some] = bca_interval(
            part.mean, made, leave_one_out_means(part), levels[some], part.scale
        )
    return ends[0], ends[1]


def _column_parts(sample: UnitSums) -> Iterator[tuple[slice, UnitSums]]:
    for start in range(0, sample.totals.shape[1], MOST_COLUMNS):
        some = slice(start, start + MOST_COLUMNS)
        yield some, sample.picked(some)


@np.errstate(**BEYOND_FLOATS)
def overall_interval(sample: UnitSums, level: float, seed: int) -> tuple[float, float]:
    """The BCa interval of the mean over the columns of their means: of `overall`."""
    sums = np.zeros((2, RESAMPLES)), np.zeros((2, len(sample.totals)))
    for _, part in _column_parts(sample):
        for total, means in zip(
            sums, (resample_means(part, seed), leave_one_out_means(part)), strict=True
        ):
            total += np.nansum(means, axis=1), np.isfinite(means).sum(axis=1)
    made, without = (mean_ratio(total, size)[:, None] for total, size in sums)
    mean = np.array([np.nanmean(sample.mean)])
    low, high = bca_interval(mean, made, without, level, np.array([sample.scale.max()]))
    return float(low[0]), float(high[0])


@np.errstate(**BEYOND_FLOATS)
def simultaneous_intervals(sample: UnitSums, level: float, seed: int) -> tuple[Floats, Floats]:
    """Intervals that hold for all columns together with the level: (k,) and (k,).

    Of each resample the largest difference from a mean, in units of the column's own spread; its
    quantile is how many such units every interval reaches. A bootstrap of few units is too narrow:
    its spread lacks n / (n - 1) and its quantiles are normal; both are widened to those of
    Student's t for each column's units (Hesterberg, Am. Stat. 69(4), 2015).
    """
    mean, spread = sample.mean, np.zeros(sample.totals.shape[1])
    largest = np.zeros(RESAMPLES)
    for some, part in _column_parts(sample):
        apart = resample_means(part, seed)
        apart -= part.mean
        many = np.isfinite(apart).sum(axis=0)
        np.nan_to_num(apart, copy=False)
        own = np.sqrt(mean_ratio((apart**2).sum(axis=0), many))
        own = np.where(own > ROUNDING * part.scale, own, 0)  # else rounding would be the largest
        np.abs(apart, out=apart)
        apart /= np.where(own > 0, own, np.inf)
        np.maximum(largest, apart.max(axis=1, initial=0), out=largest)
        spread[some] = own
    reach = _widen_quantile(float(np.quantile(largest, level)), (sample.sizes > 0).sum(axis=0))
    return finite_ends(mean - reach * spread, mean + reach * spread)


def _widen_quantile(reach: float, units: Any) -> Floats:
    """A normal quantile as that of Student's t, for each column's number of units."""
    from scipy.special import stdtrit

    tail = NORMAL.cdf(-reach)
    n = np.maximum(units, 2)
    made: Floats = -stdtrit(n - 1, tail) * np.sqrt(n / (n - 1))
    return made


def stepwise_intervals(sample: UnitSums, level: float, seed: int) -> tuple[Floats, Floats]:
    """BCa intervals at the levels of Holm's steps: those that exclude 0 do so together.

    The column with the smallest p is judged at 1 - alpha / k, the next at 1 - alpha / (k - 1), …;
    after the first whose interval holds 0, all others keep its level.
    """
    p = _p_value(sample, seed)
    known = np.flatnonzero(np.isfinite(p))
    levels, alpha, left = np.full(len(p), level), 1 - level, len(known)
    for column in known[np.argsort(p[known], kind="stable")]:
        levels[column] = 1 - alpha / left
        if p[column] <= alpha / left:
            left -= 1
    return bca_intervals(sample, levels, seed)


@np.errstate(**BEYOND_FLOATS)
def _p_value(sample: UnitSums, seed: int) -> Floats:
    """The smallest alpha at which the BCa interval of a column excludes 0; nan for a point."""
    found = np.full(sample.totals.shape[1], np.nan)
    for some, part in _column_parts(sample):
        mean, made = part.mean, np.sort(resample_means(part, seed), axis=0)
        many = np.isfinite(made).sum(axis=0)
        shift, lean = _bias(mean, made, many, part.scale), _acceleration(leave_one_out_means(part))
        zero = share_below(np.zeros(len(mean)), made, many, part.scale)
        apart = np.array([NORMAL.inv_cdf(s) for s in zero]) - shift
        z = apart / (1 + lean * apart) - shift
        p = 2 * np.minimum(normal_cdf(z), normal_cdf(-z))
        found[some] = np.where(is_point(mean, made, many, part.scale), np.nan, p)
    return found
