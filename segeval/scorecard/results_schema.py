"""Result files are held to their schema when they are read; what is wrong is said with its place.

The words of JSON Schema that `data/results.schema.json` uses become functions once; a file of many
cases is then checked at the speed at which it is read.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA_FILE = Path(__file__).parents[1] / "data" / "results.schema.json"
Problem = tuple[tuple[str | int, ...], str]  # the place, and what is wrong there
Check = Callable[[Any], Problem | None]
# Words that stand for nothing to check, or that another word looks at.
PLAIN = {"$schema", "$id", "$defs", "title", "description", "then", "else"}
OBJECT_WORDS = ("properties", "required", "additionalProperties", "patternProperties")
TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) is int or (type(value) is float and math.isfinite(value)),
    "null": lambda value: value is None,
}
SHOWN = 40  # letters of a wrong value


def find_results_problem(content: Any) -> str:
    """What is wrong with a result file, and where; "" where it is as the schema has it."""
    return _in_words(_checks()["file"](content))


def find_case_problem(content: Any) -> str:
    """The same of one case."""
    return _in_words(_checks()["case"](content))


@cache
def _checks() -> dict[str, Check]:
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    known: dict[str, Check] = {}
    for name, part in schema["$defs"].items():
        known[name] = compile_schema(part, known)
    return {"file": compile_schema(schema, known), "case": known["case"]}


def _in_words(problem: Problem | None) -> str:
    if problem is None:
        return ""
    place, what = problem
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    return f"{path.lstrip('.')}: {what}" if path else what


def compile_schema(schema: Mapping[str, Any], known: Mapping[str, Check]) -> Check:
    """The check of a schema. LookupError for a word that nothing here knows.

    known  checks of `$defs` by name; they may be added later
    """
    checks = [check for word in schema for check in _compile_word(word, schema, known)]
    if len(checks) == 1:
        return checks[0]

    def check_all(value: Any) -> Problem | None:
        for check in checks:
            if (problem := check(value)) is not None:
                return problem
        return None

    return check_all


def _compile_word(
    word: str, schema: Mapping[str, Any], known: Mapping[str, Check]
) -> Iterator[Check]:
    asked = schema[word]
    if word == "$ref":
        name = asked.rpartition("/")[2]
        yield lambda value: known[name](value)
    elif word in SIMPLE:
        yield _simple_check(*SIMPLE[word], asked)
    elif word == "type":
        yield _type_check([asked] if isinstance(asked, str) else asked)
    elif word in OBJECT_WORDS:
        if word == next(one for one in schema if one in OBJECT_WORDS):  # one check for all of them
            yield _object_check(schema, known)
    elif word == "items":
        yield _items_check(compile_schema(asked, known))
    elif word == "oneOf":
        yield _any_check([compile_schema(one, known) for one in asked])
    elif word == "if":
        branches = [compile_schema(schema.get(w, {}), known) for w in ("if", "then", "else")]
        yield lambda value: branches[1 if branches[0](value) is None else 2](value)
    elif word not in PLAIN:
        raise LookupError(f"the schema has a word that is not checked: {word}")


def _number(value: Any) -> bool:
    return type(value) in (int, float)


# Word: the values that it is about, whether one is as asked, and what it is not.
SIMPLE: Mapping[str, tuple[Callable[[Any], bool], Callable[[Any, Any], bool], str]] = {
    "const": (lambda v: True, lambda v, asked: v == asked, "is not {}"),
    "enum": (lambda v: True, lambda v, asked: v in asked, "is none of {}"),
    "pattern": (TYPES["string"], lambda v, asked: re.search(asked, v) is not None, "is not {}"),
    "minLength": (TYPES["string"], lambda v, asked: len(v) >= asked, "is too short"),
    "minItems": (TYPES["array"], lambda v, asked: len(v) >= asked, "has fewer than {} items"),
    "maxItems": (TYPES["array"], lambda v, asked: len(v) <= asked, "has more than {} items"),
    "minProperties": (TYPES["object"], lambda v, asked: len(v) >= asked, "is empty"),
    "minimum": (_number, lambda v, asked: v >= asked, "is below {}"),
    "exclusiveMinimum": (_number, lambda v, asked: v > asked, "is not above {}"),
    "exclusiveMaximum": (_number, lambda v, asked: v < asked, "is not below {}"),
    "uniqueItems": (
        TYPES["array"],
        lambda v, asked: len({json.dumps(one) for one in v}) == len(v),
        "has an item twice",
    ),
}


def _simple_check(
    about: Callable[[Any], bool], holds: Callable[[Any, Any], bool], what: str, asked: Any
) -> Check:
    def check(value: Any) -> Problem | None:
        if not about(value) or holds(value, asked):
            return None
        return (), f"{_shorten(value)} {what.format(_shorten(asked))}"

    return check


def _type_check(names: list[str]) -> Check:
    tests = [TYPES[name] for name in names]

    def check(value: Any) -> Problem | None:
        for test in tests:
            if test(value):
                return None
        return (), f"{_shorten(value)} is no {' or '.join(names)}"

    return check


def _object_check(schema: Mapping[str, Any], known: Mapping[str, Check]) -> Check:
    required = schema.get("required", ())
    own = {k: compile_schema(v, known) for k, v in schema.get("properties", {}).items()}
    patterns = [
        (re.compile(k), compile_schema(v, known))
        for k, v in schema.get("patternProperties", {}).items()
    ]
    more = schema.get("additionalProperties", True)
    rest = compile_schema(more, known) if isinstance(more, dict) else None

    def check(value: Any) -> Problem | None:
        if not isinstance(value, dict):
            return None
        for key in required:
            if key not in value:
                return (key,), "is missing"
        for key, part in value.items():
            test = own.get(key) or next((t for p, t in patterns if p.search(key)), rest)
            if test is None and more is False:
                return (key,), "is not known"
            if test is not None and (problem := test(part)) is not None:
                return (key, *problem[0]), problem[1]
        return None

    return check


def _items_check(test: Check) -> Check:
    def check(value: Any) -> Problem | None:
        for place, item in enumerate(value if isinstance(value, list) else ()):
            if (problem := test(item)) is not None:
                return (place, *problem[0]), problem[1]
        return None

    return check


def _any_check(tests: list[Check]) -> Check:
    def check(value: Any) -> Problem | None:
        problems = []
        for test in tests:
            problem = test(value)
            if problem is None:
                return None
            problems.append(problem)
        return max(problems, key=lambda problem: len(problem[0]))

    return check


def _shorten(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
