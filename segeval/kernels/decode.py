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
    label: Labels = np.zeros(scores.shape[1], np.uint8 if len(scores) <= 256 else np.uint16)
    best = scores[0].copy()
    for channel in range(1, len(scores)):
        above = scores[channel] > best
        np.copyto(best, scores[channel], where=above)
        label[above] = channel
    return label
