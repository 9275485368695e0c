"""The elements of DICOM bytes, walked where they lie.

An element is a tag and the place of its value in the file; nothing is converted before it is asked
for, and a sequence is walked when its items are. A structure set of a million numbers and a
segmentation of ten thousand frames cost a second and more as objects of a library, and a tenth of
it this way. What is compressed is left to the library (`readers/dicom_seg.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from struct import Struct, error

from segeval.runtime.frozen import frozen

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
UNDEFINED = 0xFFFFFFFF
DEEPEST = 100  # sequences in sequences without a length; a report has 20
LONG = frozenset([b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR",
                  b"UT", b"UV"])  # fmt: skip
WELL_KNOWN = {"": "utf-8", "ISO_IR 6": "utf-8", "ISO_IR 192": "utf-8", "ISO_IR 100": "latin-1",
              "GB18030": "gb18030", "GBK": "gbk"}  # fmt: skip

ByteRange = tuple[int, int]  # first byte of a value and the one after its last


class DamagedElements(ValueError):  # noqa: N818 - it names what the bytes are
    """The bytes are no elements, or end inside of one. `at` counts bytes of the file."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@frozen
class Coding:
    """How numbers and value types are written: explicit types, and which byte is first."""

    explicit: bool
    order: str = "<"


@dataclass(slots=True)
class Elements:
    """A data set: where the value of each tag lies. A tag that is absent reads as empty."""

    data: bytes
    coding: Coding
    found: dict[int, ByteRange]
    charset: str = ""

    def __contains__(self, tag: int) -> bool:
        return tag in self.found

    def raw(self, tag: int) -> bytes:
        """The bytes of a value; empty where there is none."""
        start, end = self.found.get(tag, (0, 0))
        return self.data[start:end]

    def word(self, tag: int) -> str:
        """A value of plain letters: an UID, a code, a date."""
        return self.raw(tag).decode("latin-1").strip(" \0")

    def text(self, tag: int) -> str:
        """A value in the character set of the file."""
        return decode_text(self.raw(tag), self.charset).strip(" \0")

    def decimals(self, tag: int) -> tuple[float, ...]:
        """Decimal numbers written as text; empty where one of them is none."""
        try:
            return parse_decimals(self.raw(tag))
        except ValueError:
            return ()

    def short(self, tag: int) -> int | None:
        """An unsigned short; None where there is none."""
        raw = self.raw(tag)
        return Struct(self.coding.order + "H").unpack(raw[:2])[0] if len(raw) >= 2 else None

    def long(self, tag: int) -> int | None:
        """An unsigned long; None where there is none."""
        raw = self.raw(tag)
        return Struct(self.coding.order + "L").unpack(raw[:4])[0] if len(raw) >= 4 else None

    def signed(self, tag: int) -> int | None:
        """A signed long; None where there is none."""
        raw = self.raw(tag)
        return Struct(self.coding.order + "l").unpack(raw[:4])[0] if len(raw) >= 4 else None

    def whole(self, tag: int) -> int | None:
        """A whole number written as text; None where there is none."""
        try:
            return int(self.raw(tag).strip(b" \0"))
        except ValueError:
            return None

    def items(self, tag: int) -> Iterator[Elements]:
        """The items of a sequence, one after another."""
        if tag not in self.found:
            return
        for start, end in find_item_ranges(self.data, self.found[tag], self.coding):
            found, _ = find_elements(self.data, start, end, self.coding)
            yield Elements(self.data, self.coding, found, self.charset)

    def first(self, tag: int) -> Elements:
        """The first item of a sequence; an empty one where there is none."""
        return next(self.items(tag), Elements(self.data, self.coding, {}, self.charset))


def parse_decimals(raw: bytes) -> tuple[float, ...]:
    """Numbers separated by backslashes. Raises ValueError for anything that is none."""
    if not raw.strip(b" \0"):
        return ()
    if b"_" in raw:  # Python's own digit separator is not DICOM's
        raise ValueError("an underscore is no part of a number")
    numbers = tuple(map(float, raw.rstrip(b" \0").split(b"\\")))
    if not all(map(isfinite, numbers)):
        raise ValueError("a number is not finite")
    return numbers


def decode_text(raw: bytes, charset: str) -> str:
    """Text in a DICOM character set; what cannot be decoded is read as Latin-1."""
    try:
        if charset in WELL_KNOWN:
            return raw.decode(WELL_KNOWN[charset])
        from pydicom.charset import convert_encodings, decode_bytes, python_encoding

        sets = charset.split("\\")
        if not python_encoding.keys() >= set(sets):
            raise LookupError(charset)
        text: str = decode_bytes(raw, convert_encodings(sets), set())
    except (UnicodeDecodeError, LookupError, ValueError):
        return raw.decode("latin-1")
    return text


def find_elements(  # noqa: PLR0913 - a place in the bytes, and where it ends
    data: bytes, start: int, end: int, coding: Coding, until: int = 0xFFFFFFFF, depth: int = 0
) -> tuple[dict[int, ByteRange], int]:
    """Find the elements of a data set or an item, up to its end mark or the tag `until`.

    depth    sequences without a length around it
    returns  place of each value, and the first byte behind the last element
    """
    found: dict[int, ByteRange] = {}
    numbers = HEADS[coding.order]
    at = start
    while at < end:
        if end - at < 8 and not any(data[at:end]):
            return found, end  # padding that some writers leave
        tag, first, size, vr = read_element_head(data, at, end, coding, numbers)
        if tag == ITEM_END:
            return found, first
        if tag >= until:
            break
        stop = after = first + size
        if size == UNDEFINED:
            inner = Coding(False) if vr == b"UN" else coding  # PS3.5 6.2.2: as implicit little
            stop, after = find_sequence_end(data, first, end, inner, depth + 1)
        if after > end:
            raise DamagedElements(
                f"({tag >> 16:04x},{tag & 65535:04x}) has {end - first} of {size} bytes", at
            )
        found[tag] = first, stop
        at = after
    return found, at


HEADS = {order: (Struct(order + "HH"), Struct(order + "H"), Struct(order + "L")) for order in "<>"}


def read_element_head(
    data: bytes, at: int, end: int, coding: Coding, numbers: tuple[Struct, Struct, Struct]
) -> tuple[int, int, int, bytes]:
    """The tag of the element at a byte, the first byte of its value, its size, its type."""
    pair, short, long = numbers
    try:
        group, element = pair.unpack_from(data, at)
        tag = group << 16 | element
        if not coding.explicit or group == 0xFFFE:
            return tag, at + 8, long.unpack_from(data, at + 4)[0], b""
        vr = data[at + 4 : at + 6]
        if vr in LONG:
            return tag, at + 12, long.unpack_from(data, at + 8)[0], vr
        return tag, at + 8, short.unpack_from(data, at + 6)[0], vr
    except error as problem:
        raise DamagedElements(f"the file ends {end - at} bytes into an element", at) from problem


def find_item_ranges(data: bytes, place: ByteRange, coding: Coding) -> Iterator[ByteRange]:
    """Where the items of a sequence lie, end marks left out."""
    at, end = place
    numbers = HEADS[coding.order]
    while at < end:
        tag, first, size, _ = read_element_head(data, at, end, coding, numbers)
        if tag == SEQUENCE_END:
            return
        if tag != ITEM:
            raise DamagedElements("a sequence holds something that is no item", at)
        if size != UNDEFINED:
            if first + size > end:
                raise DamagedElements(f"an item has {end - first} of {size} bytes", at)
            yield first, first + size
            at = first + size
        else:
            _, at = find_elements(data, first, end, coding)
            yield first, at


def find_sequence_end(data: bytes, at: int, end: int, coding: Coding, depth: int = 1) -> ByteRange:
    """The end mark of a sequence without a length: its first byte and the one after it.

    depth  sequences without a length, this one included
    """
    if depth > DEEPEST:
        raise DamagedElements(f"sequences are nested more than {DEEPEST} deep", at)
    numbers = HEADS[coding.order]
    while at < end:
        tag, first, size, _ = read_element_head(data, at, end, coding, numbers)
        if tag == SEQUENCE_END:
            return at, first
        if tag != ITEM:
            raise DamagedElements("a sequence holds something that is no item", at)
        if size == UNDEFINED:
            _, at = find_elements(data, first, end, coding, depth=depth)
        else:
            at = first + size
    raise DamagedElements("a sequence has no end", at)
