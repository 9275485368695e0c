"""Tallies of probabilities, channel by channel: those that add up, and those that keep all voxels.

sums    what most losses are made of, of fixed size
voxels  every probability of a case, for the losses that no sum gives
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from segeval.metrics.registry import needed_terms
from segeval.runtime.errors import Note
from segeval.runtime.memory_budget import format_mib
from segeval.scoring.case_stages import CaseRead, CaseStart
from segeval.scoring.classes_by_value import valued_class_selector
from segeval.scoring.foreground_box import tally_in_box
from segeval.scoring.pass_plan import TallyRequest
from segeval.tallies.box_mask import ScoreTally


def begin_sums(start: CaseStart, request: TallyRequest) -> ScoreTally:
    """A tally of sums. Raises CaseError."""
    from segeval.tallies.sums import SumsTally

    channels, exclusive = score_channels(start), not start.plan.onehot
    tally = SumsTally(channels, exclusive, request.pieces)
    return tally_in_box(tally, request.name, start.truth, channels, start.plan)


def begin_voxels(start: CaseStart, request: TallyRequest) -> ScoreTally:
    """A tally of all voxels. Raises CaseError."""
    from segeval.tallies.voxels import VoxelTally

    channels, exclusive = score_channels(start), not start.plan.onehot
    shape, room = start.grid.shape, start.job.room
    needs: Any = request.pieces
    tally = VoxelTally(channels, exclusive, shape, room, needs)
    return tally_in_box(tally, request.name, start.truth, channels, start.plan)


def begin_candidates(start: CaseStart) -> ScoreTally:
    """A tally of lesion candidates."""
    from segeval.tallies.candidates import CandidateTally

    points = start.truth.volume.points, start.pred.volume.points
    return CandidateTally(score_channels(start), start.grid, points, None not in points)


def score_channels(start: CaseStart) -> int:
    """How many channels of scores the prediction has."""
    return len((start.pred.scores or start.pred.volume).channels)


def finish_probabilities(tally: ScoreTally, read: CaseRead) -> Any:
    """The result, its channels under the names of the classes; None where there is none."""
    scores = read.passed.scores
    if scores is None:
        return None
    names = {c: str(c) if c else "background" for c in range(scores.channels)}
    names |= {c: t.name for c, t in zip(class_channels(read), read.resolved.targets, strict=True)}
    kept = kept_channels(read)
    return tally.finish([names[c] for c in kept], kept) if kept else None


def kept_channels(read: CaseRead) -> list[int]:
    """The channels that are of a class; all of those that exclude each other.

    A channel that is no class is in no mean.
    """
    scores = read.passed.scores
    assert scores is not None
    every = range(scores.channels) if scores.exclusive else ()
    return sorted({*every, *class_channels(read)} - {-1})


def class_channels(read: CaseRead) -> list[int]:
    """The channel whose probabilities are those of each class; -1 where it has none."""
    pred, scores = read.start.pred, read.passed.scores
    assert scores is not None
    own = pred.named and pred.scores is None
    only = len(read.resolved.classes) == 1
    found = []
    for class_, target in zip(read.resolved.classes, read.resolved.targets, strict=True):
        part = target.pred if own else valued_class_selector(class_, scores, only)
        labels = sorted(part.labels or ())
        alone = labels[0] if len(labels) == 1 and labels[0] < scores.channels else -1
        found.append(alone if scores.exclusive else part.channel)
    return found


def probability_places(read: CaseRead) -> tuple[int, ...]:
    """The place of each class in the results of these tallies; -1 where it has none."""
    if read.passed.scores is None:
        return (-1,) * len(read.resolved.targets)
    kept = kept_channels(read)
    return tuple(kept.index(c) if c >= 0 else -1 for c in class_channels(read))


def memory_notes(voxels: Any, request: TallyRequest) -> list[Note]:
    """How much memory the losses took that keep every voxel."""
    return [
        Note("N-memory", f"{metric} took at most {format_mib(size)}")
        for metric, size, over in loss_bytes(voxels, request)
        if not over
    ]


def losses_over_budget(voxels: Any, request: TallyRequest) -> dict[str, int]:
    """The losses that would have taken more memory than there is, and how much."""
    return {metric: size for metric, size, over in loss_bytes(voxels, request) if over}


def loss_bytes(voxels: Any, request: TallyRequest) -> Iterator[tuple[str, int, bool]]:
    """The losses that keep every voxel: the bytes of each, and whether that was too much.

    What is too much is given with the libraries that are loaded for it.
    """
    for metric, known in request.metrics:
        for memory in needed_terms(metric, known):
            over = voxels.over(memory)
            yield str(metric), voxels.needed(memory) if over else voxels.size(memory), over
