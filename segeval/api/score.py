"""`segeval.score`: paths or arrays in, a Scorecard out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.api.arrays import score_arrays
from segeval.api.choices import combine_settings
from segeval.api.run import score_paths
from segeval.api.told_errors import tell_in_python
from segeval.api.words import (
    AbsentTruth,
    Activation,
    BadContour,
    Boundary,
    CaseKey,
    Classes,
    Connectivity,
    FillGaps,
    Flip,
    GeometrySide,
    Kind,
    LabelValues,
    Layout,
    Leads,
    Missing,
    Overlap,
    OwnBoundary,
    Paste,
    Resample,
    ResampleLoss,
    TruthKind,
    Undefined,
    Unlisted,
    Upsample,
)
from segeval.request.grammar import Charge, Metric
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.scorecard.card import Scorecard

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from segeval.api.given import HasAffine, HasArray, HasDirection, HasDLPack

    Side = str | Path | ArrayLike | HasArray | HasDLPack | HasAffine | HasDirection


@tell_in_python
def score(  # noqa: PLR0913 - every choice by its name (CLI-Y1)
    pred: Side = "",
    gt: Side = "",
    metrics: str | Metric | Sequence[str | Metric] | None = None,
    *,
    spacing: Sequence[float] | None = None,
    classes: Classes | None = None,
    settings: Settings | None = None,
    pairs: str | Path | None = None,
    aliases: str | Sequence[str] | None = None,
    kind: Kind | None = None,
    gt_kind: TruthKind | None = None,
    activation: Activation | None = None,
    threshold: float | None = None,
    channel_axis: int | None = None,
    ignore_label: int | Sequence[int] | None = None,
    remap_pred: LabelValues | None = None,
    remap_gt: LabelValues | None = None,
    unlisted: Unlisted | None = None,
    resample: Resample | str | Path | None = None,
    resample_loss: ResampleLoss | None = None,
    frames: bool | None = None,
    geometry: GeometrySide | None = None,
    paste: Paste | None = None,
    min_score: float | None = None,
    roi_offset: int | None = None,
    instances: str | None = None,
    connectivity: Connectivity | None = None,
    min_size: str | None = None,
    size_bins: str | None = None,
    upsample: Upsample | None = None,
    aux: str | Path | Sequence[str | Path] | None = None,
    flipped: str | Path | None = None,
    flip: Flip | None = None,
    weights: str | Path | None = None,
    weight_maps: str | Path | None = None,
    missing: Missing | None = None,
    absent_gt: AbsentTruth | None = None,
    undefined: Undefined | None = None,
    layout: Layout | None = None,
    pair_regex_pred: str | None = None,
    pair_regex_gt: str | None = None,
    strict: bool | None = None,
    images: str | Path | None = None,
    case_key: CaseKey | None = None,
    pred_select: str | None = None,
    gt_select: str | None = None,
    rt_boundary: Boundary | None = None,
    pred_rt_boundary: OwnBoundary | None = None,
    gt_rt_boundary: OwnBoundary | None = None,
    rt_overlap: Overlap | None = None,
    rt_fill_gaps: FillGaps | None = None,
    rt_bad_contour: BadContour | None = None,
    rt_grid: float | None = None,
    ignore_frame_of_reference: bool | None = None,
    preset: str | None = None,
    background: bool | None = None,
    tolerances: str | Sequence[str] | None = None,
    charges: str | Sequence[str | Charge] | None = None,
    leads: Leads | None = None,
    ci: float | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    max_memory: int | None = None,
    shard: str | None = None,
    scheduler: str | None = None,
) -> Scorecard:
    """Score files, folders, or two arrays.

    pred, gt  paths as on the command line; or arrays and images of whatever library: label maps
              (z, y, x) or (y, x), for `pred` also scores (channels, z, y, x) or (channels, y, x).
              Images of SimpleITK and nibabel, and MetaTensors of MONAI, bring their geometry. None
              for both where `pairs` names the files
    metrics   as on the command line: `dice`, `fbeta@2`, `dice_loss:as=nnunet`; one or several;
              without any those of the settings or of their preset
    spacing   millimetres between voxels, along the axes of the arrays; files and images have
              their own
    classes   `liver,spleen`, `5=liver,1=spleen`, a file, the name of a list; a list of names or
              label values; or a mapping of label values and names, either way round
    settings  choices that are in one value; a choice by its name wins over it
    Every other name is that of an option of the command line, which says what it does
    (`segeval score --help`); None leaves it to the settings, their preset and the default. The text
    forms of the command line are read, and Python's own: numbers, lists, mappings.
    returns   the Scorecard: `rows`, `cases`, `summary`, `signature`
    Raises RequestError for a request that makes no sense; for arrays also CaseError.

        card = segeval.score("pred/", "gt/", ["dice", "iou"])
        card = segeval.score(pred, gt, spacing=(3, 0.98, 0.98), classes="1=liver,2=spleen")
        card.summary[""]["liver"]["dice"].mean
    """
    choices = {k: v for k, v in locals().items() if k not in ("pred", "gt", "settings")}
    chosen = combine_settings(settings, choices)
    if chosen.pairs and not _is_given(pred) and not _is_given(gt):
        return score_paths(Path(), Path(), chosen)
    if not _is_given(pred) or not _is_given(gt):
        raise RequestError("pred and gt are needed", help="give both, or a table: pairs=FILE")
    places = [isinstance(side, str | os.PathLike) for side in (pred, gt)]
    if chosen.pairs:
        raise RequestError("pairs names the files, and so do pred and gt", help="give one of both")
    if all(places):
        return score_paths(_place(pred), _place(gt), chosen)
    if any(places):
        raise RequestError("one side is a path and the other an array", help="give two of a kind")
    return score_arrays(pred, gt, chosen)


def _is_given(side: Any) -> bool:
    return not (side is None or (isinstance(side, str) and not side))


def _place(side: Any) -> Path | str:
    """A path, or a URL as it is."""
    return side if isinstance(side, str | Path) else Path(os.fspath(side))
