"""The surfaces of a case: their tally, the tolerance of each class, and what to beware of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.classes.names import shorten_name_list
from segeval.classes.tolerances import find_published_tolerance
from segeval.grid.geometry import Geometry
from segeval.kernels.skewed import SkewedSpacing
from segeval.opening.open_side import OpenSide
from segeval.request.grammar import parse_quantity
from segeval.runtime.errors import GeometryError, Note
from segeval.runtime.frozen import replace
from segeval.scoring.case_stages import CaseRead, CaseStart
from segeval.scoring.pass_plan import TallyRequest
from segeval.scoring.probability_fields import ProbabilityFields

if TYPE_CHECKING:
    from segeval.tallies.surface import Surfaces, SurfaceTally

SLACK = 1e-6  # mm


def begin_surfaces(start: CaseStart, request: TallyRequest) -> SurfaceTally:
    """The tally of surfaces. Raises GeometryError for a length that the grid has not."""
    truth, job = start.truth, start.job
    if start.grid.sheared:
        check_sheared(start.grid, request)
    for metric, _ in request.metrics:
        if metric.at is not None:
            check_length_unit(str(metric), metric.at.unit, truth)
        for charge in job.settings.charges:
            if charge.value is not None and charge.holds(metric):
                check_length_unit(f"charge {charge}", charge.value.unit, truth)
    if takes_tolerances(request):
        for name in job.settings.tolerances:
            check_length_unit(f"table of tolerances {name}", "mm", truth)
        for class_ in job.classes.described:
            if class_.tolerance:
                unit = parse_quantity(class_.tolerance).unit
                check_length_unit(f"tolerance of {class_.name}", unit, truth)
    from segeval.tallies.surface import SurfaceTally

    return SurfaceTally(start.grid.shape)


def check_sheared(grid: Geometry, request: TallyRequest) -> None:
    """Refuse, by name, what cannot be measured between axes at other angles (ACCOUNT-A12).

    Distances of triangles and of voxels can, and slice by slice where the planes have right angles.
    Raises GeometryError.
    """
    for metric, known in request.metrics:
        distance = known.origin not in ("", "deepmind")
        if distance and (metric.option("by") != "slice" or not grid.plane().sheared):
            continue
        raise GeometryError(
            f"{metric} cannot be measured on a grid whose axes are not at right angles",
            facts=(f"gt {grid}",),
            help="leave it out, or resample both sides to a grid of right angles: --resample FILE",
        )


def takes_tolerances(request: TallyRequest) -> bool:
    """Whether a metric takes each class's own tolerance."""
    return any(metric.name == "nsd" and metric.at is None for metric, _ in request.metrics)


def check_length_unit(what: str, unit: str, truth: OpenSide) -> None:
    """A length in mm needs a spacing, and one in px a grid that has none. Raises GeometryError."""
    grid = truth.volume.geometry
    if unit in ("mm", "px") and unit != grid.unit:
        raise GeometryError(
            f"{what} is in {unit} and lengths on this grid are in {grid.unit}",
            facts=(f"gt {grid}{'' if grid.spacing else ', no spacing'}",),
            help="--spacing gives files without one millimetres; or write the length in "
            f"{grid.unit}",
        )


def finish_surfaces(tally: SurfaceTally, read: CaseRead, request: TallyRequest) -> Surfaces:
    """The surfaces of the classes, each with its own tolerance."""
    own = class_tolerances(read, request)
    each = [own[t.name][0] if t.name in own else np.nan for t in read.classes.targets]
    fields = None if read.passed.scores is None else ProbabilityFields(read)
    room = read.start.job.room
    grid = read.start.grid
    spacing = SkewedSpacing(grid.steps) if grid.sheared else grid.spacing
    targets, ignored = read.classes.targets, read.classes.ignored
    made = tally.finish(targets, spacing, each, ignored, fields, room)
    return replace(made, connectivity=read.start.job.settings.connectivity)


def class_tolerances(read: CaseRead, request: TallyRequest) -> dict[str, tuple[float, str]]:
    """The tolerance of each class that has one, and who says so: the settings, or a table."""
    if not takes_tolerances(request):
        return {}
    found, job = {}, read.start.job
    for target in read.classes.targets:
        if (row := find_published_tolerance(target.name, job.settings.tolerances)) is not None:
            found[target.name] = row
    for class_ in job.classes.described:
        if class_.tolerance:
            found[class_.name] = parse_quantity(class_.tolerance).number, "settings"
    return found


def tolerance_facts(read: CaseRead, request: TallyRequest) -> dict[str, Any]:
    """The same for the results: a number without its tolerance is none."""
    found = {name: list(pair) for name, pair in class_tolerances(read, request).items()}
    return {"tolerances": found} if found else {}


def surface_notes(surfaces: Surfaces, request: TallyRequest) -> tuple[Note, ...]:
    """What makes surface numbers say less than they seem to; each once."""
    return (
        *dict.fromkeys(_low_tolerance_notes(surfaces, request)),
        *_cut_mask_notes(surfaces),
        *_one_plane_notes(surfaces),
    )


def _one_plane_notes(surfaces: Surfaces) -> Iterator[Note]:
    """A volume of one plane has surfaces above and below it (ACCOUNT-A11)."""
    shape = surfaces.grid_shape
    if len(shape) == 3 and min(shape) == 1:
        text = "a volume of one plane: its surfaces are those of a slab, not outlines of a picture"
        yield Note("W-one-plane", text)


def _low_tolerance_notes(surfaces: Surfaces, request: TallyRequest) -> Iterator[Note]:
    """A tolerance below the distance of two voxels cannot be told from none."""
    for metric, _ in request.metrics:
        axes = slice(-2, None) if metric.option("by") == "slice" else slice(None)
        widest = max((surfaces.spacing or (1.0, 1.0))[axes])
        own = surfaces.tolerances if metric.at is None else (metric.at.number,)
        low = [tau for tau in own if tau < widest - SLACK]
        if metric.name == "nsd" and low:
            text = f"nsd at {min(low):g} {surfaces.unit}: the largest spacing is {widest:g}"
            yield Note("W-tolerance-below-spacing", f"{text}, so one voxel's shift is too far")


def _cut_mask_notes(surfaces: Surfaces) -> Iterator[Note]:
    """Where the image ends, so does the mask; the cut counts as surface."""
    if surfaces.flat and surfaces.spacing is None:
        return  # a picture shows what it shows
    places = range(len(surfaces.targets))
    names = [surfaces.targets[place].name for place in places if surfaces.touches_edge(place)]
    if names:
        text = f"cut by the edge of the image, and closed there: {shorten_name_list(names)}"
        yield Note("W-cut-structure", text)
