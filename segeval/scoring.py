"""A case becomes rows: open both sides, read them once, finish the tallies, ask every metric."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from segeval.absence import judged, presence
from segeval.cases import Case
from segeval.classes import ClassList, Part
from segeval.errors import CaseError, Note, PairingError, SegevalError
from segeval.fingerprint import fingerprint
from segeval.grammar import Metric
from segeval.kinds import Found, wanted_pred, wanted_truth
from segeval.metrics.registry import Definition, Values, arguments
from segeval.onepass import Passed, Plan, one_pass, scored
from segeval.plausible import plain_labels, refuse_shades
from segeval.scorecard import CaseResult, Row
from segeval.settings import Settings
from segeval.sides import Opened, opened
from segeval.tallies.counts import Cells, CountTally, Pair, counts, joined
from segeval.targets import NONE, Resolved, by_name, by_value, channel_of, listed, part, unlisted

Requested = tuple[Metric, Definition]


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for every case of a run."""

    settings: Settings
    classes: ClassList
    metrics: tuple[Requested, ...]


def score_case(case: Case, job: Job) -> CaseResult:
    """Score one case; whatever goes wrong becomes the case's status, not an exception."""
    try:
        return scored_case(case, job)
    except CaseError as problem:
        return unscored_case(case, problem)
    except Exception as problem:  # a bug must not take the other cases with it
        bug = SegevalError(f"{type(problem).__name__}: {problem}", help="this is a bug: report it")
        return replace(unscored_case(case, bug), trace=traceback.format_exc())


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


def scored_case(case: Case, job: Job) -> CaseResult:
    """The result of a case that can be scored. Raises CaseError."""
    settings = job.settings
    if case.pred is None and settings.missing != "worst":
        raise PairingError(
            "there is no prediction",
            facts=(f"ground truth {case.truth.shown}",),
            help="--missing worst scores it as empty, --missing skip accepts it",
        )
    truth, pred = opened(case, settings, job.classes)
    return scored_sides(case, truth, pred, job)


def scored_sides(case: Case, truth: Opened, pred: Opened, job: Job) -> CaseResult:
    """The result of a case whose sides are open and on one grid. Raises CaseError."""
    settings = job.settings
    plan, resolved = planned(truth, pred, job)
    tally = CountTally(plan.pairs)
    sums = sums_tally(pred, plan, job)
    passed = one_pass(truth, pred, plan, [tally, *([sums] if sums else [])])
    tables = {pair: tally.finish(pair).without(plan.ignored) for pair in plan.pairs}
    tables = plain(tables, truth, pred, passed, job)
    if resolved is None:
        resolved = by_value(passed.found, found_labels(tables), job.classes, settings.background)
    check_files(truth, pred, tables)
    notes = (*truth.volume.notes, *pred.volume.notes, *check_labels(truth, pred, tables, job, plan))
    finished = finish(tables, resolved, truth, passed, sums)
    return replace(
        blank(case),
        rows=tuple(rows(case, finished, resolved, job)),
        classes=tuple(t.name for t in resolved.targets),
        tallies={name: tally.to_json() for name, tally in finished.tallies.items()},
        facts=facts(truth, pred, passed),
        notes=tuple(replace(n, where=case.id) for n in (*notes, *resolved.notes)),
        fingerprint=fingerprint(case),
    )


def planned(truth: Opened, pred: Opened, job: Job) -> tuple[Plan, Resolved | None]:
    """What is read with what; and the classes, where names tell them before a voxel is read."""
    settings, classes = job.settings, job.classes
    scores = pred.scores or pred.volume
    wanted = wanted_truth(settings), wanted_pred(scores, settings, classes.regions or pred.named)
    resolved = None
    if truth.named or pred.named:
        resolved = by_name(truth, pred, classes, settings.absent_gt == "empty")
    plan = Plan(
        channel_pairs(truth, pred, resolved, wanted[1].independent),
        wanted,
        ignored=classes.ignore,
    )
    if not scored(pred, plan):
        return plan, resolved
    independent = wanted[1].independent or len(scores.channels) == 1
    if not independent:
        return plan, resolved
    return replace(plan, onehot=onehot(truth, pred, job, len(scores.channels))), resolved


def channel_pairs(
    truth: Opened, pred: Opened, resolved: Resolved | None, independent: bool
) -> tuple[Pair, ...]:
    """The channels (ground truth, prediction) that classes compare."""
    if resolved is not None:
        pairs = {(t.truth.channel, t.pred.channel) for t in resolved.targets}
        return tuple(sorted(pairs)) or ((0, -1),)
    stacks = [len(side.volume.channels) for side in (truth, pred)]
    exclusive = stacks[1] > 1 and not independent and is_scores(pred)
    if stacks[0] > 1 and stacks[1] > 1 and not exclusive:
        return tuple((c, c) for c in range(min(stacks)))
    every = range(1 if exclusive else stacks[1])
    return tuple((t, p) for t in range(stacks[0]) for p in every)


def is_scores(pred: Opened) -> bool:
    """Whether the stack of channels may be probabilities of one label map."""
    return any(v.dtype.kind == "f" or v.scaled for v in pred.volume.channels)


def onehot(truth: Opened, pred: Opened, job: Job, channels: int) -> tuple[Part, ...]:
    """What is true of each independent channel of the prediction."""
    if pred.named:
        by_channel = {p.channel: name for name, p in pred.parts.items()}
        names = [by_channel[c] for c in range(channels)]
        return tuple(truth.parts.get(name, NONE) for name in names)
    true = [Part(0, frozenset([c + 1] if channels > 1 else [1, 255])) for c in range(channels)]
    for class_ in job.classes.classes:
        here = channel_of(class_, channels, only=len(job.classes.classes) == 1).channel
        if here >= 0:
            true[here] = part(class_, truth) or NONE
    return tuple(true)


def plain(
    tables: Mapping[Pair, Cells], truth: Opened, pred: Opened, passed: Passed, job: Job
) -> dict[Pair, Cells]:
    """Tables in which 255 of a binary mask is 1 (rule I8). Raises CaseError."""
    if truth.named or pred.named or job.classes.known:
        return dict(tables)
    labels = found_labels(tables)
    asked = ("auto" if job.settings.gt_kind == "labels" else "prob", job.settings.kind)
    maps = [
        plain_labels(side.volume, labels[i], job.classes.ignore, asked[i])
        if passed.found[i].kind == "labels" and passed.found[i].exclusive
        else {}
        for i, side in enumerate((truth, pred))
    ]
    if asked[1] == "auto" and passed.found[1].exclusive:
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


@dataclass(frozen=True, slots=True)
class Finished:
    """The tallies of a case.

    tallies   by name
    channels  for each class, its channel in the tallies of scores; -1 where it has none
    """

    tallies: Mapping[str, Any]
    channels: tuple[int, ...]


def sums_tally(pred: Opened, plan: Plan, job: Job) -> Any:
    """The tally of the losses; None where none is asked for or nothing holds probabilities."""
    return None


def finish(
    tables: Mapping[Pair, Cells],
    resolved: Resolved,
    truth: Opened,
    passed: Passed,
    sums: Any,
) -> Finished:
    """Classes out of what was added up."""
    exclusive = all(f.exclusive for f in passed.found) and not truth.named
    confusion = tables[0, 0] if exclusive and (0, 0) in tables else None
    voxel = truth.volume.geometry.voxel
    tallies: dict[str, Any] = {"counts": counts(tables, resolved.targets, voxel, confusion)}
    if sums is not None and passed.scores is not None:
        tallies["sums"] = sums.finish()
    channels = tuple(score_channel(t.pred, passed.scores) for t in resolved.targets)
    return Finished(tallies, channels)


def score_channel(pred: Part, scores: Found | None) -> int:
    """The channel whose probabilities are those of a class."""
    if scores is None:
        return -1
    if scores.exclusive:
        labels = sorted(pred.labels or ())
        return labels[0] if len(labels) == 1 and labels[0] < scores.channels else -1
    return pred.channel


def rows(case: Case, finished: Finished, resolved: Resolved, job: Job) -> list[Row]:
    """Every metric of every class, then those of the whole case, then what was not annotated."""
    table = finished.tallies["counts"]
    names = [t.name for t in resolved.targets]
    reasons = [
        "class_absent" if n in resolved.absent and p == 0 and t else presence(int(t), int(p))
        for n, t, p in zip(names, table.truth, table.pred, strict=True)
    ]
    each: list[Row] = []
    whole: list[Row] = []
    values = [asked(metric, definition, finished) for metric, definition in job.metrics]
    for (metric, definition), value in zip(job.metrics, values, strict=True):
        if value.whole is not None:
            whole.append(row(case, "all", metric, definition, value, value.whole, "", job))
    for place, (name, reason) in enumerate(zip(names, reasons, strict=True)):
        for (metric, definition), value in zip(job.metrics, values, strict=True):
            if value.classes is None:
                continue
            number = at(value.classes, place, definition, finished)
            each.append(row(case, name, metric, definition, value, number, reason, job))
    skipped = [
        Row(case.id, name, "", np.nan, "", "not_annotated", "", case.group)
        for name in resolved.skipped
    ]
    return [*each, *whole, *skipped]


def asked(metric: Metric, definition: Definition, finished: Finished) -> Values:
    """What a metric says of the case."""
    tally = finished.tallies.get(definition.of)
    if tally is None:
        nothing = np.full(len(finished.channels), np.nan)
        return Values(nothing, reason="no_probabilities")
    value: Values = definition.compute(tally, **arguments(metric, definition))
    return value


def at(
    values: Sequence[float] | np.ndarray[Any, Any],
    place: int,
    definition: Definition,
    finished: Finished,
) -> float:
    """The number of a class: tallies of counts go by class, those of scores by channel."""
    if definition.of == "counts" or definition.of not in finished.tallies:
        return float(values[place])
    channel = finished.channels[place]
    return float(values[channel]) if channel >= 0 else np.nan


def row(  # noqa: PLR0913 - the parts of a row
    case: Case,
    class_: str,
    metric: Metric,
    definition: Definition,
    value: Values,
    number: float,
    reason: str,
    job: Job,
) -> Row:
    """One number, or why there is none."""
    why = reason if np.isfinite(number) or not value.reason else value.reason
    number, status, reason = judged(number, why, definition.worst, job.settings.undefined)
    unit = value.unit or definition.unit
    return Row(case.id, class_, str(metric), number, unit, status, reason, case.group)


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
    return kept
