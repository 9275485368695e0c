"""Scored lesion candidates: the components of a detection map, each with its largest confidence.

A candidate is a 26-component of the voxels with a confidence above 0 (8 in a picture), a lesion one
of the ground truth. Kept are sizes, confidences and what pairs share, a few numbers a component; a
data set is the tables of its cases side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.kernels.run_overlaps import overlap_runs, sum_pairs
from segeval.runtime.arrays import Counted, Floats, Labels, Mask
from segeval.runtime.frozen import frozen
from segeval.tallies.block import Block
from segeval.tallies.candidate_marks import (
    CandidateMarks,
    landing_places,
    marks_of_components,
    marks_of_points,
    near_pairs,
)
from segeval.tallies.instance_sides import SideInstances
from segeval.tallies.stretches import Stretches, find_stretches, join_stretches, split_stretches
from segeval.volume.placed_points import PlacedPoints


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
class PlacedCandidates:
    """Where the candidates and lesions of a class in a case lie.

    candidate, lesion  all of them, those that do not count among them
    score              float64 (c,) of all candidates
    counted            bool (c,) and bool (l,), those that count
    """

    candidate: CandidateMarks
    lesion: CandidateMarks
    score: Floats
    counted: tuple[Mask, Mask]


@frozen
class Candidates:
    """The candidates of each class, case by case.

    classes  names, one a channel of the detection map
    cases    for each class its cases
    places   for each class where they lie, of one case alone; not kept
    """

    classes: tuple[str, ...]
    cases: tuple[tuple[CaseCandidates, ...], ...]
    places: tuple[PlacedCandidates, ...] = ()

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


class CandidateTally:
    """Keeps the runs of confidences above 0 and of lesions, channel by channel."""

    def __init__(
        self,
        channels: int,
        grid: Geometry,
        points: tuple[PlacedPoints | None, PlacedPoints | None] = (None, None),
        alone: bool = False,
    ) -> None:
        """Begin without a slab.

        points  of the ground truth and the prediction, in place of masks
        alone   both sides are points, and the grid is none
        """
        self._grid, self._points, self._alone = grid, points, alone
        self._found: tuple[list[list[Stretches]], ...] = tuple(
            [[] for _ in range(channels)] for _ in range(2)
        )
        self._void: list[Stretches] = []

    def update(self, block: Block) -> None:
        """Add a slab."""
        assert block.scores is not None
        width = self._grid.shape[-1]
        for channel, values in enumerate(block.scores):
            inside, lesion = values > 0, candidate_reference_mask(block, channel)
            if block.valid is not None:
                inside, lesion = inside & block.valid, lesion & block.valid
            self._found[0][channel].append(find_stretches(inside, values, block.start, width))
            self._found[1][channel].append(find_stretches(lesion, None, block.start, width))
        if block.valid is not None and self._points[1] is not None:
            self._void.append(find_stretches(~block.valid, None, block.start, width))

    def finish(self, classes: Sequence[str], kept: Sequence[int]) -> Candidates:
        """The candidates of the case, of the channels that are kept under these names."""
        cases = [self._channel(channel) for channel in kept]
        return Candidates(
            tuple(classes), tuple((case,) for case, _ in cases), tuple(own for _, own in cases)
        )

    def _channel(self, channel: int) -> tuple[CaseCandidates, PlacedCandidates]:
        (candidates, score), (lesions, _) = (self._side(which, channel) for which in (0, 1))
        near = near_pairs(candidates, lesions)
        lands = landing_places(candidates, lesions, self._grid, near)
        counted = self._free(candidates, lesions, near), ~lesions.excluded
        at = PlacedCandidates(candidates, lesions, score, counted)
        if not (counted[0].all() and counted[1].all()):
            candidates, score = some_marks(candidates, counted[0]), score[counted[0]]
            lesions = some_marks(lesions, counted[1])
            near = near_pairs(candidates, lesions)
            lands = landing_places(candidates, lesions, self._grid, near)
        pair = pairs_of_runs(candidates.side, lesions.side)
        return CaseCandidates(score, candidates.size, lands, lesions.size, pair, near), at

    def _side(self, which: int, channel: int) -> tuple[CandidateMarks, Floats]:
        """The candidates (0) or lesions (1) of a channel, and the scores of candidates."""
        grid = self._grid
        if (points := self._points[1 - which]) is not None:
            return marks_of_points(points, None if self._alone else grid), points.score
        found = join_stretches(self._found[which][channel], grid.shape[-1])
        side = split_stretches(found, grid.shape)
        score = np.zeros(len(side))
        np.maximum.at(score, side.number, found.largest)
        spacing = grid.spacing or (1.0,) * len(grid.shape)
        return marks_of_components(side, grid.shape, spacing), score

    def _free(self, candidates: CandidateMarks, lesions: CandidateMarks, near: Counted) -> Mask:
        """Which candidates count: points in void do not, nor what lies in excluded findings alone.

        Void takes the voxels of candidates that are masks.
        """
        free = np.ones(len(candidates), np.bool_)
        if lesions.excluded.any():
            left_out = lesions.excluded[near[:, 1]]
            free[near[left_out, 0]] = False
            free[near[~left_out, 0]] = True
        void = join_stretches(self._void, self._grid.shape[-1])
        if len(void.start) and candidates.side is None:
            hidden = split_stretches(void, self._grid.shape)
            marks = marks_of_components(hidden, self._grid.shape, (1.0,) * len(self._grid.shape))
            free &= landing_places(candidates, marks, self._grid, near) < 0
        return free


def some_marks(marks: CandidateMarks, kept: Mask) -> CandidateMarks:
    """Those of some candidates or lesions that are kept; components all are."""
    if marks.side is not None:
        return marks
    return CandidateMarks(
        marks.centre[kept], marks.radius[kept], marks.size[kept], marks.excluded[kept]
    )


def pairs_of_runs(candidates: SideInstances | None, lesions: SideInstances | None) -> Counted:
    """Candidate, lesion and the voxels that both hold, int64 (p, 3); points hold none."""
    if candidates is None or lesions is None:
        return np.zeros((0, 3), np.int64)
    one, other, shared = overlap_runs(candidates.runs, lesions.runs)
    pairs = sum_pairs(candidates.number[one], lesions.number[other], shared, len(lesions))
    return np.stack(pairs, axis=1)


def candidate_reference_mask(block: Block, channel: int) -> Mask:
    """The reference of a channel."""
    if block.onehot is not None:
        mask: Mask = np.asarray(block.onehot[channel], np.bool_)
        return mask
    labels: Labels = block.truth[0] if block.labels is None else block.labels
    return np.asarray(labels == channel, np.bool_)
