"""The names of labels in the header of a NIfTI file: an extension that holds XML.

TotalSegmentator and Connectome Workbench write `<Label Key="1" …>spleen</Label>` between the header
and the voxels (extension code 30, or 0).
"""

from __future__ import annotations

import gzip
import re
from html import unescape
from pathlib import Path

from segeval.runtime.errors import RequestError

MOST = 1 << 24  # bytes of extensions that are read
LABEL = re.compile(rb"<Label\b([^>]*)>(.*?)</Label\s*>", re.DOTALL)
KEY = re.compile(rb"\bKey\s*=\s*[\"'](\d+)[\"']")
CDATA = re.compile(r"\A<!\[CDATA\[(.*)\]\]>\Z", re.DOTALL)


def read_label_table_of_nifti(path: Path) -> dict[str, str]:
    """Label value -> name. Raises RequestError for a file without such a table.

    path  a NIfTI file, packed or not
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as stream:
            start = stream.read(544)
            size = 540 if start[4:8] == b"n+2\0" else 348
            order = "<" if int.from_bytes(start[:4], "little") in (348, 540) else ">"
            held = start + stream.read(_end_of_header(start, size, order) - len(start))
    except (OSError, EOFError, ValueError) as problem:
        raise RequestError(f"cannot read the classes ({problem})", where=path) from problem
    found = {
        key[1].decode(): _name(text)
        for attributes, text in LABEL.findall(held)
        if (key := KEY.search(attributes))
    }
    if not found:
        raise RequestError(
            "the header holds no names of labels",
            where=path,
            help="files of TotalSegmentator have them; or write 5=liver,1=spleen",
        )
    return found


def _end_of_header(start: bytes, size: int, order: str) -> int:
    """Where the voxels begin, so that no more is read."""
    import struct

    place, form = (168, "q") if size == 540 else (108, "f")
    (offset,) = struct.unpack_from(order + form, start, place)
    return int(min(max(offset, len(start)), MOST))


def _name(text: bytes) -> str:
    plain = text.decode("utf-8", "replace").strip()
    found = CDATA.match(plain)
    return found[1].strip() if found else unescape(plain)
