"""The process: its memory, its streams, and the exit status that it leaves with."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # see segeval/__init__.py
if TYPE_CHECKING:
    from typing import Any, NoReturn

INTERRUPTED = 130  # exit status


def run() -> NoReturn:
    """Run the command line and leave with its status."""
    leave_at_once_when_interrupted()  # before anything is loaded that could be broken off
    from segeval.cli import interruption

    interruption.leave_when_interrupted()
    from segeval.cli.standard_streams import open_streams
    from segeval.runtime import allocator

    allocator.delay_collector()  # before click is loaded, which is a third of a start
    # Nothing here multiplies matrices; waking the threads that would costs 0.08 s at every start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    open_streams()
    from segeval.cli.entry import flush_stdout, run_command_line

    try:
        status = flush_stdout(run_command_line(sys.argv[1:]))
    except KeyboardInterrupt:  # while an error was told
        status = interruption.INTERRUPTED
    if status == interruption.INTERRUPTED:
        interruption.end_by_signal()
    interruption.ignore_interrupts()
    allocator.freeze_collector()  # what is left need not be looked through before it goes
    sys.exit(status)


def leave_at_once_when_interrupted() -> None:
    """Have Ctrl-C end the process, unless it is ignored: what says more of it is still to load.

    `signal` itself makes three enumerations, and takes as long as Python needs to start.
    """
    import _signal  # type: ignore[import-not-found]

    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _leave)


def _leave(number: int, frame: Any) -> NoReturn:
    try:
        os.write(2, b"interrupted\n")
    finally:
        os._exit(INTERRUPTED)


if __name__ == "__main__":
    run()
