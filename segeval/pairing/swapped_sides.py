"""Whether prediction and ground truth look as if they were given the wrong way round (ACCOUNT-A32).

Signs are files that only one of the two has beside it, words in names, and what structure sets say
of themselves. A sign counts where one side has it and the other has not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from segeval.pairing.side_layout import SideLayout
from segeval.runtime.errors import Note

PREDICTED = ("plans.json", "predict_from_raw_data_args.json", "inference_args.json")
TRUE_WORDS = ("gt", "groundtruth", "truth", "manual", "reference", "labelstr", "labelsts", "gtfine")
PREDICTED_WORDS = (
    *("pred", "preds", "prediction", "predictions", "predicted", "auto", "output", "outputs"),
    *("inference", "infer"),
)
LOOKED = 20  # cases whose names and headers are looked at


def swapped_sides_note(pred: Path, gt: Path, layouts: tuple[SideLayout, SideLayout]) -> list[Note]:
    """The warning that the two sides look swapped, with the reasons.

    layouts  of the prediction and of the ground truth
    """
    signs = [*side_signs(pred, gt, layouts)]
    wrong = [text for text, swapped in signs if swapped]
    if not wrong or len(wrong) <= len(signs) - len(wrong):
        return []
    text = (
        f"the two sides look swapped: {'; '.join(wrong)}. PRED comes first, then GT; "
        "--pred P --gt G says which is which"
    )
    return [Note("W-swapped-sides", text)]


def side_signs(
    pred: Path, gt: Path, layouts: tuple[SideLayout, SideLayout]
) -> Iterator[tuple[str, bool]]:
    """What tells the sides apart: in words, and whether it says that they are swapped."""
    for name in PREDICTED:
        there = [has_beside(path, name) for path in (pred, gt)]
        if there[0] != there[1]:
            side = "prediction" if there[0] else "ground truth"
            yield f"{name} of a prediction stands beside the {side}", there[1]
    raw = [(path / "labelsTr").is_dir() for path in (pred, gt)]
    if raw[0] != raw[1]:
        yield "labelsTr of a data set is in the prediction", raw[0]
    yield from words_of_names(pred, gt, layouts)
    made = [generations(layout) for layout in layouts]
    if made == [{"MANUAL"}, {"AUTOMATIC"}]:
        yield "the prediction's structures are MANUAL, the ground truth's AUTOMATIC", True
    elif made == [{"AUTOMATIC"}, {"MANUAL"}]:
        yield "the prediction's structures are AUTOMATIC, the ground truth's MANUAL", False
    approved = [approvals(layout) for layout in layouts]
    if approved[0] and approved[1] and approved[0].isdisjoint(approved[1]):
        if approved[0] == {"APPROVED"}:
            yield "the prediction's structure sets are APPROVED, the ground truth's are not", True
        elif approved[1] == {"APPROVED"}:
            yield "the ground truth's structure sets are APPROVED", False


def has_beside(path: Path, name: str) -> bool:
    """Whether a folder, or that of a file, has a file."""
    return os.path.isfile(os.path.join(path if path.is_dir() else path.parent, name))


def words_of_names(
    pred: Path, gt: Path, layouts: tuple[SideLayout, SideLayout]
) -> Iterator[tuple[str, bool]]:
    """What the names of folders and files say of the sides."""
    names = [[entry.name for entry in layout.entries[:LOOKED]] for layout in layouts]
    for what, ours, theirs in (
        ("folder of the {} is called", [pred.name], [gt.name]),
        ("files of the {} are called", names[0], names[1]),
    ):
        for words, swapped in ((TRUE_WORDS, True), (PREDICTED_WORDS, False)):
            mine, other = common_word(ours, words), common_word(theirs, words)
            if mine and not other:
                yield f"the {what.format('prediction')} {mine!r}", swapped
            elif other and not mine:
                yield f"the {what.format('ground truth')} {other!r}", not swapped


def common_word(names: Sequence[str], words: Iterable[str]) -> str:
    """The word that all names have; "" where none is in all of them."""
    if not names:
        return ""
    split = [set(re.split(r"[^a-z]+", name.lower())) for name in names]
    return next((word for word in words if all(word in parts for parts in split)), "")


def approvals(layout: SideLayout) -> set[str]:
    """What the structure sets of a side say of their approval."""
    sets = (one for entry in layout.entries[:LOOKED] for one in entry.side.sets)
    return {one.approval for one in sets if one.approval}


def generations(layout: SideLayout) -> set[str]:
    """How the structures of a side were made, by what their files say."""
    sets = (one for entry in layout.entries[:LOOKED] for one in entry.side.sets)
    return {way for one in sets for way in one.generation}
