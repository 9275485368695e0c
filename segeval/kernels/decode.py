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
    best = scores[0].copy()
    above, here = np.empty(len(label), bool), np.empty(len(label), kind)
    for channel in range(1, len(scores)):  # a later channel has a larger number: no masks needed
        np.greater(scores[channel], best, out=above)
        np.maximum(best, scores[channel], out=best)
        np.multiply(above, kind(channel), out=here)
        np.maximum(label, here, out=label)
    return label
