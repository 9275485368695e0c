"""What is known of a run beside its results, by the keys of `Scorecard.run`."""

from __future__ import annotations

import time

RESULTS, MADE = "results", "page made"


def date_text(seconds: float) -> str:
    """A moment, in seconds since 1970, as its day in UTC: `2026-11-29`."""
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
