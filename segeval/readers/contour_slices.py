"""The slices that the structures of a set were drawn on (docs/rules/ACCOUNT.md, A22 to A24).

A set may hold structures of several series and of several frames of reference; a series may be no
grid (several time points, a localiser inside, a tilted gantry) or lack slices. What the contours
say themselves, and where they lie, decides.
"""

from __future__ import annotations

import numpy as np

from segeval.contours.own_planes import derive_slices
from segeval.contours.structure_set import Contours
from segeval.grid.joined_slices import (
    arrange_slanted,
    find_unheld_planes,
)
from segeval.grid.slices import Frame, Slices, arrange_slices
from segeval.readers.series import Series
from segeval.readers.series_images import frame_of_images, image_candidates, spacing_of
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import GeometryError

FLAT = 0.1  # mm that the first points of a contour on a slice may differ in height


# What a series gives (ACCOUNT-A24).


def slices_of_contours(series: Series, contours: Contours, pixel: float) -> Slices:
    """The slices of a series that is no grid, as far as contours tell them. Raises GeometryError.

    Images that the contours name, or else those that lie alike and on which all contours lie, give
    the pixels and the heights; without such, the contours' own planes give the heights.
    """
    fallback: tuple[Frame, Floats, float | None] | None = None
    for images in image_candidates(series, contours):
        frame = frame_of_images(images)
        if frame is None or not are_parallel(contours, frame):
            continue
        corners = np.array([image.position for image in images])
        fallback = fallback or (frame, corners[0], images[0].thickness)
        for arrange in (arrange_slices, arrange_slanted):
            try:
                slices = arrange(
                    frame,
                    corners,
                    [image.uid for image in images],
                    images[0].thickness,
                    contours.path.name,
                )
            except GeometryError:
                continue
            if lie_on_slices(contours, slices):
                return slices
    if fallback is None:
        return derive_slices([contours], spacing_of(series) or pixel)
    return derive_slices([contours], pixel, *fallback)


def are_parallel(contours: Contours, frame: Frame) -> bool:
    """Whether most contours are parallel to images."""
    heights, others = first_point_heights(contours, np.zeros(3), np.array(frame.normal), FLAT)
    return len(heights) >= others


def lie_on_slices(contours: Contours, slices: Slices) -> bool:
    """Whether the planes of most contours are those of some slices: parallel, and held by them."""
    heights, others = heights_above(contours, slices)
    if not len(heights):
        return not others
    held = ~find_unheld_planes(slices, np.sort(heights))
    return bool(2 * held.sum() >= len(heights) + others)


# Slices that the series has lost (ACCOUNT-A22).


def heights_above(contours: Contours, slices: Slices) -> tuple[Floats, int]:
    """Heights above the first slice of the contours that are parallel to slices.

    returns  and how many contours are not parallel
    """
    geometry = slices.geometry
    assert geometry.directions is not None
    assert geometry.spacing is not None
    flat = max(FLAT, 0.05 * geometry.spacing[0])
    return first_point_heights(
        contours, np.array(geometry.origin), np.array(geometry.directions[0]), flat
    )


def first_point_heights(
    contours: Contours, origin: Floats, along: Floats, flat: float
) -> tuple[Floats, int]:
    """Heights of contours along a normal, from their first points; the others are not parsed.

    flat     mm that the points of one may differ in height
    returns  and how many contours are not flat
    """
    heights, others = [], 0
    for contour in (contour for roi in contours.rois for contour in roi.areas):
        points = contour.first_points()
        if points is None:
            continue
        at = (points - origin) @ along
        if np.ptp(at) <= flat:
            heights.append(float(at.mean()))
        else:
            others += 1
    return np.array(heights), others
