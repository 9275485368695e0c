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
TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
EVERY = (dict, list, str, bool, int, float, type(None))
SHOWN = 40  # letters of a wrong value


class SchemaRule(dict[type, tuple[Check, ...]]):
    """What a value has to be: the checks of each type that it may be of.

    A file has many values whose type says all of them, so no function is called for those.
    """

    def __init__(self, checks: Mapping[type, tuple[Check, ...]], called: str = "") -> None:
        super().__init__(checks)
        self.called = called
        self._other = (lambda value: ((), f"{_shorten(value)} is no {called}"),)

    def __missing__(self, other: type) -> tuple[Check, ...]:
        return self._other

    def find_problem(self, value: Any) -> Problem | None:
        """What is wrong with a value; None where nothing is."""
        for check in self[type(value)]:
            if (problem := check(value)) is not None:
                return problem
        return None


def find_results_problem(content: Any) -> str:
    """What is wrong with a result file, and where; "" where it is as the schema has it."""
    return _in_words(_checks()["file"](content))


def find_case_problem(content: Any) -> str:
    """The same of one case."""
    return _in_words(_checks()["case"](content))


@cache
def _checks() -> dict[str, Check]:
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    parts = schema["$defs"]
    return {
        "file": compile_schema(schema, parts).find_problem,
        "case": compile_schema(parts["case"], parts).find_problem,
    }


def _in_words(problem: Problem | None) -> str:
    if problem is None:
        return ""
    place, what = problem
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    return f"{path.lstrip('.')}: {what}" if path else what


def compile_schema(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> SchemaRule:
    """The rule of a schema. LookupError for a word that nothing here knows.

    parts  `$defs`, by name
    """
    if "$ref" in schema:
        return compile_schema(parts[schema["$ref"].rpartition("/")[2]], parts)
    if "oneOf" in schema:  # of which no two are of one type
        rules = [compile_schema(one, parts) for one in schema["oneOf"]]
        return SchemaRule({t: c for rule in rules for t, c in rule.items()}, rules[0].called)
    found = [one for word in schema for one in _compile_word(word, schema, parts)]
    asked = schema.get("type")
    names = [asked] if isinstance(asked, str) else asked or []
    types = [t for name in names for t in TYPES[name]] or EVERY
    checks = {t: tuple(check for about, check in found if t in about) for t in types}
    return SchemaRule(checks, " or ".join(names))


def _compile_word(
    word: str, schema: Mapping[str, Any], parts: Mapping[str, Any]
) -> Iterator[tuple[tuple[type, ...], Check]]:
    """The checks of a word, and the types of the values that they are about."""
    asked = schema[word]
    if word in SIMPLE:
        about, look, what = SIMPLE[word]
        yield about, _simple_check(look(asked), what, asked)
    elif word == "type":
        yield (float,), _finite_check
    elif word in OBJECT_WORDS:
        if word == next(one for one in schema if one in OBJECT_WORDS):  # one check for all of them
            yield (dict,), _object_check(schema, parts)
    elif word == "items":
        yield (list,), _items_check(compile_schema(asked, parts))
    elif word == "if":
        branches = [compile_schema(schema.get(w, {}), parts) for w in ("if", "then", "else")]
        test, right, wrong = (branch.find_problem for branch in branches)
        yield EVERY, lambda value: wrong(value) if test(value) else right(value)
    elif word not in PLAIN:
        raise LookupError(f"the schema has a word that is not checked: {word}")


def _finite_check(value: float) -> Problem | None:
    return None if math.isfinite(value) else ((), f"{value} is no number")


# Word: the types that it is about, how it looks at a value, and what a wrong one is not.
SIMPLE: Mapping[str, tuple[tuple[type, ...], Callable[[Any], Callable[[Any], Any]], str]] = {
    "const": (EVERY, lambda asked: lambda v: v == asked, "is not {}"),
    "enum": (EVERY, lambda asked: lambda v: v in asked, "is none of {}"),
    "pattern": ((str,), lambda asked: re.compile(asked).search, "is not {}"),
    "minLength": ((str,), lambda asked: lambda v: len(v) >= asked, "is too short"),
    "minItems": ((list,), lambda asked: lambda v: len(v) >= asked, "has fewer than {} items"),
    "maxItems": ((list,), lambda asked: lambda v: len(v) <= asked, "has more than {} items"),
    "minProperties": ((dict,), lambda asked: lambda v: len(v) >= asked, "is empty"),
    "minimum": ((int, float), lambda asked: lambda v: v >= asked, "is below {}"),
    "exclusiveMinimum": ((int, float), lambda asked: lambda v: v > asked, "is not above {}"),
    "exclusiveMaximum": ((int, float), lambda asked: lambda v: v < asked, "is not below {}"),
    "uniqueItems": (
        (list,),
        lambda asked: lambda v: len(v) < 2 or len({json.dumps(one) for one in v}) == len(v),
        "has an item twice",
    ),
}


def _simple_check(holds: Callable[[Any], Any], what: str, asked: Any) -> Check:
    def check(value: Any) -> Problem | None:
        if holds(value):
            return None
        return (), f"{_shorten(value)} {what.format(_shorten(asked))}"

    return check


def _object_check(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Check:
    required = schema.get("required", ())
    own = {k: compile_schema(v, parts) for k, v in schema.get("properties", {}).items()}
    patterns = [
        (re.compile(k), compile_schema(v, parts))
        for k, v in schema.get("patternProperties", {}).items()
    ]
    more = schema.get("additionalProperties", True)
    rest = compile_schema(more, parts) if isinstance(more, dict) else None

    def rule_of(key: str) -> SchemaRule | None:
        return next((rule for pattern, rule in patterns if pattern.search(key)), rest)

    def check(value: dict[str, Any]) -> Problem | None:
        for key in required:
            if key not in value:
                return (key,), "is missing"
        for key, part in value.items():
            rule = own.get(key) or (rule_of(key) if patterns else rest)
            if rule is None:
                if more is False:
                    return (key,), "is not known"
                continue
            for test in rule[type(part)]:
                if (problem := test(part)) is not None:
                    return (key, *problem[0]), problem[1]
        return None

    return check


def _items_check(rule: SchemaRule) -> Check:
    def check(value: list[Any]) -> Problem | None:
        for place, item in enumerate(value):
            if (problem := rule.find_problem(item)) is not None:
                return (place, *problem[0]), problem[1]
        return None

    return check


def _shorten(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
