"""What is said on stderr: a line at a time, and nothing in it steers the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from segeval.runtime.safe_text import clean_name

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
    line = clean_name(text)
    for word, style in (styles or {}).items():
        if line.startswith(word):
            line = click.style(word, **style) + line.removeprefix(word)
            break
    click.echo(line, err=err, color=color)


def print_path(path: Path) -> None:
    """Print the path of a file that was written on stdout: in a pipe byte for byte."""
    shown = path.as_posix()
    click.echo(clean_name(shown) if sys.stdout.isatty() else os.fsencode(shown))
