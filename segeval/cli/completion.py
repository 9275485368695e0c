"""`segeval completion SHELL`: code that the shell reads to complete commands and options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from segeval.cli.choices import misspelling_error
from segeval.cli.options import Command
from segeval.runtime.errors import RequestError

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_SEGEVAL_COMPLETE"


def print_completion(given: Mapping[str, Any]) -> int:
    """Print completion code for SHELL: bash, zsh or fish."""
    from click.shell_completion import ShellComplete, get_completion_class

    from segeval.cli.main import program

    shell = given["shell"]
    found = get_completion_class(shell) if shell in SHELLS else None
    if found is None:
        problem = misspelling_error(f"there is no completion for {shell!r}", shell, SHELLS)
        raise RequestError(problem.message, help=problem.help or f"there is {', '.join(SHELLS)}")
    made = found(program, {}, "segeval", VARIABLE)
    click.echo(ShellComplete.source(made))  # the class's own asks which bash is there
    return 0


command = Command(
    "completion",
    print_completion,
    [click.Argument(["shell"])],
    [
        'eval "$(segeval completion bash)"',
        'eval "$(segeval completion zsh)"',
        "segeval completion fish > ~/.config/fish/completions/segeval.fish",
    ],
)
