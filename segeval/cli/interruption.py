"""What the command does when Ctrl-C asks it to stop: at once, with its status, no traceback.

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

from segeval.runtime.interrupts import remember_interruption, was_interrupted

INTERRUPTED = 130  # exit status


class _Handling:
    ours = False  # whether the process belongs to the command


def leave_when_interrupted() -> None:
    """Have Ctrl-C end the process at once.

    A process that was started to ignore it (`nohup`, a job in the background) goes on ignoring it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        return
    _Handling.ours = True
    signal.signal(signal.SIGINT, _leave)


def raise_when_interrupted() -> None:
    """Have Ctrl-C raise KeyboardInterrupt from now on, and end the process the second time."""
    if _Handling.ours:
        sys.unraisablehook = _tell_unraisable
        signal.signal(signal.SIGINT, _raise)


def ignore_interrupts() -> None:
    """Have Ctrl-C do nothing: the process only ends."""
    if _Handling.ours:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _leave(number: int, frame: Any) -> None:
    with suppress(OSError):
        os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)


def _raise(number: int, frame: Any) -> None:
    if remember_interruption():
        os._exit(INTERRUPTED)
    raise KeyboardInterrupt


def _tell_unraisable(unraisable: Any) -> None:
    """Report what nobody can catch, but not the interruption: it is remembered."""
    if not (was_interrupted() and issubclass(unraisable.exc_type, KeyboardInterrupt)):
        sys.__unraisablehook__(unraisable)
