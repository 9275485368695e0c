"""Build the site: python docs/build_site.py OUT

Ends with an error where Sphinx has a warning, where a link leads nowhere, inside the site or to a
heading, or where a page would fetch anything from a network.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

DOCS = Path(__file__).resolve().parent
# What a page loads by itself, in contrast to what a reader may follow.
LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
QUIET_LINKS = {"prev", "next", "search", "index", "canonical", "author"}


class Page(HTMLParser):
    """The ids of a page, its links, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element has."""
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if given.get(LOADS.get(tag, ""), "") and given.get("rel", "") not in QUIET_LINKS:
            self.loads.append(given[LOADS[tag]])


def main() -> None:
    """Build into the folder that is named, and check what came out."""
    out = Path(sys.argv[1]).resolve()
    build(out)
    wrong = list(problems(out))
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(list(out.rglob('*.html')))} pages in {out}")
    sys.exit(1 if wrong else 0)


def build(out: Path) -> None:
    """Run Sphinx; every warning is an error."""
    call = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    subprocess.run([*call, "-d", f"{out}.doctrees", str(DOCS), str(out)], check=True)


def problems(out: Path) -> Iterator[str]:
    """What is wrong with the pages of a folder."""
    pages = {file: Page(file.read_text("utf-8")) for file in sorted(out.rglob("*.html"))}
    for file, page in pages.items():
        name = file.relative_to(out)
        for url in page.loads:
            if urlsplit(url).scheme not in ("", "data") or url.startswith("//"):
                yield f"{name}: loads {url}"
        for url in {*page.links, *page.loads}:
            if not leads_somewhere(file, url, pages):
                yield f"{name}: {url} leads nowhere"


def leads_somewhere(file: Path, url: str, pages: dict[Path, Page]) -> bool:
    """Whether a link within the site has its file and its place in it."""
    if urlsplit(url).scheme or url in ("", "#"):
        return True
    path, place = urldefrag(url)
    target = (file.parent / unquote(path.partition("?")[0])).resolve() if path else file
    if not target.is_file():
        return False
    return not place or target not in pages or unquote(place) in pages[target].ids


if __name__ == "__main__":
    main()
