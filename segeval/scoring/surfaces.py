"""The surfaces of a case: their tally, and the tolerance of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segeval.classes import Part, Target
from segeval.errors import GeometryError
from segeval.grammar import parse_quantity
from segeval.scoring.onepass import Plan
from segeval.scoring.planning import Job
from segeval.scoring.sides import Opened
from segeval.scoring.targets import Resolved
from segeval.values import WHITE

if TYPE_CHECKING:
    from segeval.tallies.surface import Surfaces, SurfaceTally


def surface_tally(truth: Opened, job: Job) -> SurfaceTally | None:
    """The tally of surfaces; None where no metric is of surfaces. Raises GeometryError."""
    if all(known.of != "surface" for _, known in job.metrics):
        return None
    for metric, known in job.metrics:
        if known.of == "surface" and metric.at is not None:
            check_unit(str(metric), metric.at.unit, truth)
    for class_ in job.classes.classes:
        if class_.tolerance:
            check_unit(f"tolerance of {class_.name}", parse_quantity(class_.tolerance).unit, truth)
    from segeval.tallies.surface import SurfaceTally

    return SurfaceTally(truth.volume.geometry.shape)


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
    truth: Opened,
    plan: Plan,
    job: Job,
) -> Surfaces:
    """The surfaces of the classes, each with its own tolerance."""
    given = {c.name: parse_quantity(c.tolerance).number for c in job.classes.classes if c.tolerance}
    tolerances = [given.get(t.name, np.nan) for t in resolved.targets]
    targets = [
        Target(t.name, with_white(t.truth, labels[0]), with_white(t.pred, labels[1]))
        for t in resolved.targets
    ]
    spacing = truth.volume.geometry.spacing
    return tally.finish(targets, spacing, tolerances, plan.ignored)


def with_white(part: Part, labels: frozenset[int]) -> Part:
    """What stands for a class in values as they were read: 255 of a binary mask is its 1 (I8)."""
    if part.labels is None or 1 not in part.labels or labels - {0, 1}:
        return part
    return Part(part.channel, part.labels | {WHITE})
