"""The program and its commands, which are loaded by name when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from segeval import __version__

WIDTH = 100
CONTEXT = {"max_content_width": WIDTH}

# In the order of the help. A command is a module with `command`.
COMMANDS = {
    "score": ("segeval.cli.score", "Score PRED against GT: files, or folders with the same names."),
    "pairs": ("segeval.cli.pairs", "Show which files become which case; compute nothing."),
    "inspect": ("segeval.cli.inspect", "Say what a file or a folder is: grid, kind, classes."),
    "merge": ("segeval.cli.merge", "Join result files of shards as one run."),
    "decode": ("segeval.cli.decode", "Write the label maps that scoring would use."),
    "convert": ("segeval.cli.convert", "Write contours or segments of DICOM as masks."),
    "gate": ("segeval.cli.gate", "Judge a result file by rules or by a baseline."),
    "compare": ("segeval.cli.compare", "Compare result files: which model is better?"),
    "report": ("segeval.cli.report", "Write the report that people look at, of a result file."),
    "show": ("segeval.cli.show", "Show a result file as a table."),
    "metrics": ("segeval.cli.metrics", "List the metrics, or explain one."),
    "classes": ("segeval.cli.classes", "List the class lists that ship, or show one."),
    "config": ("segeval.cli.config", "Show the settings of a run and where each comes from."),
    "selftest": (
        "segeval.cli.selftest",
        "Score shapes of known numbers: is this installation right?",
    ),
    "completion": ("segeval.cli.completion", "Print completion code for bash, zsh or fish."),
}


class Program(click.Group):
    """`segeval`: its help is written from the table, without loading a command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the nearest."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            raise _unknown_command_error(args)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _unknown_command_error(args: list[str]) -> Exception:
    import os
    import shlex

    from segeval.cli.choices import similar_words
    from segeval.runtime.errors import RequestError

    name = args[0]
    if "://" in name or os.path.exists(name):  # PRED GT without a command (CLI-U9)
        return RequestError(f"no command before {name!r}", help=f"segeval score {shlex.join(args)}")
    near = similar_words(name, COMMANDS)
    help = f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}"
    return RequestError(f"no such command {name!r}", help=help)


def _print_version(ctx: click.Context, _: click.Parameter, asked: Any) -> None:
    if asked and not ctx.resilient_parsing:
        click.echo(f"segeval {__version__}")
        ctx.exit()


def _print_help(ctx: click.Context, option: click.Parameter, asked: Any) -> None:
    if asked and not ctx.resilient_parsing:
        short = getattr(ctx.command, "short_text", None)
        text = short(ctx) if short is not None and option.name == SHORT else ctx.get_help()
        click.echo(text, color=ctx.color)
        ctx.exit()


def _help_option(names: list[str], text: str) -> click.Option:
    """An option that shows help and ends; click's own loads `locale` to translate its text."""
    return click.Option(
        names,
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_help,
        help=text,
    )


# Two lengths (CLI-U2): -h fits a screen, --help has every option.
SHORT = "short_help"
HELP = (
    _help_option(["-h", SHORT], "Show what most runs use, on one screen."),
    _help_option(["--help"], "Show every option."),
)

program = Program(
    "segeval",
    help="How good are these segmentations, and can I trust the number?",
    context_settings=CONTEXT,
    params=[
        click.Option(
            ["-V", "--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Show the version and exit.",
        ),
        # One row for both: the help of the program is a screen of 24 lines in either length.
        _help_option(
            ["-h", "--help"], "Show this; COMMAND -h fits a screen, COMMAND --help has all."
        ),
    ],
)
