"""Instances as JSON: a list, with the signature that fixes its numbers."""

from __future__ import annotations

from typing import IO

from segeval.reports.instances import instance_rows
from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard
from segeval.scorecard.case_json import strict_json


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the instances."""
    content = {"signature": card.signature, "instances": list(instance_rows(card))}
    file.write(f"{strict_json(content)}\n")
