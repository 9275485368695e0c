"""Which engine runs the cases of a request. An engine is a function: cases and job to results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from segeval.engines import serial
from segeval.engines.work import check_shared_store, ignore_message
from segeval.pairing.cases import Case
from segeval.request.settings import Settings
from segeval.runtime.memory_budget import MIB, PROCESS_BYTES, affordable_processes
from segeval.scorecard.result_store import FinishedCase
from segeval.scoring.finish_tallies import measures_apart
from segeval.scoring.pass_plan import Job

# Results come in the order in which they finish, each case once, whatever becomes of it.
Engine = Callable[[Sequence[Case], Job], Iterator[FinishedCase]]


@contextmanager
def choose_engine(settings: Settings, say: Callable[[str], None]) -> Iterator[Engine]:
    """The engine that the settings ask for, ready: a cluster that is not there is an error now.

    say  tells a person what is waited for
    Raises RequestError.
    """
    if not settings.scheduler:
        yield partial(run_locally, jobs=count_processes(settings, say), say=say)
        return
    from segeval.engines import cluster

    with cluster.connect_cluster(settings.scheduler, say) as run:
        yield run


def count_processes(settings: Settings, say: Callable[[str], None]) -> int:
    """As many as are asked for, if the budget is enough for them; where none is given, it is."""
    jobs = settings.jobs or available_cores()
    if settings.max_memory is None or jobs <= (most := affordable_processes(settings.max_memory)):
        return jobs
    size = f"{(jobs + 1) * PROCESS_BYTES // MIB}MiB"
    say(f"--max-memory is enough for {most} of {jobs} processes; {size} is for all of them")
    return most


def run_locally(
    cases: Sequence[Case], job: Job, jobs: int, say: Callable[[str], None] = ignore_message
) -> Iterator[FinishedCase]:
    """Over as many processes of this machine as are of use; one is this process itself."""
    if jobs > len(cases) and measures_apart(job):
        from segeval.engines import shared

        return shared.run(cases, job, jobs, say)
    if min(jobs, len(cases)) <= 1:
        return serial.run(cases, job)
    check_shared_store(job)
    from segeval.engines import pool

    return pool.run(cases, job, min(jobs, len(cases)), say)


def available_cores() -> int:
    """Cores that this process may use."""
    import os

    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
