"""A structure set as masks on a grid: one for each structure, and what became of the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from segeval.contours.own_planes import contour_points
from segeval.contours.rasterize import RasterizedStructure, rasterize_structure
from segeval.contours.rules import DrawingRules
from segeval.contours.structure_set import Contours, Roi
from segeval.grid.geometry import Geometry
from segeval.grid.slices import Slices, slabs_on_grid, slices_of_grid
from segeval.runtime.errors import CaseError, GeometryError
from segeval.runtime.frozen import field, frozen, replace
from segeval.volume.channel import Channel
from segeval.volume.volume import Volume


@frozen
class Structures:
    """The structures of one file on one grid.

    volume    masks that may overlap; `segments` has their names
    drawn     each by name, with the polygons that it was drawn from
    errors    structures that cannot be scored, by name
    statuses  `not_a_volume` and `empty_after_rasterisation`, by name
    """

    volume: Volume
    drawn: Mapping[str, RasterizedStructure]
    errors: Mapping[str, CaseError] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)


def draw_structures(
    contours: Contours, slices: Slices, rules: DrawingRules, wanted: Collection[int] | None = None
) -> Structures:
    """Draw the structures of a file, or those of some numbers; the others are not even parsed."""
    where = contours.path.name
    found: dict[str, RasterizedStructure] = {}
    errors: dict[str, CaseError] = {}
    statuses: dict[str, str] = {}
    for name, roi in structures_by_name(contours, wanted).items():
        if not roi.volume:
            statuses[name] = "not_a_volume"
            continue
        try:
            found[name] = rasterize_structure(roi, slices, rules, where)
        except CaseError as problem:
            errors[name] = problem
            continue
        if found[name].status:
            statuses[name] = found[name].status
    return Structures(masks_to_volume(contours, slices, found), found, errors, statuses)


def structures_by_name(contours: Contours, wanted: Collection[int] | None) -> dict[str, Roi]:
    """The structures by name, `Name#12` where two share one (DICOM-S5)."""
    alike = contours.by_name()
    return {
        roi.name if len(alike[roi.name]) == 1 else f"{roi.name}#{roi.number}": roi
        for roi in contours.rois
        if wanted is None or roi.number in wanted
    }


def masks_to_volume(
    contours: Contours, slices: Slices, found: Mapping[str, RasterizedStructure]
) -> Volume:
    """Masks as a volume."""
    shape = slices.geometry.shape
    kind = np.dtype(np.uint8)
    notes = (*contours.notes, *slices.notes, *(n for d in found.values() for n in d.notes))
    return Volume(
        slices.geometry,
        tuple(Channel(d.runs, kind, shape) for d in found.values()),
        contours.path,
        segments={name: (place, 1) for place, name in enumerate(found)},
        notes=notes,
    )


def join_structures(parts: Sequence[Structures], contours: Contours, slices: Slices) -> Structures:
    """Structures of one file that were drawn one series at a time, on one grid.

    slices  of that grid: a file without structures is empty there
    """
    if not parts:
        return Structures(masks_to_volume(contours, slices, {}), {})
    if len(parts) == 1:
        return parts[0]
    names = [name for part in parts for name in part.volume.segments]
    volume = replace(
        parts[0].volume,
        channels=tuple(c for part in parts for c in part.volume.channels),
        segments={name: (place, 1) for place, name in enumerate(names)},
        notes=tuple(dict.fromkeys(note for part in parts for note in part.volume.notes)),
    )
    return Structures(
        volume,
        {name: drawn for part in parts for name, drawn in part.drawn.items()},
        {name: error for part in parts for name, error in part.errors.items()},
        {name: status for part in parts for name, status in part.statuses.items()},
    )


def refuse_structures(
    contours: Contours, numbers: Collection[int], slices: Slices, problem: CaseError
) -> Structures:
    """Structures none of which can be scored, for one reason."""
    names = structures_by_name(contours, numbers)
    return Structures(masks_to_volume(contours, slices, {}), {}, dict.fromkeys(names, problem))


# On the grid of a mask file (DICOM-F7).


def draw_on_grid(
    contours: Contours,
    grid: Geometry,
    rules: DrawingRules,
    wanted: Collection[int] | None = None,
    own: Slices | None = None,
) -> Structures:
    """Draw the structures onto a grid that is no image series. Raises GeometryError.

    The planes of the contours may run along any axis of the grid.

    own  the slices that they were drawn on, where they are known: each stands for its slab
    """
    if not grid.placed or len(grid.shape) != 3:
        raise GeometryError(
            "the grid of the other side does not say where it lies in the patient, so no contour "
            "can be drawn onto it",
            where=contours.path,
        )
    axis = find_plane_axis(contours, grid, wanted)
    planes = slices_of_grid(grid, axis)
    on = planes if own is None else slabs_on_grid(own, planes) or planes
    done = draw_structures(contours, on, rules, wanted)
    if axis == 0:
        return done
    back = tuple((axis, *(i for i in range(3) if i != axis)).index(i) for i in range(3))
    channels = tuple(
        Channel(d.runs.turned(back, ()), np.dtype(np.uint8), grid.shape)
        for d in done.drawn.values()
    )
    volume = Volume(grid, channels, contours.path, segments=done.volume.segments,
                    notes=done.volume.notes)  # fmt: skip
    return Structures(volume, done.drawn, done.errors, done.statuses)


def find_plane_axis(contours: Contours, grid: Geometry, wanted: Collection[int] | None) -> int:
    """The axis of the grid that is the normal of the contours' planes."""
    spread = np.zeros(3)
    for points in contour_points([contours], wanted):
        spread += np.ptp(points @ np.array(grid.directions).T, axis=0)
    return int(spread.argmin())
