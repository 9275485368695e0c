"""The bytes of a DICOM file before its pixels, read and inflated no further than they are needed.

Files are read, not mapped: one that becomes shorter while it is mapped ends the process. The header
of an image lies in its first bytes, a structure set is the whole file, and a large segmentation
has megabytes of frames described before its pixels. So the elements are walked in what was read
so far, and where that ends too early there is more of it.
"""

from __future__ import annotations

import zlib
from typing import IO, Protocol

from segeval.dicom.elements import ByteRange, Coding, DamagedElements, find_elements
from segeval.runtime.frozen import frozen

GROWTH = 7  # times as many bytes are read as there are
HEAD = 12  # most bytes of an element before its value
PACKED_BYTES = 1 << 16  # deflated bytes that are read at a time
MOST_INFLATED = 1 << 28  # bytes that may be inflated before the pixels


class UnpackedTooLarge(zlib.error):  # noqa: N818 - it says what the bytes are
    """More bytes unpack than any object has before its pixels."""


class ByteSource(Protocol):
    """Bytes, one part after the other."""

    def read(self, count: int, /) -> bytes:
        """The next bytes; fewer only at the end."""


@frozen
class LeadingElements:
    """The elements before a tag.

    data    the bytes that were read
    places  where the value of each tag lies in them
    behind  first byte of the element at which the walk stopped; None at the end of all bytes
    """

    data: bytes
    places: dict[int, ByteRange]
    behind: int | None


def read_leading_elements(
    source: ByteSource, held: bytes, at: int, coding: Coding, until: int
) -> LeadingElements:
    """Read the elements up to a tag, and the head of the one behind them.

    source  what follows the bytes that are held
    held    bytes that were read before
    at      first byte of the data set among them
    until   the tag

    Raises OSError, zlib.error, DamagedElements.
    """
    complete = False
    while True:
        if found := _walk_elements(held, at, coding, until, complete):
            return found
        count = max(len(held) * GROWTH, PACKED_BYTES)
        if isinstance(source, InflatedBytes):
            count = min(count, MOST_INFLATED + 1 - len(held))
        part = _read_fully(source, count)
        complete = not part
        held += part
        if isinstance(source, InflatedBytes) and len(held) > MOST_INFLATED:
            raise UnpackedTooLarge(
                f"more than {MOST_INFLATED} bytes unpack before any pixels, "
                "which is larger than any such file"
            )


def _read_fully(source: ByteSource, count: int) -> bytes:
    """So many bytes, or all there are: an unbuffered file may give fewer at a time."""
    parts, left = [], count
    while left and (part := source.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _walk_elements(
    held: bytes, at: int, coding: Coding, until: int, complete: bool
) -> LeadingElements | None:
    """The elements; None where they go on behind the bytes that are held."""
    try:
        places, behind = find_elements(held, at, len(held), coding, until)
    except DamagedElements:
        if complete:
            raise
        return None
    if complete:
        return LeadingElements(held, places, behind if behind < len(held) else None)
    return LeadingElements(held, places, behind) if behind + HEAD <= len(held) else None


class InflatedBytes:
    """The bytes of a raw deflate stream, which has no checksum."""

    def __init__(self, file: IO[bytes], packed: bytes) -> None:
        self._file, self._packed = file, packed
        self._inflater = zlib.decompressobj(-15)

    def read(self, count: int, /) -> bytes:
        """The next bytes; none at the end. Raises OSError, zlib.error."""
        while not self._inflater.eof:
            content = self._inflater.decompress(self._packed, count)
            self._packed = self._inflater.unconsumed_tail
            if content:
                return content
            if not self._packed and not self._inflater.eof:
                self._packed = self._file.read(PACKED_BYTES)
                if not self._packed:
                    raise zlib.error("the deflated data ends too early")
        self._check_end()
        return b""

    def _check_end(self) -> None:
        rest = self._inflater.unused_data
        while part := self._file.read(PACKED_BYTES):
            rest = rest.strip(b"\0") + part
        if rest.strip(b"\0"):
            raise zlib.error("bytes follow the end of the deflated data")
