"""Scored lesion candidates: the components of a detection map, each with its largest confidence.

A candidate is a 26-component of the voxels with a confidence above 0 (8 in a picture), a lesion one
of the ground truth. Kept are sizes, confidences and what pairs share, a few numbers a component; a
data set is the tables of its cases side by side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from segeval.kernels.connected_components import label_components
from segeval.kernels.label_runs import LabelRuns
from segeval.kernels.run_overlaps import overlap_runs, sum_pairs
from segeval.runtime.arrays import Counted, Floats, Labels, Mask
from segeval.runtime.frozen import frozen
from segeval.tallies.block import Block
from segeval.tallies.instance_sides import NO_RUNS, SideInstances, measure_centres

FULL = {2: 8, 3: 26}
NOTHING: Counted = np.zeros(0, np.int64)


@frozen
class CaseCandidates:
    """The candidates and lesions of a class in a case.

    score   float64 (c,), the largest confidence of each candidate
    size    int64 (c,), voxels
    lands   int64 (c,), the lesion that its centre lies in, -1 of none
    lesion  int64 (l,), voxels of each lesion
    pair    int64 (p, 3): candidate, lesion, voxels that both hold
    near    int64 (q, 2): candidate, lesion, where the centres are nearer than the lesion's radius
    """

    score: Floats
    size: Counted
    lands: Counted
    lesion: Counted
    pair: Counted
    near: Counted

    def to_json(self) -> list[Any]:
        """Its arrays, in their order."""
        arrays = self.score, self.size, self.lands, self.lesion, self.pair, self.near
        return [array.ravel().tolist() for array in arrays]

    @classmethod
    def from_json(cls, kept: Sequence[Any]) -> CaseCandidates:
        """Read it again."""
        score, *rest = kept
        size, lands, lesion, pair, near = (np.array(part, np.int64) for part in rest)
        return cls(
            np.array(score, np.float64), size, lands, lesion, pair.reshape(-1, 3),
            near.reshape(-1, 2),
        )  # fmt: skip


@frozen
class Candidates:
    """The candidates of each class, case by case.

    classes  names, one a channel of the detection map
    cases    for each class its cases
    """

    classes: tuple[str, ...]
    cases: tuple[tuple[CaseCandidates, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept."""
        return {
            name: [case.to_json() for case in cases]
            for name, cases in zip(self.classes, self.cases, strict=True)
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Candidates:
        """Read it again."""
        cases = [tuple(map(CaseCandidates.from_json, those)) for those in kept.values()]
        return cls(tuple(kept), tuple(cases))

    @staticmethod
    def pool_cases(many: Iterable[Candidates]) -> Candidates:
        """The cases of several results one after another."""
        found: dict[str, tuple[CaseCandidates, ...]] = {}
        for one in many:
            for name, cases in zip(one.classes, one.cases, strict=True):
                found[name] = found.get(name, ()) + cases
        return Candidates(tuple(found), tuple(found.values()))

    def emptied(self) -> Candidates:
        """The same classes without a case: what a case shows of numbers of the data set."""
        return Candidates(self.classes, ((),) * len(self.classes))


@frozen
class Stretches:
    """Runs inside rows, in order, and the largest value in each."""

    start: Counted
    stop: Counted
    largest: Floats


def find_stretches(inside: Mask, values: Floats | None, first: int, width: int) -> Stretches:
    """The runs of a flat slab that begins at voxel `first`; none goes on in the next row."""
    size = len(inside)
    before = np.concatenate([[False], inside[:-1]])
    begins_row = (np.arange(size) + first) % width == 0
    start = np.flatnonzero(inside & (~before | begins_row))
    after = np.concatenate([inside[1:], [False]])
    ends_row = (np.arange(size) + first + 1) % width == 0
    stop = np.flatnonzero(inside & (~after | ends_row)) + 1
    if values is None or not len(start):
        return Stretches(start + first, stop + first, np.ones(len(start)))
    largest = np.maximum.reduceat(np.where(inside, values, 0).astype(np.float64), start)
    return Stretches(start + first, stop + first, largest)


def join_stretches(many: Sequence[Stretches], width: int) -> Stretches:
    """The runs of all slabs; those that a slab cut are one again."""
    if not many:
        return Stretches(NOTHING, NOTHING, np.zeros(0))
    start = np.concatenate([one.start for one in many])
    stop = np.concatenate([one.stop for one in many])
    largest = np.concatenate([one.largest for one in many])
    if not len(start):
        return Stretches(start, stop, largest)
    begins = np.ones(len(start), np.bool_)
    begins[1:] = (start[1:] != stop[:-1]) | (start[1:] % width == 0)
    at = np.flatnonzero(begins)
    last = np.append(at[1:], len(start)) - 1
    return Stretches(start[at], stop[last], np.maximum.reduceat(largest, at))


class CandidateTally:
    """Keeps the runs of confidences above 0 and of lesions, channel by channel."""

    def __init__(
        self, channels: int, shape: tuple[int, ...], spacing: tuple[float, ...] | None
    ) -> None:
        self._shape, self._spacing = shape, spacing or (1.0,) * len(shape)
        self._found: tuple[list[list[Stretches]], ...] = tuple(
            [[] for _ in range(channels)] for _ in range(2)
        )

    def update(self, block: Block) -> None:
        """Add a slab."""
        assert block.scores is not None
        width = self._shape[-1]
        for channel, values in enumerate(block.scores):
            inside, lesion = values > 0, candidate_reference_mask(block, channel)
            if block.valid is not None:
                inside, lesion = inside & block.valid, lesion & block.valid
            self._found[0][channel].append(find_stretches(inside, values, block.start, width))
            self._found[1][channel].append(find_stretches(lesion, None, block.start, width))

    def finish(self, classes: Sequence[str], kept: Sequence[int]) -> Candidates:
        """The candidates of the case, of the channels that are kept under these names."""
        cases = [(self._channel(channel),) for channel in kept]
        return Candidates(tuple(classes), tuple(cases))

    def _channel(self, channel: int) -> CaseCandidates:
        width = self._shape[-1]
        found, truth = (join_stretches(side[channel], width) for side in self._found)
        candidates, lesions = (split_stretches(one, self._shape) for one in (found, truth))
        score = np.zeros(len(candidates))
        np.maximum.at(score, candidates.number, found.largest)
        one, other, shared = overlap_runs(candidates.runs, lesions.runs)
        pairs = sum_pairs(candidates.number[one], lesions.number[other], shared, len(lesions))
        return CaseCandidates(
            score,
            candidates.sizes(),
            self._landing(candidates, lesions),
            lesions.sizes(),
            np.stack(pairs, axis=1),
            self._near(candidates, lesions),
        )

    def _landing(self, candidates: SideInstances, lesions: SideInstances) -> Counted:
        """The lesion that the voxel nearest to the centre of each candidate lies in."""
        if not len(candidates) or not len(lesions):
            return np.full(len(candidates), -1)
        centre = measure_centres(candidates, self._shape, (1.0,) * len(self._shape))
        voxel = np.floor(centre + 0.5).astype(np.int64)
        place = np.ravel_multi_index(tuple(voxel.T), self._shape)
        run = np.searchsorted(lesions.runs.start, place, "right") - 1
        inside = (run >= 0) & (place < lesions.runs.stop[run])
        return np.where(inside, lesions.number[run], -1)

    def _near(self, candidates: SideInstances, lesions: SideInstances) -> Counted:
        """Pairs of centres nearer than the radius of a ball or disc as large as the lesion."""
        if not len(candidates) or not len(lesions):
            return np.zeros((0, 2), np.int64)
        a, b = (measure_centres(one, self._shape, self._spacing) for one in (candidates, lesions))
        size = lesions.sizes() * math.prod(self._spacing)
        flat = len(self._shape) == 2
        radius = np.sqrt(size / math.pi) if flat else np.cbrt(size * 3 / (4 * math.pi))
        apart = np.linalg.norm(a[:, None] - b[None], axis=2)
        return np.argwhere(apart < radius).astype(np.int64)


def candidate_reference_mask(block: Block, channel: int) -> Mask:
    """The reference of a channel."""
    if block.onehot is not None:
        mask: Mask = np.asarray(block.onehot[channel], np.bool_)
        return mask
    labels: Labels = block.truth[0] if block.labels is None else block.labels
    return np.asarray(labels == channel, np.bool_)


def split_stretches(found: Stretches, shape: tuple[int, ...]) -> SideInstances:
    """The components of runs that are in rows and in order."""
    runs = LabelRuns(found.start, found.stop, np.ones(len(found.start), np.uint8))
    number = label_components(runs, shape, FULL[len(shape)])
    count = int(number.max(initial=-1)) + 1
    return SideInstances(runs, number, np.arange(1, count + 1), NO_RUNS)
