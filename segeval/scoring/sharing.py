"""The classes of one case over several processes, where there are fewer cases than processes.

Surfaces of different classes have nothing to do with each other, so each is measured where there is
time for it. What comes back is what would have been measured here: no number depends on it.
"""

from __future__ import annotations

import sys
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING

from segeval.scoring.planning import Job

if TYPE_CHECKING:
    from segeval.tallies.surface import Known, Surfaces

WORTH = 1 << 22  # voxels in the boxes of all classes, from which on a process is worth its start
AHEAD = 2  # classes handed out per process: their crops are in memory


def measure_ahead(surfaces: Surfaces, job: Job) -> None:
    """Measure every class that a metric will ask for, on the processes that a case may use."""
    wanted = [(place, *how) for how in asked(job) for place in range(len(surfaces.targets))]
    if job.spare <= 1 or len(surfaces.targets) <= 1 or not wanted:
        return
    if sum(map(surfaces.voxels, range(len(surfaces.targets)))) < WORTH:
        return
    method = "forkserver" if sys.platform == "linux" else "spawn"
    with ProcessPoolExecutor(job.spare, get_context(method)) as pool:
        try:
            _hand_out(pool, surfaces, wanted, AHEAD * job.spare)
        except BrokenProcessPool:
            return  # a process was killed: what is missing is measured here


def asked(job: Job) -> list[tuple[str, bool]]:
    """What is measured for the metrics of a run: elements, and whether slice by slice."""
    from segeval.kernels.conventions import CONVENTIONS
    from segeval.metrics.registry import arguments

    found: dict[tuple[str, bool], None] = {}
    for metric, known in job.metrics:
        if known.of == "surface" and known.origin:
            elements = CONVENTIONS[known.origin].elements
            by = arguments(metric, known)["by"]
            if elements != "subvoxel":  # its probabilities are read here
                found[elements, by == "slice"] = None
    return list(found)


def _hand_out(
    pool: ProcessPoolExecutor, surfaces: Surfaces, wanted: list[tuple[int, str, bool]], ahead: int
) -> None:
    from segeval.metrics.surface import measured_parts

    working: deque[tuple[tuple[int, str, bool], Future[Known]]] = deque()
    for key in wanted:
        place, how, by_slice = key
        working.append(
            (key, pool.submit(measured_parts, how, list(surfaces.parts(place, by_slice))))
        )
        if len(working) >= ahead:
            done, future = working.popleft()
            surfaces.keep(done, future.result())
    for done, future in working:
        surfaces.keep(done, future.result())
