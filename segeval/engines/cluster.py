"""Cases over the workers of a Dask cluster that runs already: extra `dask`.

The scheduler gets a window of cases and not all of them, so memory stays flat there and here. It
gives the cases of a worker that is lost to others. A case that was with several lost workers, or
needs more memory than a worker's share, is tried alone when the rest is done, as with processes of
this machine. `--max-memory` is of each machine.
"""

from __future__ import annotations

import logging
import pickle
import socket
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from importlib.metadata import version
from itertools import islice
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from segeval import __version__
from segeval.engines.work import (
    check_shared_store,
    score_with_files,
    second_reading_text,
    share_job,
)
from segeval.pairing.cases import Case
from segeval.runtime.errors import CaseError, RequestError
from segeval.runtime.extras import DISTRIBUTION, install_advice
from segeval.scorecard.result_store import FinishedCase
from segeval.scoring.pass_plan import Job
from segeval.scoring.unscored_case import make_unscored_case

AHEAD = 4  # cases handed out per worker, so that none waits for the next
PATIENCE = 5  # seconds until a scheduler has answered
LOOK = 2.0  # seconds between looks at how many workers there are
EXAMPLES = 5
EXAMPLE = "a scheduler prints its own when it starts: tcp://10.0.0.5:8786"
_one_at_a_time = Lock()  # of a worker process


@contextmanager
def connect_cluster(
    address: str, say: Callable[[str], None]
) -> Iterator[Callable[[Sequence[Case], Job], Iterator[FinishedCase]]]:
    """The engine of a cluster that answers and whose workers have this version.

    Raises RequestError.
    """
    distributed = import_distributed()
    check_reachable(address)
    client = make_client(distributed, address)
    try:
        if not client.nthreads():
            say("the cluster has no workers yet; the first one is waited for")
            client.wait_for_workers(1)
        check_versions(client.run(version, DISTRIBUTION, on_error="return"))
        if crowded := sum(threads > 1 for threads in client.nthreads().values()):
            say(f"{crowded} workers have several threads and use one: start them with --nthreads 1")
        yield partial(run, client, say)
    finally:
        with suppress(OSError):  # a scheduler that is gone cannot be taken leave of
            client.close(timeout=PATIENCE if client.status == "running" else 0.1)


def import_distributed() -> Any:
    """The library. Raises RequestError where it is not there (CLI-E4)."""
    try:
        import distributed
    except ImportError as problem:
        raise RequestError(
            f"--scheduler needs a library that is not there ({problem})",
            help=install_advice("dask"),
        ) from problem
    # What it has to say of lost workers is said by what comes of the cases.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    return distributed


def check_reachable(address: str) -> None:
    """Refuse an address where nothing listens: at once, not after the library has tried for long.

    Raises RequestError.
    """
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        host, port = parts.hostname, parts.port
    except ValueError as problem:
        raise RequestError(f"--scheduler {address}: no address ({problem})", help=EXAMPLE) from None
    if not host or not port:
        raise RequestError(f"--scheduler {address}: no address with a port", help=EXAMPLE)
    try:
        socket.create_connection((host, port), PATIENCE).close()
    except OSError as problem:
        raise no_scheduler_error(address, problem) from problem


def make_client(distributed: Any, address: str) -> Any:
    """A client of the scheduler. Raises RequestError.

    In a thread: what listens and says nothing would be waited for without end.
    """
    answers: SimpleQueue[Any] = SimpleQueue()

    def connect() -> None:
        try:
            answers.put(
                distributed.Client(address, timeout=PATIENCE, set_as_default=False, name="segeval")
            )
        except (OSError, ValueError, TypeError) as problem:
            answers.put(problem)

    Thread(target=connect, daemon=True).start()
    try:
        found = answers.get(timeout=PATIENCE + 1)
    except Empty:
        found = TimeoutError("what listens there does not answer")
    if isinstance(found, Exception):
        raise no_scheduler_error(address, found) from found
    return found


def no_scheduler_error(address: str, problem: Exception) -> RequestError:
    """The error where there is no scheduler."""
    return RequestError(
        f"no Dask scheduler answers at {address} ({problem})",
        help="start one: dask scheduler; then on every machine: dask worker ADDRESS --nthreads 1",
    )


def check_versions(found: Mapping[str, Any]) -> None:
    """Refuse workers that would score with another version. Raises RequestError."""
    facts = [
        f"worker {address}: " + ("no segeval" if isinstance(theirs, Exception) else theirs)
        for address, theirs in sorted(found.items())
        if theirs != __version__
    ]
    if facts:
        raise RequestError(
            f"{len(facts)} of {len(found)} workers do not have this version of segeval",
            facts=(f"here: {__version__}", *facts[:EXAMPLES]),
            help=f"on the workers: {install_advice('dask', __version__)}",
        )


def run(
    client: Any, say: Callable[[str], None], cases: Sequence[Case], job: Job
) -> Iterator[FinishedCase]:
    """Score every case on the workers of a cluster; results come in the order in which they finish.

    Raises RequestError where the workers cannot do it, CaseError where the scheduler is lost.
    """
    check_shared_store(job)
    crew = ClusterWorkers(client, say, job)
    try:
        left: list[Case] = []
        large = 0
        for case, result in crew.worked(iter(cases), part=True):
            if result is None or (result.large and job.settings.max_memory is not None):
                large += result is not None
                left.append(case)
            else:
                yield result
        if large:
            say(second_reading_text(large))
        for one in left:
            for case, result in crew.worked(iter([one])):
                yield killed_result(case) if result is None else result
    except OSError as problem:
        raise lost_scheduler_error() from problem
    finally:
        crew.leave()


def killed_result(case: Case) -> FinishedCase:
    """What is said of a case whose workers die."""
    problem = CaseError(
        "every worker that scored the case was lost",
        help="most often memory was short: give workers more, or ask for fewer metrics",
        status="worker_killed",
    )
    return FinishedCase.of(make_unscored_case(case, problem))


def most_workers_per_host(client: Any) -> int:
    """The most workers that a machine has: they share its budget."""
    hosts = Counter(urlsplit(address).hostname for address in client.nthreads())
    return max(hosts.values(), default=1)


class ClusterWorkers:
    """The workers of a cluster, and the cases that are with them."""

    def __init__(self, client: Any, say: Callable[[str], None], job: Job) -> None:
        self._client, self._say = client, say
        self._whole = pickle.dumps(job)
        self._part = pickle.dumps(share_job(job, most_workers_per_host(client)))
        self._with: dict[Any, Case] = {}  # by future
        self._done: SimpleQueue[Any] = SimpleQueue()
        self._looked = -LOOK
        self._workers = 1

    def worked(
        self, left: Iterator[Case], part: bool = False
    ) -> Iterator[tuple[Case, FinishedCase | None]]:
        """What comes of the cases, as they finish; nothing of one that kills workers.

        part  each worker has its share of the budget of its machine, else all of it
        """
        job = self._part if part else self._whole
        while True:
            room = AHEAD * self._size() - len(self._with)
            for case in islice(left, max(0, room)):
                self._send(case, job)
            if not self._with:
                return
            done = self._finished()
            for future, result in zip(done, self._results(done), strict=True):
                yield self._with.pop(future), result

    def leave(self) -> None:
        """Take back every case that is still with a worker."""
        if self._client.status == "running":
            self._client.cancel(list(self._with), force=True)
        self._with.clear()

    def _send(self, case: Case, job: bytes) -> None:
        key = f"segeval-{case.id}-{uuid.uuid4().hex}"
        future = self._client.submit(
            score_in_worker, pickle.dumps(case), job, __version__, key=key, pure=False
        )
        self._with[future] = case
        future.add_done_callback(self._done.put)

    def _size(self) -> int:
        """How many workers there are; looked at now and then, for they come and go."""
        if monotonic() - self._looked > LOOK:
            workers = len(self._client.nthreads())
            if not workers and self._workers:
                self._say("the cluster has no workers any more; the next one is waited for")
            self._looked, self._workers = monotonic(), workers
        return max(1, self._workers)

    def _finished(self) -> list[Any]:
        """Cases that are done; none where nothing was done for a while, so that somebody looks."""
        try:
            done = [self._done.get(timeout=LOOK)]
        except Empty:
            if self._client.status != "running":
                raise lost_scheduler_error() from None
            return []
        while not self._done.empty():
            done.append(self._done.get())
        return done

    def _results(self, done: list[Any]) -> list[FinishedCase | None]:
        """What came of them, asked for at once: a question costs as much as a small case."""
        good = [future for future in done if future.status == "finished"]
        try:
            found = dict(zip(good, self._client.gather(good), strict=True))
        except OSError:
            raise
        except Exception:
            found = {}  # a worker was lost with a result: each for itself
        return [found[future] if future in found else self._failed(future) for future in done]

    def _failed(self, future: Any) -> FinishedCase | None:
        """Nothing comes of a case whose workers were lost; anything else ends the run."""
        distributed = import_distributed()
        try:
            result: FinishedCase = future.result()
            return result
        except distributed.KilledWorker:
            return None
        except distributed.CancelledError as problem:
            raise lost_scheduler_error() from problem
        except RequestError:
            raise
        except Exception as problem:  # work() has none left: of what came before it
            raise RequestError(
                f"a worker cannot run segeval ({type(problem).__name__}: {problem})",
                help="install the same version, with the same extras, on all of them",
            ) from problem


def lost_scheduler_error() -> CaseError:
    """The error where the scheduler went away."""
    return CaseError(
        "the Dask scheduler does not answer any more",
        help="start it again; with -o results.json and --resume, cases that are done are kept",
    )


def score_in_worker(case: bytes, job: bytes, wanted: str) -> FinishedCase:
    """Score a case in a worker, one at a time in a process: kernels use their buffers again."""
    if wanted != __version__:  # a worker that came later
        raise RequestError(
            "a worker does not have this version of segeval",
            facts=(f"here: {wanted}", f"on {socket.gethostname()}: {__version__}"),
            help=f"on the workers: {install_advice('dask', wanted)}",
        )
    with _one_at_a_time:
        return score_with_files(pickle.loads(case), unpack_job(job))


@lru_cache(2)
def unpack_job(job: bytes) -> Job:
    """The job of a run, made once a worker instead of once a case."""
    made: Job = pickle.loads(job)
    return made
