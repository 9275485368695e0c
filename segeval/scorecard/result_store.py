"""The cases of a run as they finish: on disk as JSON, a line each, and counted.

A finished case is its text from the process that scored it to the result file: nothing is packed
or written twice. Where a run keeps a journal for `--resume` the lines are that journal; else they
are in a temporary file once they are many. In memory stay names, places of lines, and the census.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, overload

from segeval.runtime.frozen import frozen
from segeval.runtime.spill import SpillFile
from segeval.scorecard.card import CasePools, CaseResult
from segeval.scorecard.case_json import NOTHING, case_from_json, case_to_json, strict_json
from segeval.scorecard.row_index import CasesInMemory, RowIndex

LINE_END = ",\n"  # of a line, in a result file too


@frozen
class FinishedCase:
    """A finished case, as an engine hands it over.

    text   its JSON, one line without the end
    rows   how many it has
    large  something of it was left out that more memory would have measured
    trace  of a bug; never written to a file of results
    kept   what the text says, for the process that scored it; others read the text
    """

    case: str
    status: str
    text: str
    rows: int
    large: bool = False
    trace: str = ""
    kept: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, result: CaseResult, large: bool = False) -> FinishedCase:
        """What came of a case."""
        kept = case_to_json(result)
        text, rows = strict_json(kept), len(result.rows)
        if result.tallies:
            kept["tallies"] = result.tallies  # which may be there as they were finished
        return cls(result.case, result.status, text, rows, large, result.trace, kept)

    def __reduce__(self) -> Any:
        return FinishedCase, (self.case, self.status, self.text, self.rows, self.large, self.trace)

    @property
    def result(self) -> CaseResult:
        """What the text says."""
        return case_from_json(json.loads(self.text))


class CaseTallies(NamedTuple):
    """What is pooled of a case: its tallies by name, in their JSON form."""

    case: str
    group: str
    tallies: Mapping[str, Any]


class ResultStore(Sequence[CaseResult]):
    """Finished cases in the order of their names, in whatever order they come.

    names   of all cases
    lines   where they are kept
    census  of the cases up to the first that is missing
    pools   get the tallies of the same cases
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        lines: SpillFile | None = None,
        pools: CasePools | None = None,
    ) -> None:
        self._at = dict.fromkeys(names, -1)
        self._names = list(self._at)
        self._lines = lines or SpillFile()
        self._came = 0
        self.census, self.pools = RowIndex(), pools

    def add(self, name: str, line: str, kept: Mapping[str, Any] | None = None) -> None:
        """Keep a finished case, once. Raises RequestError where the disk is full.

        kept  what the line says, where it was not read from it
        """
        if self._at[name] < 0:
            place = self._lines.add(line.encode() + b"\n")
            self._found(name, place, json.loads(line) if kept is None else kept)

    def append(self, kept: Mapping[str, Any], place: int) -> None:
        """Take the next case, in its JSON form, from where it stands in the lines already."""
        name = kept["case"]
        if name in self._at:
            raise ValueError(f"the case {name} is there twice")
        self._at[name] = -1
        self._names.append(name)
        self._found(name, place, kept)

    def _found(self, name: str, place: int, kept: Mapping[str, Any]) -> None:
        self._at[name] = place
        self._came += 1
        counted = len(self.census)
        while counted < len(self._names) and self._at[self._names[counted]] >= 0:
            own = self._names[counted] == name
            case = kept if own else json.loads(self._text(self._at[self._names[counted]]))
            self.census.add(case)
            if self.pools is not None:
                tallies = case.get("tallies", NOTHING)
                self.pools.add(CaseTallies(case["case"], case.get("group", ""), tallies))
            counted += 1

    @property
    def came(self) -> int:
        """How many cases are there."""
        return self._came

    def has(self, name: str) -> bool:
        """Whether a case is there."""
        return self._at.get(name, -1) >= 0

    def texts(self) -> Iterator[str]:
        """The text of each case, without the end of its line."""
        return map(self._text, self._at.values())

    def _text(self, place: int) -> str:
        return self._lines.line(place).decode().rstrip(LINE_END)

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, place: int) -> CaseResult: ...
    @overload
    def __getitem__(self, place: slice) -> CasesInMemory: ...
    def __getitem__(self, place: int | slice) -> CaseResult | CasesInMemory:
        if isinstance(place, slice):
            return CasesInMemory(self[k] for k in range(*place.indices(len(self))))
        return case_from_json(json.loads(self._text(self._at[self._names[place]])))

    def __iter__(self) -> Iterator[CaseResult]:
        return map(case_from_json, map(json.loads, self.texts()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResultStore | tuple) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        return CasesInMemory, (tuple(self),)


def case_texts(cases: Sequence[CaseResult]) -> Iterator[str]:
    """The text of each case; of cases that are kept as text, that."""
    if isinstance(cases, ResultStore):
        return cases.texts()
    return (strict_json(case_to_json(case)) for case in cases)
