"""Whether what was read can be what it was read as (rules V3, I8, I10, I12).

A mask saved as black and white holds 0 and 255; an anti-aliased one holds everything between; the
file of one class holds one label. What cannot be told apart is refused, with both readings named.
"""

from __future__ import annotations

from collections.abc import Mapping

from segeval.classes import ClassList
from segeval.errors import CaseError, Note, ReadError
from segeval.onepass import Passed, Plan
from segeval.planning import Job
from segeval.sides import Opened
from segeval.tallies.counts import Cells, Pair, joined
from segeval.targets import listed, unlisted
from segeval.volumes import Volume

WHITE = 255
MANY = 64
READINGS = (
    "--kind prob reads shares of 255 (--threshold cuts them), "
    "--kind labels or --classes reads labels"
)


def plain(
    tables: Mapping[Pair, Cells], truth: Opened, pred: Opened, passed: Passed, job: Job
) -> dict[Pair, Cells]:
    """Tables in which 255 of a binary mask is 1 (rule I8). Raises CaseError."""
    if truth.named or pred.named:
        return dict(tables)
    labels = found_labels(tables)
    asked = ("auto" if job.settings.gt_kind == "labels" else "prob", job.settings.kind)
    maps = [
        plain_labels(side.volume, labels[i], job.classes, asked[i])
        if passed.found[i].kind == "labels" and passed.found[i].exclusive
        else {}
        for i, side in enumerate((truth, pred))
    ]
    if asked[1] == "auto" and passed.found[1].exclusive and not job.classes.known:
        refuse_shades(pred.volume, labels[1], labels[0])
    return {pair: joined([cells.relabelled(*maps)]) for pair, cells in tables.items()}


def found_labels(tables: Mapping[Pair, Cells]) -> tuple[frozenset[int], frozenset[int]]:
    """The labels of both sides; those of a stack of masks are the numbers of its channels."""
    truth: set[int] = set()
    pred: set[int] = set()
    stacks = [len({pair[side] for pair in tables}) > 1 for side in (0, 1)]
    for (t, p), cells in tables.items():
        truth |= {t + 1} if stacks[0] else set(cells.truth.tolist())
        pred |= {p + 1} if stacks[1] else set(cells.pred.tolist())
    return frozenset(truth), frozenset(pred)


def check_files(truth: Opened, pred: Opened, tables: Mapping[Pair, Cells]) -> None:
    """The file of one class holds one label. Raises CaseError."""
    for side, opened_side in enumerate((truth, pred)):
        if not opened_side.volume.paths:
            continue
        for pair, cells in tables.items():
            labels = set((cells.pred if side else cells.truth).tolist()) - {0}
            if pair[side] >= 0 and len(labels) > 1:
                raise CaseError(
                    f"the file of one class holds {len(labels)} labels",
                    where=opened_side.volume.file(pair[side]),
                    facts=(f"labels {listed(sorted(labels))}",),
                    help="--layout flat reads each file as a label map of its own case",
                    status="several_labels",
                )


def check_labels(
    truth: Opened, pred: Opened, tables: Mapping[Pair, Cells], job: Job, plan: Plan
) -> list[Note]:
    """Labels that the class list does not have (rule V3). Raises CaseError for the ground truth."""
    labels = found_labels(tables)
    if not truth.named and (extra := unlisted(labels[0], job.classes, plan.ignored)):
        raise CaseError(
            f"the ground truth holds labels that the class list does not have: {listed(extra)}",
            where=truth.volume.path,
            facts=(f"the list has {listed(sorted(job.classes.known), 20)}",),
            help=f"name it (--classes {extra[0]}=NAME) or leave it out (--ignore-label {extra[0]})",
            status="unknown_label",
        )
    if not pred.named and (extra := unlisted(labels[1], job.classes, plan.ignored)):
        text = f"the prediction holds labels that the class list does not have: {listed(extra)}"
        return [Note("N-unknown-label", text)]
    return []


def plain_labels(
    volume: Volume, labels: frozenset[int], classes: ClassList, asked: str
) -> dict[int, int]:
    """How found labels are to be read: 255 of a binary mask is 1. Raises ReadError.

    asked  the kind that the user named for this side, or auto
    """
    named = classes.known | {classes.ignore}
    if WHITE in labels and WHITE not in named and labels <= {0, WHITE}:
        return {WHITE: 1}
    if volume.picture and asked == "auto" and not classes.known:
        refuse_ramps(volume, labels, classes.ignore)
    return {}


def refuse_shades(pred: Volume, labels: frozenset[int], truth: frozenset[int]) -> None:
    """Refuse many values against a mask: shares of 255, or labels? Raises ReadError."""
    if len(labels) >= MANY and len(truth - {0}) <= 1:
        raise ReadError(
            f"{len(labels)} values against one of the ground truth: labels, or probabilities?",
            where=pred.path,
            facts=(f"values {first(labels)}", f"ground truth {first(truth)}"),
            help=READINGS,
        )


def refuse_ramps(volume: Volume, labels: frozenset[int], ignored: int | None) -> None:
    """Refuse a picture whose values are more likely something else. Raises ReadError."""
    if WHITE in labels and ignored != WHITE:
        raise ReadError(
            "the value 255 stands beside other labels: ignored, or a class?",
            where=volume.path,
            facts=(f"values {first(labels)}",),
            help="--ignore-label 255 leaves it out; --classes names it as a class",
        )
    top = max(labels - {ignored}, default=0)
    if top >= MANY and not volume.palette:
        raise ReadError(
            f"values up to {top} without a class list: labels, or shades of grey?",
            where=volume.path,
            facts=(f"{len(labels)} values: {first(labels)}",),
            help=READINGS,
        )


def first(labels: frozenset[int], most: int = 10) -> str:
    """The first values, and how many more there are."""
    values = sorted(labels)
    more = len(values) - most
    return ", ".join(map(str, values[:most])) + (f" and {more} more" if more > 0 else "")
