"""Series of frames in one file (`--frames`): each frame is a case of its own, `case@t03`.

Rule ACCOUNT-A16.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from segeval.pairing.cases import Case, CaseFiles
from segeval.readers.registry import open_volume
from segeval.runtime.errors import CaseError, RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import KNOWN, Inventory, current, keep_inventory, on_side
from segeval.volume.read_options import ReadOptions


def expand_frames(cases: Iterable[Case], reading: ReadOptions) -> list[Case]:
    """Every frame of every case as a case; one that cannot be opened stays as it is.

    reading  how files are opened
    Raises RequestError where no file of the ground truth is a series: nothing would be done.
    """
    found, plain = list[Case](), True
    for case in cases:
        count = count_frames(case.truth, reading, "gt")
        plain = plain and count == 1
        found += split_case(case, count, reading)
    if found and plain:
        raise RequestError(
            "--frames: no file of the ground truth is a series of frames",
            facts=(f"{found[0].truth.shown} holds one map",),
            help="leave out --frames; of a series of the prediction keep the one frame that the "
            "ground truth is of, and write it as a file",
        )
    return found


def split_case(case: Case, count: int | None, reading: ReadOptions) -> Iterator[Case]:
    """The frames of a case; where one side is a series and the other is none, all are faulty.

    count  frames of the ground truth; None where nothing tells
    """
    counts, many = (count, count_frames(case.pred, reading, "pred")), count or 1
    if many < 2 and (counts[1] or 1) < 2:
        yield case
        return
    pred = case.pred
    if pred is not None and counts[1] is not None and counts[0] != counts[1]:
        if 1 in counts:
            case = replace(case, pred=replace(pred, faults={"": other_frames_error(case, counts)}))
        elif counts[1] > many:
            names = [f"{pred.shown}@t{frame:02}" for frame in range(many, counts[1])]
            current().add_found("frame", len(names), "pred")
            current().set_aside("frame", "without ground truth", names, KNOWN, "", "pred")
    if many < 2:
        yield case
        return
    digits = max(2, len(str(many - 1)))
    for frame in range(many):
        yield replace(
            case,
            id=f"{case.id}@t{frame:0{digits}}",
            truth=replace(case.truth, frame=frame),
            pred=None if case.pred is None else replace(case.pred, frame=frame),
        )


def other_frames_error(case: Case, counts: tuple[int | None, int | None]) -> CaseError:
    """The error for two files that are not series of as many frames.

    counts  frames of the ground truth and of the prediction
    """
    truth, pred = counts
    shown = "" if case.pred is None else case.pred.shown
    return CaseError(
        f"the prediction has {count_frames_in_words(pred)} and the ground truth "
        f"{count_frames_in_words(truth)}",
        facts=(f"pred {shown}", f"gt {case.truth.shown}", "both need the same frames"),
        status="geometry_mismatch",
    )


def count_frames_in_words(count: int | None) -> str:
    """How many frames there are."""
    return "1 frame" if count == 1 else f"{count} frames"


def count_frames(side: CaseFiles | None, reading: ReadOptions, name: str) -> int | None:
    """The frames of the file of a side; None where it is no single file that can be opened.

    name  gt or pred
    """
    if side is None or set(side.files) != {""} or side.scores is not None or side.faults:
        return None
    path: Path = side.files[""]
    try:
        with keep_inventory(Inventory()), on_side(name):  # it is counted where it is scored
            return len(open_volume(path, reading).channels)
    except (CaseError, OSError):
        return None  # scoring says what is wrong
