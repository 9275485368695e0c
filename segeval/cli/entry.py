"""The command line is run, and whatever happens becomes an exit status.

    0 all gates cleared    1 a gate was missed, and nothing else    2 the request makes no sense
    3 a case could not be scored    4 nothing to score    5 a bug    130 interrupted

Python and click answer 1 to anything uncaught; here 1 only ever comes from a command that judged.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from segeval.cli.main import COMMANDS, program
from segeval.cli.standard_streams import Unwritable

BUG = 5
INTERRUPTED = 130
COMPLETE = "_SEGEVAL_COMPLETE"  # set by the shell when it asks for completions


def answer(arguments: Sequence[str]) -> int:
    """Run the command line; whatever is raised becomes lines on stderr and a status."""
    try:
        return _status(arguments)
    except Unwritable as problem:
        return _unwritable(problem)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.UsageError as problem:
        return _usage(problem, arguments)
    except (KeyboardInterrupt, click.Abort):
        return _say(["interrupted"], INTERRUPTED)
    except Exception as problem:
        return _failed(problem)


def flushed(status: int) -> int:
    """Write what stdout still holds; the status, or that of what kept it from being written."""
    try:
        sys.stdout.flush()
    except Unwritable as problem:
        return _unwritable(problem)
    return status


def _status(arguments: Sequence[str]) -> int:
    if COMPLETE in os.environ:
        program.main(prog_name="segeval", complete_var=COMPLETE)
    # not program.main(): that one answers 1 to a broken pipe
    with program.make_context("segeval", list(arguments) or ["--help"]) as context:
        return program.invoke(context) or 0


def command_of(arguments: Sequence[str]) -> str:
    """The command of a command line, where click does not say it."""
    return f"segeval {arguments[0]}" if arguments and arguments[0] in COMMANDS else "segeval"


def _usage(problem: click.UsageError, arguments: Sequence[str]) -> int:
    """What click says of the command line, in our form."""
    known = getattr(problem, "possibilities", None) or []
    message = problem.message or problem.format_message()
    command = problem.ctx.command_path if problem.ctx else command_of(arguments)
    hint = f"did you mean {' or '.join(known)}?" if known else f"{command} --help"
    message = message.strip().rstrip(".")
    return _say([f"error: {message[:1].lower()}{message[1:]}", f"  help: {hint}"], 2)


def _failed(problem: Exception) -> int:
    from segeval.cli.log import LOG
    from segeval.runtime.errors import SegevalError

    LOG.trace(problem)
    if isinstance(problem, SegevalError):
        return _say(problem.lines(), problem.exit_status)
    text = " ".join(str(problem).split())
    return _say(
        [
            f"error: {type(problem).__name__}: {text}",
            "  help: a bug: please report, -vv shows the traceback",
        ],
        BUG,
    )


def _unwritable(problem: Unwritable) -> int:
    """An output that cannot be written is a wrong request, stdout like every other."""
    return _say([f"error: stdout cannot be written ({problem})"], 2)


def _say(lines: Sequence[str], status: int) -> int:
    for line in lines:
        click.echo(line, err=True)
    return status
