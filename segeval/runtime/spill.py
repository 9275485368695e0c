"""Room for what a run has to keep and need not have in memory: bytes that are added, then read.

A little stays in memory; more goes to a temporary file, which has no name or loses it with the
process, however that ends. `TMPDIR` says where.
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import IO
from weakref import finalize

from segeval.runtime.errors import RequestError

KEPT = 1 << 18  # bytes in memory; a run has a few of these


def close(file: IO[bytes]) -> None:
    """Close a file; what it still holds and has no room for was told when it was added."""
    with suppress(OSError):
        file.close()


class SpillFile:
    """Bytes by the place at which they were added.

    file    a file to use instead, open for reading and writing at its end; what is added is
            flushed, so that whoever reads it after a crash finds it
    called  what to call that file, where it gets another name later
    """

    def __init__(self, file: IO[bytes] | None = None, called: str = "") -> None:
        self._called = called
        self._named = file is not None
        self._file: IO[bytes] = io.BytesIO() if file is None else file
        self._end = self._file.tell()
        finalize(self, close, self._file)

    def add(self, content: bytes) -> int:
        """Add bytes; gives their place. Raises RequestError where the disk is full."""
        place = self._end
        try:
            if not self._named and place <= KEPT < place + len(content):
                self._move()
            self._file.seek(place)
            self._file.write(content)
            if self._named:
                self._file.flush()
        except OSError as problem:
            raise self._full(problem) from problem
        self._end += len(content)
        return place

    def _move(self) -> None:
        """Go on in a temporary file."""
        import tempfile

        held, self._file = self._file, tempfile.TemporaryFile(prefix="segeval-")  # noqa: SIM115
        finalize(self, close, self._file)
        held.seek(0)
        self._file.write(held.read())
        held.close()  # it is still known to `finalize`, which would keep its bytes

    def _full(self, problem: OSError) -> RequestError:
        """What keeps results from being kept, and what to do."""
        where, room = "the temporary folder", "make room, or name another folder: TMPDIR=/with/room"
        if self._named:
            where, room = self._called or str(self._file.name), "make room on its disk"
        return RequestError(
            f"results cannot be kept ({problem.strerror or problem})", where=where, help=room
        )

    def read(self, place: int, size: int) -> bytes:
        """So many bytes from a place."""
        self._file.seek(place)
        return self._file.read(size)

    def line(self, place: int) -> bytes:
        """The line that starts at a place, with its end."""
        self._file.seek(place)
        return self._file.readline()
