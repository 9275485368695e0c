"""The inventory: what a run found, and what became of each item (docs/rules/ACCOUNT.md, A1 to A3).

Whoever finds something counts it (`add_found`); whoever decides what becomes of it says so: it was
scored (`add_scored`), it was not and a status says why (`add_unscored`), or it was left aside for a
reason (`set_aside`). The two are counted apart, so an item that nobody decided on shows: found is
to be scored + unscored + left aside, for every kind of item and side.

    with keep_inventory(Inventory()) as inventory:     once a run, and once a case
        with on_side("gt"):
            current().add_found("contour", 12)          anywhere below, in readers too
            current().add_scored("contour", 11)
            current().set_aside("contour", "outside every slice", ["Heart, z = 12 mm"],
                                code="W-outside-slices")

Where nobody keeps an inventory (a reader that is called by itself), reports go nowhere. Nothing is
decided by reading the inventory while a case is scored; so reports cost a sum and change no number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

# The kinds of items, and how several of them are called.
KINDS = {
    "file": "files",
    "folder": "folders",
    "case": "cases",
    "class": "classes",
    "structure": "structures",
    "segment": "segments",
    "label": "label values",
    "plane": "contour planes",
    "contour": "contours",
    "image": "images",
    "annotation": "annotations",
    "detection": "detections",
    "roi": "RoIs",
    "point": "points",
    "frame": "frames",
    "channel": "channels",
    "colour": "colours",
    "setting": "settings",
    "gate": "gates",
    "picture": "pictures",
}
SIDES = {"gt": "of the ground truth", "pred": "of the prediction", "": ""}

# Why an item may be left aside, from the least to the most that has to be said of it.
ASKED = "asked"  # the user asked for it: said with -v
KNOWN = "known"  # a rule knows what it is (an image, a plot, a support structure): said
UNKNOWN = (
    "unknown"  # it may be what should have been scored: said, and a gate cannot pass (ACCOUNT-A34)
)
LOST = "lost"  # it could not be looked at: an error, and the exit status is 3 (ACCOUNT-A33)

SAID = "-"  # the code of what has a warning of its own with more words
LEFT_OUT = "left out by request"  # the reason of the value of --ignore-label
EXAMPLES = 3
UNACCOUNTED = "that nothing became of: a bug, please report"


class LeftAside(NamedTuple):
    """Items of one kind that were left aside for one reason.

    reason  what follows the count: `named like images`, `outside every slice`
    weight  ASKED, KNOWN or UNKNOWN
    code    of the warning, where a number may be another for it (ACCOUNT-A3); "" for none
    names   of the items, or the first of them
    number  how many there are
    case    in which they were met; "" before there are cases
    """

    kind: str
    side: str
    reason: str
    weight: str
    code: str
    names: tuple[str, ...]
    number: int
    case: str = ""

    @property
    def words(self) -> str:
        """The items in words: `2 files of the ground truth named like images (a.png, b.png)`."""
        return describe([self])


Key = tuple[str, str]  # kind, side


class Inventory:
    """Counts of what was found and of what became of it; small, picklable, adds up.

    side  of which reports are that do not say it: gt, pred, or "" for neither
    """

    __slots__ = ("_asked", "found", "left_aside", "met", "scored", "side", "unscored")

    def __init__(self) -> None:
        self.found: Counter[Key] = Counter()
        self.scored: Counter[Key] = Counter()
        self.unscored: dict[Key, Counter[str]] = {}
        self.left_aside: list[LeftAside] = []
        self.met: set[str] = set()  # what a part of the request was of use for; not in files
        self._asked: dict[tuple[Any, ...], int] = {}  # places of what was asked for
        self.side = ""

    def add_found(self, kind: str, count: int = 1, side: str | None = None) -> None:
        """Count items where they are met."""
        key = kind, self.side if side is None else side
        self.found[key] = self.found.get(key, 0) + count

    def add_scored(self, kind: str, count: int = 1, side: str | None = None) -> None:
        """Count items that a value stands for."""
        key = kind, self.side if side is None else side
        self.scored[key] = self.scored.get(key, 0) + count

    def add_unscored(self, kind: str, status: str, count: int = 1, side: str | None = None) -> None:
        """Count items that were not scored, by the status of their row or case."""
        key = kind, self.side if side is None else side
        self.unscored.setdefault(key, Counter())[status] += count

    def set_aside(  # noqa: PLR0913 - what is to be said of an item
        self,
        kind: str,
        reason: str,
        names: Iterable[str],
        weight: str = UNKNOWN,
        code: str = "",
        side: str | None = None,
        count: int | None = None,
    ) -> None:
        """Say what is not scored, and why.

        reason  what follows the count in a sentence: `named like images`
        names   of the items; nothing is said where there are none and no count
        count   where there are more items than names
        code    `W-…` makes the line a warning
        """
        shown = tuple(names)
        many = len(shown) if count is None else count
        if many:
            own = self.side if side is None else side
            self.left_aside.append(LeftAside(kind, own, reason, weight, code, shown, many))

    def meet(self, part: str) -> None:
        """Note that something was there for a part of the request: a label of a table, an alias."""
        self.met.add(part)

    def missing(self) -> dict[Key, int]:
        """The items of each kind and side of which nobody said what became; negative: too many."""
        rest = dict(self.found)
        for key, count in self.scored.items():
            rest[key] = rest.get(key, 0) - count
        for key, statuses in self.unscored.items():
            rest[key] = rest.get(key, 0) - statuses.total()
        for item in self.left_aside:
            rest[item[:2]] = rest.get(item[:2], 0) - item.number
        return {key: count for key, count in rest.items() if count}

    def add_rest(self, *kinds: str) -> None:
        """Count as scored what nothing else became of: the files of a case that was scored."""
        for key, count in self.missing().items():
            if key[0] in kinds and count > 0:
                self.scored[key] = self.scored.get(key, 0) + count

    def close(self, status: str) -> None:
        """End a case that was not scored: what it held has its status, and no other end."""
        self.scored.clear()
        self.unscored.clear()
        for key, count in self.missing().items():
            if count > 0:
                self.unscored[key] = Counter({status: count})

    def settle(self) -> None:
        """Set aside what nobody said anything of, so that it is never lost unsaid."""
        for (kind, side), count in self.missing().items():
            if count > 0:
                self.set_aside(kind, UNACCOUNTED, (), UNKNOWN, "W-unaccounted", side, count)

    def merge(self, other: Inventory, case: str = "") -> None:
        """Add what another inventory holds, that of a case under its name."""
        self.found.update(other.found)
        self.scored.update(other.scored)
        self.met |= other.met
        for key, statuses in other.unscored.items():
            self.unscored.setdefault(key, Counter()).update(statuses)
        for item in other.left_aside:
            self._add_item(item._replace(case=item.case or case))

    def _add_item(self, item: LeftAside) -> None:
        """Add what was left aside; what was asked for in case after case is one item."""
        key = item[:6]
        place = self._asked.get(key) if item.weight == ASKED else None
        if place is not None:
            same = self.left_aside[place]
            self.left_aside[place] = same._replace(number=same.number + item.number, case="")
            return
        if item.weight == ASKED:
            self._asked[key] = len(self.left_aside)
        self.left_aside.append(item)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Inventory) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def to_json(self) -> dict[str, Any]:
        """As JSON values: `kind` or `side kind` -> a number where all is scored, else all ends."""
        kept: dict[str, Any] = {}
        aside: dict[Key, list[LeftAside]] = {}
        for item in self.left_aside:
            aside.setdefault((item.kind, item.side), []).append(item)
        for key in dict.fromkeys([*self.found, *self.scored, *self.unscored, *aside]):
            word = f"{key[1]} {key[0]}".strip()
            count = self.found[key]
            if count == self.scored[key] and not (key in self.unscored or key in aside):
                kept[word] = count
                continue
            kept[word] = {
                "found": count,
                "scored": self.scored[key],
                "unscored": dict(self.unscored.get(key, {})),
                "left_aside": [
                    [*item[2:5], list(item.names), item.number, item.case]
                    for item in aside.get(key, ())
                ],
            }
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Inventory:
        """Read what `to_json` gave."""
        made = cls()
        for word, own in kept.items():
            side, _, kind = word.rpartition(" ")
            if isinstance(own, int):
                made.found[kind, side] = made.scored[kind, side] = own
                continue
            made.found[kind, side] = own["found"]
            made.scored[kind, side] = own["scored"]
            if own["unscored"]:
                made.unscored[kind, side] = Counter(own["unscored"])
            for reason, weight, code, names, count, case in own["left_aside"]:
                made.left_aside.append(
                    LeftAside(kind, side, reason, weight, code, tuple(names), count, case)
                )
        return made

    def list_left_aside(self) -> list[dict[str, Any]]:
        """All that was left aside, for reports: kind, side, reason and names."""
        return [
            {key: value for key, value in item._asdict().items() if value or key == "names"}
            for item in self.left_aside
        ]

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> Inventory:
        """Read what the inputs of a result file say of it; empty of an older file."""
        made = cls()
        for word, own in inputs.get("inventory", {}).items():
            side, _, kind = word.rpartition(" ")
            made.found[kind, side] = own.get("found", 0)
            made.scored[kind, side] = own.get("scored", 0)
            if statuses := own.get("unscored"):
                made.unscored[kind, side] = Counter(statuses)
        for item in inputs.get("left_aside", ()):
            known = {"side": "", "code": "", "case": ""} | item
            made.left_aside.append(LeftAside(**known | {"names": tuple(item["names"])}))
        return made

    def counts(self) -> dict[str, Any]:
        """What became of every kind, for reports: found, scored, unscored and left aside."""
        made: dict[str, Any] = {}
        for word, own in self.to_json().items():
            if isinstance(own, int):
                made[word] = {"found": own, "scored": own}
                continue
            reasons: Counter[str] = Counter()
            for item in own["left_aside"]:
                reasons[item[0]] += item[4]
            made[word] = {k: own[k] for k in ("found", "scored", "unscored") if own[k]}
            made[word] |= {"left_aside": dict(reasons)} if reasons else {}
        return made


def describe(items: Sequence[LeftAside], most: int = EXAMPLES) -> str:
    """Items of one kind and reason in words, with the first names; `most` 0 gives all of them."""
    first = items[0]
    count = sum(item.number for item in items)
    noun = first.kind if count == 1 and first.kind != "roi" else KINDS[first.kind]
    noun = {"label": "label value", "plane": "contour plane"}.get(noun, noun)
    sides = {item.side for item in items}
    where = SIDES[sides.pop()] if len(sides) == 1 else ""
    names = [f"{item.case}: {name}" if item.case else name for item in items for name in item.names]
    names = list(dict.fromkeys(names))
    shown = names[: most or None]
    more = f" and {count - len(shown)} more" if shown and count > len(shown) else ""
    listed = f" ({', '.join(shown)}{more})" if shown else ""
    return " ".join(filter(None, (str(count), noun, where, first.reason))) + listed


_CURRENT: ContextVar[Inventory | None] = ContextVar("inventory", default=None)


def current() -> Inventory:
    """The inventory of what is at work: of a case while it is scored, else of the run."""
    kept = _CURRENT.get()
    return Inventory() if kept is None else kept


@contextmanager
def keep_inventory(inventory: Inventory) -> Iterator[Inventory]:
    """Have everything that is reported inside of the block counted here."""
    token = _CURRENT.set(inventory)
    try:
        yield inventory
    finally:
        _CURRENT.reset(token)


@contextmanager
def on_side(side: str) -> Iterator[None]:
    """Have what is reported inside of the block be of this side: gt or pred."""
    kept = current()
    before, kept.side = kept.side, side
    try:
        yield
    finally:
        kept.side = before
