"""What the header of a DICOM segmentation says: its kind, and what its segments are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from segeval.dicom.elements import Elements
from segeval.readers.frames import FrameFacts
from segeval.readers.pixels import PixelFrames
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen


@frozen
class SegmentationKind:
    """What the values of a segmentation mean.

    type      BINARY, FRACTIONAL or LABELMAP
    fraction  PROBABILITY or OCCUPANCY
    most      the value that stands for 1
    """

    type: str
    fraction: str = ""
    most: int = 1


@frozen
class SegmentationHeader:
    """What the header says.

    names  of the segments by their number
    types  of the segments by their names: what their category and type say they are
    facts  of every frame; empty where frames are not described
    shared what is said once for all frames
    """

    path: Path
    kind: SegmentationKind
    names: Mapping[int, str]
    types: Mapping[str, str]
    facts: tuple[FrameFacts, ...]
    pixels: PixelFrames
    shared: FrameFacts = FrameFacts()

    @property
    def numbers(self) -> list[int]:
        """A channel each: the segments, or 0 for the one that holds all labels."""
        return [0] if self.kind.type == "LABELMAP" else list(self.names)

    def frames_of(self, number: int) -> list[int]:
        """The frames of a channel."""
        return [i for i, f in enumerate(self.facts) if number in (0, f.segment)]


def read_segmentation_kind(elements: Elements, path: Path) -> SegmentationKind:
    """What the values mean. Raises ReadError."""
    type = elements.word(0x00620001)
    if type == "FRACTIONAL":
        most = elements.short(0x0062000E) or 255
        return SegmentationKind(type, elements.word(0x00620010) or "PROBABILITY", most)
    if type not in ("BINARY", "LABELMAP"):
        raise ReadError(f"segmentation type {type or 'not said'!r}", where=path)
    return SegmentationKind(type)


def segment_names(elements: Elements) -> dict[int, str]:
    """The name of each segment: its label, else what it is; numbered where two are alike.

    Rule DICOM-E3.
    """
    named = {}
    for item in elements.items(0x00620002):
        number = item.short(0x00620004)
        if number is not None:
            meaning = item.first(0x0062000F).text(0x00080104)
            named[number] = item.text(0x00620005) or meaning or f"segment {number}"
    times = Counter(named.values())
    return {n: name if times[name] == 1 else f"{name}#{n}" for n, name in named.items()}


def segment_types(elements: Elements, names: Mapping[int, str]) -> dict[str, str]:
    """What each segment is an instance of, by its name: its type; its name where it has none.

    Types that are called alike and are of different categories or codes are told apart.
    """
    kinds: dict[str, tuple[str, ...]] = {}
    for item in elements.items(0x00620002):
        number = item.short(0x00620004)
        if number is not None and number in names:
            category, type = item.first(0x00620003), item.first(0x0062000F)
            code = type.text(0x00080100), type.text(0x00080102)
            kinds[names[number]] = (type.text(0x00080104), category.text(0x00080104), *code)
    meanings = {meaning for meaning, *_ in kinds.values()}
    several = {m for m in meanings if len({k for k in kinds.values() if k[0] == m}) > 1}
    return {
        name: (f"{kind[0]} ({kind[1]}, {kind[2]})" if kind[0] in several else kind[0]) or name
        for name, kind in kinds.items()
    }
