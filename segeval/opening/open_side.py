"""One side of a case: what its files hold.

One file holds every class, or each class has a file of its own: then the files become the channels
of one volume, and each channel has the name of its class. Of several structure sets one is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.classes.class_list import UNSEEN, ClassList, LabelSelector
from segeval.grid.geometry import Geometry
from segeval.pairing.cases import CaseFiles
from segeval.readers.registry import contours_error, open_file, open_volume
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, Note, ReadError
from segeval.runtime.frozen import field, frozen, replace
from segeval.runtime.memory_budget import case_budget
from segeval.volume.align import align_volume
from segeval.volume.channel import Channel
from segeval.volume.read_options import ReadOptions
from segeval.volume.value_stream import ReadAs, read_pred_as, read_truth_as
from segeval.volume.volume import Volume

if TYPE_CHECKING:
    from segeval.contours.rasterize import RasterizedStructure
    from segeval.contours.structure_set import Contours
    from segeval.readers.contour_groups import ContourGroup

NOWHERE = LabelSelector(-1)  # of the channel that has no voxel


@frozen
class OpenSide:
    """One side of a case.

    source  channels on a grid; or contours, which have none before they are drawn
    parts   what stands for each class that the side names; empty for label values without names
    scores  a second file that holds the probabilities, where the first holds the label map
            (LAYOUTS-I5)
    faults  classes that cannot be scored, and why
    drawn   structures with the polygons that they were drawn from, by class; None without contours
    facts   what a structure set says of itself; JSON values
    notes   what is to be said beside what the source says
    groups  the structures by the series that they were drawn on, before they are drawn
    wanted  numbers of the structures that are drawn; None: all of them
    unmoved  the volume on its own grid and how its values are read, where it was resampled
    apart    what stands for each segment or structure of a class, where each is an instance
    """

    source: Volume | Contours
    parts: Mapping[str, LabelSelector] = field(default_factory=dict)
    scores: Volume | None = None
    faults: Mapping[str, CaseError] = field(default_factory=dict)
    drawn: Mapping[str, RasterizedStructure] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    groups: tuple[ContourGroup, ...] = ()
    wanted: frozenset[int] | None = None
    unmoved: tuple[Volume, ReadAs] | None = None
    apart: Mapping[str, tuple[LabelSelector, ...]] = field(default_factory=dict)

    @property
    def volume(self) -> Volume:
        """The channels. Raises ReadError for contours, which have none before they are drawn."""
        if isinstance(self.source, Volume):
            return self.source
        raise contours_error(self.source.path)

    @property
    def contours(self) -> Contours | None:
        """The contours, before they are drawn."""
        return None if isinstance(self.source, Volume) else self.source

    @property
    def named(self) -> bool:
        """Whether the side names its classes."""
        return bool(self.parts or self.facts)


def pick_frame(volume: Volume, frame: int) -> Volume:
    """One frame of a series as a volume of its own (ACCOUNT-A16). Raises ReadError."""
    count = len(volume.channels)
    if frame >= count:
        raise ReadError(
            f"there is no frame {frame}: the file has {count}",
            where=volume.path,
            help="both sides of a case must have the same frames, counted from 0",
        )
    return replace(volume, channels=(volume.channels[frame],))


def read_options(
    settings: Settings, classes: ClassList, spacing: tuple[float, ...] | None = None
) -> ReadOptions:
    """What readers are told of a request.

    spacing  of a case, where the request names none
    """
    return ReadOptions(
        spacing=settings.spacing or spacing,
        channel_axis=settings.channel_axis,
        classes=len(classes.classes) or None,
        colours=classes.colours,
        ids=settings.instances not in ("", "components"),
        unlisted=UNSEEN if settings.unlisted == "ignore" else None,
        paste=settings.paste,
        threshold=settings.threshold,
        min_score=settings.min_score,
        roi_offset=settings.roi_offset,
        room=case_budget(settings.budget),
    )


def open_side(
    files: CaseFiles, reading: ReadOptions, select: str = "", classes: ClassList | None = None
) -> OpenSide:
    """Open one side. Raises CaseError.

    select   which structure set is meant, where there are several
    classes  that are asked for, which tell it too
    """
    if "" in files.faults:
        raise files.faults[""]
    if files.sets:
        from segeval.opening.structure_choice import choose_structure_set

        path, notes = choose_structure_set(files, select, classes or ClassList())
        return replace(open_side(replace(files, files={"": path}, sets=()), reading), notes=notes)
    if "" not in files.files:
        return replace(stack_class_files(files, reading), faults=files.faults)
    if files.member or files.frame is not None:
        series = reading.series or files.frame is not None
        reading = replace(reading, member=files.member, series=series)
    source = open_file(files.files[""], reading)
    if not isinstance(source, Volume):
        return OpenSide(source)
    if files.frame is not None:
        source = pick_frame(source, files.frame)
    scores = None
    if files.scores is not None:
        scores = open_volume(files.scores, replace(reading, grid=None, channel_axis=0))
    return OpenSide(source, file_class_selectors(source), scores)


def file_class_selectors(volume: Volume) -> dict[str, LabelSelector]:
    """The classes that a file names itself: segments, or names of its label values."""
    if volume.segments:
        return {name: one_label(*place) for name, place in volume.segments.items()}
    return {name: LabelSelector(0, frozenset([value])) for value, name in volume.names.items()}


@cache
def one_label(channel: int, value: int) -> LabelSelector:
    """What stands for one label of a channel."""
    return LabelSelector(channel, frozenset([value]))


def stack_class_files(files: CaseFiles, reading: ReadOptions) -> OpenSide:
    """One volume out of a file a class; each must hold one channel, all must lie on one grid."""
    volumes = {name: open_volume(path, reading) for name, path in files.files.items()}
    first = next(iter(volumes.values()))
    channels: list[Channel] = []
    for volume in volumes.values():
        if len(volume.channels) != 1:
            raise ReadError(
                f"the file of one class holds {len(volume.channels)} channels",
                where=volume.path,
                help="a file a class holds one mask",
            )
        shown = (volume.path.name, first.path.name)
        channels += align_volume(volume, first.geometry, shown).channels
    volume = replace(
        first,
        channels=tuple(channels),
        paths=tuple(files.files.values()),
        names={},
        segments={},
        picture=all(v.picture for v in volumes.values()),
        notes=tuple(dict.fromkeys(note for v in volumes.values() for note in v.notes)),
    )
    return OpenSide(volume, {name: LabelSelector(place) for place, name in enumerate(volumes)})


def empty_prediction(truth: OpenSide) -> OpenSide:
    """An empty prediction on the ground truth's grid: what `--missing worst` scores."""
    grid = truth.volume.geometry
    note = Note("N-missing-as-empty", "there is no prediction; an empty one is scored")
    volume = Volume(grid, (empty_channel(grid),), Path("(no prediction)"), notes=(note,))
    return OpenSide(volume, dict.fromkeys(truth.parts, NOWHERE))


def empty_channel(grid: Geometry) -> Channel:
    """A channel without a voxel."""
    import numpy as np

    return Channel(None, np.dtype(np.uint8), grid.shape)


def read_sides_as(
    truth: OpenSide, pred: OpenSide, settings: Settings, regions: bool
) -> tuple[ReadAs, ReadAs]:
    """How the ground truth and the prediction's probabilities are to be read."""
    if truth.volume.shares:
        settings = replace(settings, gt_kind="prob")
    if pred.volume.values is not None:  # masks, whatever they were made of
        return read_truth_as(settings, truth.named), ReadAs("labels", independent=True)
    own_files = pred.named and pred.scores is None
    alike = len(truth.volume.channels) == len(pred.volume.channels)
    guess = read_pred_as(pred.scores or pred.volume, settings, regions or own_files, alike)
    if settings.flip == "softmax_mean" and guess.kind in ("auto", "logits"):
        guess = replace(guess, kind="prob")  # the mean is one of probabilities
    return read_truth_as(settings, guess.independent or truth.named, alike), guess


def add_side_notes(side: OpenSide, notes: tuple[Note, ...]) -> OpenSide:
    """A side with more to be said of what it was read from."""
    return replace(side, source=replace(side.source, notes=(*side.source.notes, *notes)))
