"""Cases over processes of this machine.

Counting holds the interpreter's lock, so processes and not threads. Each is sent the next cases
when it has done all that it had, as many as took a moment last, and hands them back a moment's work
at a time. What it had when it was killed (by the kernel, when memory is short) is tried once more
when all others are done, each case in a process of its own; one that kills that, too, is given up.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from selectors import EVENT_READ, DefaultSelector
from time import monotonic
from types import ModuleType
from typing import Any

from segeval.engines import serial
from segeval.engines.work import ignore_message, score_with_files, second_reading_text, share_job
from segeval.pairing.cases import Case, store_cases, unpack_case
from segeval.runtime.allocator import keep_freed_memory
from segeval.runtime.errors import CaseError
from segeval.runtime.interrupts import (
    STOPPING,
    hold_interrupts,
    remember_interruption,
    was_interrupted,
)
from segeval.scorecard.result_store import FinishedCase
from segeval.scoring.pass_plan import Job
from segeval.scoring.unscored_case import make_unscored_case

MOMENT = 0.05  # seconds of work that a process is sent at a time
MOST = 32  # cases of it
PATIENCE = 5  # seconds for a process that is to stop


def run(
    cases: Sequence[Case], job: Job, jobs: int, say: Callable[[str], None] = ignore_message
) -> Iterator[FinishedCase]:
    """Score every case on `jobs` processes; results come in the order in which they finish."""
    suspects: list[bytes] = []
    large: set[str] = set()
    part = share_job(job, jobs)
    for done in _run_all(cases, part, jobs, suspects):
        if done.large and part is not job:
            large.add(done.case)
        else:
            yield done
    if large:
        say(second_reading_text(len(large)))
    yield from serial.run([case for case in cases if case.id in large], job)


def _run_all(
    cases: Sequence[Case], job: Job, jobs: int, suspects: list[bytes]
) -> Iterator[FinishedCase]:
    """What comes of all cases; those that kill their process are tried again, alone."""
    yield from WorkerPool(store_cases(cases).packed(), len(cases), job, jobs, suspects).worked()
    for case in tuple(suspects):
        dead: list[bytes] = []
        yield from WorkerPool(iter([case]), 1, job, 1, dead).worked()
        for lost in dead:
            yield FinishedCase.of(make_unscored_case(unpack_case(lost), killed_case_error()))


def killed_case_error() -> CaseError:
    """The error of a case that took a process with it."""
    return CaseError(
        "the process that scored the case was killed",
        help="most often memory was short: fewer --jobs, or fewer metrics",
        status="worker_killed",
    )


class PoolWorker:
    """A process that scores cases, and those that it has."""

    def __init__(self, process: BaseProcess, pipe: Connection) -> None:
        self.process, self.pipe = process, pipe
        self.cases: Sequence[bytes] = ()
        self._sent, self._many = 0.0, 0

    def send(self, cases: Sequence[bytes]) -> None:
        """Give it cases; it has done those before, so it is there to take them."""
        self.cases, self._sent, self._many = cases, monotonic(), len(cases)
        self.pipe.send(cases)

    def back(self, many: int) -> bool:
        """Its first cases are done; says whether those were the last."""
        self.cases = self.cases[many:]
        return not self.cases

    def size(self) -> int:
        """How many cases take a moment, as the last ones did."""
        each = (monotonic() - self._sent) / self._many if self._many else MOMENT
        return max(1, min(MOST, int(MOMENT / max(each, 1e-6))))


class WorkerPool:
    """Processes over packed cases.

    many      how many cases there are
    suspects  gets the cases that a process had when it died
    """

    def __init__(
        self, cases: Iterator[bytes], many: int, job: Job, jobs: int, suspects: list[bytes]
    ) -> None:
        self._next, self._left = cases, many
        self._job, self._jobs, self._suspects = job, jobs, suspects
        self._hands: dict[Connection, PoolWorker] = {}
        self._ready = DefaultSelector()

    def worked(self) -> Iterator[FinishedCase]:
        """What comes of the cases, as they finish."""
        try:
            while self._left or self._hands:
                while self._left and len(self._hands) < self._jobs:
                    self._hire()
                for key, _ in self._ready.select():
                    hand: PoolWorker = key.data
                    try:
                        done: list[FinishedCase] = hand.pipe.recv()
                    except (EOFError, OSError):
                        self._lost(hand)
                        continue
                    if hand.back(len(done)):
                        self._send(hand)
                    yield from done
        finally:
            for hand in tuple(self._hands.values()):
                self._leave(hand)
            self._ready.close()

    def _send(self, hand: PoolWorker) -> None:
        """Give a process the next cases, a fair part of those that are left; or let it go."""
        size = max(1, min(hand.size(), self._left // (2 * self._jobs)))
        cases = list(islice(self._next, size))
        if not cases:
            self._leave(hand)
            return
        self._left -= len(cases)
        try:
            hand.send(cases)
        except OSError:
            self._lost(hand)

    def _lost(self, hand: PoolWorker) -> None:
        """A process died: one of its cases may be why."""
        self._suspects += hand.cases
        self._leave(hand)

    def _hire(self) -> None:
        """Start a process and give it cases."""
        context = start_method()
        here, there = context.Pipe()
        with hold_interrupts(), hide_main_script():
            # A fork has the pipes of the others, too; while it does they would not end with us.
            mine = [*self._hands, here] if context.get_start_method() == "fork" else []
            process = context.Process(
                target=serve_cases, args=(there, self._job, mine), daemon=True
            )
            process.start()
        there.close()
        hand = self._hands[here] = PoolWorker(process, here)
        self._ready.register(here, EVENT_READ, hand)
        self._send(hand)

    def _leave(self, hand: PoolWorker) -> None:
        """Let a process go when its cases are done, or at once in a run that is to stop."""
        self._ready.unregister(hand.pipe)
        del self._hands[hand.pipe]
        hand.pipe.close()
        if was_interrupted():
            hand.process.terminate()
            hand.process.join(PATIENCE)
            hand.process.kill()
        hand.process.join()


def start_method() -> Any:
    """How processes are started.

    A fork is at once ready and is safe where there is one thread, as in the command. Else, on
    Linux, they are forked from a clean server that has imported the program once.
    """
    if sys.platform != "linux":
        return get_context("spawn")
    if len(os.listdir("/proc/self/task")) == 1:
        return get_context("fork")
    context = get_context("forkserver")
    context.set_forkserver_preload(["segeval.engines.pool"])
    return context


@contextmanager
def hide_main_script() -> Iterator[None]:
    """Have a process that starts in the block not run the script that asked for it.

    Workers need nothing of it; without a `__main__` guard it would run once a process, and one that
    is read from stdin is no file that they could find.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def serve_cases(pipe: Connection, job: Job, inherited: Sequence[Connection]) -> None:
    """Score the cases that come until no more do: the whole life of a process."""
    with suppress(EOFError, OSError, KeyboardInterrupt):  # nobody is there, or it is to stop
        try:
            set_up_process(inherited)
            signal.signal(signal.SIGTERM, _stop)
            while True:
                for done in group_by_moment(
                    score_with_files(unpack_case(case), job) for case in pipe.recv()
                ):
                    pipe.send(done)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)  # out of here nobody would catch it


def _stop(number: int, frame: Any) -> None:
    """Leave the case that is scored, with its temporary files removed."""
    signal.signal(number, signal.SIG_DFL)
    remember_interruption(number)
    raise KeyboardInterrupt


def group_by_moment(every: Iterable[FinishedCase]) -> Iterator[list[FinishedCase]]:
    """Finished cases, together with those of the same moment."""
    held, since = list[FinishedCase](), monotonic()
    for done in every:
        held.append(done)
        if monotonic() - since > MOMENT:
            yield held
            held, since = [], monotonic()
    if held:
        yield held


def set_up_process(inherited: Sequence[Connection] = ()) -> None:
    """Set up a process: what asks to stop is the business of the one that started it."""
    for one in STOPPING:
        signal.signal(one, signal.SIG_DFL if one == signal.SIGTERM else signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    for pipe in inherited:
        pipe.close()
    keep_freed_memory()
