"""What stands for a tally that has no result, for it would have taken more than `--max-memory`."""

from __future__ import annotations

from typing import Any, NamedTuple

OVER_BUDGET = "over_budget"  # a status: nothing was measured, so nothing is undefined


class NoRoom(NamedTuple):
    """Nothing was kept.

    needed   bytes that it would have taken
    classes  names of those that it is of
    empty    the result of empty masks, which has as many values
    """

    needed: int
    classes: tuple[str, ...]
    empty: Any
