"""Ctrl-C: it is answered once and by the whole run, whatever it hits.

The exception that Python raises in the middle of anything can come out of a library as another one,
or be lost in a callback. So the command remembers that it was asked to stop: nothing that fails
after that is a fault of a case or a bug. A library that aborts the process when its loading was
broken off is loaded in `hold_interrupts`. What the command does is in `cli/interruption.py`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Answer:
    """Whether this process was asked to stop."""

    asked = False


def remember_interruption() -> bool:
    """Note that the run is to stop; says whether that was known."""
    known, _Answer.asked = _Answer.asked, True
    return known


def was_interrupted() -> bool:
    """Whether the run was asked to stop."""
    return _Answer.asked


def stop_if_interrupted() -> None:
    """Raise KeyboardInterrupt where it was asked for, whatever became of the first one."""
    if _Answer.asked:
        raise KeyboardInterrupt


@contextmanager
def hold_interrupts() -> Iterator[None]:
    """Ctrl-C waits until the block is done; in a process that is started in it, until it begins."""
    with _block_signal(), _defer_answer():
        yield


@contextmanager
def _block_signal() -> Iterator[None]:
    """Keep the signal from this thread, and from what it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _defer_answer() -> Iterator[None]:
    """Answer after the block: where there are other threads, one of them takes the signal."""
    answer = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(answer):
        yield
        return
    asked: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, answer)
        if asked:
            answer(signal.SIGINT, None)
