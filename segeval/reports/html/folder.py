"""The page with its parts as files beside it, for servers that allow nothing inside (`--split`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from segeval.reports.html.page import SCRIPT, STYLE, asset, draw_pictures, page_parts
from segeval.reports.outputs import replace_file
from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard

PICTURES = "pictures"  # folder


def write_folder(card: Scorecard, path: Path, settings: Settings) -> None:
    """Write the page with its style, its script and its pictures beside it. Raises OSError."""
    images: dict[str, bytes] = {}

    def place(content: bytes, suffix: str) -> str:
        name = f"{PICTURES}/{len(images) + 1:03d}{suffix}"
        images[name] = content
        return name

    pictures = draw_pictures(card, settings, place)
    write_split_page(path, page_parts(card, settings, pictures, split=True), images)


def write_split_page(path: Path, parts: Iterable[str], images: Mapping[str, bytes]) -> None:
    """Write a page that was made to have its files beside it. Raises OSError.

    parts   of its text
    images  by their path from the page
    """
    texts = {path.name: parts, **{name: [asset(name)] for name in (STYLE, SCRIPT)}}
    for name, content in images.items():
        file = path.with_name(PICTURES) / Path(name).name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for name, content_of in texts.items():
        with replace_file(path.with_name(name)) as file_of_text:
            file_of_text.writelines(content_of)
