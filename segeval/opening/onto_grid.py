"""A side brought onto the grid of the case: as it is where grids agree, or resampled."""

from __future__ import annotations

from pathlib import Path

from segeval.classes.class_list import ClassList
from segeval.grid.geometry import Geometry
from segeval.grid.mismatch import SIDES, holds_grid, suggest_remedy
from segeval.opening.open_side import OpenSide
from segeval.pairing.cases import Case
from segeval.readers.registry import open_volume
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, GeometryError, Note
from segeval.runtime.frozen import replace
from segeval.volume.align import (
    align_volume,
    drop_single_plane,
    read_whole_channel,
    resample_volume,
)
from segeval.volume.read_options import ReadOptions
from segeval.volume.value_stream import ReadAs, may_hold_probabilities
from segeval.volume.volume import Volume

SURE = 20.0  # the logit of what is certain


def share_geometry(truth: OpenSide, pred: OpenSide, whose: str) -> tuple[OpenSide, OpenSide]:
    """Both sides on the geometry of the one that the user says is right (ACCOUNT-A14).

    A slab of one plane beside a picture is a picture, too. Raises GeometryError.
    """
    pictures = [len(s.volume.geometry.shape) == 2 for s in (truth, pred)]
    if pictures[1] and not pictures[0]:
        truth = replace(truth, source=drop_single_plane(truth.volume, pred.volume.geometry)[1])
    if whose == "own":
        return truth, pred
    pred = replace(pred, source=drop_single_plane(pred.volume, truth.volume.geometry)[1])
    right, wrong = (truth, pred) if whose == "gt" else (pred, truth)
    grid, other = right.volume.geometry, wrong.volume.geometry
    if grid.shape != other.shape:
        raise GeometryError(
            f"--geometry {whose} needs sides of equal shapes",
            where=wrong.volume.path,
            facts=(f"pred {pred.volume.geometry}", f"gt {truth.volume.geometry}"),
            help="in place of --geometry: "
            + suggest_remedy(pred.volume.geometry, truth.volume.geometry)[1],
        )
    name = "gt" if whose == "pred" else "pred"
    text = f"its voxels are taken to stand on the grid of the {SIDES[whose]} ({grid}), not {other}"
    note = Note("W-geometry-replaced", f"{name}: {text}", str(wrong.volume.path))
    volume = replace(wrong.volume, geometry=grid, notes=(*wrong.volume.notes, note))
    wrong = replace(wrong, source=volume)
    return (right, wrong) if whose == "gt" else (wrong, right)


def check_resample_loss(  # noqa: PLR0913 - both sides and how they are read
    truth: OpenSide,
    pred: OpenSide,
    grid: Geometry,
    how: tuple[ReadAs, ReadAs],
    settings: Settings,
    classes: ClassList,
) -> tuple[OpenSide, OpenSide]:
    """Both sides, if the grid holds their labelled voxels or the loss is accepted (ACCOUNT-A13).

    Raises GeometryError.
    """
    from segeval.opening.lost_voxels import check_loss, count_lost_voxels

    own = (how[0], ReadAs("labels") if pred.scores is not None else how[1])
    sides = (truth, pred)
    lost = [
        count_lost_voxels(s.volume, grid, read_as, classes, s.parts)
        for s, read_as in zip(sides, own, strict=True)
    ]
    if not any(lost):
        return sides
    grids = (truth.volume.geometry, pred.volume.geometry)
    keep = "gt" if holds_grid(*grids) else "pred" if holds_grid(*reversed(grids)) else "union"
    accept = settings.resample_loss == "accept"
    one, two = (
        replace(s, source=check_loss(count, name, s.volume, grid, accept, keep))
        for s, count, name in zip(sides, lost, ("gt", "pred"), strict=True)
    )
    return one, two


def asked_grid(case: Case, resample: str) -> Geometry:
    """The grid of the case's image, or of the file that `--resample` names. Raises CaseError."""
    if resample != "image":
        return open_volume(Path(resample), ReadOptions()).geometry
    if case.image is None:
        raise GeometryError(
            "the case has no image to take the grid of",
            help="the column `image` of a pairs table names one; or --resample FILE",
        )
    return open_volume(case.image, ReadOptions()).geometry


def fit_to_grid(side: OpenSide, grid: Geometry) -> OpenSide:
    """A side on the grid of the case. Raises GeometryError."""
    fitted = align_volume(side.volume, grid)
    if side.scores is not None:
        scores = align_volume(take_label_grid(side.scores, side.volume), grid)
        return replace(side, source=fitted, scores=scores)
    return side if fitted is side.source else replace(side, source=fitted)


def take_label_grid(scores: Volume, labels: Volume) -> Volume:
    """Probabilities that have no geometry of their own take the label map's (LAYOUTS-I5)."""
    if scores.geometry.placed:
        return scores
    _, scores = drop_single_plane(scores, labels.geometry)  # nnU-Net: a picture is (class, 1, y, x)
    if scores.geometry.shape != labels.geometry.shape:
        raise CaseError(
            "the probabilities and the label map beside them have different shapes",
            where=scores.path,
            facts=(f"probabilities {scores.geometry}", f"label map {labels.geometry}"),
            help="both must come from one run; the axes of the array are class, z, y, x",
            status="geometry_mismatch",
        )
    return replace(scores, geometry=labels.geometry)


def resample_side(side: OpenSide, grid: Geometry, how: ReadAs) -> OpenSide:
    """A side resampled to a grid. Raises GeometryError."""
    if side.scores is None:
        unmoved = side.volume, how
        return replace(side, source=moved_volume(side.volume, grid, how), unmoved=unmoved)
    scores = take_label_grid(side.scores, side.volume)
    return replace(
        side,
        source=resample_volume(side.volume, grid, labels=True),
        scores=resample_volume(scores, grid, False, background_scores(len(scores.channels), how)),
    )


def moved_volume(volume: Volume, grid: Geometry, how: ReadAs) -> Volume:
    """A volume resampled as what it holds; beyond its field of view there is background."""
    count = len(volume.channels)
    if not may_hold_probabilities(volume, how):
        masks = count > 1 and not (how.independent or volume.segments or volume.paths)
        return resample_volume(
            volume, grid, True, (float(masks and covers_every_voxel(volume)), *[0.0] * (count - 1))
        )
    stack = count > 1 and not volume.paths
    labels = False if stack or how.kind != "auto" else None
    return resample_volume(volume, grid, labels, background_scores(count, how))


def background_scores(channels: int, how: ReadAs) -> tuple[float, ...]:
    """What each channel of scores is where there is nothing but background."""
    background = int(channels > 1 and not how.independent)
    inside, away = (SURE, -SURE) if how.kind == "logits" else (1.0, 0.0)
    return (*[inside] * background, *[away] * (channels - background))


def covers_every_voxel(volume: Volume) -> bool:
    """Whether every voxel has exactly one of the masks, so that channel 0 is the background."""
    hits = sum(
        (read_whole_channel(v, volume.geometry) != 0).astype("uint16") for v in volume.channels
    )
    return bool((hits == 1).all())
