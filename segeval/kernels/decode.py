"""Scores to labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Labels


def largest(scores: NDArray[Any]) -> Labels:
    """The channel with the largest score, ties to the lowest; flat uint8 or uint16.

    scores  (channels, n)
    """
    kind: type[np.uint8] | type[np.uint16] = np.uint8 if len(scores) <= 256 else np.uint16
    label: Labels = np.zeros(scores.shape[1], kind)
    best = np.maximum.reduce(scores, axis=0)
    before = np.ones(len(label), bool)  # no channel was the largest yet
    below = np.empty(len(label), bool)
    for row in scores[:-1]:
        np.not_equal(row, best, out=below)
        np.logical_and(before, below, out=before)
        np.add(label, before.view(np.uint8), out=label)
    return label
