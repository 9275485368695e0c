"""Result files of shards put together as the one run that they are parts of.

The summary, the pooled values included, is made again from the rows and tallies of all cases, in
the order in which one run has them; so the merged file has the bytes of one run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from segeval.classes.names import natural_key, sort_naturally
from segeval.engines.class_union import (
    no_class_note,
    report_unmet_classes,
    report_unmet_settings,
    unite_classes,
)
from segeval.request.grammar import parse_metric
from segeval.runtime.errors import Note, RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import Inventory
from segeval.scorecard.card import Scorecard
from segeval.scorecard.result_store import ResultStore, case_texts
from segeval.scorecard.row_index import index_rows
from segeval.scorecard.signature import signature_differences
from segeval.scorecard.summary import summarise_results
from segeval.scoring.pooling import GroupPools, pools_of
from segeval.statistics.intervals import add_intervals

EXAMPLES = 5
NamedScorecard = tuple[str, Scorecard]  # a result file and what it holds


def merge_scorecards(files: Sequence[NamedScorecard], allow_different: bool = False) -> Scorecard:
    """All cases of several result files in one scorecard, without gates. Raises RequestError."""
    notes = check_same_settings(files, allow_different)
    check_shards(files)
    check_distinct_cases(files)
    cards = [card for _, card in files]
    first = cards[0]
    metrics = tuple(dict.fromkeys(chain.from_iterable(card.metrics for card in cards)))
    cases = unite_classes(join_cases(cards), metrics)
    summary = summarise_results(cases, [parse_metric(text) for text in metrics], pools_of(cases))
    if level := first.fields.get("ci"):
        summary = add_intervals(summary, cases, metrics, level, first.fields["seed"])
    return replace(
        first,
        cases=cases,
        metrics=metrics,
        summary=summary,
        inputs=join_inputs(cards, cases),
        notes=(
            *dict.fromkeys(chain.from_iterable(card.notes for card in cards)),
            *notes,
            *no_class_note(index_rows(cases)),
        ),
        gates=(),
        shard={},
    )


def join_cases(cards: Sequence[Scorecard]) -> ResultStore:
    """The cases of all files, in natural order."""
    names = [name for card in cards for name in index_rows(card.cases).names]
    spool = ResultStore(sort_naturally(names, natural_key), pools=GroupPools(read=True))
    for name, line in zip(
        names, chain.from_iterable(case_texts(c.cases) for c in cards), strict=True
    ):
        spool.add(name, line)
    return spool


def check_same_settings(files: Sequence[NamedScorecard], allow: bool) -> list[Note]:
    """Refuse results under different settings, or note them. Raises RequestError."""
    name, first = files[0]
    notes = []
    for other, card in files[1:]:
        if not (facts := tuple(signature_differences(first.fields, card.fields))):
            continue
        if not allow:
            raise RequestError(
                f"{name} and {other} were scored under different settings",
                facts=facts,
                help="score them alike; or --allow-different-settings",
            )
        notes.append(Note("W-different-settings", "; ".join(facts), other))
    return notes


def check_shards(files: Sequence[NamedScorecard]) -> None:
    """Refuse shards of several wholes, twice the same one, or too few. Raises RequestError."""
    parts: dict[int, str] = {}
    name, first = files[0]
    whole = first.shard.get("of")
    for other, card in files:
        part = card.shard.get("part", 0)
        if card.shard.get("of") != whole or (whole and pairing_of(card) != pairing_of(first)):
            raise RequestError(
                "the files are not shards of one run",
                facts=(f"{name}: {describe_run(first)}", f"{other}: {describe_run(card)}"),
                help="score all shards of the same files, with the same N in --shard I/N",
            )
        if part in parts:
            raise RequestError(
                f"shard {part}/{whole} is there twice: {parts[part]} and {other}",
                help=f"leave {other} out",
            )
        if whole:
            parts[part] = other
    if missing := [f"{i}/{whole}" for i in range(1, (whole or 0) + 1) if i not in parts]:
        raise RequestError(
            f"{len(missing)} of {whole} shards missing: {', '.join(missing[:20])}"
            + (" …" if len(missing) > 20 else ""),
            help=f"score the rest, one by one, by the same command: --shard {missing[0]}",
        )


def pairing_of(card: Scorecard) -> Mapping[str, Any]:
    """What a run says of its pairing, the same in all shards of it; settings are compared apart."""
    own = {k: v for k, v in card.inputs.items() if k not in ("inventory", "left_aside")}
    found = card.shard.get("inventory") or {}
    return {**own, "found": {kind: n for kind, n in found.items() if kind != "setting"}}


def describe_run(card: Scorecard) -> str:
    """What a file says of the run that it is of."""
    shard = f"shard {card.shard['part']}/{card.shard['of']}" if card.shard else "no shard"
    return f"{shard}, {card.inputs.get('pairing', '')}"


def check_distinct_cases(files: Sequence[NamedScorecard]) -> None:
    """Refuse a case that two files have. Raises RequestError."""
    seen: dict[str, str] = {}
    twice = []
    for name, card in files:
        for case in index_rows(card.cases).names:
            if case in seen:
                twice.append(f"{case}: {seen[case]} and {name}")
            seen[case] = name
    if twice:
        raise RequestError(
            f"{len(twice)} {'case is' if len(twice) == 1 else 'cases are'} in two files",
            facts=(*twice[:EXAMPLES], *["…"] * (len(twice) > EXAMPLES)),
            help="leave one of the files out",
        )


def join_inputs(cards: Sequence[Scorecard], cases: ResultStore) -> Mapping[str, Any]:
    """What was paired: of shards the same everywhere, else one after the other."""
    first = dict(cards[0].inputs)
    if (kept := cards[0].shard.get("inventory")) is not None:
        total = Inventory.from_json(kept)
        total.merge(index_rows(cases).inventory)
        report_unmet_classes(index_rows(cases), total)
        report_unmet_settings(index_rows(cases), total)
        total.settle()
        return first | {"left_aside": total.list_left_aside(), "inventory": total.counts()}
    if all(card.inputs == first for card in cards):
        return first
    total = Inventory()
    for card in cards:
        total.merge(Inventory.from_inputs(card.inputs))
    sentences = dict.fromkeys(card.inputs.get("pairing", "") for card in cards)
    extra = chain.from_iterable(card.inputs.get("extra_predictions", ()) for card in cards)
    return {
        "pairing": "; ".join(sentences),
        "extra_predictions": list(dict.fromkeys(extra)),
        "left_aside": total.list_left_aside(),
        "inventory": total.counts(),
    }
