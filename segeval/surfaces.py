"""The surfaces of a case: their tally, and the tolerance of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segeval.classes import Part, Target
from segeval.grammar import parse_quantity
from segeval.onepass import Plan
from segeval.planning import Job
from segeval.sides import Opened
from segeval.targets import Resolved
from segeval.values import WHITE

if TYPE_CHECKING:
    from segeval.tallies.surface import Surfaces, SurfaceTally


def surface_tally(truth: Opened, job: Job) -> SurfaceTally | None:
    """The tally of surfaces; None where no metric is of surfaces."""
    if all(known.of != "surface" for _, known in job.metrics):
        return None
    from segeval.tallies.surface import SurfaceTally

    return SurfaceTally(truth.volume.geometry.shape)


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
