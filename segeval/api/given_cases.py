"""The finished cases of an Evaluator: a line of text each, on disk once they are many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from segeval.api.arrays import IN_MEMORY
from segeval.classes.names import natural_key, sort_naturally
from segeval.pairing.cases import Case
from segeval.runtime.errors import CaseError, Note
from segeval.runtime.spill import SpillFile
from segeval.scorecard.card import CaseResult
from segeval.scorecard.case_json import case_from_json
from segeval.scorecard.result_store import FinishedCase, ResultStore
from segeval.scoring.case import account_case
from segeval.scoring.pooling import GroupPools


class GivenCases:
    """Cases by name, each once.

    A loop may give a case twice: a distributed sampler fills its last batch so. Of the same ground
    truth the first prediction stays, and where the values differ a note says so. Two ground truths
    under one name are two cases: neither can be told from the other, so none is scored.
    """

    def __init__(self) -> None:
        self._lines = SpillFile()
        self._at: dict[str, int] = {}
        self._differ: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._at)

    def keep(self, result: CaseResult) -> None:
        """Keep a finished case.

        result  what came of it
        """
        self._keep_line(result.case, FinishedCase.of(result).text)

    def join(self, other: GivenCases) -> None:
        """Take the cases of another process.

        other  its cases
        """
        for name, line in list(other.lines()):
            self._keep_line(name, line)
        for name, times in other._differ.items():
            self._differ[name] = self._differ.get(name, 0) + times

    def _keep_line(self, name: str, line: str) -> None:
        if name not in self._at:
            self._at[name] = self._add(line)
            return
        first = self._line(name)
        if first == line:
            return
        one, two = (case_from_json(json.loads(text)) for text in (first, line))
        if _same_truth(one, two):
            self._differ[name] = self._differ.get(name, 0) + 1
        else:
            self._at[name] = self._add(FinishedCase.of(_two_cases(one, two)).text)

    def _add(self, line: str) -> int:
        return self._lines.add(line.encode() + b"\n")

    def _line(self, name: str) -> str:
        return self._lines.line(self._at[name]).decode().rstrip("\n")

    def lines(self) -> Iterator[tuple[str, str]]:
        """Name and text of each case, in the order in which they came."""
        return ((name, self._line(name)) for name in self._at)

    def in_order(self) -> ResultStore:
        """The cases as a run has them: in natural order of their names, counted."""
        names = sort_naturally(list(self._at), natural_key)
        store = ResultStore(names, pools=GroupPools())
        for name in names:
            store.add(name, self._line(name))
        return store

    def notes(self) -> tuple[Note, ...]:
        """What is to be said of cases that came with several predictions."""
        text = "the case was given {} times with other values; the first ones stay"
        return tuple(
            Note("W-case-twice", text.format(times + 1), name)
            for name, times in self._differ.items()
        )

    def __getstate__(self) -> tuple[list[tuple[str, str]], dict[str, int]]:
        return list(self.lines()), self._differ

    def __setstate__(self, state: Any) -> None:
        self.__init__()  # type: ignore[misc]
        for name, line in state[0]:
            self._at[name] = self._add(line)
        self._differ = dict(state[1])


def _same_truth(one: CaseResult, two: CaseResult) -> bool:
    """Whether two results are of one ground truth: equal voxels on equal grids."""
    grids = [(case.facts.get("shape"), case.facts.get("spacing")) for case in (one, two)]
    sums = [case.gt_checksums or case.gt_voxels for case in (one, two)]
    return one.status == two.status == "ok" and grids[0] == grids[1] and sums[0] == sums[1]


def _two_cases(one: CaseResult, two: CaseResult) -> CaseResult:
    """One name for two cases: none is scored."""

    def refuse() -> CaseResult:
        raise CaseError(
            "two cases have this name",
            facts=(f"first: {_told(one)}", f"then: {_told(two)}"),
            help="give each a name of its own; reset() forgets the cases of an earlier epoch",
            status="ambiguous",
        )

    return account_case(Case(one.case, IN_MEMORY, IN_MEMORY, one.group, one.patient), refuse)


def _told(case: CaseResult) -> str:
    """What tells a case from another."""
    if case.status != "ok":
        return f"not scored, {case.status}"
    voxels = ", ".join(f"{name} {count}" for name, count in case.gt_voxels.items())
    return f"{'x'.join(map(str, case.facts.get('shape', ())))} voxels, of them {voxels or 'none'}"
