"""Cases over processes of this machine.

Counting holds the interpreter's lock, so processes and not threads. A worker that is killed (by the
kernel, when memory is short) takes no other case with it: the pool is built again, the cases that
were in work are tried once more one by one, and only one that kills its worker again is given up.
"""

from __future__ import annotations

import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.context import BaseContext

from segeval.engines import serial
from segeval.engines.work import sharing, work
from segeval.errors import CaseError
from segeval.memory import keep_freed
from segeval.pairing.cases import Case
from segeval.scoring.case import unscored_case
from segeval.scoring.planning import Job
from segeval.spool import Done

AHEAD = 4  # cases handed out per process, so that none waits and memory stays flat

_job: list[Job] = []  # of this worker, set once instead of sent with every case


def run(cases: Sequence[Case], job: Job, jobs: int) -> Iterator[Done]:
    """Score every case on `jobs` processes; results come in the order in which they finish."""
    left = deque(cases)
    suspects: deque[Case] = deque()
    large: set[str] = set()
    part = sharing(job, jobs)
    while left or suspects:
        found = [_alone(suspects.popleft(), part)] if suspects else _crew(left, part, jobs)
        for done in found:
            if not isinstance(done, Done):
                suspects.append(done)
            elif done.large:
                large.add(done.case)
            else:
                yield done
    yield from serial.run([case for case in cases if case.id in large], job)


def _crew(left: deque[Case], job: Job, jobs: int) -> Iterator[Done | Case]:
    """Results until there are no cases or a worker dies; then the cases that were in work."""
    with executor(job, jobs) as pool:
        try:
            yield from _worked(pool, left, AHEAD * jobs)
        except (KeyboardInterrupt, GeneratorExit):
            pool.shutdown(cancel_futures=True)  # else the queue would be scored to its end first
            raise


def _worked(pool: ProcessPoolExecutor, left: deque[Case], ahead: int) -> Iterator[Done | Case]:
    """What comes of the cases, as they finish; a case without a result was in work at a death."""
    working: dict[Future[Done], Case] = {}
    while left or working:
        try:
            while left and len(working) < ahead:
                working[pool.submit(_score, left[0])] = left[0]
                left.popleft()
        except BrokenProcessPool:
            yield from working.values()
            return
        finished, _ = wait(working, return_when=FIRST_COMPLETED)
        broken = False
        for future in finished:
            case = working.pop(future)
            try:
                result: Done | Case = future.result()
            except BrokenProcessPool:
                result, broken = case, True
            yield result
        if broken:
            yield from working.values()
            return


def _alone(case: Case, job: Job) -> Done:
    """Score a case in a worker of its own."""
    with executor(job, 1) as pool:
        try:
            return pool.submit(_score, case).result()
        except BrokenProcessPool:
            return Done.of(unscored_case(case, killed()))


def killed() -> CaseError:
    """The error of a case that took a process with it."""
    return CaseError(
        "the process that scored the case was killed",
        help="most often memory was short: fewer --jobs, or fewer metrics",
        status="worker_killed",
    )


def executor(job: Job, jobs: int) -> ProcessPoolExecutor:
    """Processes that know the job."""
    return ProcessPoolExecutor(jobs, _context(), _start, (job,))


def _context() -> BaseContext:
    """Workers are forked from a clean server that has imported the program once."""
    if sys.platform != "linux":
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(["segeval.engines.pool"])
    return context


def _start(job: Job) -> None:
    """Set up a worker: Ctrl-C is the business of the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed()
    _job[:] = [job]


def _score(case: Case) -> Done:
    return work(case, _job[0])
