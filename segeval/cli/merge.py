"""`segeval merge RESULTS…`: the result files of shards as the one of the whole run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.conclude import baseline_of, finished
from segeval.cli.log import LOG
from segeval.cli.options import PLACE, Command, resolved, settings_options
from segeval.cli.settings_sources import Resolved
from segeval.request.grammar import parse_gate
from segeval.runtime.frozen import replace

if TYPE_CHECKING:
    from segeval.scorecard.card import Scorecard


def merge(given: Mapping[str, Any]) -> int:
    """Join the result files (JSON) of shards: what comes out is that of one run, byte for byte.

    Summary, pooled values and gates are made again from all cases. Shards that are missing or there
    twice and files under other settings are refused. The exit status is that of `score`.
    """
    from segeval.engines.merge import merged
    from segeval.reports.outputs import check
    from segeval.scorecard.results import load

    request = resolved(given)
    LOG.open(request.settings)
    for output in request.settings.output:
        check(output)
    cards = [load(Path(path)) for path in given["results"]]
    named = list(zip(given["results"], cards, strict=True))
    judged = as_scored(request, cards)
    card = merged(named, request.settings.allow_different_settings)
    return finished(card, judged, given["results"][0], baseline_of(request.settings))


def as_scored(request: Resolved, cards: Sequence[Scorecard]) -> Resolved:
    """The settings that the shards were scored under, where they decide what is an error.

    Their gates are judged now, unless others are given.
    """
    settings, fields = request.settings, cards[0].fields
    shards = [card.shard for card in cards if card.shard]
    gates = dict.fromkeys(gate for shard in shards for gate in shard.get("gates", ()))
    settings = replace(
        settings,
        missing=fields.get("missing", settings.missing),
        gates=settings.gates or tuple(parse_gate(text) for text in gates),
    )
    accepted = bool(shards) and all(shard.get("accept_undefined") for shard in shards)
    origins = {**request.origins, **({"undefined": "the shards"} if accepted else {})}
    return request._replace(settings=settings, origins=origins)


command = Command(
    "merge",
    merge,
    [
        click.Argument(["results"], nargs=-1, required=True, type=PLACE),
        *settings_options(["output", "gate"]),
    ],
    [
        "segeval merge shard_1.json shard_2.json -o results.json",
        "segeval merge shard_1.json shard_2.json --format csv",
        "segeval merge shard_1.json shard_2.json --gate liver/dice=0.9",
    ],
)
