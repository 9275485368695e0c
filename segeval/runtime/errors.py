"""Everything a user can run into, one tree; and the notes that are not errors.

An error is one sentence with the values in it, the place, the facts of both sides, and what to try.
Its `status` is what a report writes for a case that it kept from being scored.
"""

from __future__ import annotations

from typing import Any

from segeval.runtime.frozen import frozen

MERGE_HELP = "segeval merge SHARDS -o whole.json joins all shards; give that file"


class SegevalError(Exception):
    """The root. `where` is a case or a file, `facts` are lines, `help` says what to do."""

    status = "internal_error"
    exit_status = 5

    def __init__(
        self,
        message: str,
        *,
        where: object = "",
        facts: tuple[str, ...] = (),
        help: str = "",
        status: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = str(where)
        self.facts = facts
        self.help = help
        if status:
            self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive the way back from a worker process: keyword arguments are state, not args."""
        return type(self), (self.message,), self.__dict__

    def lines(self) -> list[str]:
        """The message as people read it: error, facts, help."""
        place = f"{self.where}: " if self.where else ""
        facts = [f"  {fact}" for fact in self.facts]
        return [
            f"error: {place}{self.message}",
            *facts,
            *([f"  help: {self.help}"] if self.help else []),
        ]


class RequestError(SegevalError):
    """The request makes no sense; nothing is scored."""

    exit_status = 2


class NothingToScore(SegevalError):  # noqa: N818 - it names a state, as people say it
    """No pair at all: an empty folder, or names that match nowhere."""

    exit_status = 4


class CaseError(SegevalError):
    """One case cannot be scored; the others go on."""

    exit_status = 3


class ReadError(CaseError):
    """A file is missing, damaged or not what it claims."""

    status = "unreadable"


class ImageSizeError(ReadError):
    """A file of shapes does not say how large its image is, and nothing beside it does."""


class GeometryError(CaseError):
    """Two grids do not describe the same space."""

    status = "geometry_mismatch"


class PairingError(CaseError):
    """A reference without a prediction (the reverse is a note)."""

    status = "missing_prediction"


@frozen
class Note:
    """Something a user should know that stops nothing.

    code   `W-…` is a warning, shown by default; `N-…` is a note, shown under -v
    text   one sentence with the values in it
    where  the case or the file
    """

    code: str
    text: str
    where: str = ""
