"""JSON Lines: a case a line, each with the signature that fixes its numbers; then the verdicts."""

from __future__ import annotations

from typing import IO

from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard
from segeval.scorecard.case_json import strict_json
from segeval.scorecard.result_store import case_texts
from segeval.scorecard.results import verdict_to_json


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the cases, and a line of the verdicts where there are any."""
    end = f', "signature": {strict_json(card.signature)}}}\n'
    for case in case_texts(card.cases):
        file.write(case.removesuffix("}") + end)
    if card.gates:
        gates = [verdict_to_json(verdict) for verdict in card.gates]
        judged = {"gates": gates, "refused": list(card.refused), "signature": card.signature}
        file.write(f"{strict_json(judged)}\n")
