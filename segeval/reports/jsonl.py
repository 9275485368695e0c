"""JSON Lines: one case a line, each with the signature that fixes its numbers."""

from __future__ import annotations

from typing import IO

from segeval.casejson import text
from segeval.scorecard import Scorecard
from segeval.settings import Settings
from segeval.spool import texts


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the cases."""
    end = f', "signature": {text(card.signature)}}}\n'
    for case in texts(card.cases):
        file.write(case.removesuffix("}") + end)
