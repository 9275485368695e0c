"""Finished cases on disk while a run goes on, so that an interrupted one loses only those in work.

Each finished case is a line of `<output>.partial.jsonl` beside the JSON output, flushed at once.
The first line is the signature: cases under another one are scored again, and so are those whose
files have changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from segeval.errors import CaseError
from segeval.pairing.cases import Case
from segeval.pairing.remote import fetched
from segeval.results import case_from_json, case_to_json
from segeval.scorecard import CaseResult
from segeval.scoring.fingerprint import fingerprint
from segeval.stores import Store


class Journal:
    """The finished cases of a run. Use as a context; `done()` removes the file."""

    def __init__(self, output: Path, parts: dict[str, Any], stores: tuple[Store, ...] = ()) -> None:
        self._output, self._stores = output, stores
        self._path = output.with_name(output.name + ".partial.jsonl")
        self._parts = json.loads(json.dumps(parts))
        self._file: Any = None

    @property
    def path(self) -> Path:
        """Where finished cases are kept."""
        return self._path

    def kept(self, cases: Iterable[Case]) -> dict[str, CaseResult]:
        """Finished cases of an earlier run that are still what scoring would give, by id."""
        by_id = {result.case: result for result in self._earlier()}
        return {
            case.id: by_id[case.id]
            for case in cases
            if case.id in by_id and self._same(case, by_id[case.id])
        }

    def _same(self, case: Case, result: CaseResult) -> bool:
        """Whether files and group are those of the earlier run; unscored cases are tried again."""
        if result.status != "ok" or (result.group, result.patient) != (case.group, case.patient):
            return False
        if not result.fingerprint:
            return False
        try:
            with fetched(case, self._stores, whole=False) as here:
                return result.fingerprint == fingerprint(here)
        except CaseError:
            return False  # scoring says what is wrong

    def _earlier(self) -> Iterator[CaseResult]:
        """The output of a finished run, then what an interrupted one left."""
        if self._output.exists():
            content = _json(self._output.read_text("utf-8"))
            if isinstance(content, dict) and content.get("settings") == self._parts:
                yield from (case_from_json(case) for case in content["cases"])
        if self._path.exists():
            lines = self._path.read_text("utf-8").splitlines()
            if lines and _json(lines[0]) == self._parts:
                found = [_json(line) for line in lines[1:]]  # the last may be cut
                yield from (case_from_json(case) for case in found if case is not None)

    def start(self, kept: Iterable[CaseResult]) -> None:
        """Begin the file anew with the cases that are kept."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".new")
        self._file = fresh.open("w", encoding="utf-8")
        self._line(self._parts)
        for result in kept:
            self._line(case_to_json(result))
        fresh.replace(self._path)

    def add(self, result: CaseResult) -> None:
        """Keep a finished case."""
        self._line(case_to_json(result))

    def _line(self, content: Any) -> None:
        self._file.write(json.dumps(content, allow_nan=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file and leave it for `--resume`."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def done(self) -> None:
        """The output is written: the file is not needed any more."""
        self.close()
        self._path.unlink(missing_ok=True)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
