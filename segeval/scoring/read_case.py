"""Every voxel of a case read once: the counts, the classes, and what was found on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from segeval.opening.open_case import COMPONENTS
from segeval.opening.open_side import OpenSide
from segeval.runtime.errors import Note
from segeval.runtime.inventory import current
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.case_stages import CaseRead, CaseStart
from segeval.scoring.checks import (
    check_files,
    check_labels,
    check_names,
    check_stacks,
    common_label_notes,
    found_labels,
    read_white_as_one,
)
from segeval.scoring.class_resolution import resolve_after_reading, stored_classes
from segeval.scoring.classes_by_value import resolve_by_value
from segeval.scoring.instance_ids import coded_ids_note, find_ids
from segeval.scoring.paired_blocks import Plan
from segeval.scoring.slab_pass import Passed, Tally, one_pass
from segeval.scoring.truth_checksums import stored_truth_labels
from segeval.tallies.count_tally import CountTally, class_counts
from segeval.volume.value_stream import ValueKind


def read_voxels(truth: OpenSide, pred: OpenSide, plan: Plan, tallies: Sequence[Tally]) -> Passed:
    """Read both sides once; masks that are held as runs are counted as such. Raises ReadError."""
    if len(tallies) == 1 and truth.volume.instances is not None:
        from segeval.scoring.run_pass import count_runs

        if (passed := count_runs(truth, pred, plan, tallies)) is not None:
            return passed
    return one_pass(truth, pred, plan, tallies)


def one_class_of_ids(*sides: OpenSide) -> Iterator[int]:
    """The one class of maps of ids, which is there where no voxel is (INSTANCES-I0)."""
    for side in sides:
        coding = side.volume.coding
        if coding is not None and not coding.divisor and not coding.classes:
            yield 1


def read_case(
    start: CaseStart, named: CaseClasses | None, tallies: Mapping[str, Tally]
) -> tuple[CaseRead, list[Note]]:
    """Read every voxel once; gives the case with its classes, and notes. Raises CaseError.

    named  the classes, where names told them before a voxel was read
    """
    truth, pred, plan, job = start.truth, start.pred, start.plan, start.job
    tally = CountTally(plan.pairs)
    passed = read_voxels(truth, pred, plan, [tally, *tallies.values()])
    whole = {pair: tally.finish(pair) for pair in plan.pairs}
    left_out = sum(cells.count_label(plan.ignored) for cells in list(whole.values())[:1])
    if left_out:
        current().meet(f"gt label {plan.ignored}")
    tables = {pair: cells.without(plan.ignored) for pair, cells in whole.items()}
    stored = stored_truth_labels(tables)
    held = found_labels(tables, passed.found)
    white = read_white_as_one(tables, held, (truth, pred), passed, job)
    check_stacks(truth, pred, passed.found)
    labels = held if white is tables else found_labels(white, passed.found)
    tables = white
    if named is None:
        told = {*one_class_of_ids(truth, pred)}
        own = {1} if is_one_channel(passed.found[1]) else ()
        met = labels[0].union(told), labels[1].union(told, own)
        resolved = resolve_by_value(passed.found, met, job.classes, job.settings.background)
    else:
        resolved = resolve_after_reading(named, (truth.named, pred.named), passed.found)
    check_names(resolved)
    check_files(truth, pred, tables)
    notes = [*(note for found in passed.found for note in found.notes)]
    notes += check_labels((truth, pred), tables, resolved, passed, job, left_out)
    notes += common_label_notes(labels, held, passed)
    maps = job.settings.instances in ("", COMPONENTS)
    if named is None and maps and not job.classes.classes:
        notes += find_ids(tables[0, 0], plan.ignored) if (0, 0) in tables else []
    flat = len(start.grid.shape) == 2
    if named is None and maps and flat and not job.classes.classes and (0, 0) in tables:
        notes += coded_ids_note(tables[0, 0], plan.ignored)
    exclusive = all(f.exclusive for f in passed.found) and not (truth.named or pred.named)
    confusion = tables[0, 0] if exclusive and (0, 0) in tables else None
    counted = class_counts(tables, resolved.targets, start.grid.voxel, confusion)
    classes = stored_classes(resolved, labels, plan.ignored)
    return CaseRead(start, passed, resolved, classes, counted, stored), notes


def is_one_channel(found: ValueKind) -> bool:
    """Whether a side is the probabilities of one class, which is there whatever they are.

    Rule ACCOUNT-A4.
    """
    return found.kind != "labels" and found.channels == 1
