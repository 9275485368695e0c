"""Verdicts by themselves, as `segeval gate` prints them: lines, CSV, JSON, Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import IO, Any

from segeval.gates.verdict import Verdict
from segeval.reports.csv_cells import CsvWriter
from segeval.reports.markdown import escape_markdown
from segeval.request.settings import Settings
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.results import verdict_to_json

FIELDS = (
    "gate", "class", "metric", "statistic", "group", "value", "bar", "unit", "n", "passed",
    "reason",
)  # fmt: skip
OF_BASELINE = ("policy", "baseline", "difference", "low", "high", "level", "adjust", "tolerance")


def verdict_word(verdict: Verdict) -> str:
    """PASS or FAIL: colour is never the only sign."""
    return "PASS" if verdict.passed else "FAIL"


def write_verdict_lines(verdicts: Sequence[Verdict], file: IO[str], _: Settings) -> None:
    """One line a verdict."""
    file.writelines(f"{verdict_word(one)} {clean_name(one.text)}\n" for one in verdicts)


def write_verdicts_csv(verdicts: Sequence[Verdict], file: IO[str], settings: Settings) -> None:
    """One row a verdict, with all digits."""
    out = CsvWriter(file, settings)
    out.write_row((*FIELDS, *OF_BASELINE))
    for verdict in verdicts:
        kept = verdict_to_json(verdict)
        kept |= kept.pop("against", {})
        out.write_row([_verdict_cell(kept.get(key)) for key in (*FIELDS, *OF_BASELINE)])


def _verdict_cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def write_verdicts_json(verdicts: Sequence[Verdict], file: IO[str], _: Settings) -> None:
    """Whether all passed, and the verdicts as they stand in a result file."""
    kept = [verdict_to_json(verdict) for verdict in verdicts]
    content = {"passed": all(verdict.passed for verdict in verdicts), "gates": kept}
    json.dump(content, file, indent=1, allow_nan=False)
    file.write("\n")


def write_verdicts_markdown(verdicts: Sequence[Verdict], file: IO[str], _: Settings) -> None:
    """A table."""
    file.write("| | gate | | |\n| --- | --- | --- | --- |\n")
    for one in verdicts:
        worst = one.line.removeprefix(one.text)
        cells = (verdict_word(one), one.gate, one.name, one.finding + worst)
        file.write(f"| {' | '.join(map(escape_markdown, cells))} |\n")


WRITERS: dict[str, Callable[[Sequence[Verdict], IO[str], Settings], None]] = {
    "table": write_verdict_lines,
    "csv": write_verdicts_csv,
    "json": write_verdicts_json,
    "markdown": write_verdicts_markdown,
}
