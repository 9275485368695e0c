"""When there is colour, and when there are rules: what a stream can show and a person wants.

`--color` goes before `NO_COLOR`, that before `FORCE_COLOR`, that before what the stream is.
"""

from __future__ import annotations

import os
from typing import IO, Any


def can_draw(file: IO[str]) -> bool:
    """Whether the stream is a terminal that shows more than ASCII."""
    unicode = (getattr(file, "encoding", None) or "").lower().startswith("utf")
    return file.isatty() and unicode and os.environ.get("TERM") != "dumb"


def uses_colour(file: IO[str], wish: str) -> bool:
    """Whether colours and other styles are used.

    wish  always, never or auto
    """
    if wish != "auto":
        return wish == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return can_draw(file)


def make_console(file: IO[str], wish: str) -> Any:
    """A rich console that neither folds nor cuts in a pipe, and has no styles without colour."""
    from rich.console import Console

    return Console(
        file=file,
        force_terminal=True,
        force_jupyter=False,
        color_system="standard" if uses_colour(file, wish) else None,
        no_color=False,
        highlight=False,
        markup=False,
        emoji=False,
        width=None if file.isatty() else 1 << 16,
        legacy_windows=False,
    )
