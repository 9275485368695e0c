"""Bring the documents up to date: python docs/refresh.py

What is in them of these is made by the program itself, so that it stays true:

    ```console blocks    every `$ command` is run, and what it prints stands below. The commands of
                         a page share a folder, with sample_data/ and the files of the page: a
                         block that opens with ```toml segeval.toml is written there
    docs/metrics, docs/reference   whole pages, out of the registry: docs/generated.py
    docs/other-tools.md  its table is computed in every convention: docs/tools.py
    docs/pictures        the table, as a terminal shows it: docs/pictures.py
    docs/notebooks       each script run, as a notebook with what it gives: docs/notebooks.py

The tests run this too, and fail where it would change a document.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
RULES = DOCS / "rules"  # written by hand, and quoted by tests
PAGES = (
    ROOT / "README.md",
    *(page for page in sorted(DOCS.rglob("*.md")) if RULES not in page.parents),
)
# A session, or a file of the page: ```python make.py
BLOCK = re.compile(r"^```(console|\w+ [\w./-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"(?<=^<!-- docs/tools.py -->\n)(\|.*\n)*", re.MULTILINE)
OURS = ("SEGEVAL_", "GITHUB_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONPATH")

sys.path.insert(0, str(DOCS))


def main() -> None:
    """Rewrite every page that is out of date."""
    from generated import pages
    from notebooks import notebook_texts
    from pictures import PICTURES, table_svg

    made = {DOCS / name: text for name, text in pages().items()} | notebook_texts()
    for page in {*PAGES, *made, PICTURES / "table.svg"}:
        if page.suffix == ".svg":
            text = table_svg()
        else:
            text = made[page] if page in made else refreshed(page.read_text("utf-8"))
        if not page.is_file() or text != page.read_text("utf-8"):
            page.parent.mkdir(exist_ok=True)
            page.write_text(text, "utf-8")
            print(f"wrote {page.relative_to(ROOT)}")


def refreshed(text: str) -> str:
    """A page with the output of its commands as it is now."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sample_data").symlink_to(ROOT / "sample_data")
        text = BLOCK.sub(lambda block: block_again(block[1], block[2], folder), text)
    return TABLE.sub(lambda _: tools_table(), text)


def block_again(opening: str, inside: str, folder: str) -> str:
    """A block as it is now: a session is run, a file of the page is written into the folder."""
    if opening == "console":
        inside = session(inside, folder)
    else:
        path = Path(folder, opening.split()[1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(inside, "utf-8")
    return f"```{opening}\n{inside}```"


def tools_table() -> str:
    """The table of conventions."""
    from tools import table

    return table()


def session(block: str, folder: str) -> str:
    """A console block run again: its commands, each with what it prints."""
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {command}\n{said}" for command, said in answers(commands, folder))


def answers(commands: list[str], folder: str) -> Iterator[tuple[str, str]]:
    """What each command prints, stdout and stderr as a terminal mixes them."""
    status = 0
    for command in commands:
        script = command.replace("$?", str(status))
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        status = done.returncode
        yield command, "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def environment() -> dict[str, str]:
    """The same everywhere: no settings, no colours, and the `segeval` beside this Python first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    here = str(Path(sys.executable).parent)
    quiet = {"CI": "true", "SEGEVAL_PROGRESS": "none"}  # a slow machine prints how far it is
    return kept | quiet | {"PATH": f"{here}{os.pathsep}{kept.get('PATH', '')}"}


if __name__ == "__main__":
    main()
