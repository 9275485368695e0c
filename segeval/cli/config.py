"""`segeval config`: the settings of a run and where each comes from, as a file that can be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from segeval.cli.choices import CHOICES, Choice
from segeval.cli.files import NAMES, load_preset
from segeval.cli.messages import print_message
from segeval.cli.options import Command, GroupedOption, resolve_request, settings_file_options
from segeval.cli.settings_sources import ResolvedSettings
from segeval.cli.tables import class_lines, gate_line
from segeval.cli.values import format_choice
from segeval.cli.warnings_output import report_notes
from segeval.runtime.errors import RequestError

TABLES = ("classes", "gates")  # in TOML they come after all plain keys
COLUMN = 30  # where origins begin
EXAMPLES = {  # where the default is nothing
    "channel_axis": "0",
    "ci": "0.95",
    "max_memory": '"2GiB"',
    "spacing": "[0.98, 0.98, 3]",
    "ignore_label": "[255]",
    "remap_pred": '"3=4,0=255"',
    "remap_gt": '"cityscapes-train-ids"',
    "roi_offset": "1",
    "worst": "5",
    "instances": '"1000"',
    "metrics": '["dice", "iou", "volume_difference"]',
    "output": '["results.json"]',
}
HEAD = """\
# Settings of segeval for this folder and those below it. Options and SEGEVAL_* variables win over
# them; `segeval config` shows what is in force. Paths are relative to this file.
"""
FOOT = """\
# a class each; without label values the names are picked from those of the files
# [classes.Brainstem]
# label = 7                      # or labels = [7, 8]
# color = "#56b4e9"              # in colour-coded pictures
# aliases = ["brain stem"]
# tolerance = "1mm"              # of nsd
# gates = { dice = 0.85 }

# bars that a run must reach: [class/]metric[.statistic] = bar
# [gates]
# dice = 0.85
# "Heart/dice.worst" = 0.5
"""


def show_config(given: Mapping[str, Any]) -> int:
    """Show the settings that a run here would have, and where each comes from."""
    if given["init"]:
        return write_settings_template(Path(NAMES[0]))
    if given["preset"]:
        click.echo(load_preset(given["preset"], "--preset").text, nl=False)
        return 0
    request = resolve_request({name: given[name] for name in ("config", "isolated")})
    report_notes(request.notes, request.settings)
    for line in settings_lines(request):
        click.echo(line)
    return 0


def settings_lines(request: ResolvedSettings) -> Iterator[str]:
    """The settings as TOML, each with its origin."""
    for group, choices in choices_by_group():
        yield f"# {group}"
        for choice in choices:
            value = getattr(request.settings, choice.field)
            text = format_choice(choice, value)
            line = f"{choice.key} = {text}" if text else f"# {choice.key} is not set"
            yield f"{line:<{COLUMN}}  # {request.origins[choice.field]}"
        yield ""
    for class_ in request.settings.classes.described:
        head, *rest = class_lines(class_)
        yield f"{head}  # {request.origins['classes']}"
        yield from [*rest, ""]
    if request.settings.gates:
        yield f"[gates]  # {request.origins['gates']}"
        yield from map(gate_line, request.settings.gates)


def choices_by_group() -> Iterator[tuple[str, list[Choice]]]:
    """The plain keys under their headings."""
    plain = [choice for choice in CHOICES.values() if choice.field not in TABLES]
    for group, choices in groupby(plain, key=lambda choice: choice.group):
        yield group, list(choices)


def write_settings_template(path: Path) -> int:
    """Write a file with every key, commented. Raises RequestError where there is one."""
    text = "\n".join([HEAD, *template_lines(), FOOT])
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        help = "edit it, or remove it first"
        raise RequestError("the file exists already", where=path, help=help) from None
    except OSError as problem:
        message = f"cannot be written ({problem.strerror})"
        raise RequestError(message, where=path) from problem
    print_message(f"wrote {path}")
    return 0


def template_lines() -> Iterator[str]:
    """Every plain key with its help and default, as comments."""
    for group, choices in choices_by_group():
        yield f"# --- {group}\n"
        for choice in choices:
            words = f": {', '.join(choice.form.words)}" if choice.form.words else ""
            yield f"# {choice.help}{words}"
            yield f"# {choice.key} = {example_value(choice)}\n"


def example_value(choice: Choice) -> str:
    """The default, or a value where there is none."""
    return EXAMPLES.get(choice.field) or format_choice(choice, choice.default)


def _config_options() -> list[GroupedOption]:
    shown = GroupedOption(["--preset"], metavar="NAME", help="show a preset in full")
    made = GroupedOption(["--init"], is_flag=True, help=f"write a commented {NAMES[0]}")
    for option in (shown, made):
        option.group = "output"
    return [shown, made, *settings_file_options()]


command = Command(
    "config",
    show_config,
    _config_options(),
    ["segeval config", "segeval config --preset semantic", "segeval config --isolated"],
)
