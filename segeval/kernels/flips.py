"""Test-time flips: the scores of an image and of its mirror image as one.

Which of the two is used moves boundaries; labels are then the largest score (kernels/decode.py).
"""

from __future__ import annotations

import numpy as np

from segeval.kernels.resample import resample_linear
from segeval.kernels.softmax import softmax
from segeval.runtime.arrays import Floats, Raw


def flip_logit_sum(logits: Raw, flipped: Raw, shape: tuple[int, ...], rule: str) -> Floats:
    """Scores of an image and of its mirror image: logits added, then upsampled (TensorFlow port).

    logits   (channels, *space)
    flipped  the same of the image that was mirrored along its last axis, not yet mirrored back
    returns  float64 (channels, *shape)
    """
    return resample_linear(logits.astype(np.float64) + flipped[..., ::-1], shape, rule)


def flip_softmax_mean(logits: Raw, flipped: Raw, shape: tuple[int, ...], rule: str) -> Floats:
    """The same, as the mean of the softmaxes of both upsampled logits (semseg)."""
    mirrored = softmax(resample_linear(flipped, shape, rule))[..., ::-1]
    mean: Floats = (softmax(resample_linear(logits, shape, rule)) + mirrored) / 2
    return mean
