"""Scores to label maps: upsampling, the mean over flipped images, and the largest score.

The largest is that of the upsampled LOGITS; ties go to the lowest class.
"""

from __future__ import annotations

import numpy as np

from segeval.arrays import Floats, Labels, Raw
from segeval.kernels.resample import linear
from segeval.kernels.softmax import softmax


def largest(scores: Raw) -> Labels:
    """The channel with the largest score, ties to the lowest.

    scores   (channels, ...)
    returns  uint8 or uint16, without the first axis
    """
    label: Labels = scores.argmax(axis=0).astype(np.uint8 if len(scores) <= 256 else np.uint16)
    return label


def flip_logit_sum(logits: Raw, flipped: Raw, shape: tuple[int, ...], rule: str) -> Floats:
    """Scores of an image and of its mirror image: logits added, then upsampled (TensorFlow port).

    logits   (channels, *space)
    flipped  the same of the image that was mirrored along its last axis, not yet mirrored back
    returns  float64 (channels, *shape)
    """
    return linear(logits.astype(np.float64) + flipped[..., ::-1], shape, rule)


def flip_softmax_mean(logits: Raw, flipped: Raw, shape: tuple[int, ...], rule: str) -> Floats:
    """The same, as the mean of the softmaxes of both upsampled logits (semseg)."""
    mirrored = softmax(linear(flipped, shape, rule))[..., ::-1]
    mean: Floats = (softmax(linear(logits, shape, rule)) + mirrored) / 2
    return mean
