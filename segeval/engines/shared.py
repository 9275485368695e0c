"""Cases one after the other, the classes of each over processes: for fewer cases than processes.

A case is read in this process. What is measured of its classes class by class goes to others, once
there is enough of it to be worth their start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from segeval.engines.pool import killed_case_error, set_up_process, start_method
from segeval.engines.work import ignore_message, score_with_files, second_reading_text, share_job
from segeval.pairing.cases import Case
from segeval.scorecard.result_store import FinishedCase
from segeval.scoring.pass_plan import Job


def run(
    cases: Sequence[Case], job: Job, jobs: int, say: Callable[[str], None] = ignore_message
) -> Iterator[FinishedCase]:
    """Score every case; results come in the order of the cases."""
    part = share_job(job, jobs)
    crew = ClassWorkers(part, jobs)
    try:
        for case in cases:
            result = score_with_files(case, part, crew.share)
            if result.large and part is not job:
                say(second_reading_text(1))
                crew.leave()  # this process gets their memory
                result = score_with_files(case, job)
            yield result
    finally:
        crew.leave()


class ClassWorkers:
    """Processes that are started when there is something to share."""

    def __init__(self, job: Job, jobs: int) -> None:
        self._job, self._jobs = job, jobs
        self._pool: ProcessPoolExecutor | None = None

    def share(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> list[Any]:
        """What a function gives for every task, in their order. Raises CaseError."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._jobs, start_method(), set_up_process)
        try:
            return list(self._pool.map(function, tasks))
        except BrokenProcessPool:
            self.leave()
            raise killed_case_error() from None

    def leave(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
