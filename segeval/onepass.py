"""One pass over a case: both sides in lockstep, slab by slab, into every tally.

Files of single classes are read pair by pair, so that few are open at a time; everything else is
one group. Probabilities need all their channels at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from segeval.arrays import Labels, Mask
from segeval.classes import Part
from segeval.errors import ReadError
from segeval.kinds import Found, Side, Slab, Wanted, may_score, side
from segeval.sides import Opened
from segeval.tallies.block import Block
from segeval.tallies.counts import Pair, inside
from segeval.volumes import Volume, streams

LABELS_AT_A_TIME = 1 << 19  # voxels of a slab; two buffers of this size stay in the cache
SCORES_AT_A_TIME = 1 << 15  # per channel
BYTES_AT_A_TIME = 1 << 24  # of all the buffers of a group

Channels = tuple[frozenset[int], frozenset[int]]


class Tally(Protocol):
    """What is added up."""

    def update(self, block: Block) -> None:
        """Add a slab."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read together, and what a tally has to be told of it.

    pairs    channels (ground truth, prediction) that are compared; -1 is the empty mask
    onehot   what is true of each independent channel of the prediction
    ignored  the label whose ground-truth voxels are left out
    """

    pairs: tuple[Pair, ...]
    wanted: tuple[Wanted, Wanted]
    onehot: tuple[Part, ...] = ()
    ignored: int | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """What the sides turned out to be, after their last voxel.

    found   the ground truth and the prediction's labels
    scores  the probabilities: the prediction's own, or those of the file beside its label map
    """

    found: tuple[Found, Found]
    scores: Found | None


def one_pass(truth: Opened, pred: Opened, plan: Plan, tallies: Sequence[Tally]) -> Passed:
    """Read both sides once and update every tally. Raises ReadError."""
    passed = None
    for group in groups(truth, pred, plan):
        passed = _read(truth, pred, plan, group, tallies)
    assert passed is not None
    return passed


def scored(pred: Opened, plan: Plan) -> bool:
    """Whether the prediction may turn out to hold probabilities."""
    return pred.scores is not None or may_score(pred.volume, plan.wanted[1])


def groups(truth: Opened, pred: Opened, plan: Plan) -> list[Channels]:
    """Channels that have to be read in lockstep: those that pairs join, directly or not."""
    if scored(pred, plan) or may_score(truth.volume, plan.wanted[0]):
        everything = [range(len(s.volume.channels)) for s in (truth, pred)]
        return [(frozenset(everything[0]), frozenset(everything[1]))]
    joined: list[tuple[set[int], set[int]]] = []
    for t, p in plan.pairs:
        new = ({t} - {-1}, {p} - {-1})
        apart = []
        for old in joined:
            if old[0] & new[0] or old[1] & new[1]:
                new = (new[0] | old[0], new[1] | old[1])
            else:
                apart.append(old)
        joined = [*apart, new]
    return [(frozenset(t), frozenset(p)) for t, p in joined]


def _read(
    truth: Opened, pred: Opened, plan: Plan, group: Channels, tallies: Sequence[Tally]
) -> Passed:
    size = truth.volume.geometry.size
    chunk = slab_size(truth, pred, plan, group)
    with open_sides(truth, pred, plan, group, chunk) as (t, p, s):
        for start in range(0, size, chunk):
            count = min(chunk, size - start)
            slabs = t.read(count), p.read(count), None if s is None else s.read(count)
            block = make_block(start, count, slabs, plan)
            for tally in tallies:
                tally.update(block)
        found = t.finish(), p.finish()
        scores = found[1] if s is None else s.finish()
    return Passed(found, scores if scores.kind != "labels" else None)


def slab_size(truth: Opened, pred: Opened, plan: Plan, group: Channels) -> int:
    """Voxels a slab, so that the buffers of all open channels stay small."""
    if scored(pred, plan):
        return SCORES_AT_A_TIME
    width = sum(truth.volume.channels[c].dtype.itemsize for c in group[0])
    width += sum(pred.volume.channels[c].dtype.itemsize for c in group[1])
    return min(LABELS_AT_A_TIME, max(SCORES_AT_A_TIME, BYTES_AT_A_TIME // max(width, 1)))


@contextmanager
def open_sides(
    truth: Opened, pred: Opened, plan: Plan, group: Channels, chunk: int
) -> Iterator[tuple[Side, Side, Side | None]]:
    """The ground truth, the prediction, and the probabilities beside it."""
    volumes: list[tuple[Volume, list[int], Wanted]] = [
        (truth.volume, sorted(group[0]), plan.wanted[0]),
        (pred.volume, sorted(group[1]), plan.wanted[1]),
    ]
    if pred.scores is not None:
        volumes[1] = (pred.volume, sorted(group[1]), Wanted("labels"))
        every = list(range(len(pred.scores.channels)))
        volumes.append((pred.scores, every, plan.wanted[1]))
    opened = [v.channels[c] for v, channels, _ in volumes for c in channels]
    with streams(opened, chunk) as all_streams:
        left = iter(all_streams)
        sides = [side(v, {c: next(left) for c in cs}, w) for v, cs, w in volumes]
        yield sides[0], sides[1], sides[2] if len(sides) > 2 else None


def make_block(start: int, count: int, slabs: tuple[Slab, Slab, Slab | None], plan: Plan) -> Block:
    """One slab of both sides."""
    truth, pred, beside = slabs
    scores = pred if beside is None else beside
    empty: Mapping[int, Labels] = {-1: np.zeros(count, np.uint8)} if has_empty(plan) else {}
    onehot = valid = None
    if scores.scores is not None:
        valid = valid_voxels(truth, plan)
        onehot = true_channels(truth, plan)
        if onehot is None:
            check_range(truth, len(scores.scores), valid)
    return Block(
        start,
        count,
        {**truth.labels, **empty},
        {**pred.labels, **empty},
        scores.scores,
        scores.logits,
        onehot,
        truth.scores,
        valid,
    )


def has_empty(plan: Plan) -> bool:
    """Whether any class is missing on one side."""
    return any(-1 in pair for pair in plan.pairs)


def valid_voxels(truth: Slab, plan: Plan) -> Mask | None:
    """Where the ground truth is not ignored; None where nothing is."""
    if plan.ignored is None or 0 not in truth.labels:
        return None
    valid = truth.labels[0] != plan.ignored
    return None if valid.all() else valid


def true_channels(truth: Slab, plan: Plan) -> Mask | None:
    """The reference mask of each independent channel; None where channels exclude each other."""
    if not plan.onehot:
        return None
    some = next(iter(truth.labels.values()))
    rows = [
        inside(truth.labels[part.channel], part) if part.channel >= 0 else np.zeros(len(some), bool)
        for part in plan.onehot
    ]
    return np.stack(rows)


def check_range(truth: Slab, channels: int, valid: Mask | None) -> None:
    """A label that no channel stands for has no probability (rule V3). Raises ReadError."""
    labels = truth.labels[0] if valid is None else truth.labels[0][valid]
    if len(labels) and (top := int(labels.max())) >= channels:
        raise ReadError(
            f"the ground truth has label {top} and the prediction has {channels} channels",
            facts=(f"channel i is label i, so labels are 0 to {channels - 1}",),
            help=f"--ignore-label {top} leaves it out; "
            "--activation none or sigmoid makes each channel a class of its own, from 1 on",
            status="unknown_label",
        )
