"""The cases of a run put together: what a case cannot know by itself is added where all are there.

Without a class list the classes of a run are the union over its cases (ACCOUNT-A4), and names that
are one structure are one class, called as the table of structures has it, else as the first case
in order spells it (ACCOUNT-A10). So a case gets rows for the classes that only others have, and the
names of the run; both are marked in it, so that a case can be taken out of a run and joined again:
`--resume`, `merge`. A shard is never joined.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from segeval.classes.names import natural_key, one_form, primary_name, similar_names
from segeval.classes.shipped_lists import shipped_list_names
from segeval.runtime.errors import Note
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.inventory import ASKED, LOST, Inventory
from segeval.scorecard.card import BY_NAME, BY_VALUE, CLASSES_BY, WHOLE, CaseResult, Row
from segeval.scorecard.case_json import case_to_json, strict_json
from segeval.scorecard.result_store import ResultStore
from segeval.scorecard.row_index import RowIndex
from segeval.scoring.pooling import GroupPools

ANY = ""  # what cases keep their rows of classes of others under
EMPTY = "both_empty"
NO_EFFECT = "without effect"
UNMET = "that --classes asks for and nothing stands for, on neither side of any case"


@frozen
class JoinPlan:
    """What the cases of a run have in common.

    union    the classes by label value, in their order
    metrics  those that have values of classes, with the units that they have anywhere
    called   what the run calls a name of a file, where that is another
    """

    union: tuple[str, ...]
    metrics: Mapping[str, frozenset[str]]
    called: Mapping[str, str]


def unite_classes(cases: ResultStore, metrics: Sequence[str]) -> ResultStore:
    """The cases of a whole run, joined; the same store where each is as it has to be."""
    plan = plan_join(cases.census, metrics)
    if not (needs_rows(cases.census, plan) or plan.called or cases.census.joins):
        return cases
    joined = ResultStore(cases.census.names, pools=GroupPools())
    for case in cases:
        kept = case_to_json(join_case(part_case(case), plan))
        joined.add(case.case, strict_json(kept), kept)
    return joined


def plan_join(census: RowIndex, metrics: Sequence[str]) -> JoinPlan:
    """What has to be the same in all cases of a run."""
    union = order_classes(census.value_classes)
    known = set(union)
    units: dict[str, set[str]] = {}
    for kind in census.kinds:
        if kind.class_ in known and kind.metric:
            units.setdefault(kind.metric, set()).add(kind.unit)
    asked = {m: frozenset(units[m]) for m in metrics if m in units}
    return JoinPlan(union, asked, common_names(census.file_names))


def order_classes(shapes: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The classes of all cases by label value: those that all have in their order, then others."""
    held = list(shapes)
    names = dict.fromkeys(name for shape in held for name in shape)
    if all(name.isdecimal() for name in names):
        return tuple(sorted(names, key=int))
    sets = list(map(frozenset, held))
    everywhere = dict.fromkeys(name for name in names if all(name in own for own in sets))
    return (*everywhere, *sorted((n for n in names if n not in everywhere), key=natural_key))


def common_names(names: Iterable[str]) -> dict[str, str]:
    """What a run calls the names of its files, where several are one structure (ACCOUNT-A10)."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(one_form(name), []).append(name)
    called = {}
    for alike in groups.values():
        if len(alike) > 1:
            best = primary_name(alike[0]) or alike[0]
            called.update({name: best for name in alike if name != best})
    return called


def needs_rows(census: RowIndex, plan: JoinPlan) -> bool:
    """Whether a case lacks a class that another has."""
    return any(len(shape) < len(plan.union) for shape in census.value_classes)


def join_case(case: CaseResult, plan: JoinPlan) -> CaseResult:
    """A case with the rows and names of its run."""
    told = case.facts.get(CLASSES_BY)
    if told == BY_VALUE:
        return add_rows(case, plan)
    if told == BY_NAME:
        own = {plan.called[name]: name for name in names_of(case) if name in plan.called}
        if own:
            return replace(rename_classes(case, {v: k for k, v in own.items()}), own_names=own)
    return case


def part_case(case: CaseResult) -> CaseResult:
    """A case as it was before it was joined with others."""
    if case.own_names:
        case = replace(rename_classes(case, case.own_names), own_names={})
    if not case.joined:
        return case
    gone = set(case.joined)
    return replace(
        case,
        rows=tuple(row for row in case.rows if row.class_ not in gone),
        classes=tuple(name for name in case.classes if name not in gone),
        gt_voxels={k: v for k, v in case.gt_voxels.items() if k not in gone},
        tallies=tallies_without(case, gone),
        inventory=recount_classes(case.inventory, -len(gone)),
        joined=(),
    )


def add_rows(case: CaseResult, plan: JoinPlan) -> CaseResult:
    """A case with a row for every class of its run."""
    own = set(case.classes)
    missing = tuple(name for name in plan.union if name not in own)
    if not missing:
        return case
    by_class: dict[str, list[Row]] = {}
    for row in case.rows:
        by_class.setdefault(row.class_, []).append(row)
    by_class |= {name: absent_class_rows(case, name, plan) for name in missing}
    order = dict.fromkeys([*plan.union, *by_class])
    voxels = {**case.gt_voxels, **dict.fromkeys(missing, 0)}
    return replace(
        case,
        rows=tuple(row for name in order for row in by_class.get(name, ())),
        classes=tuple(name for name in order if name in own or name in missing),
        gt_voxels={name: voxels[name] for name in order if name in voxels},
        tallies=tallies_with(case, missing),
        inventory=recount_classes(case.inventory, len(missing)),
        joined=missing,
    )


def absent_class_rows(case: CaseResult, name: str, plan: JoinPlan) -> list[Row]:
    """The rows of a class that a case does not have."""
    kept = {(row.class_, row.metric): row for row in case.spare}
    units = {row.metric: row.unit for row in case.rows}
    found = []
    for metric, known in plan.metrics.items():
        row = kept.get((name, metric)) or kept.get((ANY, metric))
        if row is None:
            unit = units.get(metric) or usual_unit(known, bool(case.facts.get("spacing")))
            row = Row(case.case, name, metric, math.nan, unit, "undefined", EMPTY, case.group)
        found.append(row._replace(class_=name))
    return found


def usual_unit(known: frozenset[str], spaced: bool) -> str:
    """The unit of a metric in a case that has no number of it."""
    if len(known) == 1:
        return next(iter(known))
    physical = {"mm", "ml", "mm2"} & known if spaced else known - {"mm", "ml", "mm2"}
    return min(physical or known, default="")


def tallies_with(case: CaseResult, classes: Sequence[str]) -> dict[str, Any]:
    """The tallies of a case with more classes, of which it has nothing."""
    return {
        name: tally
        if (more := absent_of(name)) is None
        else tally | {"classes": {**tally["classes"], **{c: more(tally) for c in classes}}}
        for name, tally in case.tallies.items()
    }


def tallies_without(case: CaseResult, classes: Collection[str]) -> dict[str, Any]:
    """The tallies of a case as they were before `tallies_with`."""
    return {
        name: tally
        if absent_of(name) is None
        else tally
        | {"classes": {c: held for c, held in tally["classes"].items() if c not in classes}}
        for name, tally in case.tallies.items()
    }


def absent_of(tally: str) -> Callable[[Mapping[str, Any]], Any] | None:
    """What a tally keeps of a class that a case has not; None where it keeps nothing of one."""
    from segeval.scoring.finish_tallies import kind_of

    return kind_of(tally).absent


def recount_classes(inventory: Mapping[str, Any], more: int) -> dict[str, Any]:
    """The inventory of a case with more classes scored, or fewer."""
    kept = dict(inventory)
    own = kept.get("class", 0)
    if isinstance(own, int):
        kept["class"] = own + more
    else:
        kept["class"] = own | {"found": own["found"] + more, "scored": own["scored"] + more}
    return kept


def names_of(case: CaseResult) -> list[str]:
    """The classes of a case, scored or not."""
    return list(dict.fromkeys([*case.classes, *(row.class_ for row in case.rows)]))


def rename_classes(case: CaseResult, names: Mapping[str, str]) -> CaseResult:
    """A case that calls classes otherwise."""

    def new(name: str) -> str:
        return names.get(name, name)

    def new_keys(held: Any) -> Any:
        if isinstance(held, Mapping):
            return {new(k): v for k, v in held.items()}
        return [new(name) for name in held]

    tallies = {
        name: tally | {"classes": new_keys(tally["classes"])} if "classes" in tally else tally
        for name, tally in case.tallies.items()
    }
    facts = {
        key: new_keys(held) if key in ("faults", "tolerances") else held
        for key, held in case.facts.items()
    }
    return replace(
        case,
        rows=tuple(row._replace(class_=new(row.class_)) for row in case.rows),
        classes=tuple(map(new, case.classes)),
        gt_voxels=new_keys(case.gt_voxels),
        gt_checksums=new_keys(case.gt_checksums),
        tallies=tallies,
        facts=facts,
    )


def no_class_note(census: RowIndex) -> tuple[Note, ...]:
    """The warning of a run whose label maps are all empty, so that nothing says what its classes
    are: no number stands for its cases (ACCOUNT-A4)."""
    if census.kinds or () not in census.value_classes:
        return ()
    text = (
        "nothing is scored: every case is empty on both sides, and nothing says which classes "
        "there are; --classes 1=liver names them"
    )
    return (Note("W-no-class", text),)


def report_unmet_settings(census: RowIndex, total: Inventory) -> None:
    """Say which parts of the request nothing was there for, in no case (`unmet_settings`), and
    count the others as used.

    total  the inventory of the run
    """
    names = names_met(census, total)
    for text, count in census.unmet.items():
        if count == census.scored:
            asked = re.match(r'--alias ".*=\s*(.*?)"|\[classes\.(.*?)\]', text)
            near = similar_names(asked[1] or asked[2], names) if asked else []
            hint = f"; did you mean {', '.join(near)}?" if near else ""
            total.set_aside("setting", NO_EFFECT, [f"{text}{hint}"], ASKED, "W-no-effect", "")
    rest = total.missing().get(("setting", ""), 0)
    if rest > 0 and not census.scored:
        total.add_unscored("setting", "no_case_scored", rest, "")
    elif rest > 0:
        total.add_scored("setting", rest, "")


def names_met(census: RowIndex, total: Inventory) -> list[str]:
    """What structures and classes are called in a run, scored or left aside."""
    aside = (i for i in total.left_aside if i.kind in ("class", "structure", "segment"))
    return [*(name for item in aside for name in item.names), *census.order]


def report_unmet_classes(census: RowIndex, total: Inventory) -> None:
    """Say which selected classes nothing stands for in the whole run, with names near to them
    (ACCOUNT-A5).

    total  the inventory of the run
    """
    unmet = [name for name, count in census.nowhere.items() if count == census.scored]
    names = [name for name in names_met(census, total) if name not in (*unmet, WHOLE)]
    names += shipped_list_names() if unmet else ()
    for name in unmet:
        near = similar_names(name, names)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        total.set_aside("class", UNMET, [f"{name}{hint}"], LOST, "", "")
        total.add_found("class", 1, "")
