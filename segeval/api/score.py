"""`segeval.score`: paths or arrays in, a Scorecard out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.api.arrays import score_arrays
from segeval.api.run import score_paths
from segeval.classes.class_list import ClassList, make_class_list, parse_classes
from segeval.request.grammar import parse_metric
from segeval.request.presets import apply_preset
from segeval.request.settings import Settings, map_aliases
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace
from segeval.scorecard.card import Scorecard

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def chosen_classes(classes: str | Sequence[str] | Mapping[Any, Any]) -> ClassList:
    """The classes that Python chooses: words, or label values and names. Raises RequestError."""
    if isinstance(classes, Mapping):
        made = make_class_list({str(key): value for key, value in classes.items()}, "classes")
        return replace(made, only=True)
    return parse_classes(classes if isinstance(classes, str) else ",".join(classes))


def score(  # noqa: PLR0913 - a notebook's one call
    pred: str | Path | ArrayLike,
    gt: str | Path | ArrayLike,
    metrics: str | Sequence[str] | None = None,
    *,
    spacing: Sequence[float] | None = None,
    classes: str | Sequence[str] | Mapping[Any, Any] | None = None,
    settings: Settings | None = None,
) -> Scorecard:
    """Score files, folders, or two arrays.

    pred, gt  paths as on the command line, or arrays: label maps (z, y, x) or (y, x), or for `pred`
              also scores (channels, z, y, x) or (channels, y, x)
    metrics   as on the command line: `dice`, `fbeta@2`, `dice_loss:as=nnunet`; one or several;
              without any those of the settings or of their preset
    spacing   millimetres between voxels, along the axes of the arrays; files have their own
    classes   `liver,spleen`, `5=liver,1=spleen`, a JSON file, a list of such words, or a mapping of
              label values and names, either way round
    settings  every other choice, see segeval.request.settings.Settings; checked like those of the
              command line, and with what their preset chooses
    returns   the Scorecard: `rows`, `cases`, `summary`, `signature`
    Raises RequestError for a request that makes no sense; for arrays also CaseError.

        card = segeval.score("pred/", "gt/", ["dice", "iou"])
        card = segeval.score(pred, gt, spacing=(3, 0.98, 0.98), classes="1=liver,2=spleen")
        card.summary[""]["liver"]["dice"].mean
    """
    chosen = apply_preset(settings or Settings())
    if classes is not None:
        chosen = replace(chosen, classes=chosen_classes(classes))
    chosen = map_aliases(chosen)
    if metrics is not None:
        texts = metrics.split(",") if isinstance(metrics, str) else metrics
        chosen = replace(chosen, metrics=tuple(parse_metric(text) for text in texts))
    if spacing is not None:
        chosen = replace(chosen, spacing=tuple(float(s) for s in spacing))
    if isinstance(pred, str | Path) and isinstance(gt, str | Path):
        return score_paths(pred, gt, chosen)
    if isinstance(pred, str | Path) or isinstance(gt, str | Path):
        raise RequestError("one side is a path and the other an array", help="give two of a kind")
    return score_arrays(np.asarray(pred), np.asarray(gt), chosen)
