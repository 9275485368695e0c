"""Resampling of maps to another size: where output index i lies in the input, and what it takes.

    rule           coordinate of output i, input length n, output length m
    align_corners  i (n - 1) / (m - 1), 0 if m = 1       PSPNet; torch align_corners=True
    half_pixel     max((i + 1/2) n / m - 1/2, 0)         torch align_corners=False; TensorFlow 2
    asymmetric     i n / m                               TensorFlow 1, both flags off

Nearest takes floor(i n / m) (asymmetric) or floor((i + 1/2) n / m) (half_pixel). The rule moves
boundaries, so maps are compared only within one. Logits are resampled, not probabilities or labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from segeval.runtime.arrays import Floats, Raw

if TYPE_CHECKING:
    from numpy.typing import NDArray

RULES = ("align_corners", "half_pixel", "asymmetric")


def source_coordinates(n: int, m: int, rule: str, part: range | None = None) -> Floats:
    """Where each of m output indices lies among n input indices, float64 in [0, n - 1].

    n, m  the sizes before and after
    rule  align_corners, half_pixel or another that keeps the origin
    part  the output indices that are asked for; None: all
    """
    i = np.arange(m if part is None else len(part), dtype=np.float64)
    i += 0 if part is None else part.start
    if rule == "align_corners":
        place = i * ((n - 1) / max(m - 1, 1))
    elif rule == "half_pixel":
        place = ((i + 0.5) * (n / m) - 0.5).clip(0)
    else:
        place = i * (n / m)
    return np.minimum(place, n - 1)


def nearest_index(n: int, m: int, rule: str) -> NDArray[np.intp]:
    """The input index that each of m output indices takes; rule asymmetric or half_pixel."""
    i = np.arange(m, dtype=np.intp)
    return i * n // m if rule == "asymmetric" else (2 * i + 1) * n // (2 * m)


def resample_linear(values: Raw, shape: Sequence[int], rule: str) -> Floats:
    """Resample the last axes linearly.

    values   (..., *space)
    shape    the new space
    rule     as for `source_coordinates`
    returns  float64 (..., *shape)
    """
    result: Floats = values.astype(np.float64)
    for axis, m in enumerate(shape, values.ndim - len(shape)):
        if result.shape[axis] != m:
            result = _interpolate_axis(
                result, axis, source_coordinates(result.shape[axis], m, rule)
            )
    return result


def linear_part(values: Raw, shape: Sequence[int], parts: Sequence[range], rule: str) -> Floats:
    """A part of `linear`, without the rest, which may be of any size.

    values   (..., *space)
    shape    the new space, whole
    parts    the output indices of each axis
    rule     as for `source_coordinates`
    returns  float64, the shape of the parts
    """
    result: Floats = values.astype(np.float64)
    for axis, (m, part) in enumerate(zip(shape, parts, strict=True)):
        n = result.shape[axis]
        if n == m:
            result = result.take(part, axis)
        else:
            result = _interpolate_axis(result, axis, source_coordinates(n, m, rule, part))
    return result


def _interpolate_axis(values: Floats, axis: int, place: Floats) -> Floats:
    """Linear interpolation at some places of one axis."""
    low = place.astype(np.intp)
    high = np.minimum(low + 1, values.shape[axis] - 1)
    share = (place - low).reshape(-1, *[1] * (values.ndim - axis - 1))
    below = values.take(low, axis)
    below += (values.take(high, axis) - below) * share
    return below


def resample_nearest(values: Raw, shape: Sequence[int], rule: str) -> Raw:
    """Resample the last axes by taking the nearest value: for labels.

    values   (..., *space)
    shape    the new space
    rule     as for `source_coordinates`
    returns  (..., *shape), the same type
    """
    result = values
    for axis, m in enumerate(shape, values.ndim - len(shape)):
        result = result.take(nearest_index(result.shape[axis], m, rule), axis)
    return result
