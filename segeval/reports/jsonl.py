"""JSON Lines: one case a line, each with the signature that fixes its numbers."""

from __future__ import annotations

from typing import IO

from segeval.results import case_to_json, text
from segeval.scorecard import Scorecard
from segeval.settings import Settings


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the cases."""
    for case in card.cases:
        file.write(text({**case_to_json(case), "signature": card.signature}) + "\n")
