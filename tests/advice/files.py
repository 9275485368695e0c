"""Small files that situations are made of."""

import build
import numpy as np

from segeval.grid.geometry import Geometry


def organ(*labels, shape=(6, 8, 8)):
    """Boxes of some labels, one a plane."""
    made = np.zeros(shape, np.int32)
    for plane, label in enumerate(labels):
        made[plane, 1:5, 1:5] = label
    return made


def pair(pred=None, gt=None, write=build.npy, suffix=".npy"):
    """Makes p and g, of one organ each unless said."""

    def make(here):
        write(here / f"p{suffix}", organ(1) if pred is None else pred)
        write(here / f"g{suffix}", organ(1) if gt is None else gt)

    return make


def nothing(here):
    """No file at all."""


def text(**files):
    """Makes text files; a name is written with _ for its dot."""

    def make(here):
        for name, content in files.items():
            path = here / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    return make


def both(*makers):
    """Makes what several make."""

    def make(here):
        for one in makers:
            one(here)

    return make


def folders(pred, gt, write=build.npy, suffix=".npy"):
    """Makes pred/ and gt/ of arrays by name; a name may hold folders."""

    def make(here):
        for side, files in (("pred", pred), ("gt", gt)):
            (here / side).mkdir(exist_ok=True)
            for name, array in files.items():
                path = here / side / f"{name}{suffix}"
                path.parent.mkdir(parents=True, exist_ok=True)
                write(path, organ(1) if array is None else array)

    return make


def grid(shape, spacing=(2.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0), directions=None):
    """A grid of a volume in millimetres."""
    axes = directions or ((0, 0, 1), (0, 1, 0), (1, 0, 0))
    return Geometry(shape, spacing, origin, axes)
