"""Warnings and notes on stderr: grouped by code, a few examples of each and how many there are."""

from __future__ import annotations

from collections.abc import Iterable

from segeval.cli.log import LOG
from segeval.cli.messages import print_message
from segeval.request.settings import Settings
from segeval.runtime.errors import Note

EXAMPLES = 5


def report_notes(notes: Iterable[Note], settings: Settings) -> int:
    """Print what should be known; gives how many warnings `--error` made errors."""
    groups: dict[str, list[Note]] = {}
    for note in dict.fromkeys(notes):
        groups.setdefault(note.code, []).append(note)
        LOG.line(f"{note.code} {_note_text(note)}")
    errors = 0
    for code, found in groups.items():
        word = note_level(code, settings)
        if word:
            _print_group(word, code, found, 0 if settings.verbose else EXAMPLES)
        errors += len(found) if word == "error" else 0
    return errors


def note_level(code: str, settings: Settings) -> str:
    """How a code is shown: error, warning, note, or "" for not at all."""
    if code in settings.error:
        return "error"
    if code in settings.ignore:
        return ""
    if code.startswith("W-"):
        return "" if settings.quiet else "warning"
    return "note" if settings.verbose and not settings.quiet else ""


def _print_group(word: str, code: str, found: list[Note], most: int) -> None:
    few = found[: most or None]
    for note in few:
        print_message(f"{word}: {_note_text(note)} [{code}]")
    if len(found) > len(few):
        print_message(f"{word}: {len(found) - len(few)} more like this, -v lists them [{code}]")


def _note_text(note: Note) -> str:
    return f"{note.where}: {note.text}" if note.where else note.text
