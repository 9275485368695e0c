"""What should be known of a comparison beside its verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from segeval.gates.paired_rules import EXAMPLES, BaselineRule, resolve_tolerances
from segeval.gates.rules import means_class
from segeval.gates.verdict import BASELINE
from segeval.request.settings import Settings
from segeval.runtime.errors import Note
from segeval.scorecard.card import Scorecard
from segeval.scorecard.row_index import index_rows
from segeval.statistics.paired import PairKey, Pairs

FEW_CASES = 10  # cases; an interval of fewer is too narrow


def unmatched_cases(card: Scorecard, baseline: Scorecard) -> tuple[str, ...]:
    """The cases that one of both did not score, in words."""
    mine, theirs = (index_rows(one.cases).places for one in (card, baseline))
    said = []
    for where, these, others in (
        ("not in this run", theirs, mine),
        ("not in the baseline", mine, theirs),
    ):
        if left := [case for case in these if case not in others]:
            more = f" and {len(left) - EXAMPLES} more" if len(left) > EXAMPLES else ""
            word = "case" if len(left) == 1 else "cases"
            said.append(f"{len(left)} {word} {where}: {', '.join(left[:EXAMPLES])}{more}")
    return tuple(said)


def baseline_notes(
    rules: Sequence[BaselineRule],
    columns: Mapping[PairKey, Pairs],
    card: Scorecard,
    baseline: Scorecard,
    settings: Settings,
) -> Iterator[Note]:
    """What should be known of the comparison beside the verdicts."""
    few = {
        f"{r.name.class_}/{r.name.metric}": int(np.isfinite(r.difference).sum())
        for r in rules
        if 0 < np.isfinite(r.difference).sum() < FEW_CASES
    }
    if few:
        yield few_cases_note(few, settings.baseline)
    if many := sum(pairs.charged for pairs in columns.values()):
        values = "1 value is" if many == 1 else f"{many} values are"
        text = f"{values} compared as the best, since nothing was to be found and nothing was"
        yield Note("N-both-empty-best", text, settings.baseline)
    known = {(kind.class_, kind.metric) for kind in index_rows(baseline.cases).kinds}
    new = {
        kind.class_: None
        for kind in index_rows(card.cases).kinds
        if kind.metric in baseline.metrics and (kind.class_, kind.metric) not in known
    }
    if new:
        text = f"not in the baseline, so not compared: {', '.join(new)}"
        yield Note("W-not-in-baseline", text, settings.baseline)
    for gate, _ in resolve_tolerances(settings):
        if not any(
            str(gate.metric) == n.metric and means_class(gate.class_, n.class_) for n in columns
        ):
            yield Note("W-unused-tolerance", f"{gate} fits nothing that is compared", BASELINE)


def few_cases_note(few: Mapping[str, int], where: str) -> Note:
    """The warning that intervals are of few cases."""
    name, n = min(few.items(), key=lambda item: item[1])
    more = f" and {len(few) - 1} more" if len(few) > 1 else ""
    text = f"an interval of fewer than {FEW_CASES} cases is too narrow: {name} (n={n}){more}"
    return Note("W-few-cases", text, where)
