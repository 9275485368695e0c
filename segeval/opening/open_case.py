"""The door of a case: its files opened, as two sides on one grid."""

from __future__ import annotations

from typing import TypeVar

from segeval.classes.class_list import ClassList
from segeval.grid.geometry import format_shape
from segeval.opening.onto_grid import (
    asked_grid,
    check_resample_loss,
    fit_to_grid,
    resample_side,
    share_geometry,
)
from segeval.opening.open_side import (
    NOWHERE,
    OpenSide,
    add_side_notes,
    empty_prediction,
    file_class_selectors,
    open_side,
    read_options,
    read_sides_as,
)
from segeval.pairing.cases import Case, CaseFiles
from segeval.readers import POINT_TABLES
from segeval.request.settings import Settings
from segeval.runtime.errors import GeometryError, ImageSizeError, ReadError
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.inventory import on_side
from segeval.volume.align import choose_case_grid, find_resample_grid
from segeval.volume.instances import Instances, RoiMasks
from segeval.volume.read_options import ReadOptions
from segeval.volume.value_stream import read_pred_as
from segeval.volume.volume import Volume

IDS, COMPONENTS = "ids", "components"  # of --instances


@frozen
class OpenFiles:
    """A case whose files are open, each side on a grid of its own.

    case      its image may have the grid of both
    truth     the ground truth
    pred      the prediction; None: an empty one is scored
    reading   what their readers were told
    settings  of the run
    classes   of the run
    """

    case: Case
    truth: OpenSide
    pred: OpenSide | None
    reading: ReadOptions
    settings: Settings
    classes: ClassList


def open_case(case: Case, settings: Settings, classes: ClassList) -> tuple[OpenSide, OpenSide]:
    """Both sides of a case (ground truth, prediction) on one grid. Raises CaseError."""
    reading = read_options(settings, classes, case.spacing)
    truth, pred, reading = open_files(case, reading, settings, classes)
    return place_sides(OpenFiles(case, truth, pred, reading, settings, classes))


def place_sides(opened: OpenFiles) -> tuple[OpenSide, OpenSide]:
    """Two sides that are open, on one grid, with the label values of the run. Raises CaseError."""
    settings, classes = opened.settings, opened.classes
    truth, pred = opened.truth, opened.pred
    if settings.remap_gt or settings.remap_pred or classes.ignored:
        truth, pred = relabel_sides(truth, pred, settings, classes)
    if settings.instances == IDS:
        truth, pred = segments_as_instances(truth, pred)
    if any(side is not None and grid_may_change(side, settings) for side in (truth, pred)):
        from segeval.opening.open_structures import place_structures

        if settings.geometry != "own":
            raise GeometryError(
                f"--geometry {settings.geometry} is said of grids, and contours have none",
                help="leave it out: contours are drawn where their millimetres say",
            )
        coded = code_plain_sides(truth, pred, settings, classes)
        return place_structures(opened.case, *coded, settings, classes)
    if truth is not opened.truth or pred is not opened.pred:
        opened = replace(opened, truth=truth, pred=pred)
    return place_volumes(opened)


def open_files(
    case: Case, reading: ReadOptions, settings: Settings, classes: ClassList
) -> tuple[OpenSide, OpenSide | None, ReadOptions]:
    """The files of both sides, the prediction read as the ground truth's grid tells it.

    A ground truth that does not say how large its image is takes that of the prediction.
    returns  ground truth, prediction, and what the latter's reader was told. Raises CaseError.
    """

    def open_pred(reading: ReadOptions) -> OpenSide | None:
        if case.pred is None:
            return None
        with on_side("pred"):
            return open_side(case.pred, reading, settings.pred_select, classes)

    def open_truth(reading: ReadOptions) -> OpenSide:
        with on_side("gt"):
            return open_side(case.truth, reading, settings.gt_select, classes)

    if case.pred is not None and are_point_tables(case.truth, case.pred):
        reading = replace(reading, points_alone=True)
    try:
        truth = open_truth(reading)
    except ImageSizeError:
        if (pred := open_pred(reading)) is None or pred.contours is not None:
            raise
        reading = replace(reading, grid=pred.volume.geometry.shape)
        return open_truth(reading), pred, reading
    if not grid_may_change(truth, settings):
        low = settings.upsample != "never"
        reading = replace(reading, grid=truth.volume.geometry.shape, low=low)
    pred = open_pred(reading)
    asked = reading.channel_axis is not None and not reading.flat
    if asked and pred is not None and is_flat(truth, pred, reading):
        return open_files(case, replace(reading, grid=None, flat=True), settings, classes)
    if reading.channel_axis is None and pred is not None:
        check_truth_axes(truth, pred)
    return truth, pred, reading


def check_truth_axes(truth: OpenSide, pred: OpenSide) -> None:
    """Refuse a ground truth whose channels are its first axis, by name. Raises GeometryError."""
    if truth.contours is not None or pred.contours is not None:
        return
    one, other = truth.volume.geometry.shape, pred.volume.geometry.shape
    count = len(truth.volume.channels)
    if len(one) == len(other) == 3 and (count, *one[:2]) == other and one != other:
        raise GeometryError(
            "the ground truth has its channels in front",
            facts=(
                f"gt {count} channels on {format_shape(one)}, pred {format_shape(other)}",
                f"the first of its axes has {one[2]} values",
            ),
            help="--channel-axis 0",
        )


def is_flat(truth: OpenSide, pred: OpenSide, reading: ReadOptions) -> bool:
    """Whether `--channel-axis` makes pictures of sides that looked like volumes of one channel.

    It says so of an array of three axes where the other side is a picture; or where it is such an
    array too, and the prediction is of floats, or the axis is as long as there are classes. Two
    volumes of labels have no channels, whatever is asked for.
    """
    sides = (truth, pred)
    if any(side.contours is not None or len(side.volume.channels) > 1 for side in sides):
        return False
    grids = [side.volume.geometry for side in sides]
    axes = [len(grid.shape) for grid in grids]
    if axes[0] != 3 or max(axes) > 3 or any(grid.placed for grid in grids):
        return False
    axis, shape = reading.channel_axis or 0, grids[1].shape
    many = shape[axis] if axis < len(shape) else None
    floats = all(channel.dtype.kind == "f" for channel in pred.volume.channels)
    fits = many is not None and reading.classes in (many, many - 1)
    return axes[1] == 2 or floats or fits


def are_point_tables(*sides: CaseFiles) -> bool:
    """Whether the files of sides are tables of points."""
    return all(s.member and s.files[""].suffix.lower() in POINT_TABLES for s in sides)


def segments_as_instances(
    truth: OpenSide, pred: OpenSide | None
) -> tuple[OpenSide, OpenSide | None]:
    """Both sides with the segments of a SEG as instances of their types. Raises ReadError."""
    from segeval.opening.segments_by_type import group_by_type

    with on_side("gt"):
        truth = group_by_type(truth)
    with on_side("pred"):
        return truth, None if pred is None else group_by_type(pred)


def grid_may_change(side: OpenSide, settings: Settings) -> bool:
    """Whether a side gets its grid when both are open: contours, and what leaves out slices."""
    return side.contours is not None or (side.volume.sparse and settings.resample == "never")


def place_volumes(opened: OpenFiles) -> tuple[OpenSide, OpenSide]:
    """Two sides that have a grid each, on one. Raises CaseError."""
    case, pred, settings, classes = opened.case, opened.pred, opened.settings, opened.classes
    guess = empty_prediction(opened.truth) if pred is None else pred
    truth, guess = name_values(opened.truth, guess, settings, classes)
    if pred is not None and (case.flipped is not None or settings.upsample != "never"):
        from segeval.opening.enlarge import enlarge_scores

        how = read_pred_as(guess.scores or guess.volume, settings, classes.regions)
        guess = enlarge_scores(guess, case.flipped, truth, opened.reading, settings, how)
    truth, guess = share_geometry(truth, guess, settings.geometry)
    grid = find_resample_grid(
        settings.resample,
        truth.volume.geometry,
        guess.volume.geometry,
        lambda: asked_grid(case, settings.resample),
    )
    if grid is None:
        grid = choose_case_grid(truth.volume.geometry, guess.volume.geometry)
        return fit_to_grid(truth, grid), fit_to_grid(guess, grid)
    both = read_sides_as(truth, guess, settings, classes.regions)
    checked = check_resample_loss(truth, guess, grid, both, settings, classes)
    return resample_side(checked[0], grid, both[0]), resample_side(checked[1], grid, both[1])


def relabel_sides(
    truth: OpenSide, pred: OpenSide | None, settings: Settings, classes: ClassList
) -> tuple[OpenSide, OpenSide | None]:
    """Both sides with the label values that the user gives them. Raises ReadError."""

    from segeval.opening.relabel import relabel_side

    with on_side("gt"):
        truth = relabel_side(truth, "gt", settings, classes)
    with on_side("pred"):
        return truth, None if pred is None else relabel_side(pred, "pred", settings, classes)


def name_values(
    truth: OpenSide, pred: OpenSide, settings: Settings, classes: ClassList
) -> tuple[OpenSide, OpenSide]:
    """Sides of which ids of instances are coded, and values called as the other side calls them.

    Raises CaseError.
    """
    if pred.volume.coding is not None and not pred.named:  # segments of another file's categories
        named = replace(pred.volume, names=truth.volume.names)
        pred = replace(pred, source=named, parts=file_class_selectors(named))
    truth, pred = code_sides(truth, pred, settings, classes)
    if pred.volume.values is not None:
        from segeval.opening.instances import numbered_selectors, unknown_category_notes

        parts = numbered_selectors(pred.volume, truth.volume, truth.parts, classes)
        notes = unknown_category_notes(pred.volume, truth.volume, classes)
        pred = add_side_notes(replace(pred, parts=parts), notes)
        if settings.instances and not names_label_values(classes):
            truth = with_classes(truth, pred)
    return empty_as_named(truth, pred), empty_as_named(pred, truth)


def empty_as_named(side: OpenSide, other: OpenSide) -> OpenSide:
    """A file that lists no object has none of the classes that the other side names."""
    if side.named or not other.named or not lists_masks(side.volume) or side.volume.coding:
        return side
    if side.volume.values or side.volume.instances is None or len(side.volume.instances().masks):
        return side
    return replace(side, parts=dict.fromkeys(other.parts, NOWHERE))


def code_sides(
    truth: OpenSide, pred: OpenSide, settings: Settings, classes: ClassList
) -> tuple[OpenSide, OpenSide]:
    """Sides whose values are ids of instances. Raises CaseError.

    Beside a file that lists its instances a ground truth that is a map of ids lists them, too.
    """
    if settings.instances in ("", COMPONENTS):
        return truth, pred
    if lists_masks(truth.volume) or lists_masks(pred.volume):
        with on_side("gt"):
            check_classes_told(truth, pred, settings)
            truth = truth if truth.volume.coding else with_instances(truth, settings, classes)
    return code_plain_sides(truth, pred, settings, classes)


def check_classes_told(truth: OpenSide, pred: OpenSide, settings: Settings) -> None:
    """Regions of interest have classes, which ids alone do not say. Raises ReadError."""
    told = lists_masks(truth.volume) or truth.volume.coding is not None
    if settings.instances == IDS and isinstance(pred.volume.regions, RoiMasks) and not told:
        raise ReadError(
            "ids alone say no class, and the prediction is of regions of interest",
            where=truth.volume.path,
            help="--instances beside: a JSON file beside each map, {id: class value}",
        )


def lists_masks(volume: Volume) -> bool:
    """Whether a file lists its instances one by one: COCO, polygons, regions of interest."""
    return volume.coding is None and (volume.instances is not None or volume.regions is not None)


Opened = TypeVar("Opened", OpenSide, OpenSide | None)


def code_plain_sides(
    truth: OpenSide, pred: Opened, settings: Settings, classes: ClassList
) -> tuple[OpenSide, Opened]:
    """Sides of which those that are plain maps hold ids of instances. Raises CaseError."""
    with on_side("gt"):
        truth = code_plain_side(truth, settings, classes.ignore)
    with on_side("pred"):
        return truth, None if pred is None else code_plain_side(pred, settings, None)


def code_plain_side(side: OpenSide, settings: Settings, ignored: int | None) -> OpenSide:
    """A side whose values are ids of instances, unless its file says what its instances are."""
    if settings.instances in ("", COMPONENTS) or side.contours is not None or side.apart:
        return side
    volume = side.volume
    # No prediction is an empty one.
    if volume.channels[0].source is None or volume.coding is not None or lists_masks(volume):
        return side
    from segeval.opening.instances import code_ids

    return replace(
        side, source=code_ids(volume, settings.instances, ignored), parts={}, scores=None
    )


def with_instances(truth: OpenSide, settings: Settings, classes: ClassList) -> OpenSide:
    """A ground truth whose values are ids of instances. Raises CaseError."""
    if isinstance(truth.volume.regions, Instances):  # COCO has them apart
        return truth
    from segeval.opening.instances import read_instance_map

    volume = read_instance_map(
        truth.volume, settings.instances, names_label_values(classes), classes.ignore
    )
    return OpenSide(volume, file_class_selectors(volume))


def names_label_values(classes: ClassList) -> bool:
    """Whether the request or the data set says what label values are called."""
    return any(c.labels is not None for c in classes.classes)


def with_classes(truth: OpenSide, pred: OpenSide) -> OpenSide:
    """An instance map that is annotated for the prediction's classes too: it has none of them."""
    if not isinstance(truth.volume.regions, Instances) or truth.volume.segments:
        return truth
    spurious = dict.fromkeys(pred.parts, NOWHERE)
    return replace(truth, parts={**truth.parts, **spurious, **truth.parts})
