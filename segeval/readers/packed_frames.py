"""Packed pixels of DICOM: where the pieces of a frame lie, what decodes them (DICOM-E5, E6)."""

from __future__ import annotations

from pathlib import Path
from struct import Struct
from typing import Any

from segeval.dicom.elements import HEADS, ITEM, ByteRange, DamagedElements, read_element_head
from segeval.dicom.files import (
    DicomFile,
)
from segeval.runtime.errors import ReadError


def packed_frames(
    file: DicomFile, place: ByteRange, frames: int
) -> tuple[tuple[ByteRange, ...], ...]:
    """The places of the pieces of each packed frame: one a frame, or by the table of offsets.

    Raises ReadError, Damaged.
    """
    table, *pieces = fragment_places(file, place)
    if len(pieces) == frames:
        return tuple((piece,) for piece in pieces)
    if frames == 1 and pieces:
        return (tuple(pieces),)
    count = (table[1] - table[0]) // 4
    with file.path.open("rb") as opened:
        opened.seek(table[0])
        offsets = Struct(f"<{count}L").unpack(opened.read(4 * count))
    begins = {first - 8 - table[1]: number for number, (first, _) in enumerate(pieces)}
    starts = [begins[at] for at in offsets if at in begins]
    if len(starts) != frames or starts != sorted(starts):
        raise ReadError(
            f"{len(pieces)} packed parts for {frames} frames", where=file.path,
            facts=(f"transfer syntax {transfer_syntax_name(file.syntax)}",),
            help="write it again with a table of offsets, or with one part a frame",
        )  # fmt: skip
    ends = [*starts[1:], len(pieces)]
    return tuple(tuple(pieces[a:b]) for a, b in zip(starts, ends, strict=True))


def fragment_places(file: DicomFile, place: ByteRange) -> tuple[ByteRange, ...]:
    """The places of the items of packed pixels; the first only lists offsets. Raises Damaged."""
    coding, size = file.elements.coding, file.size or 0
    numbers = HEADS[coding.order]
    at, end = place
    found = []
    with file.path.open("rb") as opened:
        while at < end:
            opened.seek(at)
            head = opened.read(8)
            if len(head) < 8:
                raise DamagedElements(f"the file ends {len(head)} bytes into an element", at)
            tag, first, length, _ = read_element_head(head, 0, 8, coding, numbers)
            if tag != ITEM:
                break
            found.append((at + first, at + first + length))
            at += first + length
    if found and found[-1][1] > size:
        raise ReadError(
            f"the pixels end at byte {size}, {found[-1][1]} are announced",
            where=file.path,
            help="the file was cut off; copy or write it again",
        )
    return tuple(found) or ((place[0], place[0]),)


# Transfer syntaxes that keep every value, and what decodes those that Pillow does not.
LOSSLESS = {
    "1.2.840.10008.1.2.5": "",
    "1.2.840.10008.1.2.4.57": "python-gdcm",
    "1.2.840.10008.1.2.4.70": "python-gdcm",
    "1.2.840.10008.1.2.4.80": "pyjpegls",
    "1.2.840.10008.1.2.4.90": "",
    "1.2.840.10008.1.2.4.201": "pylibjpeg pylibjpeg-openjpeg",
    "1.2.840.10008.1.2.4.202": "pylibjpeg pylibjpeg-openjpeg",
}


def check_decodable(path: Path, syntax: str) -> None:
    """Refuse, by name, a transfer syntax that cannot be decoded here, or that changes values.

    Raises ReadError.
    """
    name = transfer_syntax_name(syntax)
    try:
        decoder = frame_decoder(syntax) if name != syntax else None
    except NotImplementedError:
        decoder = None
    if decoder is not None and syntax not in LOSSLESS:
        raise ReadError(
            f"transfer syntax {name} may have changed the labels",
            where=path,
            help="store the segmentation again from its source: uncompressed or as RLE Lossless",
        )
    if decoder is None or not decoder.is_available:
        install = LOSSLESS.get(syntax)
        raise ReadError(
            f"transfer syntax {name} cannot be decoded",
            where=path,
            help="store the segmentation uncompressed or as RLE Lossless"
            + (f", or `pip install {install}`" if install else ""),
        )


def frame_decoder(syntax: str) -> Any:
    """The library's decoder of a transfer syntax. Raises NotImplementedError."""
    from pydicom.pixels.decoders.base import get_decoder

    return get_decoder(unchecked_uid(syntax))


def transfer_syntax_name(syntax: str) -> str:
    """A transfer syntax as people call it."""
    return str(unchecked_uid(syntax).name)


def unchecked_uid(syntax: str) -> Any:
    """A UID as the library wants it, unchecked: a wrong one is refused by name."""
    from pydicom.uid import UID

    return UID(syntax, 0)
