"""The statistic `pooled`: the tallies of all cases are added before the metric is computed.

It is the data set's ECE, the micro Dice, the field's mIoU; a mean over cases is another number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from segeval.metrics.registry import Definition, metric_arguments, resolve_metric
from segeval.request.grammar import Metric
from segeval.runtime.errors import RequestError
from segeval.scorecard.card import CaseResult, PooledCase
from segeval.scorecard.result_store import ResultStore
from segeval.scoring.finish_tallies import kind_of
from segeval.scoring.kept_tallies import KeptTallies
from segeval.scoring.tally_kind import Kept, ReportPart
from segeval.scoring.tally_kinds import KINDS

TOGETHER = 64  # cases that are added up at a time


class TallyPool:
    """The tallies of cases, added up as they come; memory is that of a few.

    read  they come from a result file
    """

    def __init__(self, read: bool = False) -> None:
        self._read = read
        self._pooled: dict[str, Any] = {}
        self._waiting: dict[str, list[Any]] = {}

    def add(self, tallies: Mapping[str, Any]) -> None:
        """Add the finished tallies of the next case, by name."""
        for name, tally in tallies.items():
            waiting = self._waiting.setdefault(name, [])
            waiting.append(tally)
            if len(waiting) == TOGETHER:
                self._merged(name)

    def _merged(self, name: str) -> Any:
        """The tallies of all cases as one; None where no case has it."""
        if waiting := self._waiting.pop(name, None):
            before = [self._pooled[name]] if name in self._pooled else []
            self._pooled[name] = result_type(name).pool_cases([*before, *waiting])
        return self._pooled.get(name)

    def counts(self, metric: Metric) -> dict[str, Any]:
        """The counts that stand beside a metric of instances, by class; {} of any other."""
        metric, definition = resolve_metric(metric)
        kind = kind_of(definition.tally(metric))
        if kind.counts is None:
            return {}
        tally = self._merged(kind.shares or kind.name)
        return {} if tally is None else kind.counts(tally, metric, definition)

    def __call__(self, metric: Metric) -> dict[str, float]:
        """The value of each class over all cases; `all` for a value of whole cases.

        Raises RequestError where damaged tallies have none.
        """
        if not self._read:
            return self._values(metric)
        with report_damaged_tallies(f"{metric} over all cases"):
            return self._values(metric)

    def _values(self, metric: Metric) -> dict[str, float]:
        metric, definition = resolve_metric(metric)
        tally = self._merged(definition.tally(metric))
        return {} if tally is None else pooled_values(tally, metric, definition)


def pooled_values(tally: Any, metric: Metric, definition: Definition) -> dict[str, float]:
    """The value of each class of a tally of many cases; `all` for a value of whole cases."""
    value = definition.compute(tally, **metric_arguments(metric, definition))
    each = {} if value.classes is None else dict(zip(tally.classes, value.classes, strict=True))
    if value.whole is not None:
        each["all"] = value.whole
    each |= value.groups
    return {name: float(number) for name, number in each.items()}


def parse_pooled_tallies(tallies: Mapping[str, Any]) -> dict[str, Any]:
    """The tallies of a case out of their JSON form, where they are not there as they were finished.

    A result file of another version may hold tallies that no metric of this one reads.
    """
    finished = tallies.finished if isinstance(tallies, KeptTallies) else {}
    return {
        name: finished[name] if name in finished else result_type(name).from_json(tallies[name])
        for name in tallies
        if name.partition(":")[0] in KINDS
    }


def result_type(name: str) -> type[Kept]:
    """What a tally that is kept with its case is when it is finished."""
    kept = kind_of(name).kept
    if kept is None:
        raise LookupError(f"the tally {name} is not kept, so it cannot be pooled")
    return kept()


def drawn_tallies(tallies: Mapping[str, Any], part: ReportPart) -> Iterator[tuple[str, Any]]:
    """The kept tallies of a case that a part of the report is drawn of, by name."""
    for name, kept in tallies.items():
        known = name.partition(":")[0] in KINDS  # else of another version
        if kept and known and part in kind_of(name).draws:
            yield name, kept


def finished_tallies(cases: Iterable[PooledCase], part: ReportPart) -> dict[str, list[Any]]:
    """The results that a part of the report is drawn of, those of the cases together by name."""
    found: dict[str, list[Any]] = {}
    for case in cases:
        for name, kept in drawn_tallies(case.tallies, part):
            found.setdefault(name, []).append(result_type(name).from_json(kept))
    return found


def can_be_pooled(metric: Metric, definition: Definition) -> bool:
    """Whether the tally of a metric is kept with its case."""
    return kind_of(definition.tally(metric)).kept is not None


@contextmanager
def report_damaged_tallies(case: str) -> Iterator[None]:
    """What is out of place in the tallies of a case of a result file is a RequestError."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        what = f"{type(problem).__name__}: {problem}"
        raise RequestError(f"damaged tallies in the results of {case} ({what})") from problem


class GroupPools:
    """The pool of all cases under "", and one of each group.

    read  the cases come from a result file: what is wrong with them is damage, and no bug
    """

    def __init__(self, cases: Iterable[PooledCase] = (), read: bool = False) -> None:
        self._read = read
        self._pools: dict[str, TallyPool] = {"": TallyPool(read)}
        for case in cases:
            self.add(case)

    def add(self, case: PooledCase) -> None:
        """Add the tallies of the next case."""
        if case.tallies:
            with report_damaged_tallies(case.case) if self._read else nullcontext():
                tallies = parse_pooled_tallies(case.tallies)
                for group in {"", case.group}:
                    self._pools.setdefault(group, TallyPool(self._read)).add(tallies)

    def __getitem__(self, group: str) -> TallyPool:
        return self._pools.get(group) or TallyPool()

    @staticmethod
    def of_some(cases: Iterable[PooledCase]) -> TallyPool:
        """The pool of some cases alone."""
        pool = TallyPool()
        for case in cases:
            pool.add(parse_pooled_tallies(case.tallies))
        return pool


def pools_of(cases: Sequence[CaseResult], read: bool = False) -> GroupPools:
    """The tallies of cases, added up already or now.

    read  the cases come from a result file
    """
    known = cases.pools if isinstance(cases, ResultStore) else None
    return known if isinstance(known, GroupPools) else GroupPools(cases, read)
