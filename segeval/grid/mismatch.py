"""Why two grids are not the same, and what brings them together (rule ACCOUNT-A13 of the account).

What to do depends on why they differ: a cropped file, another spacing and a lost header ask for
different things, and none of the proposals cuts a labelled voxel off.
"""

from __future__ import annotations

import numpy as np

from segeval.grid.geometry import SAME_GRID_SHARE, Geometry, format_point
from segeval.runtime.errors import GeometryError
from segeval.runtime.frozen import replace

SIDES = {"pred": "prediction", "gt": "ground truth"}
KEEPS = {
    "gt": "--resample gt puts the prediction on the ground truth's grid",
    "pred": "--resample pred puts the ground truth on the prediction's grid",
    "union": "--resample union extends the ground truth's grid to hold both",
}
HOW = "(labels nearest neighbour, probabilities linear); nothing is cut off"
RESIZE = "--resample gt resizes the prediction (labels nearest neighbour, scores linear)"
ENLARGE = "--upsample half_pixel brings scores to the size of the ground truth"
ONE_GRID = "write both on one grid"
LIKE = "--upsample half_pixel brings scores of low resolution to that size"
AS_ARRAYS = "write arrays as (z, y, x) or (y, x)"
IN_ORDER = (
    "write the voxels of both sides in one order (SimpleITK gives arrays as z, y, x, and nibabel "
    "as x, y, z)"
)
LARGEST = 64  # a joint grid may have so many times the voxels of the larger side


def grid_mismatch_error(  # noqa: PLR0913 - what is said of two grids
    own: Geometry,
    truth: Geometry,
    turned: Geometry,
    names: tuple[str, str] = ("pred", "gt"),
    channels: int = 1,
    scores: bool = False,
) -> GeometryError:
    """The error for grids that are not the same, with the facts of both sides.

    turned    the grid of the prediction in the order of the ground truth's axes
    channels  of the prediction
    scores    the prediction may hold scores, which can be enlarged
    """
    facts = [f"{names[0]} {own}", f"{names[1]} {truth}", *turned.differences(truth)]
    if own.shape == truth.shape and own.origin and truth.origin and own.origin != truth.origin:
        facts.append(
            f"origin {names[0]} {format_point(own.origin)}, "
            f"{names[1]} {format_point(truth.origin)} mm"
        )
    if names == ("pred", "gt"):
        reason, help = suggest_remedy(own, truth, channels, scores)
    else:
        reason, help = "", LIKE if names[1] == "--like" else ONE_GRID
    who = [SIDES.get(name, name) for name in names]
    return GeometryError(
        f"{who[0]} and {who[1]} are on different grids" + (f": {reason}" if reason else ""),
        facts=tuple(facts),
        help=help,
    )


def suggest_remedy(
    own: Geometry, truth: Geometry, channels: int = 1, scores: bool = False
) -> tuple[str, str]:
    """Why the grids of prediction and ground truth differ, "" where it is plain; and what to do."""
    if channels == truth.shape[0] and len(truth.shape) == 3 and own.shape[:2] == truth.shape[1:]:
        return "the prediction has its channels in front", "--channel-axis 0"
    placed = own.placed and truth.placed
    if own.shape == truth.shape:
        return explain_same_shape(own, truth) if placed else ("", ONE_GRID)
    if own.shape == truth.shape[::-1]:
        return "the axes of one side are in reverse order", IN_ORDER if placed else AS_ARRAYS
    if placed:
        return explain_other_extent(own, truth)
    if len(own.shape) == len(truth.shape) == 2 and not (own.placed or truth.placed):
        return "", f"{RESIZE}; {ENLARGE}" if scores else RESIZE
    return "", "give both sides a geometry (.nii.gz, .nrrd, .mha), or write them in one size"


def explain_same_shape(own: Geometry, truth: Geometry) -> tuple[str, str]:
    """Of placed grids of one shape: a header may be wrong, and the voxels may be right."""
    lost = [is_identity(g) for g in (own, truth)]
    if lost[0] != lost[1]:
        wrong, right = ("prediction", "gt") if lost[0] else ("ground truth", "pred")
        return (
            f"the header of the {wrong} says nothing but an identity",
            f"--geometry {right}, if the voxels of both sides stand in one order",
        )
    order = truth.reorder(own)
    flipped = order is not None and bool(order.flips)
    reason = "axes run the other way" if flipped else ""
    return reason, (
        f"{option_that_keeps_all(own, truth)}; or --geometry gt (or pred), if the voxels of both "
        "sides stand in one order and the header of the other side is wrong"
    )


def is_identity(grid: Geometry) -> bool:
    """Whether a grid is what is written where nobody knew it: an identity, but for signs."""
    return (
        np.allclose(grid.spacing or (), 1)
        and np.allclose(grid.origin or (), 0)
        and np.allclose(np.abs(grid.directions or ()), np.eye(len(grid.shape), 3)[::-1])
    )


def explain_other_extent(own: Geometry, truth: Geometry) -> tuple[str, str]:
    """Of placed grids of two shapes: cropped, padded, or of another spacing."""
    same = truth.reorder(own) is not None and np.allclose(
        sorted(own.spacing or ()), sorted(truth.spacing or ()), rtol=1e-3
    )
    reason = ""
    if same and holds_grid(own, truth):
        reason = "the ground truth covers a part of the prediction's field of view (cropped)"
    elif same and holds_grid(truth, own):
        reason = "the prediction covers a part of the ground truth's field of view (cropped)"
    return reason, option_that_keeps_all(own, truth)


def option_that_keeps_all(own: Geometry, truth: Geometry) -> str:
    """The option that cuts off nothing of either side."""
    word = "gt" if holds_grid(truth, own) else "pred" if holds_grid(own, truth) else "union"
    return f"{KEEPS[word]} {HOW}"


def holds_grid(outer: Geometry, inner: Geometry) -> bool:
    """Whether no voxel of a placed grid lies off another one."""
    at = outer.indices(inner.corners())
    sizes = np.array(outer.shape)
    return bool(((at >= -0.5 - SAME_GRID_SHARE) & (at <= sizes - 0.5 + SAME_GRID_SHARE)).all())


def joint_grid(truth: Geometry, pred: Geometry) -> Geometry:
    """The ground truth's axes and spacing, extended to hold both sides. Raises GeometryError."""
    if truth.shape == pred.shape and not (truth.placed or pred.placed):
        return truth
    if not (truth.placed and pred.placed) or len(truth.shape) != len(pred.shape):
        raise GeometryError(
            "--resample union joins two grids that know where they lie",
            facts=(f"pred {pred}", f"gt {truth}"),
            help=ONE_GRID,
        )
    at = truth.indices(pred.corners())
    first = np.minimum(0, np.ceil(at.min(axis=0) - 0.5 - SAME_GRID_SHARE)).astype(int)
    last = np.maximum(
        np.array(truth.shape) - 1, np.floor(at.max(axis=0) + 0.5 + SAME_GRID_SHARE)
    ).astype(int)
    shape = tuple((last - first + 1).tolist())
    origin = tuple(truth.points(first[None].astype(float))[0].tolist())
    joint = replace(truth, shape=shape, origin=origin)
    if joint.size > LARGEST * max(truth.size, pred.size):
        raise GeometryError(
            "the two sides lie too far apart for one grid",
            facts=(f"pred {pred}", f"gt {truth}", f"a grid that holds both has {joint}"),
            help="one of the headers is wrong: --geometry gt or pred where the shapes are equal",
        )
    return joint
