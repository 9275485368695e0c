"""What the command does when it is asked to stop: at once, with its status, no traceback.

Ctrl-C ends with 130. SIGTERM, which systems for jobs and containers send, and SIGHUP, which says
that the terminal has gone, end the process by the same signal, so that who waits for it sees which;
before that the processes that score are ended and temporary files removed, as with Ctrl-C.

While it starts there is nothing to clean up, so the process ends. While it runs, KeyboardInterrupt
is raised and remembered (`runtime/interrupts.py`); the second time the process ends. When the
result is written, nothing is to be stopped any more.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Any

from segeval.runtime.interrupts import (
    STOPPING,
    remember_interruption,
    stopping_signal,
    was_interrupted,
)

INTERRUPTED = 130  # exit status
OF_SIGNALS = 128  # what a shell adds to the number of a signal


class _Handling:
    answered: tuple[signal.Signals, ...] = ()  # those that are the command's business


def leave_when_interrupted() -> None:
    """Have Ctrl-C end the process at once; the other signals do that already.

    A process that was started to ignore one (`nohup`, a job in the background) goes on ignoring it.
    """
    _Handling.answered = tuple(
        one for one in STOPPING if signal.getsignal(one) is not signal.SIG_IGN
    )
    if signal.SIGINT in _Handling.answered:
        signal.signal(signal.SIGINT, _leave)


def raise_when_interrupted() -> None:
    """Have what asks to stop raise KeyboardInterrupt from now on, and end the process the second
    time."""
    for one in _Handling.answered:
        sys.unraisablehook = _tell_unraisable
        signal.signal(one, _raise)


def ignore_interrupts() -> None:
    """Have what asks to stop do nothing: the process only ends."""
    for one in _Handling.answered:
        signal.signal(one, signal.SIG_IGN)


def interruption_text() -> str:
    """What asked to stop, in a word or two."""
    number = stopping_signal()
    if number in (0, signal.SIGINT):
        return "interrupted"
    return f"ended by {signal.Signals(number).name}"


def end_by_signal() -> None:
    """End the process by the signal that asked it to stop; nothing where that was Ctrl-C."""
    number = stopping_signal()
    if number not in (0, signal.SIGINT):
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        _die(number)


def _die(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(OF_SIGNALS + number)  # the first process of a container cannot be ended by it


def _leave(number: int, frame: Any) -> None:
    with suppress(OSError):
        os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)


def _raise(number: int, frame: Any) -> None:
    if remember_interruption(number):
        end_by_signal()
        os._exit(INTERRUPTED)
    raise KeyboardInterrupt


def _tell_unraisable(unraisable: Any) -> None:
    """Report what nobody can catch, but not the interruption: it is remembered."""
    if not (was_interrupted() and issubclass(unraisable.exc_type, KeyboardInterrupt)):
        sys.__unraisablehook__(unraisable)
