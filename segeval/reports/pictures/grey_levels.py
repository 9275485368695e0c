"""Values of an image as grey levels: the windows of the clinic, or what the image spans."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray

from segeval.runtime.arrays import Floats
from segeval.runtime.errors import RequestError

WINDOWS = {  # width and level in HU
    "soft": (400.0, 40.0),
    "lung": (1500.0, -600.0),
    "bone": (1800.0, 400.0),
    "brain": (80.0, 40.0),
}
OF_CLASSES = {  # what a class is looked at in, by a part of its name
    "lung": "lung",
    "trachea": "lung",
    "bronchus": "lung",
    "brain": "brain",
    "chiasm": "brain",
    "optic": "brain",
    "pituitary": "brain",
    "hippocampus": "brain",
    "mandible": "bone",
    "femur": "bone",
    "bone": "bone",
    "vertebra": "bone",
    "cochlea": "bone",
}
AIR, TISSUE = -300.0, 3071.5  # a CT has values below and none far above these
ENDS = (0.5, 99.5)  # percentiles of an image that has no window


def parse_window(text: str) -> tuple[float, float] | None:
    """A window by its word or as `WIDTH,LEVEL`; None for `auto`. Raises RequestError."""
    if text in ("", "auto"):
        return None
    if text in WINDOWS:
        return WINDOWS[text]
    try:
        width, level = (float(part) for part in text.split(","))
    except ValueError:
        width, level = 0.0, 0.0
    if not (0 < width < inf and isfinite(level)):
        known = ", ".join(["auto", *WINDOWS])
        raise RequestError(f"--window {text}", help=f"{known}, or WIDTH,LEVEL: 400,40")
    return width, level


def grey_levels(
    planes: Sequence[Floats], window: str, class_: str, ct: bool = False
) -> list[NDArray[np.uint8]]:
    """Planes of one view as bytes, on one scale; what is nan is black.

    window  a word or `WIDTH,LEVEL`; `auto` is that of the class in a CT, else what the planes span
    ct      the file says that it is a CT
    """
    known = np.concatenate([plane[np.isfinite(plane)].ravel() for plane in planes])
    low, high = grey_range(known, window, class_, ct)
    return [
        np.nan_to_num(np.clip((plane - low) / (high - low), 0, 1) * 255).astype(np.uint8)
        for plane in planes
    ]


def picture_levels(picture: Floats, window: str, class_: str) -> Floats:
    """A 2-D image as values from 0 to 255; what has 8 bits is shown as it is."""
    if picture.dtype == np.uint8 or picture.ndim == 3:
        return picture.astype(np.float64)
    (shown,) = grey_levels([picture.astype(np.float64)], window, class_)
    return shown.astype(np.float64)


def grey_range(values: Floats, window: str, class_: str, ct: bool) -> tuple[float, float]:
    """The values that become black and white."""
    chosen = parse_window(window)
    ct = ct or bool(len(values) and values.min() < AIR and values.max() < 2 * TISSUE)
    if chosen is None and ct:
        word = next((w for part, w in OF_CLASSES.items() if part in class_.lower()), "soft")
        chosen = WINDOWS[word]
    if chosen is not None:
        return chosen[1] - chosen[0] / 2, chosen[1] + chosen[0] / 2
    low, high = np.percentile(values, ENDS).tolist() if len(values) else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, low + 0.5)
