"""Ctrl-C, SIGTERM, a lost terminal: answered once and by the whole run, whatever they hit.

The exception that Python raises in the middle of anything can come out of a library as another one,
or be lost in a callback. So the command remembers that it was asked to stop: nothing that fails
after that is a fault of a case or a bug. A library that aborts the process when its loading was
broken off is loaded in `hold_interrupts`. What the command does is in `cli/interruption.py`, and
what a process that scores for it does in `engines/pool.py`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# What asks a run to stop, as far as the system has them; SIGHUP is a terminal that has gone.
STOPPING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class _Answer:
    """By which signal this process was asked to stop; 0: by none."""

    asked = 0


def remember_interruption(number: int = signal.SIGINT) -> bool:
    """Note that the run is to stop; says whether that was known.

    number  of the signal
    """
    known = bool(_Answer.asked)
    _Answer.asked = _Answer.asked or number
    return known


def was_interrupted() -> bool:
    """Whether the run was asked to stop."""
    return bool(_Answer.asked)


def stopping_signal() -> int:
    """The signal that asked first; 0: nothing did."""
    return _Answer.asked


def stop_if_interrupted() -> None:
    """Raise KeyboardInterrupt where it was asked for, whatever became of the first one."""
    if _Answer.asked:
        raise KeyboardInterrupt


@contextmanager
def hold_interrupts() -> Iterator[None]:
    """What asks to stop waits until the block is done; in a process that it starts, until that
    begins."""
    with _block_signal(), _defer_answer():
        yield


@contextmanager
def _block_signal() -> Iterator[None]:
    """Keep the signals from this thread, and from what it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _defer_answer() -> Iterator[None]:
    """Answer after the block: where there are other threads, one of them takes the signal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    answers = {one: answer for one in STOPPING if callable(answer := signal.getsignal(one))}
    asked: list[int] = []
    for one in answers:
        signal.signal(one, lambda number, frame: asked.append(number))
    try:
        yield
    finally:
        for one, answer in answers.items():
            signal.signal(one, answer)
        for number in asked[:1]:
            answers[signal.Signals(number)](number, None)
