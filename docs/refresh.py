"""Bring the documents up to date: python docs/refresh.py

What is in them of these is made by the program itself, so that they stay true:

    ```console blocks    every `$ command` is run on sample_data/, and what it prints stands below
    docs/metrics.md      comes out of the registry of metrics
    docs/other-tools.md  its table is computed in every convention: docs/tools.py
    docs/pictures        the table, as a terminal shows it: docs/pictures.py

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
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"(?<=^<!-- docs/tools.py -->\n)(\|.*\n)*", re.MULTILINE)
OURS = ("SEGEVAL_", "GITHUB_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONPATH")

METRICS_HEAD = """\
# Metrics

What `segeval metrics` and `segeval metrics NAME` print, in one page; `python docs/refresh.py`
writes it from the registry.

A metric is asked for as `name`, `name@quantity`, `name:option=word`: `dice`, `fbeta@2`,
`dice_loss:as=nnunet`. Its number is reproduced by the signature under every table, which spells out
all defaults. *Better* is what a gate and the worst case go by. *Empty* says what happens where a
class is missing: an undefined number is left out of every mean and counted beside it, under
`--undefined worst` a class that one side alone has gets the worst value of the range.
Metrics of probabilities are undefined (`no_probabilities`) where the prediction holds labels.

Surface metrics of a volume are three-dimensional. With `by=slice` every plane of the first axis is
a picture of its own, and the number is the mean over the planes that have the class: where one side
alone has it a share is 0, and a distance is in no mean (`one_sided_slices` stands beside the
number, and `--undefined worst` charges the diagonal of the plane).
"""


def main() -> None:
    """Rewrite every page that is out of date."""
    for page in PAGES:
        text = metrics_page() if page.name == "metrics.md" else refreshed(page.read_text("utf-8"))
        if text != page.read_text("utf-8"):
            page.write_text(text, "utf-8")
            print(f"wrote {page.relative_to(ROOT)}")
    sys.path.insert(0, str(ROOT / "docs"))
    import pictures

    if pictures.table_svg() != (table := pictures.PICTURES / "table.svg").read_text("utf-8"):
        table.write_text(pictures.table_svg(), "utf-8")
        print(f"wrote {table.relative_to(ROOT)}")


def refreshed(text: str) -> str:
    """A page with the output of its commands as it is now."""
    text = CONSOLE.sub(lambda block: f"```console\n{session(block[1])}```", text)
    return TABLE.sub(lambda _: tools_table(), text)


def tools_table() -> str:
    """The table of conventions."""
    sys.path.insert(0, str(ROOT / "docs"))
    from tools import table

    return table()


def session(block: str) -> str:
    """A console block run again: its commands, each with what it prints."""
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sample_data").symlink_to(ROOT / "sample_data")
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
    return kept | {"CI": "true", "PATH": f"{here}{os.pathsep}{kept.get('PATH', '')}"}


def metrics_page() -> str:
    """The page of all metrics, family by family."""
    return "\n".join([METRICS_HEAD, *families()])


def families() -> Iterator[str]:
    """A heading a family, then its metrics."""
    from importlib import import_module

    from segeval.metrics import FAMILIES
    from segeval.metrics.registry import load_all_metrics

    done: set[str] = set()
    every = load_all_metrics()
    for family in FAMILIES:
        module = import_module(f"segeval.metrics.{family}")
        mine = [d for d in every.values() if d.compute.__module__ == module.__name__]
        if mine:
            yield f"## {heading(module.__doc__ or family)}\n"
        for definition in mine:
            done.add(definition.name)
            yield from entry(definition)
    assert done == set(every), "a metric belongs to no family"


def heading(doc: str) -> str:
    """The first sentence of a module's docstring."""
    return doc.strip().split("\n\n")[0].split(":")[0].replace("\n", " ").rstrip(".")


def entry(definition: object) -> Iterator[str]:
    """One metric: its explanation, then those of its other conventions."""
    from segeval.cli.metrics import explain_metric

    name, *lines = explain_metric(definition)
    yield f"### {name}\n"
    yield "\n".join(["```text", *trimmed(lines), "```\n"])
    for word, other in definition.origins.items():
        if other.compute is not definition.compute:
            _, *lines = explain_metric(other)
            yield f"#### {name}:as={word}\n"
            yield "\n".join(["```text", *trimmed(lines), "```\n"])


def trimmed(lines: list[str]) -> list[str]:
    """Lines without trailing space, and no empty ones around them."""
    return "\n".join(line.rstrip() for line in lines).strip("\n").splitlines()


if __name__ == "__main__":
    main()
