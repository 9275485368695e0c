"""The page of a package index: the README, without what only a repository can show.

An index knows no files beside the README. Where [project.urls] has a `Repository`, its pictures and
links lead there, to the tag of the version; without one, pictures are left out, which is said, and
links become the names of their files.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?://)([^)]+)\)\n*")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?://|#)([^)]+)\)")
NOTE = "*Pictures and documents are in the repository, and in the source distribution.*\n\n"
VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


class IndexPage(MetadataHookInterface):  # type: ignore[misc]
    """What hatchling asks for the field `readme`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Write the page into the metadata."""
        root = Path(self.root)
        repository = metadata.get("urls", {}).get("Repository", "")
        found = VERSION.search((root / "segeval" / "__init__.py").read_text("utf-8"))
        tag = f"v{found[1]}" if found else "main"
        text = index_page((root / "README.md").read_text("utf-8"), repository, tag)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def index_page(text: str, repository: str, tag: str) -> str:
    """The README as an index can show it.

    repository  its address, or ""
    tag         of the version, where the files of a link stand
    """
    if repository:
        text = PICTURE.sub(rf"![\1]({repository}/raw/{tag}/\2)\n\n", text)
        return LINK.sub(rf"[\1]({repository}/blob/{tag}/\2)", text)
    text = LINK.sub(_in_words, PICTURE.sub("", text))
    head, rest = text.split("\n\n", 1)
    return f"{head}\n\n{NOTE}{rest}"


def _in_words(link: re.Match[str]) -> str:
    words, path = link.groups()
    return words if words == path else f"{words} ({path})"
