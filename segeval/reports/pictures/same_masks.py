"""Whether a case is what was scored, so that its pictures are of its numbers (REPORT-T24).

Files are compared by what they hold: a copy has another time of change and is the same file. A
ground truth that was packed anew is known by the checksums of its labels (ACCOUNT-A36). Masks that
are read from the same files may still be others, where contours are drawn on other images.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from segeval.pairing.cases import Case
from segeval.runtime.errors import CaseError
from segeval.scorecard.card import CaseResult
from segeval.scoring.case_stages import CaseRead
from segeval.scoring.fingerprint import SIDES, case_stamps
from segeval.scoring.truth_checksums import describe_truth

CHANGED = {
    ("gt",): "the ground truth changed since it was scored",
    ("pred",): "the prediction changed since it was scored",
    SIDES: "the files changed since they were scored",
}
REDRAWN = "the contours are drawn on other images than when they were scored; --images names those"


def find_doubts(known: CaseResult, case: Case) -> frozenset[str] | None:
    """The sides whose files are not those that were scored; None where all is the same.

    Raises CaseError where it is the prediction, of which nothing else is known.
    """
    if case.pred is None and "pred" in known.stamps:
        raise CaseError("the prediction is not there any more")
    whole, sides, _ = case_stamps(case)
    if not (known.fingerprint and whole) or whole == known.fingerprint:
        return None
    if not known.stamps:  # of an earlier version: its fingerprint has the times of change
        return frozenset(SIDES)
    changed = frozenset(side for side in SIDES if sides.get(side) != known.stamps.get(side))
    if "pred" in changed:
        raise changed_error(changed)
    return changed


def check_same_masks(known: CaseResult, read: CaseRead, doubted: Collection[str]) -> None:
    """Compare masks with those that were scored. Raises CaseError.

    known    what is known of the case
    read     the case, read again
    doubted  the sides whose files are others
    """
    if "gt" in doubted and known.gt_checksums and known.gt_checksums != describe_truth(read)[1]:
        raise changed_error({"gt"})
    if "gt" in doubted and not known.gt_checksums and known.stamps:
        raise changed_error({"gt"})
    drawn = read.start.truth.drawn is not None or read.start.pred.drawn is not None
    if (grids := _describe_other_grid(known, read)) or _other_counts(known, read):
        if not grids:
            raise CaseError(REDRAWN) if drawn else changed_error(_other_counts(known, read))
        why = REDRAWN if drawn else "the masks lie on another grid than when they were scored"
        raise CaseError(f"{why} ({grids})")


def changed_error(sides: Collection[str]) -> CaseError:
    """The error where files are not those that were scored."""
    return CaseError(CHANGED[tuple(side for side in SIDES if side in sides)])


def _describe_other_grid(known: CaseResult, read: CaseRead) -> str:
    """The grid of the case and that of its numbers; "" where they are alike."""
    grid, facts = read.start.grid, known.facts
    own: dict[str, Any] = {"shape": list(reversed(grid.shape))}
    if grid.spacing:
        own["spacing"] = [round(side, 6) for side in reversed(grid.spacing)]
    for name, value in own.items():
        was = [round(side, 6) for side in facts.get(name) or ()]
        if was and was != value:
            return f"{name} {_format_row(value)}, scored {_format_row(was)}"
    return ""


def _format_row(values: Collection[float]) -> str:
    return "x".join(f"{value:g}" for value in values)


def _other_counts(known: CaseResult, read: CaseRead) -> set[str]:
    """The sides that have another number of voxels than was scored in a class."""
    kept = known.tallies.get("counts", {}).get("classes", {})
    found: set[str] = set()
    for name, row in zip(read.counts.classes, read.counts.table.tolist(), strict=True):
        if (was := kept.get(name)) is None or list(was[:3]) == row[:3]:
            continue
        other = {side for side, place in (("pred", 1), ("gt", 2))
                 if was[0] + was[place] != row[0] + row[place]}  # fmt: skip
        found |= other or set(SIDES)
    return found
