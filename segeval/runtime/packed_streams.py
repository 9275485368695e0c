"""Bytes of a file, decompressed, poured into buffers that the caller owns and uses again.

Fresh memory is the main cost of reading: a page that was never touched comes at 1 GB/s, while isal
inflates label maps at several. So nothing here returns bytes; it fills a buffer.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EINVAL, EISDIR
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import IO, Any, Protocol

from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen

GZIP_MAGIC = b"\x1f\x8b"
STEP = 1 << 19
PACKED_STEP = 1 << 16  # packed bytes that are read at a time
FEW = 1 << 12  # packed bytes that a header lies in
FEW_INFLATED = 1 << 16  # bytes that are not worth an import of isal
CHANGED = "the file was cut off or changed; copy or write it again"
BROKEN = (EOFError, OSError, ValueError, zlib.error)


class ByteStream(Protocol):
    """An open file: the next bytes go into a buffer."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill as much of the buffer as there is; 0 at the end."""


@frozen
class PackedBytes:
    """Where the bytes of an array lie.

    path     the file
    packing  "" (as they are), "gzip", "bzip2", "zlib", or the name of a member of a zip archive
    start    bytes of the file before the packed part
    skip     bytes before the array after unpacking
    size     bytes of the array
    total    bytes after unpacking, those before and behind the array included; 0: it ends them
    tail     most bytes that may follow the `total`, and mean nothing here
    crc      checksum of the `total` bytes from `start`, where the container has one and the bytes
             are read past it (members that a zip archive stores as they are)
    """

    path: Path
    packing: str = ""
    start: int = 0
    skip: int = 0
    size: int = 0
    total: int = 0
    tail: int = 0
    crc: int | None = None

    @property
    def seekable(self) -> bool:
        """Whether any part of the array can be read without the parts before it."""
        return not self.packing


@contextmanager
def open_packed(packed: PackedBytes) -> Iterator[ByteStream]:
    """Open the unpacked bytes at the first byte of the array. Raises ReadError."""
    with packed.path.open("rb", buffering=0) as file:
        file.seek(packed.start)
        stream = _open_unpacked(file, packed)
        _skip_to_start(stream, packed)
        yield stream


def _open_unpacked(file: Any, packed: PackedBytes) -> Any:
    if not packed.packing:
        return file
    if packed.packing == "gzip":
        return _open_gzip(file)
    if packed.packing == "bzip2":
        import bz2

        return bz2.BZ2File(file)
    if packed.packing == "zlib":
        return _ZlibStream(file, choose_zlib_library(packed.size))
    import zipfile

    return _ZlibErrorStream(zipfile.ZipFile(file).open(packed.packing), zipfile.BadZipFile)


def _open_gzip(file: IO[bytes]) -> Any:
    """Inflate with isal, which is 5 to 8 times faster, or with zlib where it has no wheel."""
    try:
        from isal import igzip, isal_zlib
    except ImportError:
        import gzip

        return gzip.GzipFile(fileobj=file)
    library: Any = isal_zlib
    opener: Any = igzip.IGzipFile
    unpacked = opener(fileobj=file)
    # The buffered reader inside fills the caller's buffer; the file itself makes bytes first.
    return _ZlibErrorStream(unpacked._buffer, library.error, unpacked)


class _ZlibErrorStream:
    """A stream whose library has an error of its own for damaged bytes: it is zlib's here."""

    def __init__(self, inside: Any, error: type[Exception], owner: Any = None) -> None:
        self._inside, self._error = inside, error
        self._owner = owner  # closes the stream when it is gone

    def readinto(self, buffer: memoryview) -> int:
        try:
            count: int = self._inside.readinto(buffer)
        except self._error as problem:
            raise zlib.error(str(problem)) from problem
        return count


class _ZlibStream:
    """A zlib stream of a file; its checksum is compared when its end is read."""

    def __init__(self, file: IO[bytes], library: Any) -> None:
        self._file, self._error = file, library.error
        self._inflater = library.decompressobj()
        self._packed = b""

    def readinto(self, buffer: memoryview) -> int:
        while not self._inflater.eof:
            try:
                content = self._inflater.decompress(self._packed, len(buffer))
            except self._error as problem:
                raise zlib.error(str(problem)) from problem
            self._packed = self._inflater.unconsumed_tail
            if content:
                buffer[: len(content)] = content
                return len(content)
            if not self._inflater.eof and not self._packed:
                self._packed = self._file.read(PACKED_STEP)
                if not self._packed:
                    raise EOFError("the packed data ends too early")
        return 0


def choose_zlib_library(size: int) -> Any:
    """What inflates so many bytes: isal, or zlib, which looks the same.

    zlib where isal has no wheel, and for few bytes: they are there before isal is imported.
    """
    if size <= FEW_INFLATED:
        return zlib
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib
    return isal_zlib


def _skip_to_start(stream: Any, packed: PackedBytes) -> None:
    if packed.seekable:
        stream.seek(packed.start + packed.skip)
        return
    left = packed.skip
    scratch = memoryview(bytearray(min(left, STEP)))
    while left:
        left -= fill_buffer(stream, scratch[:left], packed)


def fill_buffer(stream: ByteStream, buffer: memoryview, packed: PackedBytes) -> int:
    """Fill the whole buffer with the next bytes. Raises ReadError if there are fewer."""
    done = 0
    while done < len(buffer):
        try:
            got = stream.readinto(buffer[done:] if done else buffer)
        except BROKEN as problem:
            raise damaged_bytes_error(packed, problem) from problem
        if not got:
            raise ReadError(
                f"the file ends {len(buffer) - done} bytes too early or earlier",
                where=packed.path,
                facts=(f"{packed.size} bytes of voxels are announced",),
                help="the file was cut off; copy or write it again",
            )
        done += got
    return done


def finish_stream(stream: ByteStream, packed: PackedBytes) -> None:
    """Read a packed stream to its end, so that its checksum is compared.

    What lies behind the array is read and left; more than the header announces is refused, for a
    changed bit often makes a stream longer. Raises ReadError.
    """
    if packed.seekable:
        return
    left = packed.total - packed.skip - packed.size
    scratch = memoryview(bytearray(max(1, min(left, STEP))))
    while left > 0:
        left -= fill_buffer(stream, scratch[:left], packed)
    surplus, scratch = 0, memoryview(bytearray(min(packed.tail + 1, STEP)))
    try:
        while surplus <= packed.tail and (count := stream.readinto(scratch)):
            surplus += count
    except BROKEN as problem:
        raise damaged_bytes_error(packed, problem) from problem
    if surplus > packed.tail:
        raise ReadError(
            "more bytes unpack than the header announces",
            where=packed.path,
            facts=(f"{packed.total or packed.skip + packed.size} bytes are announced",),
            help=CHANGED,
        )


def compare_checksum(packed: PackedBytes) -> None:
    """Compare the checksum of bytes that are stored as they are. Raises ReadError."""
    if packed.crc is None:
        return
    crc32, check, left = choose_zlib_library(packed.total).crc32, 0, packed.total
    buffer = memoryview(bytearray(max(1, min(left, STEP))))
    with packed.path.open("rb", buffering=0) as file:
        file.seek(packed.start)
        while left and (count := file.readinto(buffer[:left])):
            check = crc32(buffer[:count], check)
            left -= count
    if left or check != packed.crc:
        raise damaged_bytes_error(packed, ValueError("its checksum is another"))


def damaged_bytes_error(packed: PackedBytes, problem: BaseException) -> ReadError:
    """The error for packed bytes that do not unpack."""
    return ReadError(
        f"damaged {packed.packing or 'file'}: {str(problem).rstrip('.') or type(problem).__name__}",
        where=packed.path,
        help=CHANGED,
    )


def read_head(path: Path, count: int = 512) -> bytes:
    """The first bytes of a file, inflated if it is gzip; fewer if it is damaged or short."""
    mode = os.stat(path).st_mode
    if S_ISDIR(mode):
        raise OSError(EISDIR, "a folder, no file")
    if not S_ISREG(mode):
        raise OSError(EINVAL, "a pipe or a device, no file")  # which would be waited for
    with open(path, "rb") as file:
        packed = file.read(max(count, FEW))
        if not packed.startswith(GZIP_MAGIC):
            return packed[:count]
        # The stream of the voxels would inflate half a megabyte for a header.
        inflater, start = zlib.decompressobj(wbits=31), b""
        try:
            while packed and len(start) < count and not inflater.eof:
                start += inflater.decompress(packed, count - len(start))
                packed = inflater.unconsumed_tail or file.read(FEW)
        except zlib.error:
            pass
    return start
