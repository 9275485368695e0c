"""What of both sides is read together, before a voxel is read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from segeval.classes import ClassList, Part
from segeval.grammar import Metric
from segeval.kinds import wanted_pred, wanted_truth
from segeval.metrics.registry import Definition
from segeval.onepass import Plan, scored
from segeval.settings import Settings
from segeval.sides import NOWHERE, Opened
from segeval.tallies.counts import Pair
from segeval.targets import Resolved, by_name, channel_of, part

Requested = tuple[Metric, Definition]


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for every case of a run."""

    settings: Settings
    classes: ClassList
    metrics: tuple[Requested, ...]


def planned(truth: Opened, pred: Opened, job: Job) -> tuple[Plan, Resolved | None]:
    """What is read with what; and the classes, where names tell them before a voxel is read."""
    settings, classes = job.settings, job.classes
    scores = pred.scores or pred.volume
    wanted = wanted_truth(settings), wanted_pred(scores, settings, classes.regions or pred.named)
    resolved = None
    if truth.named or pred.named:
        resolved = by_name(truth, pred, classes, settings.absent_gt == "empty")
    plan = Plan(
        channel_pairs(truth, pred, resolved, wanted[1].independent),
        wanted,
        ignored=classes.ignore,
    )
    if not scored(pred, plan):
        return plan, resolved
    independent = wanted[1].independent or len(scores.channels) == 1
    if not independent:
        return plan, resolved
    return replace(plan, onehot=onehot(truth, pred, job, len(scores.channels))), resolved


def channel_pairs(
    truth: Opened, pred: Opened, resolved: Resolved | None, independent: bool
) -> tuple[Pair, ...]:
    """The channels (ground truth, prediction) that classes compare."""
    if resolved is not None:
        pairs = {(t.truth.channel, t.pred.channel) for t in resolved.targets}
        return tuple(sorted(pairs)) or ((0, -1),)
    stacks = [len(side.volume.channels) for side in (truth, pred)]
    exclusive = stacks[1] > 1 and not independent and is_scores(pred)
    if stacks[0] > 1 and stacks[1] > 1 and not exclusive:
        return tuple((c, c) for c in range(min(stacks)))
    every = range(1 if exclusive else stacks[1])
    return tuple((t, p) for t in range(stacks[0]) for p in every)


def is_scores(pred: Opened) -> bool:
    """Whether the stack of channels may be probabilities of one label map."""
    return any(v.dtype.kind == "f" or v.scaled for v in pred.volume.channels)


def onehot(truth: Opened, pred: Opened, job: Job, channels: int) -> tuple[Part, ...]:
    """What is true of each independent channel of the prediction."""
    if pred.named:
        by_channel = {p.channel: name for name, p in pred.parts.items()}
        names = [by_channel[c] for c in range(channels)]
        return tuple(truth.parts.get(name, NOWHERE) for name in names)
    true = [Part(0, frozenset([c + 1] if channels > 1 else [1, 255])) for c in range(channels)]
    for class_ in job.classes.classes:
        here = channel_of(class_, channels, only=len(job.classes.classes) == 1).channel
        if here >= 0:
            true[here] = part(class_, truth) or NOWHERE
    return tuple(true)
