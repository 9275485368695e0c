"""Structures as they are drawn: closed polygons in millimetres, and what the file says of them.

Contours lie on no grid. They become masks when they are drawn onto one (`drawing`), and a metric
that wants polygons takes these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from segeval.dicom.number_text import parse_decimal_array
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import Note
from segeval.runtime.frozen import frozen, replace

CLOSED_TYPES = frozenset(
    ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "INTERPOLATED_PLANAR"]
)  # DICOM-S3: areas
# Organs and targets, and what says nothing (DICOM-S7). Some writers do not use capitals.
SCORED_TYPES = frozenset(["", "NONE", "UNKNOWN", "UNDEFINED", "ORGAN", "AVOIDANCE", "CAVITY",
                    "GTV", "CTV", "ITV", "PTV"])  # fmt: skip
# Couches, outlines, helpers called zRing, z_tmp or _tmp, and what was made from a dose.
HELPER_NAME_PATTERN = re.compile(
    r"^_|^z(?!yg)|^Z(?=[A-Z\d\s_-])|(?i:couch|^external$|^body$|isodose|^dose\b|dose *\d|\d *%)"
)


def is_support_name(name: str) -> bool:
    """Whether a name is that of what helps to plan: a couch, an outline, a ring (DICOM-S7)."""
    return HELPER_NAME_PATTERN.search(name.strip()) is not None


FAR = 1e5  # mm from the origin of the patient's coordinates
WIDE = 4000.0  # mm that a contour may span: more than any patient and any table


@frozen
class Contour:
    """One contour as the file has it; its numbers are parsed when they are asked for (DICOM-X1).

    kind    CLOSED_PLANAR, POINT, …; "" where the file does not say
    raw     the numbers as text: x\\y\\z\\x\\y\\z…, millimetres
    count   how many points the file announces; None where it does not
    images  SOP Instance UIDs of the slices that it is said to lie on: hints, often wrong (DICOM-F4)
    offset  Contour Offset Vector in mm; it counts only where there is a slab (ACCOUNT-A25)
    slab    whether the file says how thick the slab of the contour is
    """

    kind: str
    raw: bytes
    count: int | None = None
    images: tuple[str, ...] = ()
    offset: tuple[float, ...] = ()
    slab: bool = False

    @property
    def closed(self) -> bool:
        """Whether it bounds an area: by its type or, without one, by three points or more.

        Rule DICOM-S3.
        """
        return self.kind in CLOSED_TYPES or (not self.kind and self.raw.count(b"\\") >= 8)

    def points(self) -> Floats | None:
        """The points, (n, 3) LPS millimetres; None where the numbers are bad (DICOM-S4).

        A point tens of metres away, or a contour that is metres wide, is no place in a patient.
        """
        try:
            numbers = parse_decimal_array(self.raw)
        except ValueError:
            return None
        if not len(numbers) or len(numbers) % 3 or self.count not in (None, len(numbers) // 3):
            return None
        points = numbers.reshape(-1, 3)
        if np.abs(points).max() > FAR or np.ptp(points, axis=0).max() > WIDE:
            return None
        return points + np.array(self.offset) if self.slab and len(self.offset) == 3 else points

    def first_points(self, most: int = 4) -> Floats | None:
        """The first points, the others are not even parsed; None where they cannot be read."""
        numbers = self.raw.split(b"\\", 3 * most)[: 3 * most]
        few = replace(self, raw=b"\\".join(numbers[: len(numbers) // 3 * 3]), count=None)
        return few.points()


@frozen
class Roi:
    """One structure.

    number     by which the file joins what it says of it (DICOM-S1)
    type       as interpreted: ORGAN, PTV, EXTERNAL, …
    algorithm  AUTOMATIC, SEMIAUTOMATIC or MANUAL
    frame      Frame of Reference UID
    twins      other structures of the file that have its number (ACCOUNT-A19)
    """

    number: int
    name: str
    contours: tuple[Contour, ...] = ()
    type: str = ""
    algorithm: str = ""
    frame: str = ""
    twins: tuple[str, ...] = ()

    @property
    def areas(self) -> tuple[Contour, ...]:
        """The contours that bound an area; points and open lines are none (DICOM-S3)."""
        return tuple(c for c in self.contours if c.closed)

    @property
    def empty(self) -> bool:
        """Listed without contours: it exists, and there is nothing of it (DICOM-S2)."""
        return not self.contours

    @property
    def volume(self) -> bool:
        """Whether it is a volume, if an empty one; markers and catheters are not (DICOM-S3)."""
        return self.empty or bool(self.areas)

    @property
    def support(self) -> bool:
        """Whether it helps to plan and is no organ or target: scored only by name (DICOM-S7)."""
        return self.type.upper() not in SCORED_TYPES or is_support_name(self.name)


@frozen
class Contours:
    """A structure set.

    rois      in the order of the file
    frames    Frame of Reference UIDs of the structure set
    series    Series Instance UIDs of the images that it was drawn on
    images    SOP Instance UIDs of those images
    label, date, approval, manufacturer   facts that results keep (DICOM-S6)
    """

    path: Path
    rois: tuple[Roi, ...]
    frames: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    images: frozenset[str] = frozenset()
    label: str = ""
    description: str = ""
    date: str = ""
    approval: str = ""
    manufacturer: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def drawn(self) -> bool:
        """Whether there is any contour that bounds an area."""
        return any(roi.areas for roi in self.rois)

    def by_number(self) -> Mapping[int, Roi]:
        """The structures by their number."""
        return {roi.number: roi for roi in self.rois}

    def by_name(self) -> Mapping[str, tuple[Roi, ...]]:
        """The structures by their raw name; several of one name are S5's error above."""
        named: dict[str, tuple[Roi, ...]] = {}
        for roi in self.rois:
            named[roi.name] = (*named.get(roi.name, ()), roi)
        return named

    def facts(self) -> dict[str, object]:
        """What results keep of the file (DICOM-S6): nothing of the patient (DICOM-X5)."""
        about = {"label": self.label, "date": self.date, "approval": self.approval,
                 "manufacturer": self.manufacturer}  # fmt: skip
        rois = {
            roi.name: {"number": roi.number, "type": roi.type, "algorithm": roi.algorithm}
            for roi in self.rois
        }
        return {**about, "rois": rois}
