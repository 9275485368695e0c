"""A case becomes rows: open both sides, read them once, finish the tallies, ask every metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from segeval.opening.open_case import open_case
from segeval.opening.open_side import OpenSide
from segeval.pairing.cases import Case
from segeval.pairing.outputs import check_outputs_complete
from segeval.runtime.errors import CaseError, Note, PairingError, SegevalError
from segeval.runtime.frozen import replace
from segeval.runtime.interrupts import stop_if_interrupted
from segeval.runtime.inventory import Inventory, current, keep_inventory
from segeval.scorecard.card import (
    BY_NAME,
    BY_VALUE,
    CLASSES_BY,
    NOWHERE,
    UNMET,
    CaseResult,
    Row,
)
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.case_facts import case_facts, count_scored_classes, faulty_classes, find_unmet
from segeval.scoring.case_stages import CaseStart
from segeval.scoring.fingerprint import (
    file_states,
    first_difference,
    overwrite_error,
    settled_stamps,
)
from segeval.scoring.finish_tallies import (
    FinishedTallies,
    begin_tallies,
    finish_tallies,
    has_to_be_opened,
    metrics_of_channels,
    read_files,
    report_tallies,
    tallies_of,
)
from segeval.scoring.pass_plan import Job, plan_pass
from segeval.scoring.points import check_points
from segeval.scoring.read_case import read_case
from segeval.scoring.rows import make_rows
from segeval.scoring.truth_checksums import describe_truth
from segeval.scoring.unscored_case import (
    machine_error,
    make_unscored_case,
    side_path,
    unscored_result,
)

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
    whole, sides, before = settled_stamps(case)
    result = open_and_score(case, job, share)
    if changed := first_difference(before, file_states(before)):
        raise overwrite_error(changed)
    return replace(result, fingerprint=whole, stamps=sides)


def account_case(case: Case, score: Callable[[], CaseResult]) -> CaseResult:
    """What came of a case with its inventory, or why it was not scored; nothing is raised.

    score  gives the result of a case that can be scored
    """
    with keep_inventory(Inventory()) as inventory:
        find_files(case, inventory)
        try:
            result = score()
            inventory.add_scored("case")
            inventory.add_rest("file", "frame")
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


def find_files(case: Case, inventory: Inventory) -> None:
    """Count the case and the files that it is made of."""
    inventory.add_found("case")
    for side, files in (("gt", case.truth), ("pred", case.pred)):
        if files is not None and files.many:
            inventory.add_found("file", files.many, side)
        if files is not None and files.frame is not None:
            inventory.add_found("frame", 1, side)


def open_and_score(case: Case, job: Job, share: ParallelMap = map) -> CaseResult:
    """The result of a case that can be scored. Raises CaseError."""
    check_prediction(case, job.settings)
    requests = tallies_of(job)
    of_files = read_files(case, job, requests)
    if not has_to_be_opened(job, requests):
        return score_unopened(case, job, of_files)
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


def score_unopened(case: Case, job: Job, of_files: Mapping[str, Any]) -> CaseResult:
    """The result of a case of which no metric reads more than files of its own."""
    finished = FinishedTallies(None, of_files)
    return replace(
        unscored_result(case),
        rows=tuple(make_rows(case, finished, CaseClasses((), ()), job)),
        tallies=finished.kept(),
    )


def no_structure_note() -> Note:
    """The warning of a case whose structures are all left aside: how one of them is scored."""
    import shlex

    aside = (i for i in current().left_aside if i.kind in ("structure", "segment"))
    name = next((name for item in aside for name in item.names), "NAME")
    text = "nothing is scored: no structure of either side is a class"
    return Note("W-no-class", f"{text}; --classes {shlex.quote(name)} scores one by its name")


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
    plan, named = plan_pass(truth, pred, job, metrics_of_channels(job))
    start = CaseStart(case, truth, pred, plan, job)
    begun = begin_tallies(start, requests)
    read, checked = read_case(start, named, begun)
    finished = finish_tallies(begun, read, requests, of_files or {}, share)
    said, known = report_tallies(finished, read, requests)
    notes = (*truth.volume.notes, *pred.volume.notes, *checked, *said, *read.resolved.notes)
    if named is not None and not (named.targets or named.skipped or named.faults):
        notes = (*notes, no_structure_note())
    found = tuple(make_rows(case, finished, read.resolved, job))  # surfaces are measured here
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
    return CaseResult(
        case.id,
        side_path(case, "pred"),
        side_path(case, "gt"),
        found,
        group=case.group,
        patient=case.patient,
        spare=spare,
        classes=tuple([t.name for t in read.resolved.targets]),
        gt_voxels=voxels,
        gt_checksums=checksums,
        tallies=finished.kept(),
        facts=case_facts(read) | known | faulty_classes(read.resolved, finished, requests, job),
        notes=tuple([replace(note, where=case.id) for note in notes]),
    )
