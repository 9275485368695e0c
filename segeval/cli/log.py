"""The debug log: what was done and how long it took, to stderr under -vv and to --log-file."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import IO

from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.safe_text import clean_name


class DebugLog:
    """Lines with the seconds since the start; nothing is written before it is opened."""

    def __init__(self) -> None:
        self._started = perf_counter()
        self._sinks: list[IO[str]] = []

    def open(self, settings: Settings) -> None:
        """Write from now on where the settings say. Raises RequestError."""
        self.close()
        if settings.verbose >= 2:
            self._sinks.append(sys.stderr)
        if settings.log_file:
            self._sinks.append(_open_log(Path(settings.log_file)))

    def close(self) -> None:
        """Close the log file."""
        for sink in self._sinks:
            if sink is not sys.stderr:
                sink.close()
        self._sinks = []

    def line(self, text: str) -> None:
        """Write a line, the same everywhere."""
        line = f"{perf_counter() - self._started:9.3f} {clean_name(text)}"
        for sink in list(self._sinks):
            try:
                print(line, file=sink, flush=True)
            except OSError as problem:
                self._give_up(sink, problem)

    def _give_up(self, sink: IO[str], problem: OSError) -> None:
        """Go on without a log that cannot be written: the results are what counts."""
        self._sinks.remove(sink)
        with suppress(OSError):
            sink.close()
        why = problem.strerror or problem
        print(f"warning: {sink.name}: the log ends here ({why})", file=sys.stderr)

    def trace(self, problem: BaseException) -> None:
        """Write the traceback of a problem."""
        if self._sinks:
            import traceback

            for line in "".join(traceback.format_exception(problem)).splitlines():
                self.line(line)


def _open_log(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("w", encoding="utf-8")
    except OSError as problem:
        message = f"cannot write the log ({problem.strerror})"
        raise RequestError(message, where=path) from problem


LOG = DebugLog()  # of the process: an uncaught error is written to it, too
