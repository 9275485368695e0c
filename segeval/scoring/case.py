"""A case becomes rows: open both sides, read them once, finish the tallies, ask every metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.classes.class_list import ClassList
from segeval.metrics.registry import pieces
from segeval.opening.open_case import Opened, opened
from segeval.pairing.cases import Case
from segeval.pairing.files import named_as_mask
from segeval.pairing.outputs import check_complete
from segeval.runtime.errors import CaseError, Note, PairingError, SegevalError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import Inventory, current, keep_inventory
from segeval.runtime.memory_budget import PROGRAM, mib
from segeval.scorecard.card import WHOLE, CaseResult, Row
from segeval.scoring.checks import (
    check_files,
    check_labels,
    check_names,
    check_stacks,
    found_labels,
    plain,
)
from segeval.scoring.class_resolution import Resolved, by_value, settled, valued
from segeval.scoring.fingerprint import fingerprint, first_difference, overwrite_error, states
from segeval.scoring.pass_plan import Job, planned
from segeval.scoring.rows import OVER_BUDGET, Finished, asked, row, rows
from segeval.scoring.slab_pass import Passed, Plan, Tally, one_pass, scored
from segeval.tallies.counts import Cells, CountTally, Pair, counts
from segeval.volume.value_stream import Found

if TYPE_CHECKING:
    from segeval.request.settings import Settings
    from segeval.scoring.surfaces_by_class import Share
    from segeval.tallies.box_mask import ScoreTally
    from segeval.tallies.branches import Branches
LARGE = ("voxels", "surface")  # tallies that are not kept: their size is that of the case


def score_case(case: Case, job: Job, share: Share = map) -> CaseResult:
    """Score one case; whatever goes wrong becomes the case's status, not an exception.

    share  may measure classes in other processes
    """
    with keep_inventory(Inventory()) as inventory:
        find_files(case, inventory)
        # of the files that are read, not of later ones
        stamp, before = fingerprint(case), states(case)
        try:
            result = replace(scored_case(case, job, share), fingerprint=stamp)
            if changed := first_difference(before, states(case)):
                raise overwrite_error(changed)
            inventory.add_scored("case")
            inventory.add_rest("file")
        except CaseError as problem:
            result = unscored_case(case, problem)
            inventory.close(problem.status)
        except Exception as problem:  # a bug must not take the other cases with it
            text = f"{type(problem).__name__}: {problem}"
            bug = SegevalError(text, help="this is a bug: report it")
            import traceback

            result = replace(unscored_case(case, bug), trace=traceback.format_exc())
            inventory.close(bug.status)
    return replace(result, inventory=inventory.to_json())


def find_files(case: Case, inventory: Inventory) -> None:
    """Count the case and the files that it is made of."""
    inventory.add_found("case")
    for side, files in (("gt", case.truth), ("pred", case.pred)):
        if files is not None and files.many:
            inventory.add_found("file", files.many, side)


def blank(case: Case) -> CaseResult:
    """What a case says of itself before it is scored."""
    return CaseResult(
        case.id, shown(case, "pred"), shown(case, "gt"), group=case.group, patient=case.patient
    )


def shown(case: Case, side: str) -> str:
    """The path of a side in reports, relative to its root."""
    files = case.pred if side == "pred" else case.truth
    return "" if files is None else files.shown


def unscored_case(case: Case, problem: SegevalError) -> CaseResult:
    """A case that was not scored, with what is wrong."""
    error = {
        "message": problem.message,
        "where": relative(problem.where, case),
        "facts": [relative(fact, case) for fact in problem.facts],
        "help": problem.help,
    }
    row = Row(case.id, "", "", np.nan, "", problem.status, "", case.group)
    return replace(blank(case), rows=(row,), status=problem.status, error=error)


def relative(text: str, case: Case) -> str:
    """A text without the folders that the user named: paths are relative to the roots."""
    for files in (case.pred, case.truth):
        if files is not None:
            text = text.replace(f"{files.root}/", "")
    return text


def scored_case(case: Case, job: Job, share: Share = map) -> CaseResult:
    """The result of a case that can be scored. Raises CaseError."""
    settings = job.settings
    if case.pred is None and settings.missing != "worst":
        raise PairingError(
            "there is no prediction",
            facts=(f"ground truth {case.truth.shown}",),
            help="--missing worst scores it as empty, --missing skip accepts it",
        )
    check_complete(case, settings)
    costs = None
    if job.asks_for("branches"):
        from segeval.scoring.branches import asks_for_no_size, branches

        costs = branches(case, job)
        if asks_for_no_size(job):
            return scored_outputs(case, costs, job)
    truth, pred = opened_case(case, settings, job.classes)
    return scored_sides(case, truth, pred, job, costs, share)


def opened_case(case: Case, settings: Settings, classes: ClassList) -> tuple[Opened, Opened]:
    """Both sides of a case on one grid. Raises CaseError.

    What knows DICOM is loaded only for files that may be of it, for it costs start-up.
    """
    sides = [files.files.get("") for files in (case.truth, case.pred) if files is not None]
    if all(path is None or named_as_mask(path) for path in sides):
        return opened(case, settings, classes)
    from segeval.opening import open_structures

    return open_structures.opened_case(case, settings, classes)


def scored_outputs(case: Case, costs: Branches, job: Job) -> CaseResult:
    """The result of a case of which only the costs of its outputs are asked for."""
    finished = Finished({"branches": costs}, ())
    found = [(m, d, asked(m, d, finished)) for m, d in job.metrics]
    whole = [row(case, "all", m, d, v, float(v.whole or 0), "", job) for m, d, v in found]
    return replace(
        blank(case),
        rows=tuple(whole),
        tallies={"branches": costs.to_json()},
    )


def scored_sides(  # noqa: PLR0913 - what a case is scored with
    case: Case,
    truth: Opened,
    pred: Opened,
    job: Job,
    costs: Branches | None = None,
    share: Share = map,
) -> CaseResult:
    """The result of a case whose sides are open and on one grid. Raises CaseError."""
    settings = job.settings
    plan, resolved = planned(truth, pred, job)
    tally = CountTally(plan.pairs)
    of_scores = score_tallies(truth, pred, plan, job)
    of_place = None
    if job.asks_for("surface"):
        from segeval.scoring.surfaces import surface_tally

        of_place = surface_tally(truth, job)
    every: list[Tally] = [tally, *of_scores.values(), *([of_place] if of_place else [])]
    passed = one_pass(truth, pred, plan, every)
    tables = {pair: tally.finish(pair).without(plan.ignored) for pair in plan.pairs}
    tables = plain(tables, truth, pred, passed, job)
    check_stacks(truth, pred, passed.found)
    labels = found_labels(tables, passed.found)
    if resolved is None:
        resolved = by_value(passed.found, labels, job.classes, settings.background)
    else:
        resolved = settled(resolved, (truth.named, pred.named), passed.found)
    check_names(resolved)
    check_files(truth, pred, tables)
    notes = (
        *truth.volume.notes,
        *pred.volume.notes,
        *check_labels(truth, pred, labels, passed, job),
    )
    finished = finish(tables, resolved, (truth, pred), passed, of_scores)
    known = facts(truth, pred, passed)
    if of_place is not None:
        from segeval.scoring.surfaces import finished_surfaces, surface_notes, tolerance_facts
        from segeval.scoring.surfaces_by_class import classwise

        surfaces = finished_surfaces(of_place, resolved, labels, (truth, pred), passed, plan, job)
        finished = finished.having("surface", surfaces)
        finished = replace(finished, known=classwise(surfaces, job.metrics, share))
        notes += surface_notes(surfaces, job)
        known |= tolerance_facts(resolved, job)
    if costs is not None:
        finished = finished.having("branches", costs)
    if pred.volume.regions is not None:
        from segeval.opening.instances import roi_facts, roi_notes, roi_sums

        rois = roi_sums(truth.volume, pred.volume, job.metrics)
        finished = finished if rois is None else finished.having("rois", rois)
        notes += (*roi_notes(rois),)
        known |= roi_facts(pred.volume, rois)
    if job.asks_for("polygons"):
        from segeval.opening.structure_classes import solids

        shared = solids(truth, pred, resolved.targets)
        finished = finished if shared is None else finished.having("polygons", shared)
    notes += memory_notes(finished, job)
    found = tuple(rows(case, finished, resolved, job))  # surfaces are measured here
    count_classes(resolved, found)
    return replace(
        blank(case),
        rows=found,
        classes=tuple(t.name for t in resolved.targets),
        tallies={n: t.to_json() for n, t in finished.tallies.items() if not n.startswith(LARGE)},
        facts=known | faulty(resolved, over_budget(finished, job)),
        notes=tuple(replace(n, where=case.id) for n in (*notes, *resolved.notes)),
    )


def count_classes(resolved: Resolved, found: Sequence[Row]) -> None:
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


def score_tallies(truth: Opened, pred: Opened, plan: Plan, job: Job) -> dict[str, ScoreTally]:
    """The tallies of the losses by name: those that are asked for, if there are probabilities."""
    if not scored(pred, plan):
        return {}
    needed: dict[str, dict[Any, None]] = {}
    for metric, known in job.metrics:
        if (name := known.tally(metric)).startswith(("sums", "voxels")):
            needed.setdefault(name, {}).update(dict.fromkeys(pieces(metric, known)))
    from segeval.scoring.foreground_box import boxed

    channels = len((pred.scores or pred.volume).channels)
    return {
        name: boxed(
            score_tally(name, channels, needs, truth, plan, job), name, truth, channels, plan
        )
        for name, needs in needed.items()
    }


def score_tally(  # noqa: PLR0913 - what a tally hangs on
    name: str, channels: int, needs: Mapping[Any, None], truth: Opened, plan: Plan, job: Job
) -> ScoreTally:
    """An empty tally of probabilities that adds up some pieces."""
    exclusive = not plan.onehot
    if name.startswith("sums"):
        from segeval.tallies.sums import SumsTally

        return SumsTally(channels, exclusive, needs)
    from segeval.tallies.voxels import VoxelTally

    return VoxelTally(channels, exclusive, truth.volume.geometry.shape, job.room, needs)


def memory_notes(finished: Finished, job: Job) -> tuple[Note, ...]:
    """How much memory the losses took that keep every voxel."""
    return tuple(
        Note("N-memory", f"{metric} took at most {mib(size)}")
        for metric, size, over in kept_losses(finished, job)
        if not over
    )


def kept_losses(finished: Finished, job: Job) -> Iterator[tuple[str, int, bool]]:
    """The losses that keep every voxel: the bytes of each, and whether that was too much."""
    for metric, known in job.metrics:
        name = known.tally(metric)
        voxels: Any = finished.tallies.get(name) if name.startswith("voxels") else None
        for memory in pieces(metric, known) if voxels is not None else ():
            yield str(metric), voxels.size(memory), voxels.over(memory)


def over_budget(finished: Finished, job: Job) -> dict[str, Any]:
    """What was not measured for want of memory, with the size that it would have taken."""
    sizes = {metric: size for metric, size, over in kept_losses(finished, job) if over}
    surfaces: Any = finished.tallies.get("surface")
    for place, size in surfaces.over.items() if surfaces is not None else ():
        sizes[surfaces.targets[place].name] = size
    budget = job.settings.budget
    return {
        name: {
            "status": OVER_BUDGET,
            "message": f"would take {mib(size)} beside the {mib(PROGRAM)} of the program",
            "facts": [f"--max-memory is {mib(budget)}"],
            "help": f"--max-memory {mib(size + PROGRAM).replace(' ', '')}, or fewer metrics",
        }
        for name, size in sizes.items()
    }


def finish(
    tables: Mapping[Pair, Cells],
    resolved: Resolved,
    sides: tuple[Opened, Opened],
    passed: Passed,
    of_scores: Mapping[str, ScoreTally],
) -> Finished:
    """Classes out of what was added up."""
    truth, pred = sides
    exclusive = all(f.exclusive for f in passed.found) and not (truth.named or pred.named)
    confusion = tables[0, 0] if exclusive and (0, 0) in tables else None
    voxel = truth.volume.geometry.voxel
    tallies: dict[str, Any] = {"counts": counts(tables, resolved.targets, voxel, confusion)}
    if not of_scores or passed.scores is None:
        return Finished(tallies, (-1,) * len(resolved.targets))
    channels = score_channels(resolved, pred, passed.scores)
    names = dict(zip(channels, (t.name for t in resolved.targets), strict=True))
    if passed.scores.exclusive:
        names = {c: str(c) if c else "background" for c in range(passed.scores.channels)} | names
    kept = sorted(c for c in names if c >= 0)  # a channel that is no class is in no mean
    for name, tally in of_scores.items() if kept else ():
        tallies[name] = tally.finish([names[c] for c in kept], kept)
    return Finished(tallies, tuple(kept.index(c) if c >= 0 else -1 for c in channels))


def score_channels(resolved: Resolved, pred: Opened, scores: Found) -> list[int]:
    """The channel whose probabilities are those of each class; -1 where it has none."""
    own = pred.named and pred.scores is None
    only = len(resolved.classes) == 1
    found = []
    for class_, target in zip(resolved.classes, resolved.targets, strict=True):
        part = target.pred if own else valued(class_, scores, only)
        labels = sorted(part.labels or ())
        alone = labels[0] if len(labels) == 1 and labels[0] < scores.channels else -1
        found.append(alone if scores.exclusive else part.channel)
    return found


def facts(truth: Opened, pred: Opened, passed: Passed) -> dict[str, Any]:
    """What was found, for whoever has to trust the numbers."""
    grid = truth.volume.geometry
    kept: dict[str, Any] = {
        "shape": list(reversed(grid.shape)),
        "spacing": list(reversed(grid.spacing)) if grid.spacing else None,
        "kind": {"pred": passed.found[1].kind, "gt": passed.found[0].kind},
    }
    if pred.scores is not None:
        kept["scores"] = Path(pred.scores.path).name
    named = {"pred": pred.facts, "gt": truth.facts}
    if structures := {side: dict(own) for side, own in named.items() if own}:
        kept["structures"] = structures
    return kept


def faulty(resolved: Resolved, others: Mapping[str, Any]) -> dict[str, Any]:
    """The classes that cannot be scored, and why."""
    faults = {
        name: {"status": f.status, "message": f.message, "facts": list(f.facts), "help": f.help}
        for name, f in resolved.faults.items()
    }
    faults |= others
    return {"faults": faults} if faults else {}
