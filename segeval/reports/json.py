"""The result file: all that is known, in the form that is read again."""

from __future__ import annotations

from typing import IO

from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard
from segeval.scorecard.results import result_lines


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the scorecard as JSON, one case a line."""
    file.writelines(result_lines(card))
