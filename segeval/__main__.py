"""The process: its memory, its streams, and the exit status that it leaves with."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from segeval.cli import interruption


def run() -> NoReturn:
    """Run the command line and leave with its status."""
    interruption.leave_when_interrupted()  # before anything is loaded that could be broken off
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


if __name__ == "__main__":
    run()
