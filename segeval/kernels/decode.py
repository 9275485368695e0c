"""Scores to labels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from segeval.runtime.arrays import Floats, Labels, Raw

RECHECKED_SHARE = 4  # voxels of which one may be looked at again
BITS: dict[int, Any] = {4: np.uint32, 8: np.uint64}


def float_bits(values: Floats) -> Raw:
    """Floats as integers: without a sign in the order of the values; sign and nan are above all."""
    coded: Raw = values.view(BITS[values.itemsize])
    return coded


@cache
def least_unusual_bits(coded: np.dtype[Any]) -> int:
    """The least of such integers that is infinite, negative or no number.

    coded    an unsigned type of as many bytes as the floats that are looked at
    returns  what infinity is, read as such an integer
    """
    return int(np.array(np.inf, f"f{coded.itemsize}").view(coded))


def argmax_channel(scores: Raw) -> Labels:
    """The channel with the largest score, ties to the lowest; flat uint8 or uint16.

    scores  (channels, n)
    """
    return winning_channel(scores, scores.max(axis=1, initial=-np.inf))[0]


def winning_channel(scores: Raw, tops: Floats) -> tuple[Labels, Floats]:
    """The channel with the largest score, ties to the lowest, and that score.

    scores   (channels, n)
    tops     no score of a channel is above; most channels are the largest nowhere in a slab
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
    return _first_best(scores, best, some), best


def confirm_guess(
    scores: Floats, tops: Floats, total: Floats, guess: Raw, own: Floats
) -> tuple[Labels, Floats]:
    """`winners` of shares where a guess is right for most voxels.

    A channel that has more than half of what all have together is the largest.

    scores   (classes, n) shares
    tops     (n,) room for the largest score of each voxel
    total    (n,) sum over the channels
    guess    (n,) a channel for each voxel
    own      (n,) the score of that channel
    returns  (n,) the class of each voxel, and its score
    """
    best = own.astype(scores.dtype)
    half = 0.5 + len(scores) * np.finfo(best.dtype).eps  # and what rounding may take of a sum
    rest = np.flatnonzero(best <= total * best.dtype.type(half))
    if len(rest) * RECHECKED_SHARE > len(own):
        return winning_channel(scores, tops)
    label: Labels = guess.astype(label_dtype(len(scores)))
    if len(rest):
        label[rest], best[rest] = winning_channel(scores.take(rest, axis=1), tops)
    return label, best


def label_dtype(channels: int) -> np.dtype[Any]:
    """The type of labels for so many channels."""
    return np.dtype(np.uint8 if channels < 256 else np.uint16)


def _first_best(scores: Raw, best: Floats, some: Sequence[int]) -> Labels:
    """The lowest of some channels whose score is the best."""
    kind = label_dtype(len(scores))
    found, here = np.zeros(len(best), kind), np.empty(len(best), kind)
    equal = np.empty(len(best), bool)
    for channel in some:
        np.equal(scores[channel], best, out=equal)
        np.multiply(equal.view(np.uint8), kind.type(len(scores) - channel), out=here)
        np.maximum(found, here, out=found)
    np.subtract(kind.type(len(scores)), found, out=found)
    return found
