"""The fields of Settings as the command line knows them, and the nearest word to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from segeval.request.settings import ChoiceForm, Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import FrozenField, fields


class Choice(NamedTuple):
    """A field of Settings, as the command line knows it.

    key     its name in a settings file
    option  its long option, without the dashes
    """

    field: str
    type: str
    default: Any
    group: str
    help: str
    form: ChoiceForm

    @property
    def key(self) -> str:
        """Name in a settings file."""
        return self.field.replace("_", "-")

    @property
    def option(self) -> str:
        """Long name of the option."""
        return f"--{self.form.option or self.key}"

    @property
    def variable(self) -> str:
        """Name of the environment variable."""
        return "SEGEVAL_" + self.option[2:].replace("-", "_").upper()

    @property
    def flag(self) -> bool:
        """Whether the option takes no value."""
        return self.type == "bool"


def _describe_field(field: FrozenField) -> Choice:
    known = field.metadata
    return Choice(
        field.name, field.type, field.default, known["group"], known["help"], known["form"]
    )


CHOICES: dict[str, Choice] = {field.name: _describe_field(field) for field in fields(Settings)}


def misspelling_error(message: str, word: str, known: Iterable[str]) -> RequestError:
    """The error for a misspelt word, with the nearest right ones."""
    near = similar_words(word, known)
    return RequestError(message, help=f"did you mean {' or '.join(near)}?" if near else "")


def similar_words(word: str, known: Iterable[str]) -> list[str]:
    """The known words that look like it, best first."""
    from difflib import get_close_matches

    return get_close_matches(word, list(known), 3, 0.6)
