"""Result files of shards put together as the one run that they are parts of.

The summary, the pooled values included, is made again from the rows and tallies of all cases, in
the order in which one run has them; so the merged file has the bytes of one run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from segeval.classes.names import natural, naturally
from segeval.request.grammar import parse
from segeval.runtime.errors import Note, RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import Inventory
from segeval.scorecard.card import Scorecard
from segeval.scorecard.result_store import Spool, texts
from segeval.scorecard.row_index import census
from segeval.scorecard.signature import differing
from segeval.scorecard.summary import summarise
from segeval.scoring.pooling import Pools, pools_of
from segeval.statistics.intervals import with_intervals

EXAMPLES = 5
Named = tuple[str, Scorecard]  # a result file and what it holds


def merged(files: Sequence[Named], allow_different: bool = False) -> Scorecard:
    """All cases of several result files in one scorecard, without gates. Raises RequestError."""
    notes = check_settings(files, allow_different)
    check_shards(files)
    check_cases(files)
    cards = [card for _, card in files]
    first = cards[0]
    cases = joined_cases(cards)
    metrics = tuple(dict.fromkeys(chain.from_iterable(card.metrics for card in cards)))
    summary = summarise(cases, [parse(text) for text in metrics], pools_of(cases))
    if level := first.fields.get("ci"):
        summary = with_intervals(summary, cases, metrics, level, first.fields["seed"])
    return replace(
        first,
        cases=cases,
        metrics=metrics,
        summary=summary,
        inputs=joined_inputs(cards, cases),
        notes=(*dict.fromkeys(chain.from_iterable(card.notes for card in cards)), *notes),
        gates=(),
        shard={},
    )


def joined_cases(cards: Sequence[Scorecard]) -> Spool:
    """The cases of all files, in natural order."""
    names = [name for card in cards for name in census(card.cases).names]
    spool = Spool(naturally(names, natural), pools=Pools())
    for name, line in zip(names, chain.from_iterable(texts(c.cases) for c in cards), strict=True):
        spool.add(name, line)
    return spool


def check_settings(files: Sequence[Named], allow: bool) -> list[Note]:
    """Refuse results under different settings, or note them. Raises RequestError."""
    name, first = files[0]
    notes = []
    for other, card in files[1:]:
        if not (facts := tuple(differing(first.fields, card.fields))):
            continue
        if not allow:
            raise RequestError(
                f"{name} and {other} were scored under different settings",
                facts=facts,
                help="score them alike; or --allow-different-settings",
            )
        notes.append(Note("W-different-settings", "; ".join(facts), other))
    return notes


def check_shards(files: Sequence[Named]) -> None:
    """Refuse shards of several wholes, twice the same one, or too few. Raises RequestError."""
    parts: dict[int, str] = {}
    name, first = files[0]
    whole = first.shard.get("of")
    for other, card in files:
        part = card.shard.get("part", 0)
        if card.shard.get("of") != whole or (whole and pairing_of(card) != pairing_of(first)):
            raise RequestError(
                "the files are not shards of one run",
                facts=(f"{name}: {told(first)}", f"{other}: {told(card)}"),
                help="score all shards of the same files, with the same N in --shard I/N",
            )
        if part in parts:
            raise RequestError(f"shard {part}/{whole} is there twice: {parts[part]} and {other}")
        if whole:
            parts[part] = other
    if missing := [f"{i}/{whole}" for i in range(1, (whole or 0) + 1) if i not in parts]:
        raise RequestError(
            f"{len(missing)} of {whole} shards missing: {', '.join(missing[:20])}"
            + (" …" if len(missing) > 20 else ""),
            help=f"segeval score … --shard {missing[0]} -o …",
        )


def pairing_of(card: Scorecard) -> Mapping[str, Any]:
    """What a run says of its pairing, the same in all shards of it."""
    own = {k: v for k, v in card.inputs.items() if k not in ("inventory", "left_aside")}
    return {**own, "found": card.shard.get("inventory")}


def told(card: Scorecard) -> str:
    """What a file says of the run that it is of."""
    shard = f"shard {card.shard['part']}/{card.shard['of']}" if card.shard else "no shard"
    return f"{shard}, {card.inputs.get('pairing', '')}"


def check_cases(files: Sequence[Named]) -> None:
    """Refuse a case that two files have. Raises RequestError."""
    seen: dict[str, str] = {}
    twice = []
    for name, card in files:
        for case in census(card.cases).names:
            if case in seen:
                twice.append(f"{case}: {seen[case]} and {name}")
            seen[case] = name
    if twice:
        raise RequestError(
            f"{len(twice)} {'case is' if len(twice) == 1 else 'cases are'} in two files",
            facts=(*twice[:EXAMPLES], *["…"] * (len(twice) > EXAMPLES)),
            help="leave one of the files out",
        )


def joined_inputs(cards: Sequence[Scorecard], cases: Spool) -> Mapping[str, Any]:
    """What was paired: of shards the same everywhere, else one after the other."""
    first = dict(cards[0].inputs)
    if (kept := cards[0].shard.get("inventory")) is not None:
        total = Inventory.from_json(kept)
        total.merge(census(cases).inventory)
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
