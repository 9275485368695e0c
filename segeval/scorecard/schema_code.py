"""A schema as one function of Python, which says of a value whether it is right and nothing more.

`results_schema` calls a function for every rule of every value; of a file of very many cases that
is half of the time of reading it. Here the rules become the lines of one function, as a person
would write them down: type, length, each part in its turn. It takes longer to make than some
thousand cases take to check, and what is wrong with a value `results_schema` says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

Schema = Mapping[str, Any]
Holds = Callable[[Any], Any]
PYTHON_TYPES = {
    "object": "dict",
    "array": "list",
    "string": "str",
    "boolean": "bool",
    "integer": "int",
    "number": "float int",
    "null": "NoneType",
}
# What is wrong with a value, by word and what is asked.
WRONG = {
    "minLength": "len({}) < {!r}",
    "minItems": "len({}) < {!r}",
    "maxItems": "len({}) > {!r}",
    "minProperties": "len({}) < {!r}",
    "minimum": "{} < {!r}",
    "exclusiveMinimum": "{} <= {!r}",
    "exclusiveMaximum": "{} >= {!r}",
    "const": "{} != {!r}",
    "enum": "{} not in {!r}",
}
KEYS = 1000  # of which it is remembered what pattern they fit


def compile_check(schema: Schema, parts: Schema, functions: Mapping[str, Holds]) -> Holds:
    """The function of a schema.

    parts      `$defs`, by name
    functions  those of words that are one: uniqueItems
    """
    text = CheckText(parts, functions)
    lines = ["def check(value):", *_indent(text.lines_of(schema, "value")), " return True"]
    exec("\n".join(lines), text.known)  # noqa: S102 - of the schema that is part of the program
    made: Holds = text.known["check"]
    return made


def _indent(lines: Iterator[str]) -> Iterator[str]:
    return (f" {line}" for line in lines)


class CheckText:
    """The lines of a function, and what they know by name."""

    def __init__(self, parts: Schema, functions: Mapping[str, Holds]) -> None:
        self._parts, self._functions = parts, functions
        self.known: dict[str, Any] = {**functions, "NoneType": type(None)}

    def _name(self, value: Any = None) -> str:
        """A new name, of a value or of none yet."""
        name = f"n{len(self.known)}"
        self.known[name] = value
        return name

    def _own(self, schema: Schema) -> Schema:
        """A schema, or the one that it names."""
        while "$ref" in schema:
            schema = self._parts[schema["$ref"].rpartition("/")[2]]
        return schema

    def lines_of(self, schema: Schema, value: str) -> Iterator[str]:
        """What returns False where a value is not right.

        value  its name
        """
        schema = self._own(schema)
        if "oneOf" in schema:  # of which no two are of one type
            yield from self._branches(
                [(self._of_types(one, value), one) for one in map(self._own, schema["oneOf"])],
                value,
                "return False",
            )
            return
        if "type" in schema:
            yield f"if not ({self._of_types(schema, value)}): return False"
        for word, asked in schema.items():
            if word in WRONG:  # of a value of one type: numbers and null are not compared
                yield f"if {WRONG[word].format(value, asked)}: return False"
            elif word == "pattern":
                yield f"if not {self._name(re.compile(asked).search)}({value}): return False"
            elif word in self._functions and asked:
                yield f"if not {word}({value}): return False"
        yield from self._lines_of_parts(schema, value)

    def _of_types(self, schema: Schema, value: str) -> str:
        """Whether a value is of the types of a schema; no number is infinite."""
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        names = [name for one in types for name in PYTHON_TYPES[one].split()]
        right = " or ".join(f"type({value}) is {name}" for name in names)
        return f"({right}) and {value} - {value} == 0" if types == ["number"] else right

    def _lines_of_parts(self, schema: Schema, value: str) -> Iterator[str]:
        """The same of what a value holds."""
        if "items" in schema:
            yield from self._loop(schema["items"], value)
        if "if" in schema:
            test = self._name(compile_check(schema["if"], self._parts, self._functions))
            ways = [(f"{test}({value})", schema.get("then", {})), ("True", schema.get("else", {}))]
            yield from self._branches(ways, value, "pass")
        for key in schema.get("required", ()):
            yield f"if {key!r} not in {value}: return False"
        own, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        if "patternProperties" in schema:
            find = self._name(self._find_by_pattern(schema["patternProperties"], more))
            yield f"for key, part in {value}.items():"
            yield "  if not find(key)(part): return False".replace("find", find)
        elif not own and isinstance(more, Mapping):
            yield from self._loop(more, f"{value}.values()")
        elif own:
            yield from self._lines_of_properties(own, more, value)

    def _loop(self, schema: Schema, values: str) -> Iterator[str]:
        item = self._name()
        yield f"for {item} in {values}:"
        yield from _indent(self._block(schema, item))

    def _block(self, schema: Schema, value: str) -> Iterator[str]:
        yield "pass"
        yield from self.lines_of(schema, value)

    def _branches(
        self, ways: list[tuple[str, Schema]], value: str, otherwise: str
    ) -> Iterator[str]:
        for place, (test, schema) in enumerate(ways):
            yield f"{'elif' if place else 'if'} {test}:"
            yield from _indent(self._block(schema, value))
        yield f"else: {otherwise}"

    def _lines_of_properties(
        self, own: Mapping[str, Schema], more: Schema | bool, value: str
    ) -> Iterator[str]:
        """The parts of an object that have a name in the schema, and the others."""
        known, part = self._name(), self._name()
        yield f"{known} = 0"
        for key, schema in own.items():
            yield f"if {key!r} in {value}:"
            yield f" {known} += 1"
            yield f" {part} = {value}[{key!r}]"
            yield from _indent(self.lines_of(schema, part))
        if more is False:
            yield f"if len({value}) != {known}: return False"
        elif isinstance(more, Mapping):
            yield f"for {known}, {part} in {value}.items():"
            yield f" if {known} not in {self._name(frozenset(own))}:"
            yield from _indent(_indent(self._block(more, part)))

    def _find_by_pattern(self, patterns: Schema, more: Schema) -> Callable[[str], Holds]:
        """What gives the check of a part by its key."""
        checks = [
            (re.compile(pattern).search, compile_check(one, self._parts, self._functions))
            for pattern, one in patterns.items()
        ]
        rest = compile_check(more, self._parts, self._functions)
        return lru_cache(KEYS)(
            lambda key: next((check for fits, check in checks if fits(key)), rest)
        )
