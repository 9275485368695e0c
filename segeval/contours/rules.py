"""The choices there are in drawing, and the voice that says what came of them."""

from __future__ import annotations

from collections import Counter

from segeval.contours.structure_set import Roi
from segeval.runtime.errors import CaseError, Note
from segeval.runtime.frozen import frozen


@frozen
class DrawingRules:
    """How contours are drawn, where there is a choice.

    boundary  centre, or inclusive: a centre on the border is inside (DICOM-R12)
    overlap   parity, or union of contours that cross (DICOM-R5)
    gaps      none, nearest or shape: planes missing between drawn ones (DICOM-R7)
    bad       error, or skip contours whose numbers are bad (DICOM-S4)
    """

    boundary: str = "centre"
    overlap: str = "parity"
    gaps: str = "none"
    bad: str = "error"


class NoteCollector:
    """Collects what is to be said of one structure."""

    def __init__(self, roi: Roi, where: str) -> None:
        self.roi, self.where = roi, where
        self.notes: list[Note] = []
        self.left: Counter[tuple[str, str]] = Counter()
        self.planes = 0

    def __call__(self, code: str, text: str) -> None:
        self.notes.append(Note(code, f"{self.roi.name}: {text}", self.where))

    def leave(self, kind: str, status: str, count: int) -> None:
        """Count contours or planes that no value stands for, for the inventory (ACCOUNT-A1)."""
        self.left[kind, status] += count

    def error(self, message: str, status: str, help: str = "") -> CaseError:
        """The error that stops this structure."""
        text = f"{self.roi.name} (ROI {self.roi.number}): {message}"
        return CaseError(text, where=self.where, help=help, status=status)


def count_phrase(count: int, thing: str) -> str:
    """A count with its thing: 1 contour, 3 contours."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
