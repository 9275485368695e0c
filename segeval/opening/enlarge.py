"""Scores brought to the size of the ground truth, and joined with those of the mirrored image."""

from __future__ import annotations

from segeval.grid.geometry import Geometry
from segeval.opening.open_side import OpenSide, open_side
from segeval.pairing.cases import CaseFiles as Files
from segeval.request.settings import Settings
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import replace
from segeval.volume.read_options import ReadOptions
from segeval.volume.value_stream import ReadAs, may_hold_probabilities
from segeval.volume.volume import Volume


def enlarge_scores(  # noqa: PLR0913 - both sides and how they are read
    pred: OpenSide,
    flipped: Files | None,
    truth: OpenSide,
    reading: ReadOptions,
    settings: Settings,
    how: ReadAs,
) -> OpenSide:
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
        mirrored = open_side(flipped, reading)
        scores = average_mirrored(scores, mirrored.scores or mirrored.volume, grid, how, settings)
    if settings.upsample != "never":
        from segeval.volume.upsampling import upsample_scores

        scores = upsample_scores(scores, grid, settings.upsample)
    return replace(pred, source=scores) if pred.scores is None else replace(pred, scores=scores)


def average_mirrored(
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
