"""Two arrays or images of memory as a case: from there on the way is that of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segeval.api.given import GivenArray, take_given
from segeval.api.request_checks import requested_metrics
from segeval.api.run import account_given, build_scorecard
from segeval.classes.class_list import ClassList
from segeval.grid.geometry import Geometry
from segeval.grid.voxel_sides import is_side
from segeval.opening.open_case import OpenFiles, place_sides
from segeval.opening.open_side import OpenSide, file_class_selectors, read_options
from segeval.pairing.cases import Case, CaseFiles
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import Inventory, keep_inventory
from segeval.scorecard.card import CaseResult, Scorecard
from segeval.scorecard.row_index import CasesInMemory
from segeval.scorecard.signature import signature_fields
from segeval.scoring.case import check_prediction, score_sides
from segeval.scoring.finish_tallies import kind_of, unsaid_choices
from segeval.scoring.pass_plan import Job, leave_out_labels
from segeval.volume.channel import Channel
from segeval.volume.volume import Volume

IN_MEMORY = CaseFiles(Path(), {}, place="array")  # a side that is no file


def array_job(settings: Settings) -> Job:
    """What is asked of every case of arrays. Raises RequestError, before there is one.

    settings  resolved: with the choices of their preset
    """
    asked = requested_metrics(settings)
    if outputs := [str(m) for m, d in asked if kind_of(d.tally(m)).of_files is not None]:
        raise RequestError(
            f"{outputs[0]} is of several outputs of a network, and arrays are one",
            help="write them with numpy.savez and give paths: score('pred/', 'gt/', aux=…)",
        )
    if settings.frames:
        raise RequestError(
            "frames are those of a series in a file, and an array is one map",
            help="give the arrays of one frame: score(pred[0], gt[0])",
        )
    return Job(settings, leave_out_labels(ClassList().chosen(settings.classes), settings), asked)


def score_arrays(pred: Any, gt: Any, settings: Settings) -> Scorecard:
    """Score two arrays or images as one case called `array`.

    pred, gt  what `take_given` takes
    settings  resolved
    Raises RequestError and CaseError.
    """
    job = array_job(settings)
    with keep_inventory(Inventory()) as inventory:
        inventory.add_found("case")
        result = score_given(Case("array", IN_MEMORY, IN_MEMORY), pred, gt, job)
        inventory.add_scored("case")
    parts = signature_fields(settings, job.metrics, job.classes, unsaid_choices(job.metrics))
    results = CasesInMemory([replace(result, inventory=inventory.to_json())])
    inputs, notes = account_given(results, job)
    card = build_scorecard(results, job.metrics, parts, settings.leads)
    return replace(card, inputs=inputs, notes=notes)


def score_given(case: Case, pred: Any, gt: Any, job: Job) -> CaseResult:
    """The result of a case of arrays or images.

    case  its name, group and spacing; without a prediction: an empty one is scored, if `missing`
          is `worst`
    pred  what `take_given` takes; None where the case has no prediction
    gt    a label map
    job   what is asked
    Raises RequestError for what is no array, CaseError for what makes no case.
    """
    settings = job.settings
    check_prediction(case, settings)
    truth = take_given(gt, "gt")
    guess = None if case.pred is None else take_given(pred, "pred")
    spacing = settings.spacing or case.spacing
    check_truth(truth, spacing)
    if guess is not None:
        guess = channels_first(guess, truth.array.ndim, settings.channel_axis)
    volume = array_volume(truth.array[None], truth.geometry, spacing, "gt")
    opened = OpenSide(volume, file_class_selectors(volume))
    other = None
    if guess is not None:
        volume = array_volume(guess.array, guess.geometry, spacing, "pred")
        other = OpenSide(volume, file_class_selectors(volume))
    reading = read_options(settings, job.classes, case.spacing)
    sides = place_sides(OpenFiles(case, opened, other, reading, settings, job.classes))
    return score_sides(case, *sides, job)


def _fewer_axes(shape: tuple[int, ...], wanted: int) -> str:
    """How a ground truth of too many axes is given: those of one case and one channel left out."""
    more = len(shape) - wanted
    if more == 1 and shape[0] == 1:
        return "gt[0] leaves out the axis of channels, of which there is one"
    if more == 2 and shape[:2] == (1, 1):
        return "gt[0, 0] leaves out the axes of cases and of channels, of which there is one each"
    return (
        "give a label map (z, y, x) or (y, x); pred may have more; Evaluator.update takes a batch"
    )


def check_truth(truth: GivenArray, spacing: Sequence[float] | None) -> None:
    """Refuse a ground truth that is no picture and no volume. Raises RequestError.

    truth    the ground truth
    spacing  millimetres along its axes; None where nothing says
    """
    count = truth.array.ndim
    if count not in (2, 3) or (truth.axes and count != truth.axes):
        raise RequestError(
            f"gt has {count} axes, and its shape is {truth.array.shape}",
            help=_fewer_axes(truth.array.shape, truth.axes or 3),
        )
    if truth.geometry is not None or spacing is None:
        return
    if len(spacing) != count:
        raise RequestError(f"spacing has {len(spacing)} numbers and gt {count} axes")
    if not all(map(is_side, spacing)):
        raise RequestError(f"spacing {tuple(spacing)} is not of positive millimetres")


def channels_first(pred: GivenArray, axes: int, channel_axis: int | None) -> GivenArray:
    """A prediction as (channels, …): a label map is one channel. Raises RequestError.

    pred          the prediction
    axes          of the ground truth
    channel_axis  where its channels lie; None: on the first axis, and in images anyway
    """
    array = pred.array
    wrong = channel_axis is not None and channel_axis >= array.ndim
    if array.ndim not in (axes, axes + 1) or wrong:
        raise RequestError(
            f"pred has {array.ndim} axes and gt {axes}",
            facts=(f"the shape of pred is {array.shape}",),
            help="give a label map of gt's axes, or scores with one axis of channels more",
        )
    if array.ndim == axes:
        return replace(pred, array=array[None])
    axis = 0 if pred.axes else channel_axis or 0
    return replace(pred, array=np.moveaxis(array, axis, 0))


def array_volume(
    stack: Any, grid: Geometry | None, spacing: Sequence[float] | None, name: str
) -> Volume:
    """An array of channels as a volume.

    stack    (channels, z, y, x) or (channels, y, x)
    grid     where it lies; None where the array does not say
    spacing  of one that does not say
    name     `pred` or `gt`, for messages
    """
    shape = tuple(stack.shape[1:])
    own = grid or Geometry(shape, None if spacing is None else tuple(spacing))
    channels = tuple(Channel(_LoadedArray(part), part.dtype, shape) for part in stack)
    return Volume(own, channels, Path(name), side=name)


class _LoadedArray:
    """Loads an array that is there already."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __call__(self) -> Any:
        return self._array
