"""One pass over a case: both sides in lockstep, slab by slab, into every tally.

Files of single classes are read pair by pair, so that few are open at a time; everything else is
one group. Probabilities need all their channels at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import numpy as np

from segeval.kernels.value_counts import shade_counts
from segeval.opening.open_side import OpenSide
from segeval.runtime.frozen import field, frozen, replace
from segeval.scoring.paired_blocks import Plan, make_block, next_block
from segeval.tallies.block import Block
from segeval.volume.channel_streams import open_channels
from segeval.volume.label_checksums import ChecksummedStream, LabelChecksum
from segeval.volume.label_values import open_value_stream
from segeval.volume.score_values import ScoreStream, score_dtype
from segeval.volume.value_stream import (
    ReadAs,
    SideSlab,
    ValueKind,
    ValueStream,
    holds_byte_codes,
    may_hold_probabilities,
)
from segeval.volume.volume import Volume

LABELS_AT_A_TIME = 1 << 19  # voxels of a slab; two buffers of this size stay in the cache
SCORES_AT_A_TIME = 1 << 16  # per channel
CODES_AT_A_TIME = 1 << 22  # of 8-bit probabilities, which are counted: whole pictures
FEWEST = 1 << 10  # voxels of a slab, however small the budget
VALUE, SHARE = 8, 4  # bytes of a share of logits; part of the budget that slabs may take
BYTES_AT_A_TIME = 1 << 24  # of all the buffers of a group

Channels = tuple[frozenset[int], frozenset[int]]


class Tally(Protocol):
    """What is added up."""

    def update(self, block: Block) -> None:
        """Add a slab."""


@frozen
class Passed:
    """What the sides turned out to be, after their last voxel.

    found   the ground truth and the prediction's labels
    scores  the probabilities: the prediction's own, or those of the file beside its label map
    truth   checksums of the ground truth's labels by channel, where they were read
    """

    found: tuple[ValueKind, ValueKind]
    scores: ValueKind | None
    truth: Mapping[int, LabelChecksum] = field(default_factory=dict)


def one_pass(truth: OpenSide, pred: OpenSide, plan: Plan, tallies: Sequence[Tally]) -> Passed:
    """Read both sides once and update every tally. Raises ReadError."""
    passed, checksums = None, dict[int, LabelChecksum]()
    for group in channel_groups(truth, pred, plan):
        passed = _read(truth, pred, plan, group, tallies)
        checksums |= passed.truth
    assert passed is not None
    return replace(passed, truth=checksums)


def may_hold_scores(pred: OpenSide, plan: Plan) -> bool:
    """Whether the prediction may turn out to hold probabilities."""
    return pred.scores is not None or may_hold_probabilities(pred.volume, plan.wanted[1])


def channel_groups(truth: OpenSide, pred: OpenSide, plan: Plan) -> list[Channels]:
    """Channels that have to be read in lockstep: those that pairs join, directly or not."""
    unnamed = not (truth.named or pred.named)  # what a stack is shows from all of its channels
    if (
        unnamed
        or may_hold_scores(pred, plan)
        or may_hold_probabilities(truth.volume, plan.wanted[0])
    ):
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
    truth: OpenSide, pred: OpenSide, plan: Plan, group: Channels, tallies: Sequence[Tally]
) -> Passed:
    size = truth.volume.geometry.size
    few = can_condense(truth, pred, plan, tallies)
    chunk = CODES_AT_A_TIME if few else slab_size(truth, pred, plan, group)
    with open_sides(truth, pred, plan, group, chunk) as (t, p, s):
        for start in range(0, size, chunk):
            count = min(chunk, size - start)
            if few and isinstance(p, ScoreStream):
                block = condense_slab(start, t.read(count), p, count, plan)
            else:
                block = next_block(start, count, (t, p, s), plan, tallies)
            for tally in tallies:
                tally.update(block)
        found = t.finish(), p.finish()
        scores = found[1] if s is None else s.finish()
    return Passed(found, scores if scores.kind != "labels" else None, t.checksums)


def can_condense(truth: OpenSide, pred: OpenSide, plan: Plan, tallies: Sequence[Tally]) -> bool:
    """Whether it is enough to count how often each value stands on each label.

    Then 8-bit probabilities cost no more than labels: every sum is one over 256 values.
    """
    anywhere = all(getattr(tally, "ANYWHERE", False) for tally in tallies)
    hard = len(truth.volume.channels) == 1 and not may_hold_probabilities(
        truth.volume, plan.wanted[0]
    )
    coded = pred.scores is None and holds_byte_codes(pred.volume, plan.wanted[1])
    return anywhere and hard and coded


def condense_slab(start: int, truth: SideSlab, pred: ScoreStream, count: int, plan: Plan) -> Block:
    """One slab with every pair of a label and a value once, and how many voxels have it."""
    codes = pred.codes(count).codes
    assert codes is not None
    pairs, voxels = shade_counts(truth.labels[0], codes)
    labels = SideSlab({0: (pairs >> 16).astype(truth.labels[0].dtype)})
    scores = pred.decoded((pairs & 255).astype(np.uint8))
    block = make_block(start, len(pairs), labels, scores, plan)
    return replace(block, weight=voxels)


def slab_size(truth: OpenSide, pred: OpenSide, plan: Plan, group: Channels) -> int:
    """Voxels a slab, so that the buffers of all open channels stay small."""
    if may_hold_scores(pred, plan):
        channels = (pred.scores or pred.volume).channels
        rows = score_dtype(channels)
        buffers = sum(v.dtype.itemsize for v in channels if v.scaled or v.dtype != rows)
        made = VALUE * (plan.wanted[1].kind == "logits")
        width = buffers + (rows.itemsize + made) * len(channels)
        return min(SCORES_AT_A_TIME, max(FEWEST, plan.budget // SHARE // width))
    width = sum(truth.volume.channels[c].dtype.itemsize for c in group[0])
    width += sum(pred.volume.channels[c].dtype.itemsize for c in group[1])
    return min(LABELS_AT_A_TIME, max(SCORES_AT_A_TIME, BYTES_AT_A_TIME // max(width, 1)))


@contextmanager
def open_sides(
    truth: OpenSide, pred: OpenSide, plan: Plan, group: Channels, chunk: int
) -> Iterator[tuple[ChecksummedStream, ValueStream, ValueStream | None]]:
    """The ground truth, the prediction, and the probabilities beside it."""
    volumes: list[tuple[Volume, list[int], ReadAs]] = [
        (truth.volume, sorted(group[0]), plan.wanted[0]),
        (pred.volume, sorted(group[1]), plan.wanted[1]),
    ]
    if pred.scores is not None:
        volumes[1] = (pred.volume, sorted(group[1]), ReadAs("labels"))
        every = list(range(len(pred.scores.channels)))
        volumes.append((pred.scores, every, plan.wanted[1]))
    opened = [v.channels[c] for v, channels, _ in volumes for c in channels]
    with open_channels(opened, chunk) as all_streams:
        left = iter(all_streams)
        sides = [open_value_stream(v, {c: next(left) for c in cs}, w) for v, cs, w in volumes]
        own = ChecksummedStream(sides[0], truth.volume)
        yield own, sides[1], sides[2] if len(sides) > 2 else None
