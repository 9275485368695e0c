"""One pass over a case whose masks are runs: the pairs of channels are counted without drawing.

COCO files and files of polygons hold tens of categories an image, most of them empty. If no tally
asks for voxels in their places, all that a pass gives is how many voxels each pair of channels
shares, and runs say that themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from segeval.kernels.mask_stack import MaskStack, shared_pixels, stack_of
from segeval.kernels.rle import NO_EDGES
from segeval.opening.open_side import OpenSide
from segeval.runtime.arrays import Counted
from segeval.runtime.packed_streams import choose_zlib_library
from segeval.scoring.paired_blocks import Plan
from segeval.scoring.slab_pass import Passed, may_hold_scores
from segeval.tallies.count_tally import CountTally
from segeval.volume.label_checksums import LabelChecksum
from segeval.volume.value_stream import ValueKind, may_hold_probabilities
from segeval.volume.volume import Volume

RUNS = 0  # bytes of a label: these are no labels, and are compared with runs alone


@runtime_checkable
class RunSource(Protocol):
    """A mask that is held as runs of the image, column by column."""

    def edges(self) -> Counted:
        """Where inside begins and ends."""


def count_runs(
    truth: OpenSide, pred: OpenSide, plan: Plan, tallies: Sequence[Any]
) -> Passed | None:
    """Count the pairs of channels; None where the case has to be read voxel by voxel."""
    if len(tallies) != 1 or not isinstance(tallies[0], CountTally):
        return None
    if may_hold_scores(pred, plan) or may_hold_probabilities(truth.volume, plan.wanted[0]):
        return None
    stacks = [stack_channels(side.volume) for side in (truth, pred)]
    if stacks[0] is None or stacks[1] is None:
        return None
    add_pairs(stacks[0], stacks[1], plan, tallies[0])
    kinds = [labels_kind(side.volume) for side in (truth, pred)]
    return Passed((kinds[0], kinds[1]), None, run_checksums(stacks[0]))


def run_checksums(stack: MaskStack) -> dict[int, LabelChecksum]:
    """The checksum of the runs of each mask that has a pixel (ACCOUNT-A36)."""
    crc32 = choose_zlib_library(stack.edges.nbytes).crc32
    edges = np.ascontiguousarray(stack.edges, "<i8")
    places = zip(stack.begins.tolist(), stack.ends.tolist(), strict=True)
    return {
        channel: LabelChecksum(RUNS, crc32(edges[begin:end].view(np.uint8)))
        for channel, (begin, end) in enumerate(places)
        if end > begin
    }


def labels_kind(volume: Volume) -> ValueKind:
    """What masks that may overlap turn out to hold."""
    count = len(volume.channels)
    return ValueKind("labels", count == 1, count)


def stack_channels(volume: Volume) -> MaskStack | None:
    """The channels of a volume as runs; None where one is not held so."""
    shape = volume.geometry.shape
    named = volume.segments or volume.values is not None
    if len(shape) != 2 or not named or volume.coding is not None:
        return None
    found = []
    for channel in volume.channels:
        if channel.source is None:
            found.append(NO_EDGES)
        elif isinstance(channel.source, RunSource) and channel.order is None:
            found.append(channel.source.edges())
        else:
            return None
    return stack_of(found, (shape[0], shape[1]))


def add_pairs(truth: MaskStack, pred: MaskStack, plan: Plan, tally: CountTally) -> None:
    """Add every pair of channels to the tally; channel -1 is an empty mask."""
    pairs = np.array(plan.pairs, np.int64).reshape(-1, 2)
    sizes = [np.append(stack.areas, 0) for stack in (truth, pred)]
    own, other = sizes[0][pairs[:, 0]], sizes[1][pairs[:, 1]]
    some = np.flatnonzero((own > 0) & (other > 0))
    both = np.zeros(len(pairs), np.int64)
    both[some] = shared_pixels(truth, pred, pairs[some, 0], pairs[some, 1])
    size = truth.shape[0] * truth.shape[1]
    voxels = np.stack([size - own - other + both, other - both, own - both, both], axis=1)
    codes = np.array([0, 1, 1 << 16, 1 << 16 | 1], np.int64)
    nothing = codes[:1], np.array([size], np.int64)
    empty = ((own == 0) & (other == 0)).tolist()
    for pair, row, none in zip(plan.pairs, voxels, empty, strict=True):
        if none:
            tally.add(pair, *nothing)
        else:
            kept = row > 0
            tally.add(pair, codes[kept], row[kept])
