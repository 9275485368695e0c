"""DICOM files: what they are, how they are coded, where their pixels lie."""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from segeval.dicom.elements import (
    HEADS,
    UNDEFINED,
    ByteRange,
    Bytes,
    Coding,
    DamagedElements,
    Elements,
    find_elements,
    read_element_head,
)
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
MOST = 1 << 30  # bytes that a deflated object may have
DIGITS = frozenset(b"%d" % n for n in range(10)) | {b"."}


@dataclass(slots=True)
class DicomFile:
    """An open file: its elements before the pixels, and where the pixels begin.

    pixels  first byte of the Pixel Data element in `elements.data`; its size if there are none
    """

    path: Path
    syntax: str
    elements: Elements
    pixels: int

    def pixel_place(self) -> tuple[ByteRange, bytes]:
        """Where the values of the pixels lie, and their type. Raises ReadError."""
        elements = self.elements
        data = elements.data
        tag, first, size, vr = 0, 0, 0, b""
        if self.pixels < len(data):
            numbers = HEADS[elements.coding.order]
            tag, first, size, vr = read_element_head(
                data, self.pixels, len(data), elements.coding, numbers
            )
        if tag != PIXELS:
            raise ReadError("the file has no pixels", where=self.path)
        return (first, len(data) if size == UNDEFINED else first + size), vr


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
        with path.open("rb") as file:
            try:
                data: Bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError:  # an empty file has nothing to map
                data = b""
        return parse_dicom(path, data)
    except OSError as problem:
        raise ReadError(f"cannot read the file ({problem.strerror})", where=path) from problem


def parse_dicom(path: Path, data: Bytes) -> DicomFile:
    """The elements of bytes that are a DICOM file. Raises ReadError."""
    if not is_dicom(data[:132]):
        raise ReadError("not a DICOM file", where=path)
    try:
        syntax, coding, at = read_file_meta(data)
        if syntax == DEFLATED:
            data, at = inflate(data[at:]), 0
        found, pixels = find_elements(data, at, len(data), coding, PIXELS)
    except DamagedElements as problem:
        raise damaged_dicom_error(path, problem) from problem
    except zlib.error as problem:
        raise ReadError(f"damaged DICOM file: {problem}", where=path) from problem
    elements = Elements(data, coding, found)
    elements.charset = elements.word(CHARSET)
    return DicomFile(path, syntax, elements, pixels)


def inflate(packed: bytes, most: int = MOST) -> bytes:
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


def read_file_meta(data: Bytes) -> tuple[str, Coding, int]:
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
