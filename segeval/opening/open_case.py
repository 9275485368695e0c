"""The door of a case: its files opened, as two sides on one grid."""

from __future__ import annotations

from segeval.classes.class_list import ClassList
from segeval.opening.onto_grid import (
    asked_grid,
    check_resample_loss,
    fit_to_grid,
    moved,
    share_geometry,
)
from segeval.opening.open_side import (
    NOWHERE,
    OpenSide,
    empty_prediction,
    file_class_selectors,
    open_side,
    read_options,
    read_sides_as,
)
from segeval.pairing.cases import Case
from segeval.request.settings import Settings
from segeval.runtime.errors import GeometryError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import on_side
from segeval.volume.align import choose_case_grid, find_resample_grid
from segeval.volume.instances import Instances
from segeval.volume.read_options import ReadOptions
from segeval.volume.value_stream import read_pred_as

COMPONENTS = "components"  # of --instances: values are classes


def open_case(case: Case, settings: Settings, classes: ClassList) -> tuple[OpenSide, OpenSide]:
    """Both sides of a case (ground truth, prediction) on one grid. Raises CaseError."""
    reading = read_options(settings, classes, case.spacing)
    with on_side("gt"):
        truth = open_side(case.truth, reading, settings.gt_select, classes)
    pred = None
    if not grid_may_change(truth, settings):
        low = settings.upsample != "never"
        reading = replace(reading, grid=truth.volume.geometry.shape, low=low)
    if case.pred is not None:
        with on_side("pred"):
            pred = open_side(case.pred, reading, settings.pred_select, classes)
    return place_sides(case, truth, pred, reading, settings, classes)


def place_sides(  # noqa: PLR0913 - what a case is opened with
    case: Case,
    truth: OpenSide,
    pred: OpenSide | None,
    reading: ReadOptions,
    settings: Settings,
    classes: ClassList,
) -> tuple[OpenSide, OpenSide]:
    """Two sides that are open, on one grid, with the label values of the run. Raises CaseError.

    case     they are of; its image may have the grid
    pred     None: an empty one is scored
    reading  what their readers were told
    """
    if settings.remap_gt or settings.remap_pred or classes.ignored:
        truth, pred = relabel_sides(truth, pred, settings, classes)
    if any(side is not None and grid_may_change(side, settings) for side in (truth, pred)):
        from segeval.opening.open_structures import place_structures

        if settings.geometry != "own":
            raise GeometryError(
                f"--geometry {settings.geometry} is said of grids, and contours have none",
                help="leave it out: contours are drawn where their millimetres say",
            )
        return place_structures(case, truth, pred, settings, classes)
    return place_volumes(case, truth, pred, reading, settings, classes)


def grid_may_change(side: OpenSide, settings: Settings) -> bool:
    """Whether a side gets its grid when both are open: contours, and what leaves out slices."""
    return side.contours is not None or (side.volume.sparse and settings.resample == "never")


def place_volumes(  # noqa: PLR0913 - what a case is opened with
    case: Case,
    truth: OpenSide,
    pred: OpenSide | None,
    reading: ReadOptions,
    settings: Settings,
    classes: ClassList,
) -> tuple[OpenSide, OpenSide]:
    """Two sides that have a grid each, on one. Raises CaseError.

    pred  None: an empty one is scored
    """
    guess = empty_prediction(truth) if pred is None else pred
    truth, guess = name_values(truth, guess, settings, classes)
    if pred is not None and (case.flipped is not None or settings.upsample != "never"):
        from segeval.opening.enlarge import enlarge_scores

        how = read_pred_as(guess.scores or guess.volume, settings, classes.regions)
        guess = enlarge_scores(guess, case.flipped, truth, reading, settings, how)
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
    return moved(checked[0], grid, both[0]), moved(checked[1], grid, both[1])


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
        from segeval.opening.instances import numbered_selectors

        parts = numbered_selectors(pred.volume, truth.volume, truth.parts, classes)
        pred = replace(pred, parts=parts)
        if settings.instances and not valued(classes):
            truth = with_classes(truth, pred)
    return truth, pred


def code_sides(
    truth: OpenSide, pred: OpenSide, settings: Settings, classes: ClassList
) -> tuple[OpenSide, OpenSide]:
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
        coded.append(replace(opened_side, source=volume, parts={}, scores=None))
    return coded[0], coded[1]


def with_instances(truth: OpenSide, settings: Settings, classes: ClassList) -> OpenSide:
    """A ground truth whose values are ids of instances. Raises CaseError."""
    if isinstance(truth.volume.regions, Instances):  # COCO has them apart
        return truth
    from segeval.opening.instances import read_instance_map

    volume = read_instance_map(truth.volume, settings.instances, valued(classes))
    return OpenSide(volume, file_class_selectors(volume))


def valued(classes: ClassList) -> bool:
    """Whether the request or the data set says what label values are called."""
    return any(c.labels is not None for c in classes.classes)


def with_classes(truth: OpenSide, pred: OpenSide) -> OpenSide:
    """An instance map that is annotated for the prediction's classes too: it has none of them."""
    if not isinstance(truth.volume.regions, Instances) or truth.volume.segments:
        return truth
    spurious = dict.fromkeys(pred.parts, NOWHERE)
    return replace(truth, parts={**truth.parts, **spurious, **truth.parts})
