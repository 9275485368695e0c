"""The surfaces of a case: their tally, the tolerance of each class, and what to beware of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.classes.class_list import Part, Target
from segeval.classes.tolerances import published
from segeval.opening.open_case import Opened
from segeval.request.grammar import parse_quantity
from segeval.runtime.errors import GeometryError, Note
from segeval.scoring.class_resolution import Resolved, listed
from segeval.scoring.pass_plan import Job
from segeval.scoring.probability_fields import Fields
from segeval.scoring.slab_pass import Passed, Plan
from segeval.volume.value_kinds import WHITE

if TYPE_CHECKING:
    from segeval.tallies.surface import Surfaces, SurfaceTally

SLACK = 1e-6  # mm


def surface_tally(truth: Opened, job: Job) -> SurfaceTally | None:
    """The tally of surfaces; None where no metric is of surfaces. Raises GeometryError."""
    asked = [metric for metric, known in job.metrics if known.of == "surface"]
    if not asked:
        return None
    for metric in asked:
        if metric.at is not None:
            check_unit(str(metric), metric.at.unit, truth)
        for charge in job.settings.charges:
            if charge.value is not None and charge.holds(metric):
                check_unit(f"charge {charge}", charge.value.unit, truth)
    if takes_tolerances(job):
        for name in job.settings.tolerances:
            check_unit(f"table of tolerances {name}", "mm", truth)
        for class_ in job.classes.classes:
            if class_.tolerance:
                unit = parse_quantity(class_.tolerance).unit
                check_unit(f"tolerance of {class_.name}", unit, truth)
    from segeval.tallies.surface import SurfaceTally

    return SurfaceTally(truth.volume.geometry.shape)


def takes_tolerances(job: Job) -> bool:
    """Whether a metric takes each class's own tolerance."""
    return any(metric.name == "nsd" and metric.at is None for metric, _ in job.metrics)


def check_unit(what: str, unit: str, truth: Opened) -> None:
    """A length in mm needs a spacing, and one in px a grid that has none. Raises GeometryError."""
    grid = truth.volume.geometry
    if unit in ("mm", "px") and unit != grid.unit:
        raise GeometryError(
            f"{what} is in {unit} and lengths on this grid are in {grid.unit}",
            facts=(f"gt {grid}{'' if grid.spacing else ', no spacing'}",),
            help="--spacing gives files without one millimetres; or write the length in "
            f"{grid.unit}",
        )


def finished_surfaces(  # noqa: PLR0913 - what the surfaces of a case hang on
    tally: SurfaceTally,
    resolved: Resolved,
    labels: tuple[frozenset[int], frozenset[int]],
    sides: tuple[Opened, Opened],
    passed: Passed,
    plan: Plan,
    job: Job,
) -> Surfaces:
    """The surfaces of the classes, each with its own tolerance."""
    own = tolerances(resolved, job)
    each = [own[t.name][0] if t.name in own else np.nan for t in resolved.targets]
    targets = [
        Target(t.name, with_white(t.truth, labels[0]), with_white(t.pred, labels[1]))
        for t in resolved.targets
    ]
    spacing = sides[0].volume.geometry.spacing
    fields = None if passed.scores is None else Fields(*sides, plan, resolved, passed, job)
    return tally.finish(targets, spacing, each, plan.ignored, fields, job.room)


def tolerances(resolved: Resolved, job: Job) -> dict[str, tuple[float, str]]:
    """The tolerance of each class that has one, and who says so: the settings, or a table."""
    if not takes_tolerances(job):
        return {}
    found = {}
    for target in resolved.targets:
        if (row := published(target.name, job.settings.tolerances)) is not None:
            found[target.name] = row
    for class_ in job.classes.classes:
        if class_.tolerance:
            found[class_.name] = parse_quantity(class_.tolerance).number, "settings"
    return found


def tolerance_facts(resolved: Resolved, job: Job) -> dict[str, Any]:
    """The same for the results: a number without its tolerance is none."""
    found = {name: list(pair) for name, pair in tolerances(resolved, job).items()}
    return {"tolerances": found} if found else {}


def surface_notes(surfaces: Surfaces, job: Job) -> tuple[Note, ...]:
    """What makes surface numbers say less than they seem to; each once."""
    return (*dict.fromkeys(_low_tolerances(surfaces, job)), *_cut(surfaces))


def _low_tolerances(surfaces: Surfaces, job: Job) -> Iterator[Note]:
    """A tolerance below the distance of two voxels cannot be told from none."""
    for metric, _ in job.metrics:
        axes = slice(-2, None) if metric.option("by") == "slice" else slice(None)
        widest = max((surfaces.spacing or (1.0, 1.0))[axes])
        own = surfaces.tolerances if metric.at is None else (metric.at.number,)
        low = [tau for tau in own if tau < widest - SLACK]
        if metric.name == "nsd" and low:
            text = f"nsd at {min(low):g} {surfaces.unit}: the largest spacing is {widest:g}"
            yield Note("W-tolerance-below-spacing", f"{text}, so one voxel's shift is too far")


def _cut(surfaces: Surfaces) -> Iterator[Note]:
    """Where the image ends, so does the mask; the cut counts as surface."""
    if surfaces.flat and surfaces.spacing is None:
        return  # a picture shows what it shows
    places = range(len(surfaces.targets))
    names = [surfaces.targets[place].name for place in places if surfaces.touches_edge(place)]
    if names:
        text = f"cut by the edge of the image, and closed there: {listed(names)}"
        yield Note("W-cut-structure", text)


def with_white(part: Part, labels: frozenset[int]) -> Part:
    """What stands for a class in values as they were read: 255 of a binary mask is its 1 (I8)."""
    if part.labels is None or 1 not in part.labels or labels - {0, 1}:
        return part
    return Part(part.channel, part.labels | {WHITE})
