"""A packed file that is read in another order than it is packed in: unpacked once, to disk.

One unpacking and a copy through the page cache cost less than unpacking twice, and none of it is
resident memory. It is refused where it takes more than half of what is free in the temporary
folder, and said where it is large.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from segeval.runtime.announcements import announce
from segeval.runtime.errors import ReadError
from segeval.runtime.memory_budget import MIB, format_mib
from segeval.runtime.packed_streams import (
    STEP,
    PackedBytes,
    fill_buffer,
    finish_stream,
    open_packed,
)

LARGE = 256 * MIB  # of a file that is worth a word


@contextmanager
def spill_packed(packed: PackedBytes) -> Iterator[PackedBytes]:
    """The array unpacked into a temporary file, so that any part of it can be read.

    The file has no name, or loses it with the block. Raises ReadError (`over_budget`) where there
    is no room for it.
    """
    if packed.seekable:
        yield packed
        return
    import tempfile

    folder = tempfile.gettempdir()
    check_disk_room(packed, folder)
    if packed.size >= LARGE:
        announce(f"{packed.path.name}: unpacked to {folder}, {format_mib(packed.size)}")
    nameless = sys.platform == "linux" and Path("/proc/self/fd").is_dir()
    make = tempfile.TemporaryFile if nameless else tempfile.NamedTemporaryFile
    with make(prefix="segeval-") as file:
        _unpack(packed, file)
        path = Path(f"/proc/self/fd/{file.fileno()}" if nameless else file.name)
        yield PackedBytes(path, size=packed.size)


def check_disk_room(packed: PackedBytes, folder: str) -> None:
    """Refuse to unpack what takes more than half of what is free.

    folder  of temporary files
    Raises ReadError.
    """
    import shutil

    free = shutil.disk_usage(folder).free
    if 2 * packed.size > free:
        raise ReadError(
            f"it is unpacked to disk, which would take {format_mib(packed.size)}",
            where=packed.path,
            facts=(f"{folder} has {format_mib(free)} free, of which half is used",),
            help="make room there, or name another folder: TMPDIR=/with/room; or unpack the file",
            status="over_budget",
        )


def _unpack(packed: PackedBytes, file: IO[bytes]) -> None:
    """Write what is packed to a file. Raises ReadError, OSError."""
    buffer, left = memoryview(bytearray(STEP)), packed.size
    with open_packed(packed) as stream:
        while left:
            part = buffer[:left]
            left -= fill_buffer(stream, part, packed)
            file.write(part)
        finish_stream(stream, packed)
    file.flush()
