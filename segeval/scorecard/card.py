"""Rows, what is made of them, and the form in which they are kept.

A row is one number of one class of one case, or the reason why there is none. Nothing here reads an
image: a scorecard is made again from its JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from segeval.request.grammar import Metric
from segeval.runtime.errors import Note, RequestError
from segeval.runtime.frozen import field, frozen

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = "all"  # the class of a number that belongs to the whole case
GROUPS = ("things", "stuff")  # of classes; rows beside `all` of the metrics that have them
CLASSES_BY = "classes_by"  # the fact that says who names the classes of a case without a list
UNMET = "unmet"  # the fact that names parts of the request that a case had nothing for
NOWHERE = "nowhere"  # the fact that names selected classes that nothing stands for
BY_VALUE, BY_NAME = "label values", "names in files"
OVERALL = "overall"  # the mean over classes, in summaries only
# Statuses that are no fault: nobody waits for a value.
POOLED = "pooled"  # a status: the number belongs to the data set, and no case has one
UNCOUNTED = ("ok", "not_annotated", "not_a_volume", POOLED)


class Row(NamedTuple):
    """One number, or why there is none.

    class_  a class name, or `all` where the value belongs to the whole case
    metric  its text; "" in a row that says that a case or a class was not scored
    value   nan where there was nothing to measure, inf where the formula gives it
    status  `ok`, `undefined`, or why nothing was scored (`missing_prediction`, `unreadable`, …)
    reason  `both_empty`, `pred_empty`, `gt_empty`, …; also beside a value that is ok; `infinite`
            beside every value that is, and beside no other
    """

    case: str
    class_: str
    metric: str
    value: float
    unit: str = ""
    status: str = "ok"
    reason: str = ""
    group: str = ""


@frozen
class CaseResult:
    """What came of one case.

    rows     class by class, in the order of the classes
    status   `ok`, or why the case was not scored; `error` then has message, facts, help
    tallies  fixed-size tallies by name, in their JSON form; `pooled` works from them
    facts    what was found: grid, kinds, which file each tally used; JSON values
    gt_voxels  voxels of each class in the ground truth, on its own grid; a baseline knows by them
               whether it was scored against the same (ACCOUNT-A36)
    gt_checksums  of the labels of the ground truth, "" for a map of all classes: how they lie and
               were read, and what they are; compared where the first word is the same
    fingerprint  of all its files and their times, for --resume
    stamps     of the files of each side, whatever their times: for pictures, which are drawn of
               copies too
    inventory  what became of everything that it holds, in the JSON form of an Inventory
    spare      rows of classes that it has not, if another case has them; "" is any class
               (ACCOUNT-A4)
    joined     the classes whose rows it got from there, when the cases of the run were joined
    own_names  what it calls classes that the run calls otherwise, by the name of the run
               (ACCOUNT-A10)
    """

    case: str
    pred: str
    gt: str
    rows: tuple[Row, ...] = ()
    status: str = "ok"
    error: Mapping[str, Any] | None = None
    group: str = ""
    patient: str = ""
    classes: tuple[str, ...] = ()
    tallies: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    fingerprint: str = ""
    inventory: Mapping[str, Any] = field(default_factory=dict)
    spare: tuple[Row, ...] = ()
    joined: tuple[str, ...] = ()
    own_names: Mapping[str, str] = field(default_factory=dict)
    gt_voxels: Mapping[str, int] = field(default_factory=dict)
    gt_checksums: Mapping[str, str] = field(default_factory=dict)
    stamps: Mapping[str, str] = field(default_factory=dict)
    trace: str = ""  # of a bug; never written to a file

    @property
    def scored(self) -> bool:
        """Whether it was looked at: a value was asked of it, or nothing kept it from that."""
        return self.status in UNCOUNTED or any(row.metric for row in self.rows)

    @property
    def faults(self) -> dict[str, Mapping[str, Any]]:
        """The classes that could not be scored, with message, facts and help."""
        return find_faults(self.facts)


def find_faults(facts: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The classes that could not be scored, by what was found of a case."""
    found = facts.get("faults", {}).items()
    return {name: fault for name, fault in found if fault["status"] not in UNCOUNTED}


@frozen
class Statistic:
    """A metric of a class over the cases; of `overall`, over the classes (ACCOUNT-A26).

    n            values that the mean is made of; of `overall`, those of all classes
    n_undefined  values that could not be computed, or are infinite
    n_missing    cases without a value because they were not scored
    worst_case   the case that has the worst value
    interval     of the mean, where one was asked for and there are values
    counts       of a metric of instances: references, predictions, matched, missed, spurious

    Of `overall` alone, whose median, sd, worst and best are those of the means of the cases:
    mean_of_cases      the mean of these means, where it is not the mean of the classes' means
    n_cases            cases that have one
    n_cases_undefined  cases that were scored and have no value in any class
    """

    mean: float
    median: float
    sd: float
    worst: float
    best: float
    pooled: float
    n: int
    n_undefined: int
    n_missing: int
    worst_case: str = ""
    unit: str = ""
    interval: tuple[float, float] | None = None
    mean_of_cases: float | None = None
    n_cases: int | None = None
    n_cases_undefined: int | None = None
    counts: Mapping[str, Any] | None = None


class Summary(dict[str, dict[str, dict[str, Statistic]]]):
    """Group ("" is all cases) -> class (and `overall`) -> metric -> Statistic.

    Called, it gives the classes of a group: `card.summary()["liver"]["dice"].mean`.
    """

    def __call__(self, group: str = "") -> dict[str, dict[str, Statistic]]:
        """Class -> metric -> Statistic.

        group  of cases; "" is all of them
        Raises RequestError for a group that no case is of.
        """
        if group not in self:
            known = ", ".join(filter(None, self)) or "none: no case has one"
            raise RequestError(f"there is no group {group!r}", help=f"the groups are {known}")
        return self[group]


@frozen
class Scorecard:
    """All rows of a run with what is needed to trust them.

    cases      in their order; those of a long run are read from disk when they are asked for
    signature  one line; `fields` are its parts
    summary    group ("" is all cases) -> class (and `overall`) -> metric -> Statistic; called, it
               gives the classes of all cases or of a group
    gates      the verdicts; read from JSON, they are mappings
    foreign    the tool whose results these are, where it is another; they have no signature
    refused    why the run cannot pass, whatever its verdicts: what no gate has judged
    leads      the statistic that stands in the table and is meant by a rule that names none
    place      the file that findings point at: where the gates stand, else the ground truth; in no
               result file
    run        what CI says of the run: commit, page of the job; in no result file
    shard      of a run that scored one part: `part`, `of`, and the gates that `merge` has to judge
    """

    cases: Sequence[CaseResult]
    metrics: tuple[str, ...]
    signature: str
    fields: Mapping[str, Any]
    summary: Summary
    inputs: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    gates: tuple[Any, ...] = ()
    shard: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""
    leads: str = "mean"
    refused: tuple[str, ...] = ()
    foreign: str = ""
    run: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all cases, in their order."""
        return tuple(row for case in self.cases for row in case.rows)

    def to_dataframe(self) -> Any:
        """A DataFrame of pandas: a row a number, with the columns of the CSV.

        Raises RequestError where pandas is not installed.
        """
        from segeval.api.cards import card_to_dataframe

        return card_to_dataframe(self)

    def to_arrow(self) -> Any:
        """A Table of pyarrow, as `to_dataframe`. Raises RequestError where it is not installed."""
        from segeval.api.cards import card_to_arrow

        return card_to_arrow(self)

    def save(  # noqa: PLR0913 - the choices of the forms
        self,
        path: str | Path,
        *,
        wide: bool | None = None,
        digits: int | None = None,
        per_case: bool | None = None,
        worst: int | None = None,
        pictures: int | None = None,
        window: str | None = None,
    ) -> None:
        """Write a file in the form that its name ends in, or that stands before it.

        path      `results.json`, `table.md`, `report.html`, `junit:gates.xml`: every form of `-o`
        wide      a CSV with one row a case and class
        digits    decimals of the table
        per_case  a row of the table for every case
        worst     name the worst cases of every class
        pictures  of the worst cases in an HTML report
        window    of their images: soft, lung, bone, brain, `400,40`
        Raises RequestError for a form that there is not, or a file that cannot be written.
        """
        from segeval.api.cards import save_card

        choices = {k: v for k, v in locals().items() if k not in ("self", "path", "save_card")}
        save_card(self, path, choices)

    def figure(self, kind: str) -> str:
        """A chart of the report alone, as SVG.

        kind  strips, volumes, confusion or reliability, as in `-o figure-strips:dice.svg`
        """
        from segeval.api.cards import draw_card

        return draw_card(self, kind)

    def _repr_html_(self) -> str:
        """The table of classes: what a notebook shows."""
        from segeval.api.cards import card_to_html

        return card_to_html(self)

    def __repr__(self) -> str:
        return f"<Scorecard of {len(self.cases)} cases: {', '.join(self.metrics)}>"

    def __str__(self) -> str:
        """The mean of every class and metric, and what could not be scored: what `print` shows."""
        means = self.summary.get("", {})
        lines = [["", *self.metrics]]
        for name, statistics in means.items():
            cells = (statistics.get(metric) for metric in self.metrics)
            lines.append([name, *("" if cell is None else f"{cell.mean:.4g}" for cell in cells)])
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = ([f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)] for line in lines)
        table = ["  ".join(line).rstrip() for line in padded]
        failed = [f"{c.case}: not scored, {c.status}" for c in self.cases if not c.scored]
        return "\n".join([*table, *failed])


class PooledValues(Protocol):
    """The pooled values of some cases."""

    def __call__(self, metric: Metric, /) -> Mapping[str, float]:
        """The value of each class."""

    def counts(self, metric: Metric, /) -> Mapping[str, Any]:
        """The counts beside a metric of instances, by class."""


class PooledCase(Protocol):
    """A case with its tallies in their JSON form."""

    @property
    def case(self) -> str:
        """Its name."""

    @property
    def group(self) -> str:
        """The group that it belongs to."""

    @property
    def tallies(self) -> Mapping[str, Any]:
        """The tallies by name."""


class CasePools(Protocol):
    """The tallies of cases, added up: of all under "", and of each group."""

    def add(self, case: PooledCase, /) -> None:
        """Add the tallies of the next case."""

    def __getitem__(self, group: str, /) -> PooledValues:
        """The pooled values of a group."""

    def of_some(self, cases: Iterable[CaseResult], /) -> PooledValues:
        """The pooled values of some cases alone."""
