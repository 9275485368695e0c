"""REPORT-T8: what was compared: how many were found and what became of them, names, problems,
origin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from segeval.reports.html.account_sums import sum_of_cases, sums_of_inventory, words_of_kind
from segeval.reports.html.interval_cells import few_cases_of
from segeval.reports.html.shown import label, place_of_case
from segeval.reports.problems import case_error, class_faults
from segeval.reports.table_model import format_count
from segeval.request.settings import Settings
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import Scorecard
from segeval.scorecard.row_index import index_rows, noteworthy_cases

TEXTS = 3  # of a warning that are shown
FEW = 5  # cases that are named for a problem or a note
NAMES = 60  # rows of the table of names


def account_section(card: Scorecard, settings: Settings) -> dict[str, Any]:
    """The facts of the run."""
    found = index_rows(card.cases)
    sums = [sum_of_cases(card), *sums_of_inventory(card.inputs.get("inventory") or {})]
    return {
        "pairing": clean_name(str(card.inputs.get("pairing", ""))),
        "found": len(card.cases),
        "scored": found.scored,
        "unscored": len(card.cases) - found.scored,
        "sums": [sums[0], *(one for one in sums[1:] if not one.whole)],
        "inventory": sums if len(sums) > 1 else [],
        "left_aside": _left_aside(card.inputs),
        "extra": [clean_name(str(name)) for name in card.inputs.get("extra_predictions", ())],
        "groups": [(name or "none", n) for name, n in found.groups.items()]
        if len(found.groups) > 1
        else [],
        "problems": _problems(card),
        "notes": _notes(card),
        "names": _names(card),
        "grids": _grids(card),
        "run": {clean_name(str(k)): clean_name(str(v)) for k, v in card.run.items()},
        "roots": _roots(card.inputs),
    }


def _roots(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    roots = inputs.get("roots") or {}
    words = {"pred": "prediction", "gt": "ground truth", "pairs": "pairs", "images": "images"}
    return [(words[side], clean_name(str(roots[side]))) for side in words if roots.get(side)]


def _left_aside(inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was found and left aside, by its reason: how many, and the names that are known."""
    found: dict[str, dict[str, Any]] = {}
    for item in inputs.get("left_aside") or ():
        kind = f"{item.get('side', '')} {item.get('kind', '')}".strip()
        reason = clean_name(str(item.get("reason") or "for no reason that was given"))
        kept = found.setdefault(f"{kind} {reason}", {"kind": kind, "reason": reason, "count": 0,
                                                     "names": {}})  # fmt: skip
        names = [clean_name(str(name)) for name in item.get("names", ())]
        kept["count"] += int(item.get("number") or len(names))
        kept["names"] |= dict.fromkeys(names)
    for kept in found.values():
        kept["what"] = f"{words_of_kind(kept['kind'], kept['count'])} {kept['reason']}"
        kept["more"] = max(0, kept["count"] - min(len(kept["names"]), NAMES))
        kept["names"] = list(kept["names"])[:NAMES]
    return list(found.values())


def _problems(card: Scorecard) -> list[dict[str, Any]]:
    """What kept cases or classes from being scored: one entry a kind and advice."""
    kinds: dict[tuple[str, str], dict[str, Any]] = {}
    for case in noteworthy_cases(card.cases):
        errors = [] if case.scored else [(case.status, case_error(case), case.case)]
        errors += [(status, error, case.case) for status, error in class_faults(case)]
        for status, error, name in errors:
            kind = kinds.setdefault(
                (status, error.help),
                {
                    "status": status.replace("_", " "),
                    "message": clean_name(error.message),
                    "facts": [clean_name(fact) for fact in error.facts],
                    "help": clean_name(error.help),
                    "where": [],
                    "count": 0,
                },
            )
            kind["count"] += 1
            if len(kind["where"]) < FEW:
                kind["where"].append((clean_name(str(error.where)), place_of_case(name)))
    return list(kinds.values())


def _notes(card: Scorecard) -> list[dict[str, Any]]:
    """Warnings and notes by their code: a few texts, how often and where."""
    kinds: dict[str, dict[str, Any]] = {}
    of_cases = (note for case in noteworthy_cases(card.cases) for note in case.notes)
    for note in (*card.notes, *few_cases_of(card), *of_cases):
        empty: dict[str, Any] = {"code": note.code, "texts": {}, "where": {}, "count": 0}
        kind = kinds.setdefault(note.code, empty)
        kind["count"] += 1
        kind["texts"][clean_name(note.text)] = None
        if note.where and len(kind["where"]) < FEW:
            kind["where"][clean_name(str(note.where))] = None
    found = sorted(kinds.values(), key=lambda kind: kind["code"].startswith("N-"))
    for kind in found:
        kind["more"] = max(0, len(kind["texts"]) - TEXTS)
        kind["texts"] = list(kind["texts"])[:TEXTS]
    return found


def _names(card: Scorecard) -> dict[str, Any]:
    """What each class is called on either side, and the structures that stand for none."""
    called: dict[str, tuple[Counter[str], Counter[str]]] = {}
    unmatched: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for case in card.cases:
        for k, side in enumerate(("pred", "gt")):
            found = case.facts.get("structures", {}).get(side) or {}
            names = found.get("names", {})
            for class_, own in names.items():
                called.setdefault(class_, (Counter(), Counter()))[k][clean_name(str(own))] += 1
            used = set(names.values())
            for roi in found.get("rois", {}):
                if roi not in used:
                    unmatched[k][clean_name(str(roi))] += 1
    rows = [
        {"class": label(class_), "pred": _spellings(pred), "gt": _spellings(truth)}
        for class_, (pred, truth) in list(called.items())[:NAMES]
    ]
    left = [
        (side, _spellings(counts))
        for side, counts in zip(("prediction", "ground truth"), unmatched, strict=True)
        if counts
    ]
    return {"rows": rows, "unmatched": left, "more": max(0, len(called) - NAMES)}


def _spellings(counts: Counter[str]) -> str:
    listed = counts.most_common(NAMES)
    if len({n for _, n in listed}) <= 1 and len(listed) == 1:
        return listed[0][0]
    return ", ".join(f"{name} ({n})" for name, n in listed)


def _grids(card: Scorecard) -> list[tuple[str, int]]:
    """The grids of the cases, the most frequent first."""
    counts: Counter[str] = Counter()
    for case in card.cases:
        shape, spacing = case.facts.get("shape"), case.facts.get("spacing")
        if shape:
            size = " × ".join(map(str, shape))
            side = " × ".join(f"{s:g}" for s in spacing) + " mm" if spacing else "no spacing"
            counts[f"{size}, {side}"] += 1
    few = counts.most_common(FEW)
    rest = sum(counts.values()) - sum(n for _, n in few)
    return few + ([(f"{format_count(len(counts) - FEW, 'other grid')}", rest)] if rest else [])


def baseline_identity(baseline: Scorecard, path: str) -> Sequence[tuple[str, str]]:
    """What tells a baseline from another: its file, its run and its cases."""
    return [
        ("file", clean_name(path)),
        ("cases", format_count(len(baseline.cases), "case")),
        ("signature", clean_name(baseline.signature)),
    ]
