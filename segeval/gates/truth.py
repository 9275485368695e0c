"""Whether a baseline was scored against the same ground truth (ACCOUNT-A36).

Every case holds the voxels of its ground truth by class, and where it could be had a checksum of
its labels. Where they are others, a better or worse number may come of the truth alone, so nothing
is judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from segeval.runtime.errors import Note
from segeval.runtime.frozen import frozen
from segeval.scorecard.card import CaseResult, Scorecard
from segeval.statistics.shared_cases import SharedCases

EXAMPLES = 3
OTHER_TRUTH = "other_truth"


@frozen
class TruthCheck:
    """What comes of it: cases with another ground truth, in words, and how many there are.

    unknown  cases of which a file does not say what its ground truth was
    """

    differing: tuple[str, ...] = ()
    number: int = 0
    unknown: int = 0

    @property
    def text(self) -> str:
        """The cases in one sentence; "" where all have the same."""
        if not self.number:
            return ""
        case = "1 case has" if self.number == 1 else f"{self.number} cases have"
        more = f" and {self.number - EXAMPLES} more" if self.number > EXAMPLES else ""
        where = "; ".join(self.differing) + more
        return f"{OTHER_TRUTH}: {case} another ground truth than the baseline: {where}"


def compare_truth(card: Scorecard, baseline: Scorecard, cases: SharedCases) -> TruthCheck:
    """Compare the ground truths of two runs over the cases that both scored.

    A class that one of them lacks has no voxels there, unless the runs chose other classes.
    """
    same = card.fields.get("classes") == baseline.fields.get("classes")
    same = same and not (card.foreign or baseline.foreign)  # others have what they were asked for
    differing: list[str] = []
    number, unknown = 0, 0
    for mine, theirs in cases:
        if not (mine.gt_voxels and theirs.gt_voxels) or _drawn_on_two_grids(mine, theirs):
            unknown += 1
        elif found := next(_differences(mine, theirs, same), ""):
            number += 1
            if len(differing) < EXAMPLES:
                differing.append(found)
    return TruthCheck(tuple(differing), number, unknown)


def _drawn_on_two_grids(mine: CaseResult, theirs: CaseResult) -> bool:
    """Whether the ground truth is contours, which have no grid of their own, drawn on two grids."""
    grids = [(one.facts.get("shape"), one.facts.get("spacing")) for one in (mine, theirs)]
    drawn = any("gt" in one.facts.get("structures", {}) for one in (mine, theirs))
    return drawn and grids[0] != grids[1]


def _differences(mine: CaseResult, theirs: CaseResult, same: bool) -> Iterator[str]:
    """The classes of a case whose ground truth has other voxels, in words."""
    one, other = mine.gt_voxels, theirs.gt_voxels
    unsure = {*mine.facts.get("faults", {}), *theirs.facts.get("faults", {})}
    for name in dict.fromkeys([*one, *other]):
        both = name in one and name in other
        if name not in unsure and (both or same) and one.get(name, 0) != other.get(name, 0):
            here, there = one.get(name, 0), other.get(name, 0)
            yield f"{mine.case} (class {name}: {here} voxels here, {there} there)"
    for name, own in mine.gt_checksums.items():
        if name not in unsure and differ_in_place(own, theirs.gt_checksums.get(name, "")):
            what = f"class {name}" if name else "every class"
            yield f"{mine.case} ({what}: as many voxels here as there, in other places)"


def differ_in_place(own: str, other: str) -> bool:
    """Whether two checksums say that labels which lie alike are not the same."""
    return own != other and own.partition("-")[0] == other.partition("-")[0]


def unknown_truth_note(unknown: int, where: str) -> Note:
    """The warning that nothing says which ground truth a baseline had."""
    cases = "1 case" if unknown == 1 else f"{unknown} cases"
    text = f"the ground truth of {cases} cannot be compared: the results do not hold its voxels"
    return Note("W-unknown-truth", text, where)
