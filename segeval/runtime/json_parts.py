"""JSON that is too large to be held as objects: the items of a list, one after another.

Only text of a few chunks is in memory. What is unusual (a key that stands twice, a value that is no
list where one is expected, text that is no JSON) is a PartsError: who reads then parses the whole,
whose error says what is wrong and where.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator
from typing import IO, Any

CHUNK = 1 << 18  # characters
SPACE = " \t\r\n"
AFTER = ",]}:" + SPACE  # what may follow a value

Item = tuple[Any, str]  # the value, and its text


class PartsError(ValueError):
    """The text is not of a form that can be read in parts."""


class JsonParts:
    """Reads values of a text one after another."""

    def __init__(self, file: IO[str]) -> None:
        self._file, self._text, self._at, self._ended = file, "", 0, False
        self._scan = json.JSONDecoder().raw_decode

    def _more(self) -> None:
        """Have more text in hand. Raises PartsError at its end."""
        if self._ended:
            raise PartsError("the text ends")
        chunk = self._file.read(max(CHUNK, len(self._text) - self._at))
        self._ended = not chunk
        self._text, self._at = self._text[self._at :] + chunk, 0

    def mark(self) -> str:
        """The next character that is no space; it is left where it is. Raises PartsError."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            self._more()

    def take(self, wanted: str) -> str:
        """The next character, which has to be one of these. Raises PartsError."""
        found = self.mark()
        if found not in wanted:
            raise PartsError(f"{found!r} where one of {wanted} was expected")
        self._at += 1
        return found

    def value(self) -> Item:
        """The next value and its text. Raises PartsError."""
        self.mark()
        while True:
            try:
                found, end = self._scan(self._text, self._at)
                # A number may go on in the next chunk, as `0.` does.
                if self._ended or (end < len(self._text) and self._text[end] in AFTER):
                    text = self._text[self._at : end]
                    self._at = end
                    return found, text
            except RecursionError as problem:
                raise PartsError("it is nested too deeply") from problem
            except ValueError:
                if self._ended:
                    raise PartsError("no value") from None
            self._more()

    def items(self) -> Iterator[Item]:
        """The items of the list that comes next. Raises PartsError."""
        self.take("[")
        if self.mark() == "]":
            self.take("]")
            return
        while True:
            yield self.value()
            if self.take(",]") == "]":
                return

    def finish(self) -> None:
        """Nothing but space may follow. Raises PartsError."""
        while not self._ended or self._at < len(self._text):
            if self._text[self._at :].strip(SPACE):
                raise PartsError("more follows")
            self._at = len(self._text)
            if not self._ended:
                self._more()


def read_object_parts(
    file: IO[str], listed: Container[str], take: Callable[[Any, str], None]
) -> dict[str, Any] | None:
    """The members of an object, or None of a text that is a list. Raises PartsError.

    listed  members whose items are handed over one by one; they are None in the result
    take    gets each item of such a member, or of the list, with its text
    """
    parts = JsonParts(file)
    if parts.mark() == "[":
        for found, text in parts.items():
            take(found, text)
        parts.finish()
        return None
    found_members: dict[str, Any] = {}
    seen: set[str] = set()
    ends = parts.take("{")
    while ends != "}":
        if parts.mark() != '"':
            raise PartsError("no key")
        key = parts.value()[0]
        parts.take(":")
        if key in seen:
            raise PartsError("a key stands twice")
        seen.add(key)
        if key in listed:
            found_members[key] = None
            for found, text in parts.items():
                take(found, text)
        else:
            found_members[key] = parts.value()[0]
        ends = parts.take(",}")
    parts.finish()
    return found_members
