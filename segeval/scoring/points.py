"""Sides that are points in place of masks: what can be asked of them."""

from __future__ import annotations

import numpy as np

from segeval.metrics.registry import Definition
from segeval.opening.open_side import OpenSide
from segeval.runtime.errors import ReadError
from segeval.scoring.pass_plan import Job

POINTS = "points"
OF_POINTS = "candidates"  # the tally that reads them


def point_kinds(truth: OpenSide, pred: OpenSide) -> dict[str, str]:
    """What sides that are points are called in the facts of a case."""
    sides = (("gt", truth), ("pred", pred))
    return {name: POINTS for name, side in sides if holds_points(side)}


def holds_points(side: OpenSide) -> bool:
    """Whether a side is points."""
    return side.contours is None and side.volume.points is not None


def check_points(truth: OpenSide, pred: OpenSide, job: Job) -> None:
    """Whether points have what is asked of them. Raises ReadError."""
    if not (holds_points(truth) or holds_points(pred)):
        return
    if refused := [str(metric) for metric, known in job.metrics if needs_masks(known)]:
        raise ReadError(
            f"points have no mask, and {', '.join(refused)} "
            f"{'needs' if len(refused) == 1 else 'need'} one",
            where=(pred if holds_points(pred) else truth).volume.path,
            help="-m froc,froc:as=luna16,case_auroc are of points",
        )
    check_axes(truth, pred)
    points = truth.volume.points if holds_points(truth) else None
    if points is not None and needs_diameters(job) and np.isnan(points.diameter).any():
        raise ReadError(
            "a lesion has no diameter, within half of which a detection finds it",
            where=truth.volume.path,
            help="fill the column diameter_mm in",
        )


def check_axes(truth: OpenSide, pred: OpenSide) -> None:
    """Whether two tables have a z, or neither. Raises ReadError."""
    tables = [s.volume.points for s in (truth, pred) if holds_points(s)]
    axes = [points.place.shape[1] for points in tables if points is not None]
    if len(axes) == 2 and axes[0] != axes[1]:
        raise ReadError(
            f"points of {axes[1]} coordinates beside those of {axes[0]} in the ground truth",
            where=pred.volume.path,
            help="give both tables a column z, or none",
        )


def needs_masks(known: Definition) -> bool:
    """Whether a metric compares voxels."""
    return known.of != OF_POINTS or (known.origin == "picai" and known.name != "case_auroc")


def needs_diameters(job: Job) -> bool:
    """Whether a metric asks how near a detection is to a lesion."""
    return any(known.name == "froc" for _, known in job.metrics)
