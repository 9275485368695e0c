"""Whether what was read can be what it was read as (rules LAYOUTS-V3, I8, I10, I12).

A mask saved as black and white holds 0 and 255; an anti-aliased one holds everything between; the
file of one class holds one label. What cannot be told apart is refused, with both readings named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from segeval.classes.class_list import ClassList
from segeval.classes.names import shorten_name_list
from segeval.opening.open_side import OpenSide
from segeval.runtime.errors import CaseError, Note, ReadError
from segeval.runtime.inventory import ASKED, LEFT_OUT, current
from segeval.scorecard.card import OVERALL, WHOLE
from segeval.scoring.account_channels import account_channels
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.instance_ids import CODED, are_coded
from segeval.scoring.pass_plan import Job
from segeval.scoring.slab_pass import Passed
from segeval.tallies.pair_cells import Pair, PairCells, sum_pair_cells
from segeval.volume.value_kinds import LARGEST_LABEL, WHITE
from segeval.volume.value_stream import ValueKind
from segeval.volume.volume import Volume

MANY = 64
UNLISTED = "W-unknown-label"
OTHER_READINGS = "--kind labels or --classes LIST reads labels, --instances ids instances"


def list_readings(volume: Volume, kind: str = "--kind") -> str:
    """What the integers of a picture may be: shares of the largest of their type, labels or ids.

    kind  the option of its side
    """
    stored = volume.channels[0].dtype
    most = int(np.iinfo(stored).max) if stored.kind == "u" else WHITE
    return f"{kind} prob reads shares of {most}, {OTHER_READINGS}"


def read_white_as_one(
    tables: dict[Pair, PairCells],
    labels: tuple[frozenset[int], frozenset[int]],
    sides: tuple[OpenSide, OpenSide],
    passed: Passed,
    job: Job,
) -> dict[Pair, PairCells]:
    """Tables in which 255 of a binary mask is 1 (rule LAYOUTS-I8). Raises CaseError.

    labels   of both sides, as the tables have them
    returns  the same tables where nothing is to be changed
    """
    truth, pred = sides
    if truth.named and pred.named:
        return tables
    kind = job.settings.kind
    asked = (kind if kind == "labels" else "auto", kind)
    maps = [
        label_replacements(side.volume, labels[i], job.classes, asked[i])
        if passed.found[i].kind == "labels" and passed.found[i].exclusive and not side.named
        else {}
        for i, side in enumerate(sides)
    ]
    white = passed.scores is not None and passed.scores.channels <= 2 and not job.classes.known
    if white and not truth.named and labels[0] - {0, WHITE, job.classes.ignore}:
        refuse_white(truth.volume, labels[0], job.classes.ignore)
    named = truth.named or pred.named
    if asked[1] == "auto" and passed.found[1].exclusive and not (named or job.classes.known):
        refuse_shades(pred.volume, labels[1], labels[0])
    if not any(maps):
        return tables
    return {pair: sum_pair_cells([cells.relabelled(*maps)]) for pair, cells in tables.items()}


def found_labels(
    tables: Mapping[Pair, PairCells], found: tuple[ValueKind, ValueKind]
) -> tuple[frozenset[int], frozenset[int]]:
    """The labels of both sides; those of a stack of masks are the numbers of its channels."""
    truth: set[int] = set()
    pred: set[int] = set()
    for cells in tables.values():
        truth.update(cells.truth.tolist())
        pred.update(cells.pred.tolist())
    for own, side in zip((truth, pred), found, strict=True):
        if side.channels > 1 and not side.exclusive:
            own.clear()
            own.update(channel_labels(side))
        elif side.kind != "labels" and not side.exclusive:
            own.add(1)  # one channel of probabilities is class 1 whatever it holds (ACCOUNT-A4)
    return frozenset(truth), frozenset(pred)


def channel_labels(found: ValueKind) -> range:
    """The labels of channels: of masks from 1 on, of masks of which each voxel has one from 0."""
    return range(found.channels) if found.onehot else range(1, found.channels + 1)


def check_stacks(truth: OpenSide, pred: OpenSide, found: tuple[ValueKind, ValueKind]) -> None:
    """Two stacks without names have the same classes (rule LAYOUTS-P2). Raises CaseError."""
    if truth.named or pred.named or min(f.channels for f in found) == 1:
        return
    classes = [f.channels - (f.exclusive or f.onehot) for f in found]
    if classes[0] != classes[1]:
        says = [
            f"{side}: {f.channels} channels, {n} classes and "
            f"{'the background' if n < f.channels else 'no background'}"
            for side, f, n in zip(("gt", "pred"), found, classes, strict=True)
        ]
        raise CaseError(
            "the channels of the two sides are not the same classes",
            facts=(says[1], says[0]),
            help="write both with the background as channel 0, or both without it",
            status="classes_unknown",
        )


def check_names(resolved: CaseClasses) -> None:
    """`all` and `overall` mean something else in every report. Raises CaseError."""
    for target in resolved.targets:
        if target.name in (WHOLE, OVERALL):
            raise CaseError(
                f"a class is called {target.name!r}, which stands for all classes in reports",
                help="rename the class (the file, the segment, or its name in --classes)",
                status="reserved_name",
            )


def check_files(truth: OpenSide, pred: OpenSide, tables: Mapping[Pair, PairCells]) -> None:
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
                    facts=(f"labels {shorten_name_list(sorted(labels))}",),
                    help="--layout flat reads each file as a label map of its own case",
                    status="several_labels",
                )


def check_labels(  # noqa: PLR0913 - what a case turned out to hold
    sides: tuple[OpenSide, OpenSide],
    tables: Mapping[Pair, PairCells],
    resolved: CaseClasses,
    passed: Passed,
    job: Job,
    left_out: int = 0,
) -> list[Note]:
    """Count the label values of both sides; gives warnings of those that no class stands for
    (LAYOUTS-V3).

    A selection leaves them aside; else they are scored under their values (ACCOUNT-A5).

    left_out  voxels of the ground truth that are ignored, which are not in the tables
    """
    inventory, notes = current(), []
    asked_out = {job.classes.ignore, *job.classes.ignored}
    values = ", ".join(map(str, job.classes.ignored or (job.classes.ignore,)))
    scored = {v for t in resolved.targets for part in (t.truth, t.pred) for v in part.labels or ()}
    for place, word in enumerate(("gt", "pred")):
        if sides[place].named or not passed.found[place].exclusive:
            continue
        held = voxels_by_label(tables, place)
        held.pop(0, None)
        inventory.add_found("label", len(held), word)
        inventory.add_scored("label", len(scored & held.keys()), word)
        ignored = [v for v in held if v in asked_out - scored]
        if word == "gt" and left_out:
            inventory.add_found("label", 1, word)
        if ignored or (word == "gt" and left_out):
            many = len(ignored) + (word == "gt" and left_out > 0)
            inventory.set_aside("label", LEFT_OUT, (values,), ASKED, "", word, many)
        rest = [value for value in held if value not in scored and value not in ignored]
        asked = [str(v) for v in rest if v in job.classes.known]
        inventory.set_aside("label", "of classes that are not selected", asked, ASKED, "", word)
        beyond = [f"{v}: {held[v]} voxels" for v in rest if v not in job.classes.known]
        reason = "that no listed class stands for"
        inventory.set_aside("label", reason, beyond, ASKED, UNLISTED, word)
        listed = job.classes.known
        extra = [v for v in held if v in scored and listed and v not in listed]
        if extra and not job.classes.only:
            words = ", ".join(f"{v} ({held[v]} voxels)" for v in extra[:8])
            side = "ground truth" if word == "gt" else "prediction"
            text = f"the {side} holds labels that the class list does not have: {words}"
            notes.append(Note(UNLISTED, f"{text}; scored under their values"))
    return [*notes, *account_channels(sides, resolved, passed, job)]


def voxels_by_label(tables: Mapping[Pair, PairCells], side: int) -> dict[int, int]:
    """The voxels of each label value of a side, ground truth 0 or prediction 1, in order."""
    for cells in tables.values():
        return dict(cells.margins.pred if side else cells.margins.truth)
    return {}


def common_label_notes(
    labels: tuple[frozenset[int], frozenset[int]],
    stored: tuple[frozenset[int], frozenset[int]],
    passed: Passed,
) -> Iterator[Note]:
    """Say that the two sides of a case share no label; what a run of such cases is shows later.

    labels  of the ground truth and of the prediction, as they are read: 255 of a mask is 1
    stored  the same as the files hold them, which are those that `--remap-pred` names
    """
    own = [sorted(values - {0}) for values in labels]
    maps = all(found.kind == "labels" and found.exclusive for found in passed.found)
    if maps and all(own) and not set(own[0]) & set(own[1]):
        held = [sorted(values - {0}) for values in stored]
        sides = zip(("pred", "gt"), reversed(held), strict=True)
        shown = "; ".join(f"{name} {shorten_name_list(values)}" for name, values in sides)
        yield Note("N-no-common-label", shown)


def label_replacements(
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
    if volume.picture and asked in ("auto", "labels") and not classes.known:
        refuse_white(volume, labels, classes.ignore)
    return {}


def refuse_shades(pred: Volume, labels: frozenset[int], truth: frozenset[int]) -> None:
    """Refuse many values against a mask: shares of 255, or labels? Raises ReadError."""
    if len(labels) >= MANY and len(truth - {0}) <= 1:
        raise ReadError(
            f"{len(labels)} values against one of the ground truth: labels, or probabilities?",
            where=pred.path,
            facts=(
                f"values {list_first_values(labels)}",
                f"ground truth {list_first_values(truth)}",
            ),
            help=list_readings(pred),
        )


def refuse_white(volume: Volume, labels: frozenset[int], ignored: int | None) -> None:
    """Refuse 255 beside other labels: it may be either. Raises ReadError."""
    if WHITE in labels and ignored != WHITE:
        raise ReadError(
            "the value 255 stands beside other labels: ignored, or a class?",
            where=volume.path,
            facts=(f"values {list_first_values(labels)}",),
            help="--ignore-label 255 leaves it out; --classes 255=NAME names it as a class",
        )


def refuse_ramps(volume: Volume, labels: frozenset[int], ignored: int | None) -> None:
    """Refuse a picture whose values are more likely shades of grey. Raises ReadError."""
    top = max(labels - {ignored, WHITE}, default=0)
    if top >= MANY and not volume.palette:
        own = labels - {0, ignored}
        if own == {LARGEST_LABEL}:  # black and white in 16 bits
            way = f"--remap-{volume.side or 'pred'} {top}=1 reads a mask; "
        else:
            way = f"{CODED}; " if are_coded(labels, ignored) else ""
        kind = "--gt-kind" if volume.side == "gt" else "--kind"
        raise ReadError(
            f"values up to {top} without a class list: labels, or shades of grey?",
            where=volume.path,
            facts=(f"{len(labels)} values: {list_first_values(labels)}",),
            help=way + list_readings(volume, kind),
        )


def list_first_values(labels: frozenset[int], most: int = 10) -> str:
    """The first values, and how many more there are."""
    values = sorted(labels)
    more = len(values) - most
    return ", ".join(map(str, values[:most])) + (f" and {more} more" if more > 0 else "")
