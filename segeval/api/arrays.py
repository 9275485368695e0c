"""Two arrays as a case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.api.request_checks import requested_metrics
from segeval.api.run import build_scorecard
from segeval.classes.class_list import ClassList
from segeval.grid.geometry import Geometry
from segeval.opening.enlarge import enlarge_scores
from segeval.opening.onto_grid import fit_to_grid
from segeval.opening.open_case import code_sides
from segeval.opening.open_side import OpenSide, file_class_selectors
from segeval.pairing.cases import Case
from segeval.pairing.cases import CaseFiles as Files
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.scorecard.card import Scorecard
from segeval.scorecard.row_index import CasesInMemory
from segeval.scorecard.signature import signature_fields
from segeval.scoring.case import score_sides
from segeval.scoring.finish_tallies import kind_of
from segeval.scoring.pass_plan import Job, leave_out_labels
from segeval.volume.channel import Channel
from segeval.volume.read_options import ReadOptions
from segeval.volume.value_stream import read_pred_as
from segeval.volume.volume import Volume

if TYPE_CHECKING:
    pass


def score_arrays(pred: Any, gt: Any, settings: Settings) -> Scorecard:
    """Score two arrays as one case called `array`. Raises RequestError and CaseError."""
    asked = requested_metrics(settings)
    if outputs := [str(m) for m, d in asked if kind_of(d.tally(m)).of_files is not None]:
        raise RequestError(
            f"{outputs[0]} is of several outputs of a network, and arrays are one",
            help="write them with numpy.savez and give paths: settings=Settings(aux=(…,))",
        )
    check_arrays(pred, gt, settings.spacing, settings.channel_axis)
    grid = Geometry(gt.shape, settings.spacing)
    classes = leave_out_labels(ClassList().chosen(settings.classes), settings)
    job = Job(settings, classes, asked)
    stack = np.moveaxis(pred, settings.channel_axis or 0, 0) if pred.ndim > gt.ndim else pred[None]
    sides = (array_volume(gt[None], grid, "gt"), array_volume(stack, grid, "pred"))
    truth, guess = (OpenSide(volume, file_class_selectors(volume)) for volume in sides)
    how = read_pred_as(guess.volume, settings, classes.regions)
    guess = enlarge_scores(guess, None, truth, ReadOptions(), settings, how)
    truth, guess = code_sides(truth, guess, settings, classes)
    truth, guess = fit_to_grid(truth, grid), fit_to_grid(guess, grid)
    here = Files(Path(), {"": Path("array")})
    parts = signature_fields(settings, asked, classes)
    result = score_sides(Case("array", here, here), truth, guess, job)
    return build_scorecard(CasesInMemory([result]), asked, parts, settings.leads)


def check_arrays(pred: Any, gt: Any, spacing: tuple[float, ...] | None, axis: int | None) -> None:
    """Refuse arrays that are no picture and no volume. Raises RequestError."""
    for name, array in (("pred", pred), ("gt", gt)):
        if array.dtype.kind not in "biuf":
            raise RequestError(f"{name} holds {array.dtype} and no numbers")
        if not array.size:
            raise RequestError(f"{name} is empty: its shape is {array.shape}")
    if gt.ndim not in (2, 3):
        raise RequestError(
            f"gt has {gt.ndim} axes",
            help="give a label map (z, y, x) or (y, x); pred may have more",
        )
    if pred.ndim not in (gt.ndim, gt.ndim + 1) or (axis is not None and axis >= pred.ndim):
        raise RequestError(f"pred has {pred.ndim} axes and gt {gt.ndim}")
    if spacing is not None and len(spacing) != gt.ndim:
        raise RequestError(f"spacing has {len(spacing)} numbers and gt {gt.ndim} axes")
    if spacing is not None and not all(0 < side < float("inf") for side in spacing):
        raise RequestError(f"spacing {spacing} is not of positive millimetres")


def array_volume(stack: Any, grid: Geometry, name: str) -> Volume:
    """An array of channels as a volume."""
    own = Geometry(stack.shape[1:], grid.spacing)
    channels = tuple(Channel(_GivenArray(part), part.dtype, own.shape) for part in stack)
    return Volume(own, channels, Path(name))


class _GivenArray:
    """An array that is there already."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __call__(self) -> Any:
        return self._array
