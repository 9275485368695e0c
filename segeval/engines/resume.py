"""Finished cases on disk while a run goes on, so that an interrupted one loses only those in work.

Each finished case is a line of `<output>.partial.jsonl` beside the JSON output, flushed at once.
The first line is the signature: cases under another one are scored again, and so are those whose
files have changed or whose line is damaged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from segeval.engines.sealed_lines import SealedLines, open_line
from segeval.pairing.cases import Case, CaseStore
from segeval.pairing.remote import fetch_case
from segeval.readers.remote_files import RemoteStore
from segeval.runtime.errors import CaseError, RequestError
from segeval.runtime.json_text import parse_json
from segeval.runtime.name_lengths import name_beside
from segeval.scorecard.card import CaseResult
from segeval.scorecard.case_json import case_from_json
from segeval.scorecard.result_store import ResultStore, case_texts
from segeval.scorecard.results import load_results
from segeval.scorecard.results_schema import find_case_problem
from segeval.scoring.fingerprint import case_fingerprint
from segeval.scoring.pooling import GroupPools, parse_pooled_tallies


class Journal:
    """The finished cases of a run in a file beside its output; `done()` removes it."""

    def __init__(
        self, output: Path, parts: dict[str, Any], stores: tuple[RemoteStore, ...] = ()
    ) -> None:
        self._output, self._stores = output, stores
        self._path = name_beside(output, "", ".partial.jsonl")
        self._parts = json.loads(json.dumps(parts))

    @property
    def path(self) -> Path:
        """Where finished cases are kept."""
        return self._path

    def start(self, cases: CaseStore, resume: bool) -> ResultStore:
        """Begin the file anew, with what an earlier run finished and scoring would give again.

        Raises RequestError where it cannot be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = name_beside(self._path, "", ".new")
        lines = SealedLines(fresh.open("w+b"), called=str(self._path))
        try:
            lines.add(json.dumps(self._parts, allow_nan=False).encode() + b"\n")
        except RequestError:
            fresh.unlink(missing_ok=True)
            raise
        spool = ResultStore(cases.names, lines, GroupPools())
        asked = {name: place for place, name in enumerate(cases.names)} if resume else {}
        for line in self._earlier() if resume else ():
            result = _parse_result(line)
            if result is not None and result.case in asked:
                case = cases[asked[result.case]]
                if self._same(case, result):
                    spool.add(case.id, line)
        fresh.replace(self._path)
        return spool

    def _same(self, case: Case, result: CaseResult) -> bool:
        """Whether files and group are those of the earlier run; unscored cases are tried again."""
        if result.status != "ok" or (result.group, result.patient) != (case.group, case.patient):
            return False
        if not result.fingerprint:
            return False
        try:
            with fetch_case(case, self._stores, whole=False) as here:
                return result.fingerprint == case_fingerprint(here)
        except CaseError:
            return False  # scoring says what is wrong

    def _earlier(self) -> Iterator[str]:
        """The output of a finished run, then what an interrupted one left."""
        if self._output.is_file():  # a pipe would be waited for
            with suppress(RequestError):
                card = load_results(self._output, sealed=True)
                if card.fields == self._parts:
                    yield from case_texts(card.cases)
        if self._path.is_file():
            with self._path.open("rb") as lines:
                kept = (open_line(line).decode("utf-8", "replace") for line in lines)
                if _parse_json(next(kept, "")) == self._parts:
                    yield from kept

    def done(self) -> None:
        """The output is written: the file is not needed any more."""
        self._path.unlink(missing_ok=True)


def _parse_result(line: str) -> CaseResult | None:
    """The case of a line; None of one that is cut or damaged, which is scored again."""
    content = _parse_json(line)
    if content is None or find_case_problem(content):
        return None
    try:
        parse_pooled_tallies(content.get("tallies", {}))
        return case_from_json(content)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None


def _parse_json(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        return None
