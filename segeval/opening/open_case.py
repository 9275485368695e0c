"""The files of a case as two volumes on one grid.

One file holds every class, or each class has a file of its own: then the files become the channels
of one volume, and each channel has the name of its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.classes.class_list import UNSEEN, ClassList, LabelSelector
from segeval.grid.geometry import Geometry
from segeval.grid.mismatch import SIDES, holds_grid
from segeval.pairing.cases import Case
from segeval.pairing.cases import CaseFiles as Files
from segeval.readers.registry import open_volume
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, GeometryError, Note, ReadError
from segeval.runtime.frozen import field, frozen, replace
from segeval.runtime.inventory import on_side
from segeval.volume.align import (
    align_volume,
    choose_case_grid,
    drop_single_plane,
    find_resample_grid,
    read_whole_channel,
    resample_volume,
)
from segeval.volume.instances import Instances
from segeval.volume.value_stream import (
    ReadAs,
    can_hold_scores,
    may_hold_probabilities,
    read_pred_as,
    read_truth_as,
)
from segeval.volume.volume import Channel, ReadOptions, Volume, relabel_volume

if TYPE_CHECKING:
    from segeval.contours.rasterize import RasterizedStructure

SURE = 20.0  # the logit of what is certain
COMPONENTS = "components"  # of --instances: values are classes
NOWHERE = LabelSelector(-1)  # of the channel that has no voxel


@frozen
class Opened:
    """One side of a case, opened.

    parts   what stands for each class that the side names; empty for label values without names
    scores  a second file that holds the probabilities, where the first holds the label map (I5)
    faults  structures that cannot be scored, by class
    drawn   structures with the polygons that they were drawn from, by class; None without contours
    facts   what a structure set says of itself; JSON values
    """

    volume: Volume
    parts: Mapping[str, LabelSelector] = field(default_factory=dict)
    scores: Volume | None = None
    faults: Mapping[str, CaseError] = field(default_factory=dict)
    drawn: Mapping[str, RasterizedStructure] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        """Whether the side names its classes."""
        return bool(self.parts or self.facts)


def opened(case: Case, settings: Settings, classes: ClassList) -> tuple[Opened, Opened]:
    """Both sides of a case (ground truth, prediction) on one grid. Raises CaseError."""
    reading = ReadOptions(
        spacing=settings.spacing or case.spacing,
        channel_axis=settings.channel_axis,
        classes=len(classes.classes) or None,
        colours=classes.colours,
        unlisted=UNSEEN if settings.unlisted == "ignore" else None,
        paste=settings.paste,
        threshold=settings.threshold,
        min_score=settings.min_score,
        roi_offset=settings.roi_offset,
    )
    with on_side("gt"):
        truth = side(case.truth, replace(reading, channel_axis=None))
        truth = relabel_side(truth, "gt", settings, classes)
    low = settings.upsample != "never"
    reading = replace(reading, grid=truth.volume.geometry.shape, low=low)
    with on_side("pred"):
        pred = absent(truth) if case.pred is None else side(case.pred, reading)
        pred = relabel_side(pred, "pred", settings, classes)
    if pred.volume.coding is not None and not pred.named:  # segments of another file's categories
        named = replace(pred.volume, names=truth.volume.names)
        pred = replace(pred, volume=named, parts=file_class_selectors(named))
    truth, pred = code_sides(truth, pred, settings, classes)
    if pred.volume.values is not None:
        from segeval.opening.instances import numbered_selectors

        pred = replace(
            pred, parts=numbered_selectors(pred.volume, truth.volume, truth.parts, classes)
        )
        if settings.instances and not valued(classes):
            truth = with_classes(truth, pred)
    if case.pred is not None:
        guess = read_pred_as(pred.scores or pred.volume, settings, classes.regions)
        pred = enlarge_scores(pred, case.flipped, truth, reading, settings, guess)
    truth, pred = share_geometry(truth, pred, settings.geometry)
    grid = find_resample_grid(
        settings.resample,
        truth.volume.geometry,
        pred.volume.geometry,
        lambda: other_grid(case, settings.resample),
    )
    if grid is None:
        grid = choose_case_grid(truth.volume.geometry, pred.volume.geometry)
        return fit_to_grid(truth, grid), fit_to_grid(pred, grid)
    how = wanted(truth, pred, settings, classes.regions)
    checked = check_resample_loss(truth, pred, grid, how, settings, classes)
    return moved(checked[0], grid, how[0]), moved(checked[1], grid, how[1])


def relabel_side(opened: Opened, name: str, settings: Settings, classes: ClassList) -> Opened:
    """A side with the label values that the user gives it (A17); ignored values become one.

    Raises ReadError where the side holds no label values.
    """
    remap = dict(settings.remap_gt if name == "gt" else settings.remap_pred)
    ignored = dict.fromkeys(classes.ignored, classes.ignore or 0)
    if not (remap or ignored):
        return opened
    volume = opened.volume
    scores = len(volume.channels) > 1 and can_hold_scores(volume)
    if volume.segments or volume.values is not None or volume.regions is not None or scores:
        return refuse_remap(opened, name, "its channels are no label map") if remap else opened
    if remap and opened.scores is not None:
        return refuse_remap(opened, name, "the probabilities beside it have the old labels")
    if not remap and name == "pred" and can_hold_scores(volume):
        return opened  # its values may be probabilities
    table = ignored | {old: ignored.get(new, new) for old, new in remap.items()}
    volume = relabel_volume(volume, table, classes.ignore if ignored else None)
    return replace(opened, volume=volume, parts=file_class_selectors(volume) or opened.parts)


def refuse_remap(opened: Opened, name: str, why: str) -> Opened:
    """Raise ReadError where a table of labels means nothing."""
    raise ReadError(
        f"--remap-{name} changes label values, and {why}",
        where=opened.volume.path,
        help=f"leave out --remap-{name}, or give a label map",
    )


def share_geometry(truth: Opened, pred: Opened, whose: str) -> tuple[Opened, Opened]:
    """Both sides on the geometry of the one that the user says is right (A14).

    A slab of one plane beside a picture is a picture, too. Raises GeometryError.
    """
    pictures = [len(s.volume.geometry.shape) == 2 for s in (truth, pred)]
    if pictures[1] and not pictures[0]:
        truth = replace(truth, volume=drop_single_plane(truth.volume, pred.volume.geometry)[1])
    if whose == "own":
        return truth, pred
    pred = replace(pred, volume=drop_single_plane(pred.volume, truth.volume.geometry)[1])
    right, wrong = (truth, pred) if whose == "gt" else (pred, truth)
    grid, other = right.volume.geometry, wrong.volume.geometry
    if grid.shape != other.shape:
        raise GeometryError(
            f"--geometry {whose} needs sides of equal shapes",
            where=wrong.volume.path,
            facts=(f"pred {pred.volume.geometry}", f"gt {truth.volume.geometry}"),
            help="--resample union keeps both where their headers say, where they say it",
        )
    name = "gt" if whose == "pred" else "pred"
    text = f"its voxels are taken to stand on the grid of the {SIDES[whose]} ({grid}), not {other}"
    note = Note("W-geometry-replaced", f"{name}: {text}", str(wrong.volume.path))
    volume = replace(wrong.volume, geometry=grid, notes=(*wrong.volume.notes, note))
    wrong = replace(wrong, volume=volume)
    return (right, wrong) if whose == "gt" else (wrong, right)


def check_resample_loss(  # noqa: PLR0913 - both sides and how they are read
    truth: Opened,
    pred: Opened,
    grid: Geometry,
    how: tuple[ReadAs, ReadAs],
    settings: Settings,
    classes: ClassList,
) -> tuple[Opened, Opened]:
    """Both sides, if the grid holds their labelled voxels or the loss is accepted (A13).

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
        replace(s, volume=check_loss(count, name, s.volume, grid, accept, keep))
        for s, count, name in zip(sides, lost, ("gt", "pred"), strict=True)
    )
    return one, two


def enlarge_scores(  # noqa: PLR0913 - both sides and how they are read
    pred: Opened,
    flipped: Files | None,
    truth: Opened,
    reading: ReadOptions,
    settings: Settings,
    how: ReadAs,
) -> Opened:
    """Scores joined with those of the mirrored image and brought to the ground truth's size.

    Raises CaseError.
    """
    scores = pred.scores or pred.volume
    if (flipped is None and settings.upsample == "never") or scores.values is not None:
        return pred
    if pred.named and pred.scores is None:
        how = replace(how, independent=True)
    grid = truth.volume.geometry
    if flipped is None and not may_hold_probabilities(scores, how):
        return pred
    if flipped is not None:
        mirrored = side(flipped, reading)
        scores = averaged(scores, mirrored.scores or mirrored.volume, grid, how, settings)
    if settings.upsample != "never":
        from segeval.volume.upsampling import upsample_scores

        scores = upsample_scores(scores, grid, settings.upsample)
    return replace(pred, volume=scores) if pred.scores is None else replace(pred, scores=scores)


def averaged(
    scores: Volume, mirrored: Volume, grid: Geometry, how: ReadAs, settings: Settings
) -> Volume:
    """The scores of an image and of its mirror image as one. Raises CaseError."""
    from segeval.volume.upsampling import mean_flipped_softmax, sum_flipped_logits

    logits = how.kind == "logits"
    if settings.flip == "logit_sum":
        if not logits:
            raise ReadError(
                "--flip logit_sum adds logits, and the file does not say that it holds any",
                where=scores.path,
                help="--kind logits, or --flip softmax_mean for probabilities",
            )
        return sum_flipped_logits(scores, mirrored)
    softmaxed = len(scores.channels) > 1 and not how.independent
    activation = ("softmax" if softmaxed else "sigmoid") if logits else "none"
    space = grid if settings.upsample != "never" else scores.geometry
    return mean_flipped_softmax(scores, mirrored, space, settings.upsample, activation)


def wanted(truth: Opened, pred: Opened, settings: Settings, regions: bool) -> tuple[ReadAs, ReadAs]:
    """How the ground truth and the prediction's probabilities are to be read."""
    if truth.volume.shares:
        settings = replace(settings, gt_kind="prob")
    if pred.volume.values is not None:  # masks, whatever they were made of
        return read_truth_as(settings, truth.named), ReadAs("labels", independent=True)
    own_files = pred.named and pred.scores is None
    guess = read_pred_as(pred.scores or pred.volume, settings, regions or own_files)
    if settings.flip == "softmax_mean" and guess.kind in ("auto", "logits"):
        guess = replace(guess, kind="prob")  # the mean is one of probabilities
    return read_truth_as(settings, guess.independent or truth.named), guess


def other_grid(case: Case, resample: str) -> Geometry:
    """The grid of the case's image, or of the file that `--resample` names. Raises CaseError."""
    if resample != "image":
        return open_volume(Path(resample), ReadOptions()).geometry
    if case.image is None:
        raise GeometryError(
            "the case has no image to take the grid of",
            help="the column `image` of a pairs table names one; or --resample FILE",
        )
    return open_volume(case.image, ReadOptions()).geometry


def side(files: Files, reading: ReadOptions) -> Opened:
    """Open one side. Raises CaseError."""
    if "" in files.faults:
        raise files.faults[""]
    if "" not in files.files:
        return replace(stacked(files, reading), faults=files.faults)
    volume = open_volume(files.files[""], replace(reading, member=files.member))
    scores = None
    if files.scores is not None:
        scores = open_volume(files.scores, replace(reading, grid=None, channel_axis=0))
    return Opened(volume, file_class_selectors(volume), scores)


def code_sides(
    truth: Opened, pred: Opened, settings: Settings, classes: ClassList
) -> tuple[Opened, Opened]:
    """Sides whose values are ids of instances. Raises CaseError.

    Where the prediction is of regions of interest, or a side has its instances apart already, the
    ground truth alone is a map of ids.
    """
    if settings.instances in ("", COMPONENTS):
        return truth, pred
    from segeval.opening.instances import code_ids

    if pred.volume.values is not None or truth.volume.regions is not None:
        with on_side("gt"):
            return with_instances(truth, settings, classes), pred
    coded = []
    for place, opened_side in enumerate((truth, pred)):
        ignored = classes.ignore if place == 0 else None
        volume = opened_side.volume
        # No prediction is an empty one; a file that says what its ids are is not asked again.
        if volume.channels[0].source is None or volume.coding is not None:
            coded.append(opened_side)
            continue
        volume = code_ids(volume, settings.instances, ignored)
        coded.append(replace(opened_side, volume=volume, parts={}, scores=None))
    return coded[0], coded[1]


def with_instances(truth: Opened, settings: Settings, classes: ClassList) -> Opened:
    """A ground truth whose values are ids of instances. Raises CaseError."""
    if isinstance(truth.volume.regions, Instances):  # COCO has them apart
        return truth
    from segeval.opening.instances import read_instance_map

    volume = read_instance_map(truth.volume, settings.instances, valued(classes))
    return Opened(volume, file_class_selectors(volume))


def valued(classes: ClassList) -> bool:
    """Whether the request or the data set says what label values are called."""
    return any(c.labels is not None for c in classes.classes)


def with_classes(truth: Opened, pred: Opened) -> Opened:
    """An instance map that is annotated for the prediction's classes too: it has none of them."""
    if not isinstance(truth.volume.regions, Instances) or truth.volume.segments:
        return truth
    spurious = dict.fromkeys(pred.parts, NOWHERE)
    return replace(truth, parts={**truth.parts, **spurious, **truth.parts})


def file_class_selectors(volume: Volume) -> dict[str, LabelSelector]:
    """The classes that a file names itself: segments, or names of its label values."""
    if volume.segments:
        return {name: LabelSelector(c, frozenset([v])) for name, (c, v) in volume.segments.items()}
    return {name: LabelSelector(0, frozenset([value])) for value, name in volume.names.items()}


def stacked(files: Files, reading: ReadOptions) -> Opened:
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
    return Opened(volume, {name: LabelSelector(place) for place, name in enumerate(volumes)})


def absent(truth: Opened) -> Opened:
    """An empty prediction on the ground truth's grid: what `--missing worst` scores."""
    grid = truth.volume.geometry
    note = Note("N-missing-as-empty", "there is no prediction; an empty one is scored")
    volume = Volume(grid, (nothing(grid),), Path("(no prediction)"), notes=(note,))
    return Opened(volume, dict.fromkeys(truth.parts, NOWHERE))


def nothing(grid: Geometry) -> Channel:
    """A channel without a voxel."""
    import numpy as np

    return Channel(None, np.dtype(np.uint8), grid.shape)


def fit_to_grid(opened: Opened, grid: Geometry) -> Opened:
    """A side on the grid of the case. Raises GeometryError."""
    scores = None if opened.scores is None else beside(opened.scores, opened.volume)
    return replace(
        opened,
        volume=align_volume(opened.volume, grid),
        scores=None if scores is None else align_volume(scores, grid),
    )


def beside(scores: Volume, labels: Volume) -> Volume:
    """Probabilities that have no geometry of their own take the label map's (I5)."""
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


def moved(opened: Opened, grid: Geometry, how: ReadAs) -> Opened:
    """A side resampled to a grid. Raises GeometryError."""
    if opened.scores is None:
        return replace(opened, volume=moved_volume(opened.volume, grid, how))
    scores = beside(opened.scores, opened.volume)
    return replace(
        opened,
        volume=resample_volume(opened.volume, grid, labels=True),
        scores=resample_volume(scores, grid, False, outside(len(scores.channels), how)),
    )


def moved_volume(volume: Volume, grid: Geometry, how: ReadAs) -> Volume:
    """A volume resampled as what it holds_grid; beyond its field of view there is background."""
    count = len(volume.channels)
    if not may_hold_probabilities(volume, how):
        masks = count > 1 and not (how.independent or volume.segments or volume.paths)
        return resample_volume(
            volume, grid, True, (float(masks and covered(volume)), *[0.0] * (count - 1))
        )
    stack = count > 1 and not volume.paths
    labels = False if stack or how.kind != "auto" else None
    return resample_volume(volume, grid, labels, outside(count, how))


def outside(channels: int, how: ReadAs) -> tuple[float, ...]:
    """What each channel of scores is where there is nothing but background."""
    background = int(channels > 1 and not how.independent)
    inside, away = (SURE, -SURE) if how.kind == "logits" else (1.0, 0.0)
    return (*[inside] * background, *[away] * (channels - background))


def covered(volume: Volume) -> bool:
    """Whether every voxel has exactly one of the masks, so that channel 0 is the background."""
    hits = sum(
        (read_whole_channel(v, volume.geometry) != 0).astype("uint16") for v in volume.channels
    )
    return bool((hits == 1).all())
