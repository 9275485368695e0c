"""The files of a case as two volumes on one grid.

One file holds every class, or each class has a file of its own: then the files become the channels
of one volume, and each channel has the name of its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from segeval.align import common_grid, onto, resample_grid, resampled
from segeval.cases import Case
from segeval.cases import Side as Files
from segeval.classes import ClassList, Part
from segeval.errors import CaseError, Note, ReadError
from segeval.geometry import Geometry
from segeval.readers.open import read
from segeval.settings import Settings
from segeval.volumes import Reading, Volume, Voxels


NOWHERE = Part(-1)  # of the channel that has no voxel


@dataclass(frozen=True, slots=True)
class Opened:
    """One side of a case, opened.

    parts   what stands for each class that the side names; empty for label values without names
    scores  a second file that holds the probabilities, where the first holds the label map (I5)
    """

    volume: Volume
    parts: Mapping[str, Part] = field(default_factory=dict)
    scores: Volume | None = None

    @property
    def named(self) -> bool:
        """Whether the side names its classes."""
        return bool(self.parts)


def opened(case: Case, settings: Settings, classes: ClassList) -> tuple[Opened, Opened]:
    """Both sides of a case (ground truth, prediction) on one grid. Raises CaseError."""
    reading = Reading(
        spacing=settings.spacing or case.spacing,
        channel_axis=settings.channel_axis,
        classes=len(classes.classes) or None,
        colours=classes.colours,
    )
    truth = side(case.truth, replace(reading, channel_axis=None))
    reading = replace(reading, grid=truth.volume.geometry.shape)
    pred = absent(truth) if case.pred is None else side(case.pred, reading)
    image = read(case.image, Reading()).geometry if case.image else None
    grid = resample_grid(
        settings.resample, truth.volume.geometry, pred.volume.geometry, image, case.id
    )
    if grid is None:
        grid = common_grid(truth.volume.geometry, pred.volume.geometry)
        return fitted(truth, grid), fitted(pred, grid)
    return moved(truth, grid, settings.gt_kind), moved(pred, grid, settings.kind)


def side(files: Files, reading: Reading) -> Opened:
    """Open one side. Raises CaseError."""
    if "" not in files.files:
        return stacked(files, reading)
    volume = read(files.files[""], reading)
    scores = None
    if files.scores is not None:
        scores = read(files.scores, replace(reading, grid=volume.geometry.shape))
    return Opened(volume, own_names(volume), scores)


def own_names(volume: Volume) -> dict[str, Part]:
    """The classes that a file names itself: segments, or names of its label values."""
    if volume.segments:
        return {name: Part(c, frozenset([v])) for name, (c, v) in volume.segments.items()}
    return {name: Part(0, frozenset([value])) for value, name in volume.names.items()}


def stacked(files: Files, reading: Reading) -> Opened:
    """One volume out of a file a class; each must hold one channel, all must lie on one grid."""
    volumes = {name: read(path, reading) for name, path in files.files.items()}
    first = next(iter(volumes.values()))
    channels: list[Voxels] = []
    for volume in volumes.values():
        if len(volume.channels) != 1:
            raise ReadError(
                f"the file of one class holds {len(volume.channels)} channels",
                where=volume.path,
                help="a file a class holds one mask",
            )
        shown = (volume.path.name, first.path.name)
        channels += onto(volume, first.geometry, shown).channels
    volume = replace(
        first,
        channels=tuple(channels),
        paths=tuple(files.files.values()),
        names={},
        segments={},
        picture=all(v.picture for v in volumes.values()),
        notes=tuple(dict.fromkeys(note for v in volumes.values() for note in v.notes)),
    )
    return Opened(volume, {name: Part(place) for place, name in enumerate(volumes)})


def absent(truth: Opened) -> Opened:
    """An empty prediction on the ground truth's grid: what `--missing worst` scores."""
    grid = truth.volume.geometry
    note = Note("N-missing-as-empty", "there is no prediction; an empty one is scored")
    volume = Volume(grid, (nothing(grid),), Path("(no prediction)"), notes=(note,))
    return Opened(volume, dict.fromkeys(truth.parts, NOWHERE))


def nothing(grid: Geometry) -> Voxels:
    """A channel without a voxel."""
    import numpy as np

    return Voxels(None, np.dtype(np.uint8), grid.shape)


def fitted(opened: Opened, grid: Geometry) -> Opened:
    """A side on the grid of the case. Raises GeometryError."""
    scores = None if opened.scores is None else beside(opened.scores, opened.volume)
    return replace(
        opened,
        volume=onto(opened.volume, grid),
        scores=None if scores is None else onto(scores, grid),
    )


def beside(scores: Volume, labels: Volume) -> Volume:
    """Probabilities that have no geometry of their own take the label map's (I5)."""
    if scores.geometry.placed:
        return scores
    if scores.geometry.shape != labels.geometry.shape:
        raise CaseError(
            "the probabilities and the label map beside them have different shapes",
            where=scores.path,
            facts=(f"probabilities {scores.geometry}", f"label map {labels.geometry}"),
            help="both must come from one run; the axes of the array are class, z, y, x",
            status="geometry_mismatch",
        )
    return replace(scores, geometry=labels.geometry)


def moved(opened: Opened, grid: Geometry, kind: str) -> Opened:
    """A side resampled to a grid. Raises GeometryError."""
    labels = kind == "labels"
    scores = None if opened.scores is None else beside(opened.scores, opened.volume)
    return replace(
        opened,
        volume=resampled(opened.volume, grid, labels),
        scores=None if scores is None else resampled(scores, grid, labels=False),
    )
