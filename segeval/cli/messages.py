"""What is said on stderr: a line at a time, and nothing in it steers the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

import click

from segeval.runtime.safe_text import clean_name

MOST = 40  # letters that are never folded

if TYPE_CHECKING:
    from pathlib import Path


def print_message(
    text: str,
    err: bool = True,
    color: bool | None = None,
    styles: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Print a line whose names may come from files.

    err     on stderr; else on stdout
    color   whether the stream takes styles
    styles  of a word that the line begins with
    """
    line = fold_line(clean_name(text), sys.stderr if err else sys.stdout)
    for word, style in (styles or {}).items():
        if line.startswith(word):
            line = click.style(word, **style) + line.removeprefix(word)
            break
    click.echo(line, err=err, color=color)


def fold_line(line: str, stream: IO[str]) -> str:
    """A line that does not fit on a terminal, between words and with its rest set in."""
    if not stream.isatty() or len(line) <= MOST:
        return line
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    lead = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line, max(width, MOST), subsequent_indent=f"{lead}  ",
        break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
    )  # fmt: skip


def print_path(path: Path) -> None:
    """Print the path of a file that was written on stdout: in a pipe byte for byte."""
    shown = path.as_posix()
    click.echo(clean_name(shown) if sys.stdout.isatty() else os.fsencode(shown))
