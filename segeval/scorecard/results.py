"""The JSON form of a scorecard, `segeval.results/2`: what a run is, its cases, their summary.

There are no timings, dates or absolute paths. The words are explained where they stand, in
`data/results.schema.json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zlib import crc32

from segeval import __version__
from segeval.request.grammar import parse_metric
from segeval.runtime.errors import Note, RequestError
from segeval.runtime.file_state import refuse_device
from segeval.runtime.frozen import asdict, fields, replace
from segeval.runtime.json_text import parse_json
from segeval.runtime.spill import SpillFile
from segeval.scorecard.card import OVERALL, Scorecard, Statistic, Summary
from segeval.scorecard.case_json import (
    INFINITE,
    case_from_json,
    json_number,
    strict_json,
)
from segeval.scorecard.result_store import LINE_END, ResultStore, case_texts
from segeval.scorecard.results_checks import (
    check_all_there,
    check_each_once,
    check_metric_texts,
    refuse_numbers_alone,
)
from segeval.scorecard.results_seal import (
    DAMAGED_HELP,
    check_seal,
    holds_what_was_written,
    seal_text,
)
from segeval.scorecard.row_index import CasesInMemory
from segeval.scorecard.signature import signature_id
from segeval.scorecard.summary import summarise_results

SCHEMA = "segeval.results/2"
DAMAGE = (AttributeError, KeyError, TypeError, ValueError)  # what damaged content raises
BEFORE = "segeval.results/1"  # its `overall` had the means of all statistics of the classes
OF_BEFORE = {"id": "00000000", "leads": "mean"}  # what it did not have
OPENING, CASE = b'"cases": [\n', b'{"case": '  # the line before the cases, and the start of each
NUMBERS = tuple(f.name for f in fields(Statistic) if f.type == "float")
OPTIONAL = tuple(f.name for f in fields(Statistic) if "None" in f.type)  # left out where unknown


def result_lines(card: Scorecard) -> Iterator[str]:
    """The text of a result file, one case a line, with a checksum from the cases on."""
    yield "{\n"
    for key, value in _opening_fields(card).items():
        yield f"{strict_json(key)}: {strict_json(value)},\n"
    yield '"cases": ['
    yield from seal_text(_measured_lines(card))
    yield "\n}\n"


def _measured_lines(card: Scorecard) -> Iterator[str]:
    for place, case in enumerate(case_texts(card.cases)):
        yield (",\n" if place else "\n") + case
    yield "\n]"
    for key, value in _closing_fields(card).items():
        yield f",\n{strict_json(key)}: {strict_json(value)}"


def _opening_fields(card: Scorecard) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "tool": {"name": "segeval", "version": __version__},
        "signature": card.signature,
        "id": signature_id(card.signature),
        "settings": dict(card.fields),
        "inputs": dict(card.inputs),
        "metrics": list(card.metrics),
        "leads": card.leads,
        **({"shard": dict(card.shard)} if card.shard else {}),
    }


def _closing_fields(card: Scorecard) -> dict[str, Any]:
    return {
        "summary": {
            group: {
                class_: {name: _statistic_to_json(made) for name, made in of_metric.items()}
                for class_, of_metric in of_class.items()
            }
            for group, of_class in card.summary.items()
        },
        "gates": [verdict_to_json(verdict) for verdict in card.gates],
        **({"refused": list(card.refused)} if card.refused else {}),
        "notes": [asdict(note) for note in card.notes],
    }


def verdict_to_json(verdict: Any) -> dict[str, Any]:
    """What came of a gate, whether it was judged in this run or read from a file."""
    return _strict_fields(verdict if isinstance(verdict, Mapping) else asdict(verdict))


def _strict_fields(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Fields under their names in JSON; a number that is none is null, a baseline none left out."""
    return {k.rstrip("_"): _plain(v) for k, v in kept.items() if k != "against" or v is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _strict_fields(value)
    return json_number(value) if isinstance(value, float) else value


def _statistic_to_json(made: Statistic) -> dict[str, Any]:
    """The statistics, and why those are null that are."""
    kept = asdict(made)
    reasons = {}
    for name in NUMBERS:
        if not math.isfinite(kept[name]):
            reasons[name] = _reason(made, name)
            kept[name] = None
    for name in OPTIONAL:
        if kept[name] is None:
            del kept[name]
    return kept | ({"reasons": reasons} if reasons else {})


def _reason(made: Statistic, name: str) -> str:
    value = getattr(made, name)
    if math.isinf(value):
        return INFINITE if value > 0 else f"-{INFINITE}"
    if name == "pooled":
        return "not_pooled"
    if not made.n:
        return "no_value"
    return "one_value" if name == "sd" else "no_better_side"


def load_results(path: Path, sealed: bool = False) -> Scorecard:
    """Read a result file; its cases stay in it, where it has one a line. Raises RequestError.

    sealed  it has to have the checksum, which files of before and of other hands have not
    """
    try:
        refuse_device(path)
        return with_moved_roots(_read_results(path.open("rb"), path, sealed), path.parent, Path())
    except OSError as problem:
        raise RequestError(f"cannot be read ({problem.strerror})", where=path) from problem
    except ValueError as problem:
        raise RequestError(
            f"no JSON ({problem})",
            where=path,
            help="give a file of `segeval score -o results.json`",
        ) from problem
    except RequestError as problem:
        raise RequestError(problem.message, where=path, help=problem.help) from problem


def with_moved_roots(card: Scorecard, start: Path, goal: Path) -> Scorecard:
    """A scorecard whose roots are relative to another folder.

    A result file has them relative to itself, a run relative to the working folder.
    """
    roots = card.inputs.get("roots")
    if not isinstance(roots, Mapping) or start.resolve() == goal.resolve():
        return card
    import os

    moved = {
        side: root if "://" in root else Path(os.path.relpath(start / root, goal)).as_posix()
        for side, root in roots.items()
    }
    return replace(card, inputs={**card.inputs, "roots": moved})


def _read_results(file: IO[bytes], path: Path, sealed: bool) -> Scorecard:
    """A result file, of another tool too. Raises RequestError, OSError, ValueError for no JSON."""
    head, spool = b"", ResultStore(lines=SpillFile(file))
    while (line := file.readline()) not in (b"", OPENING):
        head += line
    if not line:  # written by other hands: all of it at once
        if sealed:
            raise RequestError("its lines have no checksum")
        refuse_numbers_alone(head)
        return _read_foreign(head, path) or card_from_json(_parse(head))
    check_schema(_parse(head + OPENING + b"]}"))
    place, check = file.tell(), crc32(b"\n")
    whole = holds_what_was_written(file, place, check)
    while (line := file.readline()).startswith(CASE):
        kept = _parse(line.decode().rstrip(LINE_END))
        if not whole:
            check = crc32(line, check)
            check_case(kept, len(spool))
        try:  # a `with` for each of very many cases is felt
            spool.append(kept, place)
        except DAMAGE as problem:
            raise damaged_results_error(problem) from problem
        place += len(line)
    rest = line + file.read()
    card = card_from_json(_parse(head + OPENING + rest), spool)
    if not whole:
        check_seal(check, rest, sealed)
    return card


def _read_foreign(content: bytes, path: Path) -> Scorecard | None:
    """The results of another tool; None of what is not known as such (CLI-U10)."""
    from segeval.scorecard.foreign_results import (
        is_nnunet,
        is_panoptica,
        read_nnunet,
        read_panoptica,
    )

    text = content.decode("utf-8-sig", "replace")
    if is_panoptica(text):
        return read_panoptica(text, path)
    if '"metric_per_case"' in text and is_nnunet(kept := parse_json(text)):  # it writes NaN
        return read_nnunet(kept, path)
    return None


def _parse(text: str | bytes) -> Any:
    """Strict JSON. ValueError where it is none."""
    return parse_json(text, _refuse_constant)


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")


def check_case(kept: Any, place: int) -> None:
    """Refuse a case that is not as the schema has it. Raises RequestError."""
    from segeval.scorecard.results_schema import find_case_problem

    if problem := find_case_problem(kept):
        raise RequestError(f"damaged result file: cases[{place}].{problem}", help=DAMAGED_HELP)


def check_schema(content: Any) -> None:
    """Refuse what is no result file of this version. Raises RequestError."""
    schema = content.get("schema") if isinstance(content, Mapping) else None
    if schema not in (SCHEMA, BEFORE):
        raise RequestError(
            f"not a result file that this version reads (schema {schema!r}, wanted {SCHEMA!r})",
            help="give a file that `segeval score -o results.json` wrote",
        )


@contextmanager
def report_damaged_results() -> Iterator[None]:
    """What is missing or out of place in a result file is a RequestError."""
    try:
        yield
    except DAMAGE as problem:
        if isinstance(problem, json.JSONDecodeError):
            raise
        raise damaged_results_error(problem) from problem


def damaged_results_error(problem: Exception) -> RequestError:
    """The error of a result file in which something is missing or out of place."""
    return RequestError(f"damaged result file ({type(problem).__name__}: {problem})")


def card_from_json(content: Any, spool: ResultStore | None = None) -> Scorecard:
    """Make a scorecard of the content of a result file. Raises RequestError.

    spool  its cases, where they are not in the content
    """
    check_schema(content)
    current = content if content["schema"] == SCHEMA else {**OF_BEFORE, **content, "schema": SCHEMA}
    from segeval.scorecard.results_schema import find_results_problem

    if problem := find_results_problem(current):
        raise RequestError(f"damaged result file: {problem}", help=DAMAGED_HELP)
    with report_damaged_results():
        check_metric_texts(content["metrics"])
        check_each_once(case["case"] for case in content["cases"])
        held = CasesInMemory(case_from_json(case) for case in content["cases"])
        check_all_there(content, len(spool or held))
        card = Scorecard(
            cases=spool or held,
            metrics=tuple(content["metrics"]),
            signature=content["signature"],
            fields=content["settings"],
            summary=Summary(
                {
                    group: {
                        class_: {
                            name: _statistic_from_json(made) for name, made in of_metric.items()
                        }
                        for class_, of_metric in of_class.items()
                    }
                    for group, of_class in content["summary"].items()
                }
            ),
            inputs=content["inputs"],
            notes=tuple(Note(**note) for note in content["notes"]),
            gates=tuple(content["gates"]),
            shard=content.get("shard", {}),
            leads=content.get("leads", "mean"),
            refused=tuple(content.get("refused", ())),
        )
        return card if content["schema"] == SCHEMA else renew_overall(card)


def renew_overall(card: Scorecard) -> Scorecard:
    """A scorecard of the version before with what `overall` is now; all else means the same."""
    made = summarise_results(card.cases, [parse_metric(text) for text in card.metrics])
    summary = Summary({group: dict(of_class) for group, of_class in card.summary.items()})
    for group, of_class in summary.items():
        if OVERALL in of_class:
            old, new = of_class[OVERALL], made[group][OVERALL]
            of_class[OVERALL] = {
                name: replace(one, pooled=old[name].pooled, interval=old[name].interval)
                for name, one in new.items()
                if name in old
            }
    return replace(card, summary=summary)


def _statistic_from_json(kept: Mapping[str, Any]) -> Statistic:
    reasons = kept.get("reasons", {})
    back = {INFINITE: math.inf, f"-{INFINITE}": -math.inf}
    numbers: dict[str, Any] = {
        name: back.get(reasons.get(name, ""), math.nan) if kept[name] is None else kept[name]
        for name in NUMBERS
    }
    others: dict[str, Any] = {
        key: kept[key] for key in ("n", "n_undefined", "n_missing", "worst_case", "unit")
    }
    ends = kept.get("interval")
    of_cases: dict[str, Any] = {key: kept.get(key) for key in OPTIONAL if key != "interval"}
    interval = (ends[0], ends[1]) if ends else None
    return Statistic(**numbers, **others, interval=interval, **of_cases)
