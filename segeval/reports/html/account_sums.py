"""REPORT-T8, ACCOUNT-A1: what was found and what became of it, each kind of thing in its own unit.

Files, label values or contours that were left aside are no cases: they never stand in a sum of
cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.runtime.frozen import frozen
from segeval.runtime.inventory import KINDS, SIDES
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import Scorecard
from segeval.scorecard.row_index import index_rows

CASES = "case"


@frozen
class AccountSum:
    """What became of all things of one kind on one side.

    kind  in words, `contours of the ground truth`
    """

    kind: str
    found: int
    scored: int
    unscored: int
    left_aside: int

    @property
    def whole(self) -> bool:
        """Whether all of it was scored."""
        return self.found == self.scored

    @property
    def unaccounted(self) -> int:
        """How many of them no part of the sum has; of a run of this program none."""
        return self.found - self.scored - self.unscored - self.left_aside

    @property
    def sum(self) -> str:
        """`12 = 11 scored + 1 left aside`."""
        parts = [f"{self.scored} scored"]
        for number, word in (
            (self.unscored, "not scored"),
            (self.left_aside, "left aside"),
            (self.unaccounted, "not accounted for"),
        ):
            parts += [f"{number} {word}"] if number else []
        return f"{self.found} = {' + '.join(parts)}"


def sums_of_inventory(inventory: Mapping[str, Any]) -> list[AccountSum]:
    """A sum a kind and side, in the order in which they were met.

    inventory  of a result file: `gt contour` -> found, scored, unscored and left_aside by reason
    """
    return [
        AccountSum(words_of_kind(kind), *(add_up(own.get(key, 0)) for key in
                   ("found", "scored", "unscored", "left_aside")))
        for kind, own in inventory.items()
        if isinstance(own, Mapping) and kind != CASES
    ]  # fmt: skip


def sum_of_cases(card: Scorecard) -> AccountSum:
    """The cases of a run: those that are in the result, and those that were left aside before."""
    own = (card.inputs.get("inventory") or {}).get(CASES)
    aside = add_up(own.get("left_aside", 0)) if isinstance(own, Mapping) else 0
    many, scored = len(card.cases), index_rows(card.cases).scored
    return AccountSum(KINDS[CASES], many + aside, scored, many - scored, aside)


def words_of_kind(kind: str, number: int = 2) -> str:
    """`gt contour` of the inventory in words: `contours of the ground truth`.

    number  how many there are
    """
    side, _, noun = kind.rpartition(" ")
    words = KINDS.get(noun, clean_name(noun))
    one = {"label": "label value", "plane": "contour plane", "roi": "RoI"}.get(noun, noun)
    return f"{clean_name(one) if number == 1 else words} {SIDES.get(side, '')}".strip()


def add_up(count: Any) -> int:
    """A count, or the sum of counts by their reason."""
    return sum(map(int, count.values())) if isinstance(count, Mapping) else int(count)
