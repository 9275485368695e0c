"""What is said of a pairing: the sentence before the work, notes and warnings.

Rules LAYOUTS-P4, LAYOUTS-M4, M6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from segeval.runtime.errors import Note

KINDS = {
    "case-folders": "a folder a case",
    "class-folders": "a folder a class",
    "class-files": "a file a class, named in the file name",
    "one-case": "the folder is one case",
    "patients": "DICOM",
    "coco": "a COCO file, a case an image",
    "points": "a table of points",
}


class ReadLayout(Protocol):
    """A side as its layout was read."""

    @property
    def kind(self) -> str:
        """A word of `--layout`, or `file`."""

    @property
    def a_file_a_class(self) -> bool:
        """Whether classes have files of their own."""

    @property
    def images(self) -> int:
        """Files that are images and no masks."""


def count_with_noun(count: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def first_names(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def pairing_sentence(
    cases: int, missing: int, how: str, extra: int, layouts: tuple[ReadLayout, ReadLayout]
) -> str:
    """Say what was paired, how, and what was left over (LAYOUTS-P4).

    missing  cases without a prediction
    extra    predictions without ground truth
    layouts  of the prediction and of the ground truth
    """
    done = f"paired {cases - missing} of {count_with_noun(cases, 'case')}"
    left = []
    if missing:
        have = "has" if missing == 1 else "have"
        left.append(f"{count_with_noun(missing, 'ground-truth case')} {have} no prediction")
    if extra:
        have = "has" if extra == 1 else "have"
        left.append(f"{count_with_noun(extra, 'prediction')} {have} no ground truth")
    left += [words for words in describe_layouts(layouts) if words]
    return f"{done} {how}" + (f" ({'; '.join(left)})" if left else "")


def describe_layouts(layouts: tuple[ReadLayout, ReadLayout]) -> list[str]:
    """How each side was read, where that is not a label map a case; once if both are alike."""
    pred, gt = (describe_layout(layout) for layout in layouts)
    if pred == gt:
        words = [pred]
    else:
        words = [f"{side}: {text}" for side, text in (("pred", pred), ("gt", gt)) if text]
    if any(layout.kind == "one-case" for layout in layouts):
        words.append("--layout flat reads a case a file")
    images = sum(layout.images for layout in layouts)
    return [*words, f"{count_with_noun(images, 'image file')} left aside" if images else ""]


def describe_layout(layout: ReadLayout) -> str:
    """How a side was read; "" for a label map a case."""
    words = KINDS.get(layout.kind, "")
    if layout.a_file_a_class and layout.kind in ("case-folders", "one-case"):
        return f"{words}, a file a class"
    return words


def extra_note(extra: Sequence[str]) -> list[Note]:
    """The note on predictions without ground truth (LAYOUTS-M4)."""
    if not extra:
        return []
    have = "has" if len(extra) == 1 else "have"
    text = (
        f"{count_with_noun(len(extra), 'prediction')} {have} no ground truth: {first_names(extra)}"
    )
    return [Note("N-extra-prediction", text)]
