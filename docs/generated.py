"""The pages that the program writes about itself: metrics by family, options, presets, Python.

`python docs/refresh.py` writes them, and the tests fail where they are out of date.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from python_page import classes_page, python_page

METRICS_HEAD = """\
# Metrics

What can be computed, family by family; a page explains each number as `segeval metrics NAME` does.

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
OPTIONS_HEAD = """\
# Commands and options

What `segeval COMMAND --help` prints. What most runs use fits on a screen: `segeval COMMAND -h`.
Every option can stand in a file ([settings](../configuration.md)).
"""
PRESETS_HEAD = """\
# Presets

What `segeval config --preset NAME` prints. An option on the command line wins over the preset.
[Settings](../configuration.md#presets) says what each is for.
"""


def pages() -> dict[str, str]:
    """Every page by its name below docs/, whole."""
    return metric_pages() | {
        "reference/options.md": options_page(),
        "reference/presets.md": presets_page(),
        "reference/classes.md": classes_page(),
        "python.md": python_page(),
    }


def metric_pages() -> dict[str, str]:
    """The list of the families, and a page each."""
    listed, made = [METRICS_HEAD], {}
    for name, title, definitions in families():
        made[f"metrics/{name}.md"] = "\n".join([f"# {title}\n", *entries(definitions)])
        listed.append("\n".join(family_table(name, title, definitions)))
    return {"metrics.md": "\n".join(listed)} | made


def family_table(name: str, title: str, definitions: list[Any]) -> Iterator[str]:
    """A family in the list: a line a metric, which leads to its place."""
    from segeval.cli.metrics import explain_metric

    yield f"## {title}\n\n| metric | is |\n|---|---|"
    for definition in definitions:
        said = list(explain_metric(definition))[2].strip().rstrip(".").replace("|", "\\|")
        yield f"| [`{definition.name}`](metrics/{name}.md#{definition.name}) | {said} |"
    yield ""


def families() -> Iterator[tuple[str, str, list[Any]]]:
    """Module, heading and definitions of each family that has metrics."""
    from segeval.metrics import FAMILIES
    from segeval.metrics.registry import load_all_metrics

    every = load_all_metrics()
    count = 0
    for family in FAMILIES:
        module = import_module(f"segeval.metrics.{family}")
        mine = [d for d in every.values() if d.compute.__module__ == module.__name__]
        count += len(mine)
        if mine:
            yield family, heading(module.__doc__ or family), mine
    assert count == len(every), "a metric belongs to no family"


def heading(doc: str) -> str:
    """The first sentence of a module's docstring."""
    return doc.strip().split("\n\n")[0].split(":")[0].replace("\n", " ").rstrip(".")


def entries(definitions: list[Any]) -> Iterator[str]:
    """Each metric: its explanation, then those of its other conventions."""
    from segeval.cli.metrics import explain_metric

    for definition in definitions:
        name, *lines = explain_metric(definition)
        yield f"## {name}\n\n{text_block(lines)}"
        for word, other in definition.origins.items():
            if other.compute is not definition.compute:
                _, *lines = explain_metric(other)
                yield f"### {name}:as={word}\n\n{text_block(lines)}"


def text_block(lines: list[str]) -> str:
    """Lines as they are, without trailing space and empty ones around them."""
    inside = "\n".join(line.rstrip() for line in lines).strip("\n")
    return f"```text\n{inside}\n```\n"


def options_page() -> str:
    """The help of every command, in full."""
    from segeval.cli.main import COMMANDS

    parts = [f"## segeval {name}\n\n{text_block(help_lines(name))}" for name in COMMANDS]
    return "\n".join([OPTIONS_HEAD, *parts])


def help_lines(*command: str) -> list[str]:
    """What a command of segeval prints, in 80 columns."""
    import subprocess

    from refresh import environment

    call = ["segeval", *command, "--help"]
    done = subprocess.run(
        call, env=environment() | {"COLUMNS": "80"}, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def presets_page() -> str:
    """Every preset as the file that it is."""
    from importlib.resources import files

    from segeval.cli.files import preset_names

    folder = files("segeval") / "data" / "presets"
    parts = [
        f"## {name}\n\n```toml\n{(folder / f'{name}.toml').read_text('utf-8').strip()}\n```\n"
        for name in preset_names()
    ]
    return "\n".join([PRESETS_HEAD, *parts])
