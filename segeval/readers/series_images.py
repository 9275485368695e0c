"""Images of a series that may be the slices of contours: named ones, and those beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from segeval.contours.structure_set import Contours
from segeval.grid.joined_slices import (
    unique_heights,
)
from segeval.grid.slices import Frame
from segeval.kernels.heights import HAIR, usual_gap
from segeval.readers.series import SAME_ANGLE, Series, SliceHeader
from segeval.readers.series_matching import file_uids
from segeval.runtime.arrays import Floats


def image_candidates(series: Series, contours: Contours) -> Iterator[list[SliceHeader]]:
    """Images of a series that may be its slices: named ones first, then the most that lie alike."""
    images = [i for i in series.images if len(i.position) == 3 and len(i.orientation) == 6]
    named = [i for i in images if i.uid.partition("#")[0] in named_images(contours)]
    if named and frame_of_images(named) is not None:
        yield same_lattice(named, [i for i in images if frame_of_images([named[0], i])])
    sets: list[list[SliceHeader]] = []
    for image in images:
        for one in sets:
            if frame_of_images([one[0], image]):
                one.append(image)
                break
        else:
            sets.append([image])
    for one in sorted(sets, key=len, reverse=True):
        heights = heights_of(one)
        yield [one[i] for i in unique_heights(heights, same_place_limit(heights))]


def named_images(contours: Contours) -> frozenset[str]:
    """The images that single contours name, else those that the set names for all of it."""
    single = frozenset(uid for r in contours.rois for c in r.contours for uid in c.images)
    return file_ids(single) or file_ids(contours.images)


def file_ids(images: Collection[str]) -> frozenset[str]:
    """The UIDs of files."""
    return frozenset(file_uids(images))


def same_lattice(named: list[SliceHeader], pool: list[SliceHeader]) -> list[SliceHeader]:
    """Named images, one a height, and others that continue their row: of other heights."""
    heights = heights_of(named)
    kept = [named[i] for i in unique_heights(heights, same_place_limit(heights))]
    own = heights_of(kept)
    gap = usual_gap(own)
    if gap is None:
        return kept
    others = heights_of(pool)
    steps = (others - own[0]) / gap
    free = np.abs(others[:, None] - own[None]).min(axis=1) > gap / 2
    on = free & (np.abs(steps - np.rint(steps)) < HAIR)
    more = [image for image, ok in zip(pool, on.tolist(), strict=True) if ok]
    return kept + [more[i] for i in unique_heights(others[on], gap / 2)]


def heights_of(images: Sequence[SliceHeader]) -> Floats:
    """Heights of images along the normal of the first."""
    if not images:
        return np.zeros(0)
    along = np.reshape(images[0].orientation, (2, 3))
    heights: Floats = np.array([i.position for i in images]) @ np.cross(*along)
    return heights


def same_place_limit(heights: Floats) -> float:
    """Millimetres within which images lie at one place."""
    gap = usual_gap(heights)
    return 0.01 if gap is None else HAIR * gap


def frame_of_images(images: Sequence[SliceHeader]) -> Frame | None:
    """How images lie, if they all lie alike."""
    first = images[0]
    if len(first.spacing) != 2 or min(first.spacing) <= 0 or not all(first.shape):
        return None
    for image in images:
        if image.shape != first.shape or len(image.spacing) != 2:
            return None
        if np.abs(np.subtract(image.orientation, first.orientation)).max() > SAME_ANGLE:
            return None
        if np.abs(np.subtract(image.spacing, first.spacing)).max() > 1e-3 * min(first.spacing):
            return None
    along = np.reshape(first.orientation, (2, 3))
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    row, column = (tuple(v.tolist()) for v in along)
    return Frame(row, column, (first.spacing[0], first.spacing[1]), first.shape)


def spacing_of(series: Series) -> float | None:
    """Millimetres of a pixel, where all images of a series say the same."""
    sizes = {round(side, 4) for image in series.images for side in image.spacing}
    return sizes.pop() if len(sizes) == 1 and min(sizes) > 0 else None
