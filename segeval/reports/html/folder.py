"""The page with its parts as files beside it, for servers that allow nothing inside (`--split`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segeval.reports.html.page import SCRIPT, STYLE, asset, render
from segeval.reports.outputs import replace_file
from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard


def write_folder(
    card: Scorecard, path: Path, settings: Settings, pictures: Mapping[str, Any] | None = None
) -> None:
    """Write the page with its style and script beside it. Raises OSError."""
    texts = {path.name: render(card, settings, pictures, split=True)}
    texts |= {name: asset(name) for name in (STYLE, SCRIPT)}
    for name, text in texts.items():
        with replace_file(path.with_name(name)) as file:
            file.write(text)
