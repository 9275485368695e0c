"""`segeval merge RESULTS…`: the result files of shards as the one of the whole run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.conclude import conclude_run, load_baseline
from segeval.cli.log import LOG
from segeval.cli.options import PATH_OR_URL, Command, resolve_request, settings_options
from segeval.cli.settings_sources import ResolvedSettings
from segeval.request.grammar import parse_gate
from segeval.runtime.frozen import replace

if TYPE_CHECKING:
    from segeval.scorecard.card import Scorecard


def merge_results(given: Mapping[str, Any]) -> int:
    """Join the result files (JSON) of shards: what comes out is that of one run, byte for byte.

    Summary, pooled values and gates are made again from all cases. Shards that are missing or there
    twice and files under other settings are refused. The exit status is that of `score`.
    """
    from segeval.engines.merge import merge_scorecards
    from segeval.reports.outputs import parse_output
    from segeval.scorecard.results import load_results

    request = resolve_request(given)
    LOG.open(request.settings)
    for output in request.settings.output:
        parse_output(output)
    cards = [load_results(Path(path)) for path in given["results"]]
    named = list(zip(given["results"], cards, strict=True))
    judged = use_scored_settings(request, cards)
    card = merge_scorecards(named, request.settings.allow_different_settings)
    return conclude_run(card, judged, given["results"][0], load_baseline(request.settings))


def use_scored_settings(request: ResolvedSettings, cards: Sequence[Scorecard]) -> ResolvedSettings:
    """The settings that the shards were scored under, where they decide what is an error.

    Their gates are judged now, with those that are given (ACCOUNT-A35).
    """
    settings, fields = request.settings, cards[0].fields
    shards = [card.shard for card in cards if card.shard]
    gates = dict.fromkeys(gate for shard in shards for gate in shard.get("gates", ()))
    of_shards = [] if settings.only_gates else [parse_gate(text) for text in gates]
    settings = replace(
        settings,
        missing=fields.get("missing", settings.missing),
        gates=tuple(dict.fromkeys([*of_shards, *settings.gates])),
    )
    accepted = bool(shards) and all(shard.get("accept_undefined") for shard in shards)
    origins = {**request.origins, **({"undefined": "the shards"} if accepted else {})}
    return request._replace(settings=settings, origins=origins)


command = Command(
    "merge",
    merge_results,
    [
        click.Argument(["results"], nargs=-1, required=True, type=PATH_OR_URL),
        *settings_options(["output", "gate"]),
    ],
    [
        "segeval merge shard_1.json shard_2.json -o results.json",
        "segeval merge shard_1.json shard_2.json --format csv",
        "segeval merge shard_1.json shard_2.json --gate liver/dice=0.9",
    ],
    common=(
        "output",
        "format",
        "metrics",
        "gates",
        "baseline",
        "per_case",
        "worst",
        "digits",
        "quiet",
        "verbose",
    ),
)
