"""JSON Lines: one case a line, each with the signature that fixes its numbers."""

from __future__ import annotations

from typing import IO

from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard
from segeval.scorecard.case_json import strict_json
from segeval.scorecard.result_store import case_texts


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the cases."""
    end = f', "signature": {strict_json(card.signature)}}}\n'
    for case in case_texts(card.cases):
        file.write(case.removesuffix("}") + end)
