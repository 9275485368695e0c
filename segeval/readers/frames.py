"""Frames of a multi-frame DICOM object: where each lies, and which segment it shows.

What is said once for all frames stands in the shared groups; a frame may say it anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot

from segeval.dicom.elements import Elements
from segeval.runtime.frozen import frozen, replace

SHARED, EACH = 0x52009229, 0x52009230
FARTHEST = 1e7  # mm from the origin: no patient is ten kilometres away
UNIT = 0.01  # what the length of direction cosines, and of one along the other, may be off


@frozen
class FrameFacts:
    """What the file says of a frame; None or empty where it does not.

    position     LPS millimetres of the centre of the first pixel
    orientation  six direction cosines: along a row, along a column
    spacing      millimetres between rows and between columns
    gap          millimetres between slices; `thickness` is not that, but all there may be
    segment      number of the segment
    tile         row and column in a large picture of which the frame is a part, from 1
    """

    position: tuple[float, ...] = ()
    orientation: tuple[float, ...] = ()
    spacing: tuple[float, ...] = ()
    gap: float | None = None
    thickness: float | None = None
    segment: int | None = None
    tile: tuple[int, int] | None = None


def shared_facts(elements: Elements) -> FrameFacts:
    """What is said once for all frames. Raises Damaged."""
    return read_frame_facts(elements.first(SHARED), FrameFacts())


def read_frames(elements: Elements) -> Iterator[FrameFacts]:
    """The facts of every frame, in the order of the file. Raises Damaged."""
    shared = shared_facts(elements)
    for item in elements.items(EACH):
        yield read_frame_facts(item, shared)


def read_frame_facts(item: Elements, known: FrameFacts) -> FrameFacts:
    """What one group says, on top of what is known."""
    found: dict[str, object] = {}
    if 0x00209113 in item:
        found["position"] = within_reach(item.first(0x00209113).decimals(0x00200032))
    if 0x00209116 in item:
        found["orientation"] = cosines_of(item.first(0x00209116))
    if 0x00289110 in item:
        measures = item.first(0x00289110)
        found["spacing"] = within_reach(measures.decimals(0x00280030))
        found["gap"] = size_of(measures.decimals(0x00180088))
        found["thickness"] = size_of(measures.decimals(0x00180050))
    if 0x0062000A in item:
        found["segment"] = item.first(0x0062000A).short(0x0062000B)
    if 0x0048021A in item:
        slide = item.first(0x0048021A)
        found["tile"] = (slide.signed(0x0048021F) or 1, slide.signed(0x0048021E) or 1)
    return replace(known, **found) if found else known


def within_reach(millimetres: tuple[float, ...]) -> tuple[float, ...]:
    """A place or a spacing; empty where it is none that a patient or a picture has."""
    return millimetres if all(abs(one) <= FARTHEST for one in millimetres) else ()


def cosines_of(elements: Elements) -> tuple[float, ...]:
    """Direction cosines along a row and a column; empty where they are not those of a grid."""
    numbers = elements.decimals(0x00200037)
    if len(numbers) != 6:
        return ()
    row, column = numbers[:3], numbers[3:]
    right = [abs(hypot(*one) - 1) <= UNIT for one in (row, column)]
    upright = abs(sum(a * b for a, b in zip(row, column, strict=True))) <= UNIT
    return numbers if all(right) and upright else ()


def size_of(numbers: tuple[float, ...]) -> float | None:
    """A size in mm: its sign has no meaning, and 0 is none (ACCOUNT-A25)."""
    return abs(numbers[0]) or None if numbers else None
