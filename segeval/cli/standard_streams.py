"""stdout and stderr, so that the exit status is the verdict whatever becomes of them.

What nobody can take (a reader of stderr that has gone, a terminal on a full disk) is dropped. A
reader of stdout that leaves early has seen enough: the rest is dropped, too. A result that cannot
be written for another reason is `Unwritable`, which is exit status 2.
"""

from __future__ import annotations

import io
import os
import sys

from segeval.runtime.safe_text import VISIBLE


class Unwritable(Exception):  # noqa: N818 - it says what stdout is
    """stdout takes no more bytes, and not because its reader has gone."""


class Messages(io.FileIO):
    """stderr, which nothing can fail on."""

    def write(self, data: object, /) -> int:
        """Write, or do as if."""
        try:
            return super().write(data) or _size(data)  # type: ignore[arg-type]
        except OSError:
            return _size(data)


class Results(io.FileIO):
    """stdout: a reader that left is no error, everything else is `Unwritable`."""

    def write(self, data: object, /) -> int:
        """Write. Raises Unwritable."""
        try:
            return super().write(data) or 0  # type: ignore[arg-type]
        except BrokenPipeError:
            return _size(data)
        except OSError as problem:
            drop_output(1)  # or what is still in the buffer fails once more when the process ends
            raise Unwritable(problem.strerror or str(problem)) from problem


class ClosedResults(io.RawIOBase):
    """stdout that the caller has closed: `segeval … >&-`. What nobody can read was not written."""

    nowhere: io.TextIOWrapper

    def writable(self) -> bool:
        """It is written to like every stream."""
        return True

    def write(self, data: object, /) -> int:
        """Raise Unwritable."""
        raise Unwritable("it is closed")


def _size(data: object) -> int:
    return memoryview(data).nbytes  # type: ignore[arg-type]


def open_streams() -> None:
    """Take hold of both streams; messages to a closed one go nowhere, results are `Unwritable`.

    PYTHONUNBUFFERED, which containers set, takes their line buffering from the streams of Python:
    lines would wait here, and a bar be removed after the table.
    """
    for name, number, kind in (("stdout", 1, Results), ("stderr", 2, Messages)):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - takes its number
            setattr(sys, name, nowhere if number == 2 else _closed_stdout(nowhere))
        elif os.name == "posix":
            raw = kind(number, "w", closefd=False)
            held = io.TextIOWrapper(
                io.BufferedWriter(raw),
                encoding=stream.encoding,
                errors=VISIBLE,
                line_buffering=stream.line_buffering or stream.write_through,
            )
            setattr(sys, name, held)


def _closed_stdout(nowhere: io.TextIOWrapper) -> io.TextIOBase:
    """A stdout that takes nothing; `nowhere` holds its number, or the next file would have it."""
    raw = ClosedResults()
    raw.nowhere = nowhere
    return io.TextIOWrapper(io.BufferedWriter(raw, 1), encoding="utf-8", write_through=True)


def drop_output(number: int) -> None:
    """Let what is written to a descriptor from now on go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
