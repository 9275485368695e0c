"""Scores to labels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from segeval.arrays import Floats, Labels, Raw

BITS: dict[int, Any] = {4: np.uint32, 8: np.uint64}


def bits(values: Floats) -> Raw:
    """Floats as integers: without a sign in the order of the values; sign and nan are above all."""
    coded: Raw = values.view(BITS[values.itemsize])
    return coded


@cache
def unusual(coded: np.dtype[Any]) -> int:
    """The least of such integers that is infinite, negative or no number."""
    return int(np.array(np.inf, f"f{coded.itemsize}").view(coded))


def largest(scores: Raw) -> Labels:
    """The channel with the largest score, ties to the lowest; flat uint8 or uint16.

    scores  (channels, n)
    """
    return winners(scores, scores.max(axis=1, initial=-np.inf))[0]


def winners(scores: Raw, tops: Floats) -> tuple[Labels, Floats]:
    """The channel with the largest score, ties to the lowest, and that score.

    scores   (channels, n)
    tops     the largest score of each channel: most channels are the largest nowhere in a slab
    returns  flat uint8 or uint16; what the scores are
    """
    first, *others = np.argsort(np.negative(tops), kind="stable").tolist()
    best = scores[first].copy()
    some = [first]
    for channel in others:
        if tops[channel] < best.min(initial=np.inf):  # nor is any after it the largest anywhere
            break
        np.maximum(best, scores[channel], out=best)
        some.append(channel)
    return _first_equal(scores, best, some), best


def _first_equal(scores: Raw, best: Floats, some: Sequence[int]) -> Labels:
    """The lowest of some channels whose score is the best."""
    kind = np.dtype(np.uint8 if len(scores) < 256 else np.uint16)
    found, here = np.zeros(len(best), kind), np.empty(len(best), kind)
    equal = np.empty(len(best), bool)
    for channel in some:
        np.equal(scores[channel], best, out=equal)
        np.multiply(equal.view(np.uint8), kind.type(len(scores) - channel), out=here)
        np.maximum(found, here, out=found)
    return np.subtract(kind.type(len(scores)), found, out=found)
