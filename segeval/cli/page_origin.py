"""What the head of a page says of its origin: the result file, and the day on which it was made."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from segeval.reports.origin_keys import MADE, RESULTS, date_text


def describe_day(environment: Mapping[str, str]) -> dict[str, str]:
    """The day of a page, by SOURCE_DATE_EPOCH where that is set: a build that can be repeated."""
    moment = environment.get("SOURCE_DATE_EPOCH", "")
    return {MADE: date_text(float(moment) if moment.isdecimal() else time.time())}


def describe_file(path: str) -> dict[str, str]:
    """The result file by its name, and of when it is."""
    file = Path(path)
    of = f" of {date_text(file.stat().st_mtime)}" if file.is_file() else ""
    return {RESULTS: f"{file.name}{of}"}
