"""Result files are held to their schema when they are read; what is wrong is said with its place.

The words of JSON Schema that `data/results.schema.json` uses become functions once; a file of many
cases is then checked at the speed at which it is read.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

SCHEMA_FILE = Path(__file__).parents[1] / "data" / "results.schema.json"
Problem = tuple[tuple[str | int, ...], str]  # the place, and what is wrong there
Find = Callable[[Any], Problem | None]
Check = tuple[
    Callable[[Any], Any], Find
]  # whether a value is right; what is wrong with one that is not
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
        self._other = (
            ((lambda _: False), lambda value: ((), f"{_shorten(value)} is no {called}")),
        )

    def __missing__(self, other: type) -> tuple[Check, ...]:
        return self._other

    def find_problem(self, value: Any) -> Problem | None:
        """What is wrong with a value; None where nothing is."""
        for holds, find in self[type(value)]:
            if not holds(value):
                return find(value)
        return None


def find_results_problem(content: Any) -> str:
    """What is wrong with a result file, and where; "" where it is as the schema has it."""
    return _in_words(_checks()["file"](content))


def find_case_problem(content: Any) -> str:
    """The same of one case."""
    return _in_words(_checks()["case"](content))


@cache
def _checks() -> dict[str, Find]:
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
        yield (float,), (math.isfinite, lambda value: ((), f"{value} is no number"))
    elif word in OBJECT_WORDS:
        if word == next(one for one in schema if one in OBJECT_WORDS):  # one check for all of them
            yield (dict,), _object_check(schema, parts)
    elif word == "items":
        yield (list,), _items_check(compile_schema(asked, parts))
    elif word == "if":
        branches = [compile_schema(schema.get(w, {}), parts) for w in ("if", "then", "else")]
        test, right, wrong = (branch.find_problem for branch in branches)
        yield EVERY, _check_of(lambda value: wrong(value) if test(value) else right(value))
    elif word not in PLAIN:
        raise LookupError(f"the schema has a word that is not checked: {word}")


def _check_of(find: Find) -> Check:
    """A value is right where nothing is found."""
    return lambda value: find(value) is None, find


def _are_unique(items: list[Any]) -> bool:
    """Whether no item stands twice; those that are equal but written otherwise are two."""
    try:
        return len(set(items)) == len(items) or len({*map(json.dumps, items)}) == len(items)
    except TypeError:  # lists and objects
        return len({*map(json.dumps, items)}) == len(items)


# Word: the types that it is about, how it looks at a value, and what a wrong one is not. Most looks
# are functions of C: a file has millions of values.
SIMPLE: Mapping[str, tuple[tuple[type, ...], Callable[[Any], Callable[[Any], Any]], str]] = {
    "const": (EVERY, lambda asked: partial(operator.eq, asked), "is not {}"),
    "enum": (EVERY, lambda asked: partial(operator.contains, asked), "is none of {}"),
    "pattern": ((str,), lambda asked: re.compile(asked).search, "is not {}"),
    "minLength": ((str,), lambda asked: lambda v: len(v) >= asked, "is too short"),
    "minItems": ((list,), lambda asked: lambda v: len(v) >= asked, "has fewer than {} items"),
    "maxItems": ((list,), lambda asked: lambda v: len(v) <= asked, "has more than {} items"),
    "minProperties": ((dict,), lambda asked: lambda v: len(v) >= asked, "is empty"),
    "minimum": ((int, float), lambda asked: partial(operator.le, asked), "is below {}"),
    "exclusiveMinimum": (
        (int, float),
        lambda asked: partial(operator.lt, asked),
        "is not above {}",
    ),
    "exclusiveMaximum": (
        (int, float),
        lambda asked: partial(operator.gt, asked),
        "is not below {}",
    ),
    "uniqueItems": ((list,), lambda asked: _are_unique, "has an item twice"),
}


def _simple_check(holds: Callable[[Any], Any], what: str, asked: Any) -> Check:
    return holds, lambda value: ((), f"{_shorten(value)} {what.format(_shorten(asked))}")


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

    def find(value: dict[str, Any]) -> Problem | None:
        for key in required:
            if key not in value:
                return (key,), "is missing"
        for key, part in value.items():
            rule = own.get(key) or (rule_of(key) if patterns else rest)
            if rule is None:
                if more is False:
                    return (key,), "is not known"
                continue
            for holds, _ in rule[type(part)]:
                if not holds(part):
                    return _place_problem(key, rule.find_problem(part))
        return None

    return _check_of(find)


def _items_check(rule: SchemaRule) -> Check:
    def find(value: list[Any]) -> Problem | None:
        for place, item in enumerate(value):
            for holds, _ in rule[type(item)]:
                if not holds(item):
                    return _place_problem(place, rule.find_problem(item))
        return None

    return _check_of(find)


def _place_problem(key: str | int, problem: Problem | None) -> Problem | None:
    """A problem of a part as one of the whole."""
    return problem and ((key, *problem[0]), problem[1])


def _shorten(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
