"""Ctrl-C: it is answered once and by the whole run, whatever it hits.

The exception that Python raises in the middle of anything can come out of a library as another one,
or be lost in a callback. So the command remembers that it was asked to stop: nothing that fails
after that is a fault of a case or a bug. A library that aborts the process when its loading was
broken off is loaded in `hold_interrupts`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

INTERRUPTED = 130  # exit status


class _Answer:
    """What this process does when it is asked to stop, and whether it was."""

    asked = False
    ours = False  # whether it is the command, which has its own way


def leave_when_interrupted() -> None:
    """Have Ctrl-C end the process at once: while it starts, there is nothing to clean up.

    A process that was started to ignore it (`nohup`, a job in the background) goes on ignoring it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        return
    _Answer.ours = True
    signal.signal(signal.SIGINT, _leave)


def raise_when_interrupted() -> None:
    """Have Ctrl-C raise KeyboardInterrupt from now on, and end the process the second time."""
    if _Answer.ours:
        sys.unraisablehook = _tell_unraisable
        signal.signal(signal.SIGINT, _raise)


def ignore_interrupts() -> None:
    """Have Ctrl-C do nothing: the result is written, the process only ends."""
    if _Answer.ours:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


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


def _leave(number: int, frame: Any) -> None:
    with suppress(OSError):
        os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)


def _raise(number: int, frame: Any) -> None:
    if _Answer.asked:
        os._exit(INTERRUPTED)
    _Answer.asked = True
    raise KeyboardInterrupt


def _tell_unraisable(unraisable: Any) -> None:
    """Report what nobody can catch, but not the interruption: it is remembered."""
    if not (_Answer.asked and issubclass(unraisable.exc_type, KeyboardInterrupt)):
        sys.__unraisablehook__(unraisable)
