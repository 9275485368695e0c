"""CSV with tabs."""

from __future__ import annotations

from typing import IO

from segeval.reports.delimited import write_rows
from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the rows, separated by tabs."""
    write_rows(card, file, settings, "\t")
