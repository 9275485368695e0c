"""DICOM files: what they are, how they are coded, where their pixels lie."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from segeval.dicom.elements import (
    HEADS,
    UNDEFINED,
    ByteRange,
    Coding,
    DamagedElements,
    Elements,
    find_elements,
    read_element_head,
)
from segeval.dicom.leading_bytes import InflatedBytes, UnpackedTooLarge, read_leading_elements
from segeval.runtime.errors import ReadError

PIXELS = 0x7FE00010
SYNTAX = 0x00020010
CHARSET = 0x00080005
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
# Tags with which a data set begins: a group length, or one of the first of group 8.
FIRST = (
    b"\x02\x00\x00\x00",
    *(b"\x08\x00" + bytes([n, 0]) for n in (0, 1, 5, 6, 8, 0x12, 0x16, 0x18)),
)
FIRST_BYTES = 1 << 16  # in which the meta group lies, and the header of most images
DIGITS = frozenset(b"%d" % n for n in range(10)) | {b"."}


@dataclass(slots=True)
class DicomFile:
    """An open file: its elements before the pixels, and where the pixels begin.

    elements  what stands before the pixels; their values are bytes that were read
    pixels    first byte of the Pixel Data element, after inflating; None where there is none
    size      bytes of the file; None of a deflated one, which is inflated no further than needed
    """

    path: Path
    syntax: str
    elements: Elements
    pixels: int | None
    size: int | None

    def pixel_place(self) -> tuple[ByteRange, bytes]:
        """Where the values of the pixels lie, and their type. Raises ReadError."""
        elements = self.elements
        data = elements.data
        tag, first, size, vr = 0, 0, 0, b""
        if self.pixels is not None:
            numbers = HEADS[elements.coding.order]
            tag, first, size, vr = read_element_head(
                data, self.pixels, len(data), elements.coding, numbers
            )
        if tag != PIXELS:
            raise ReadError("the file has no pixels", where=self.path)
        return (first, self.size or first if size == UNDEFINED else first + size), vr


def is_dicom(start: bytes) -> bool:
    """Say whether the first bytes are those of a DICOM file, preamble or none (DICOM-X6)."""
    if start[128:132] == b"DICM":
        return True
    # Without preamble: the first elements are those of the meta group or of group 8, in order.
    tag, rest = start[:4], start[4:8]
    if len(rest) < 4 or tag not in FIRST:
        return False
    return rest[:2].isalpha() or int.from_bytes(rest, "little") < 256


def names_class(start: bytes, classes: Iterable[str]) -> bool:
    """Say whether the first bytes of a DICOM file name one of these SOP classes."""
    if not is_dicom(start):
        return False
    return any(
        start[at + len(uid) : at + len(uid) + 1] not in DIGITS
        for uid in (c.encode() for c in classes)
        if (at := start.find(uid)) >= 0
    )


def open_dicom(path: Path) -> DicomFile:
    """Open a DICOM file up to its pixels. Raises ReadError."""
    try:
        with path.open("rb", buffering=0) as file:
            return _parse_dicom(path, file)
    except OSError as problem:
        raise ReadError(f"cannot read the file ({problem.strerror})", where=path) from problem
    except DamagedElements as problem:
        raise damaged_dicom_error(path, problem) from problem
    except UnpackedTooLarge as problem:
        raise ReadError(str(problem), where=path, status="over_budget") from problem
    except zlib.error as problem:
        raise ReadError(f"damaged DICOM file: {problem}", where=path) from problem


def _parse_dicom(path: Path, file: IO[bytes]) -> DicomFile:
    """The elements of an open file. Raises ReadError, OSError, DamagedElements, zlib.error."""
    size: int | None = os.fstat(file.fileno()).st_size
    start = file.read(FIRST_BYTES)
    if not is_dicom(start[:132]):
        raise ReadError("not a DICOM file", where=path)
    syntax, coding, at = read_file_meta(start)
    if syntax == DEFLATED:
        found = read_leading_elements(InflatedBytes(file, start[at:]), b"", 0, coding, PIXELS)
        size = None
    else:
        found = read_leading_elements(file, start, at, coding, PIXELS)
    elements = Elements(found.data, coding, found.places)
    elements.charset = elements.word(CHARSET)
    return DicomFile(path, syntax, elements, found.behind, size)


@contextmanager
def inflate_again(path: Path) -> Iterator[InflatedBytes]:
    """The unpacked bytes of a deflated file, from its data set on. Raises OSError, zlib.error."""
    with path.open("rb", buffering=0) as file:
        start = file.read(FIRST_BYTES)
        yield InflatedBytes(file, start[read_file_meta(start)[2] :])


def inflate(packed: bytes, most: int) -> bytes:
    """The bytes of a raw deflate stream, which has no checksum. Raises zlib.error.

    most  bytes that may come out
    """
    inflater = zlib.decompressobj(-15)
    data = inflater.decompress(packed, most)
    if inflater.unconsumed_tail and not inflater.eof:
        raise zlib.error(f"more than {most} bytes unpack")
    if not inflater.eof:
        raise zlib.error("the deflated data ends too early")
    if inflater.unused_data.strip(b"\0"):
        raise zlib.error("bytes follow the end of the deflated data")
    return data


def damaged_dicom_error(path: Path, problem: DamagedElements) -> ReadError:
    """The error for bytes that are no elements (DICOM-X6)."""
    return ReadError(
        f"damaged DICOM file at byte {problem.at}: {problem}",
        where=path,
        help="the file was cut off or changed; copy or write it again",
    )


def read_file_meta(data: bytes) -> tuple[str, Coding, int]:
    """The transfer syntax, what it means for the elements, and where they begin."""
    at = 132 if data[128:132] == b"DICM" else 0
    explicit = Coding(True)
    if data[at : at + 2] != b"\x02\x00":  # no meta group: the value types tell
        types = data[at + 4 : at + 6]
        coding = Coding(types.isalpha() and types.isupper())
        return (EXPLICIT if coding.explicit else IMPLICIT), coding, at
    found, at = find_elements(data, at, len(data), explicit, 0x00030000)
    syntax = Elements(data, explicit, found).word(SYNTAX)
    return syntax, Coding(syntax != IMPLICIT, ">" if syntax == BIG else "<"), at
