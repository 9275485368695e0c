"""The header of an NRRD file: lines of `field: value` and `key:=value` up to an empty one.

pynrrd parses the fields. The lines are cut out and decoded here, because it drops every letter that
is not ASCII, and names of segments are UTF-8.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import format_shape
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen
from segeval.runtime.packed_streams import CHANGED

MAGIC = b"NRRD"
LONGEST = 1 << 24  # bytes of a header; beyond is no header
TYPES = {
    "i1": "signed char, int8, int8_t",
    "u1": "uchar, unsigned char, uint8, uint8_t",
    "i2": "short, short int, signed short, signed short int, int16, int16_t",
    "u2": "ushort, unsigned short, unsigned short int, uint16, uint16_t",
    "i4": "int, signed int, int32, int32_t",
    "u4": "uint, unsigned int, uint32, uint32_t",
    "i8": "longlong, long long, long long int, signed long long, signed long long int, int64,"
    " int64_t",
    "u8": "ulonglong, unsigned long long, unsigned long long int, uint64, uint64_t",
    "f4": "float",
    "f8": "double",
}
DTYPES = {name: code for code, names in TYPES.items() for name in names.split(", ")}
TEXT = ("ascii", "text", "txt")
OF_WORDS = ("line skip", "byte skip", "data file", "space dimension", "space units", "space origin",
            "space directions", "measurement frame")  # fmt: skip


@frozen
class NrrdHeader:
    """The fields of a header, their names without spaces: `space origin` is `spaceorigin`.

    end  bytes before the data that follows
    """

    path: Path
    fields: Mapping[str, Any]
    end: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Values along each axis, the fastest first."""
        return tuple(int(n) for n in self.fields["sizes"])

    def word(self, name: str, default: str = "") -> str:
        """A field of one word."""
        return str(self.fields.get(name, default)).strip().lower()

    def number(self, name: str) -> int:
        """A field of one number, 0 where it is not there."""
        try:
            return int(self.fields.get(name, 0))
        except ValueError as problem:
            raise self.error(f"the field {name} is no number ({self.fields[name]})") from problem

    def error(self, message: str, help: str = CHANGED) -> ReadError:
        """The error for this file."""
        return ReadError(message, where=self.path, help=help)


def parse_nrrd_header(path: Path) -> NrrdHeader:
    """The header. Raises ReadError."""
    import nrrd

    lines, end = read_header_lines(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fields that are not used here
            found = nrrd.read_header(lines)
    except (nrrd.NRRDError, ValueError, KeyError, IndexError, TypeError) as problem:
        raise ReadError(
            f"not a readable NRRD header ({problem})", where=path, help=CHANGED
        ) from problem
    fields = {n.replace(" ", "") if n in OF_WORDS else n: value for n, value in found.items()}
    header = NrrdHeader(path, fields, end)
    check_nrrd_header(header)
    return header


def read_header_lines(path: Path) -> tuple[list[str], int]:
    """The lines of the header, and how many bytes they are. Raises ReadError."""
    with path.open("rb") as file:
        lines = [file.readline(LONGEST)]
        if not lines[0].startswith(MAGIC):
            raise ReadError("not an NRRD file: its mark is missing", where=path, help=CHANGED)
        while lines[-1].strip() and file.tell() < LONGEST:
            lines.append(file.readline(LONGEST))
        return [line.decode("utf-8", "replace") for line in lines], file.tell()


def check_nrrd_header(header: NrrdHeader) -> None:
    """What no array can do without. Raises ReadError."""
    lacks = [n for n in ("dimension", "type", "sizes", "encoding") if n not in header.fields]
    if lacks or len(header.sizes) != header.number("dimension"):
        raise header.error(f"the header lacks {', '.join(lacks) or 'the size of an axis'}")
    if min(header.sizes) < 1:
        raise header.error(f"an axis without values ({format_shape(header.sizes[::-1])})")


def nrrd_dtype(header: NrrdHeader) -> np.dtype[Any]:
    """The type of the stored values, byte order included. Raises ReadError."""
    code = DTYPES.get(header.word("type"))
    order = {"big": ">", "little": "<"}.get(header.word("endian"), "")
    if code is None:
        raise header.error(f"values of type {header.word('type')} are no numbers", "")
    if not order and code[1] != "1" and header.word("encoding") not in TEXT:
        raise header.error("the header does not say the byte order", "add the field `endian`")
    return np.dtype(order + code)
