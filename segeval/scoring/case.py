"""A case becomes rows: open both sides, read them once, finish the tallies, ask every metric."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.opening.open_case import COMPONENTS, open_case
from segeval.opening.open_side import OpenSide
from segeval.pairing.cases import Case
from segeval.pairing.outputs import check_outputs_complete
from segeval.runtime.errors import CaseError, Note, PairingError, ReadError, SegevalError
from segeval.runtime.frozen import replace
from segeval.runtime.interrupts import stop_if_interrupted
from segeval.runtime.inventory import Inventory, current, keep_inventory
from segeval.runtime.memory_budget import PROGRAM_BYTES, format_mib
from segeval.scorecard.card import (
    BY_NAME,
    BY_VALUE,
    CLASSES_BY,
    NOWHERE,
    UNMET,
    WHOLE,
    CaseResult,
    Row,
)
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
from segeval.scoring.class_resolution import (
    CaseClasses,
    resolve_after_reading,
    resolve_by_value,
    stored_classes,
)
from segeval.scoring.fingerprint import case_stamps, first_difference, overwrite_error, states
from segeval.scoring.finish_tallies import (
    FinishedTallies,
    begin_tallies,
    finish_tallies,
    has_to_be_opened,
    kept_over_budget,
    metrics_of_channels,
    read_files,
    report_tallies,
    tallies_of,
)
from segeval.scoring.instance_ids import coded_ids_note, find_ids
from segeval.scoring.paired_blocks import Plan
from segeval.scoring.pass_plan import Job, TallyRequest, is_watched, planned
from segeval.scoring.points import check_points, point_kinds
from segeval.scoring.rows import OVER_BUDGET, rows
from segeval.scoring.slab_pass import Passed, Tally, one_pass
from segeval.scoring.truth_checksums import describe_truth, stored_truth_labels
from segeval.tallies.counts import CountTally, class_counts
from segeval.volume.instances import RoiMasks
from segeval.volume.value_stream import ValueKind

if TYPE_CHECKING:
    from segeval.request.settings import Settings
    from segeval.scoring.surfaces_by_class import ParallelMap


def score_case(case: Case, job: Job, share: ParallelMap = map) -> CaseResult:
    """Score one case; whatever goes wrong becomes the case's status, not an exception.

    share  may measure classes in other processes
    """
    return account_case(case, lambda: score_unchanged(case, job, share))


def score_unchanged(case: Case, job: Job, share: ParallelMap) -> CaseResult:
    """The result of a case of files that nobody changed meanwhile. Raises CaseError.

    share  may measure classes in other processes
    """
    # of the files that are read, not of later ones
    (whole, sides), before = case_stamps(case), states(case)
    result = replace(scored_case(case, job, share), fingerprint=whole, stamps=sides)
    if changed := first_difference(before, states(case)):
        raise overwrite_error(changed)
    return result


def account_case(case: Case, score: Callable[[], CaseResult]) -> CaseResult:
    """What came of a case with its inventory, or why it was not scored; nothing is raised.

    score  gives the result of a case that can be scored
    """
    with keep_inventory(Inventory()) as inventory:
        find_files(case, inventory)
        try:
            result = score()
            inventory.add_scored("case")
            inventory.add_rest("file")
            inventory.add_rest("frame")
        except CaseError as problem:
            result = make_unscored_case(case, problem)
            inventory.close(problem.status)
        except (OSError, MemoryError, RecursionError) as problem:  # of machine or files, no bug
            error = machine_error(problem)
            result = make_unscored_case(case, error)
            inventory.close(error.status)
        except Exception as problem:  # a bug must not take the other cases with it
            text = f"{type(problem).__name__}: {problem}"
            bug = SegevalError(text, help="this is a bug: report it")
            import traceback

            result = replace(make_unscored_case(case, bug), trace=traceback.format_exc())
            inventory.close(bug.status)
    stop_if_interrupted()  # what was broken off is no fault of the case
    return replace(result, inventory=inventory.to_json())


def machine_error(problem: OSError | MemoryError | RecursionError) -> ReadError:
    """What the machine cannot do for a case: files that it cannot read, or open at once; memory."""
    if isinstance(problem, RecursionError):
        return ReadError("a file of the case is nested too deeply")
    if isinstance(problem, MemoryError):
        text = f"there is not enough memory ({problem})" if str(problem) else "no memory is left"
        return ReadError(text, help="a file may be damaged so that it seems to be of any size")
    help = ""
    if problem.errno == errno.EMFILE:
        help = "a limit of open files is set: `ulimit -n 4096` raises it"
    return ReadError(problem.strerror or str(problem), where=problem.filename or "", help=help)


def find_files(case: Case, inventory: Inventory) -> None:
    """Count the case and the files that it is made of."""
    inventory.add_found("case")
    for side, files in (("gt", case.truth), ("pred", case.pred)):
        if files is not None and files.many:
            inventory.add_found("file", files.many, side)
        if files is not None and files.frame is not None:
            inventory.add_found("frame", 1, side)


def blank(case: Case) -> CaseResult:
    """What a case says of itself before it is scored."""
    return CaseResult(
        case.id,
        side_path(case, "pred"),
        side_path(case, "gt"),
        group=case.group,
        patient=case.patient,
    )


def side_path(case: Case, side: str) -> str:
    """The path of a side in reports, relative to its root."""
    files = case.pred if side == "pred" else case.truth
    return "" if files is None else files.shown


def make_unscored_case(case: Case, problem: SegevalError) -> CaseResult:
    """A case that was not scored, with what is wrong."""
    error: dict[str, Any] = {
        "message": problem.message,
        "where": relative(problem.where, case),
        "facts": [relative(fact, case) for fact in problem.facts],
        "help": problem.help,
    }
    if side := side_of_file(problem.where, case):
        error["side"] = side
    row = Row(case.id, "", "", np.nan, "", problem.status, "", case.group)
    return replace(blank(case), rows=(row,), status=problem.status, error=error)


def side_of_file(where: str, case: Case) -> str:
    """Which side of a case a file is of, gt or pred; "" where it is of neither, or of both."""
    found = []
    for name, files in (("gt", case.truth), ("pred", case.pred)):
        if files is not None:
            paths = [*files.files.values(), *(one.path for one in files.sets)]
            paths += [files.scores] if files.scores is not None else []
            found += [name] if where in map(str, paths) else []
    return found[0] if len(found) == 1 else ""


def relative(text: str, case: Case) -> str:
    """A text without the folders that the user named: paths are relative to the roots."""
    for files in (case.pred, case.truth):
        if files is not None:
            text = text.replace(f"{files.root}/", "")
    return text


def scored_case(case: Case, job: Job, share: ParallelMap = map) -> CaseResult:
    """The result of a case that can be scored. Raises CaseError."""
    check_prediction(case, job.settings)
    requests = tallies_of(job)
    of_files = read_files(case, job, requests)
    if not has_to_be_opened(job, requests):
        return scored_files(case, job, of_files)
    truth, pred = open_case(case, job.own_settings, job.classes)
    return score_sides(case, truth, pred, job, of_files, share)


def check_prediction(case: Case, settings: Settings) -> None:
    """Whether there is a prediction, with all of its outputs. Raises PairingError."""
    if case.pred is None and settings.missing != "worst":
        raise PairingError(
            "there is no prediction",
            facts=(f"ground truth {case.truth.shown}",),
            help="--missing worst scores it as empty, --missing skip accepts it",
        )
    check_outputs_complete(case, settings)


def scored_files(case: Case, job: Job, of_files: Mapping[str, Any]) -> CaseResult:
    """The result of a case of which no metric reads more than files of its own."""
    finished = FinishedTallies(None, of_files)
    return replace(
        blank(case),
        rows=tuple(rows(case, finished, CaseClasses((), ()), job)),
        tallies=finished.kept(),
    )


def score_sides(  # noqa: PLR0913 - what a case is scored with
    case: Case,
    truth: OpenSide,
    pred: OpenSide,
    job: Job,
    of_files: Mapping[str, Any] | None = None,
    share: ParallelMap = map,
) -> CaseResult:
    """The result of a case whose sides are open and on one grid. Raises CaseError."""
    requests = tallies_of(job)
    check_points(truth, pred, job)
    plan, named = planned(truth, pred, job, metrics_of_channels(job))
    start = CaseStart(case, truth, pred, plan, job)
    begun = begin_tallies(start, requests)
    read, checked = read_case(start, named, begun)
    finished = finish_tallies(begun, read, requests, of_files or {}, share)
    said, known = report_tallies(finished, read, requests)
    notes = (*truth.volume.notes, *pred.volume.notes, *checked, *said, *read.resolved.notes)
    if named is not None and not (named.targets or named.skipped or named.faults):
        text = "nothing is scored: no structure of either side is a class"
        notes = (*notes, Note("W-no-class", f"{text}; --classes NAME scores one by its name"))
    found = tuple(rows(case, finished, read.resolved, job))  # surfaces are measured here
    count_scored_classes(read.resolved, found)
    voxels, checksums = describe_truth(read)
    spare: tuple[Row, ...] = ()
    if left := find_unmet(read):
        known[UNMET] = left
    if read.resolved.nowhere:
        known[NOWHERE] = list(read.resolved.nowhere)
    if not job.classes.only:
        from segeval.scoring.absent_classes import spare_rows

        spare = spare_rows(read, begun, requests) if named is None else ()
        known[CLASSES_BY] = BY_VALUE if named is None else BY_NAME
    return replace(
        blank(case),
        rows=found,
        spare=spare,
        classes=tuple(t.name for t in read.resolved.targets),
        gt_voxels=voxels,
        gt_checksums=checksums,
        tallies=finished.kept(),
        facts=case_facts(read) | known | faults(read.resolved, finished, requests, job),
        notes=tuple(replace(note, where=case.id) for note in notes),
    )


def find_unmet(read: CaseRead) -> list[str]:
    """The parts of the request that the case has nothing for; none is looked for where there is
    none."""
    job = read.start.job
    if not (is_watched(job.settings) or job.classes.remarks):
        return []
    from segeval.scoring.unmet_settings import unmet_settings

    return unmet_settings(read)


def count_scored_classes(resolved: CaseClasses, found: Sequence[Row]) -> None:
    """Count the classes of a case, and what became of each by its rows."""
    inventory = current()
    many = len(resolved.targets) + len(resolved.skipped) + len(resolved.faults)
    inventory.add_found("class", many, "")
    valued_classes = {r.class_ for r in found if r.metric} - {WHOLE}
    only_whole = not valued_classes and any(r.metric for r in found)
    scored_classes = len(resolved.targets) if only_whole else len(valued_classes)
    inventory.add_scored("class", scored_classes, "")
    for r in found:
        if not r.metric:
            inventory.add_unscored("class", r.status, 1, "")


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
    tables = read_white_as_one(tables, truth, pred, passed, job)
    check_stacks(truth, pred, passed.found)
    labels = found_labels(tables, passed.found)
    if named is None:
        told = frozenset(one_class_of_ids(truth, pred))
        own = frozenset([1]) if is_one_channel(passed.found[1]) else frozenset()
        met = labels[0] | told, labels[1] | told | own
        resolved = resolve_by_value(passed.found, met, job.classes, job.settings.background)
    else:
        resolved = resolve_after_reading(named, (truth.named, pred.named), passed.found)
    check_names(resolved)
    check_files(truth, pred, tables)
    notes = [*(note for found in passed.found for note in found.notes)]
    notes += check_labels((truth, pred), tables, resolved, passed, job, left_out)
    notes += common_label_notes(labels, held, passed)
    if named is None and not job.settings.instances and not job.classes.classes:
        notes += find_ids(tables[0, 0], plan.ignored) if (0, 0) in tables else []
    flat, maps = len(start.grid.shape) == 2, job.settings.instances in ("", COMPONENTS)
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


def case_facts(read: CaseRead) -> dict[str, Any]:
    """What was found, for whoever has to trust the numbers."""
    truth, pred, grid = read.start.truth, read.start.pred, read.start.grid
    found = read.passed.found
    kinds = {"pred": found[1].kind, "gt": found[0].kind}
    kept: dict[str, Any] = {"kind": kinds | point_kinds(truth, pred)}
    if len(point_kinds(truth, pred)) < len(kinds):  # else there is no grid
        shape, spacing = (list(reversed(own or ())) for own in (grid.shape, grid.spacing))
        kept = {"shape": shape, "spacing": spacing or None} | kept
    if pred.scores is not None:
        kept["scores"] = Path(pred.scores.path).name
    named = {"pred": pred.facts, "gt": truth.facts}
    if structures := {side: dict(own) for side, own in named.items() if own}:
        kept["structures"] = structures
    if isinstance(pred.volume.regions, RoiMasks):
        kept["rois"] = pred.volume.regions.facts()
    return kept


def faults(
    resolved: CaseClasses, finished: FinishedTallies, requests: Sequence[TallyRequest], job: Job
) -> dict[str, Any]:
    """The classes that cannot be scored and what there was no memory for, and why."""
    found = {
        name: {"status": f.status, "message": f.message, "facts": list(f.facts), "help": f.help}
        for name, f in resolved.faults.items()
    }
    for name, size in kept_over_budget(finished, requests).items():
        found[name] = {
            "status": OVER_BUDGET,
            "message": f"would take {format_mib(size)} "
            f"beside the {format_mib(PROGRAM_BYTES)} of the program",
            "facts": [f"--max-memory is {format_mib(job.settings.budget)}"],
            "help": f"--max-memory {format_mib(size + PROGRAM_BYTES).replace(' ', '')}, "
            "or fewer metrics",
        }
    return {"faults": found} if found else {}
