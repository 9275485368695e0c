"""The map of weights of a case: a file on its grid, read in lockstep with both sides."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np

from segeval.opening.open_side import open_side, read_options
from segeval.pairing.cases import CaseFiles
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import ReadError
from segeval.runtime.inventory import on_side
from segeval.scoring.case_stages import CaseRead, CaseStart
from segeval.scoring.probabilities import finish_probabilities, score_channels
from segeval.tallies.weighted_costs import WeightedCosts, WeightedTally
from segeval.volume.align import align_volume
from segeval.volume.channel import Channel
from segeval.volume.channel_streams import Stream, open_channels

AT_A_TIME = 1 << 16  # values of a read


class WeightMap:
    """The weights of a case, in the order of its voxels.

    channel  of the map, on the grid of the case
    """

    def __init__(self, channel: Channel, path: Path) -> None:
        self._channel, self._path = channel, path
        self._stack, self._next = ExitStack(), 0
        self._stream: Stream | None = None

    def read(self, start: int, count: int) -> Floats:
        """The weights from a voxel on, float64 (count,). Raises ReadError.

        start, count  ascending, without a gap
        """
        if self._stream is None:
            self._stream = self._stack.enter_context(open_channels([self._channel], AT_A_TIME))[0]
        assert start == self._next, "weights are read in order"
        self._next = start + count
        out = np.empty(count)
        for at in range(0, count, AT_A_TIME):
            part = out[at : at + AT_A_TIME]
            part[...] = self._stream.read(len(part))
        if not (np.isfinite(out).all() and out.min(initial=0) >= 0):
            odd = out[~(np.isfinite(out) & (out >= 0))][0]
            raise ReadError(f"a weight is {odd:g}; weights are numbers from 0 on", where=self._path)
        return out

    def close(self) -> None:
        """The last weight was read: the file is compared with its checksum. Raises ReadError."""
        self._stack.close()


def begin_weighted(start: CaseStart) -> WeightedScores:
    """A tally of weighted costs. Raises CaseError."""
    files = start.case.weight_map
    weights = None if files is None else open_weight_map(files, start)
    return WeightedScores(score_channels(start), not start.plan.onehot, weights)


def open_weight_map(files: CaseFiles, start: CaseStart) -> WeightMap:
    """A map of weights on the grid of its case. Raises ReadError, GeometryError."""
    job = start.job
    reading = read_options(job.own_settings, job.classes, start.case.spacing)
    with on_side(""):
        volume = open_side(files, reading).volume
    if len(volume.channels) != 1:
        raise ReadError(
            f"a map of weights with {len(volume.channels)} channels",
            where=volume.path,
            help="write one weight for each voxel",
        )
    aligned = align_volume(volume, start.grid, ("weight map", "case"))
    return WeightMap(aligned.channels[0], volume.path)


class WeightedScores(WeightedTally):
    """The tally together with the file that it reads."""

    def __init__(self, channels: int, exclusive: bool, weights: WeightMap | None) -> None:
        super().__init__(channels, exclusive, None if weights is None else weights.read)
        self.weights = weights


def finish_weighted(tally: WeightedScores | None, read: CaseRead) -> WeightedCosts | None:
    """The result; None where the case has no probabilities. Raises ReadError."""
    if tally is None or read.passed.scores is None:
        return None
    if tally.weights is not None:
        tally.weights.close()
    found: WeightedCosts | None = finish_probabilities(tally, read)
    return found
