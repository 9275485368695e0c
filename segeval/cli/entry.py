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

from segeval.cli.interruption import INTERRUPTED, interruption_text, raise_when_interrupted
from segeval.cli.main import COMMANDS, program
from segeval.cli.standard_streams import Unwritable
from segeval.runtime.interrupts import was_interrupted

BUG = 5
COMPLETION_VARIABLE = "_SEGEVAL_COMPLETE"  # set by the shell when it asks for completions


def run_command_line(arguments: Sequence[str]) -> int:
    """Run the command line; whatever is raised becomes lines on stderr and a status."""
    try:
        return _run_command(arguments)
    except Unwritable as problem:
        return _report_unwritable(problem)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.UsageError as problem:
        return _report_usage(problem, arguments)
    except (KeyboardInterrupt, click.Abort):
        return _print_error_lines([interruption_text()], INTERRUPTED)
    except Exception as problem:
        return _report_failure(problem)


def flush_stdout(status: int) -> int:
    """Write what stdout still holds; the status, or that of what kept it from being written."""
    try:
        sys.stdout.flush()
    except Unwritable as problem:
        return _report_unwritable(problem)
    return status


def _run_command(arguments: Sequence[str]) -> int:
    raise_when_interrupted()
    if COMPLETION_VARIABLE in os.environ:
        program.main(prog_name="segeval", complete_var=COMPLETION_VARIABLE)
    # not program.main(): that one answers 1 to a broken pipe
    with program.make_context("segeval", list(arguments) or ["--help"]) as context:
        return program.invoke(context) or 0


def find_command(arguments: Sequence[str]) -> str:
    """The command of a command line, where click does not say it."""
    return f"segeval {arguments[0]}" if arguments and arguments[0] in COMMANDS else "segeval"


def _report_usage(problem: click.UsageError, arguments: Sequence[str]) -> int:
    """What click says of the command line, in our form."""
    known = getattr(problem, "possibilities", None) or []
    message = problem.message or problem.format_message()
    command = problem.ctx.command_path if problem.ctx else find_command(arguments)
    hint = f"did you mean {' or '.join(known)}?" if known else f"{command} --help"
    if "unexpected extra argument" in message:  # mostly `-m dice iou`
        hint = f"lists have commas and no spaces (-m dice,iou); {hint}"
    message = message.strip().rstrip(".")
    return _print_error_lines([f"error: {message[:1].lower()}{message[1:]}", f"  help: {hint}"], 2)


def _report_failure(problem: Exception) -> int:
    from segeval.cli.log import LOG
    from segeval.runtime.errors import SegevalError

    LOG.trace(problem)
    if was_interrupted():
        return _print_error_lines([interruption_text()], INTERRUPTED)
    if isinstance(problem, SegevalError):
        return _print_error_lines(problem.lines(), problem.exit_status)
    if isinstance(problem, RecursionError):  # our own calls are never so deep: an input is
        help = "-vv shows where; the file may be damaged"
        return _print_error_lines(["error: an input is nested too deeply", f"  help: {help}"], 2)
    if isinstance(problem, OSError):  # of a file, or of the machine
        place = f"{problem.filename}: " if problem.filename else ""
        return _print_error_lines([f"error: {place}{problem.strerror or problem}"], 2)
    if isinstance(problem, MemoryError):
        return _print_error_lines(["error: there is not enough memory"], 2)
    text = " ".join(str(problem).split())
    return _print_error_lines(
        [
            f"error: {type(problem).__name__}: {text}",
            "  help: a bug: please report, -vv shows the traceback",
        ],
        BUG,
    )


def _report_unwritable(problem: Unwritable) -> int:
    """An output that cannot be written is a wrong request, stdout like every other."""
    return _print_error_lines([f"error: stdout cannot be written ({problem})"], 2)


def _print_error_lines(lines: Sequence[str], status: int) -> int:
    from segeval.cli.messages import print_message

    for line in lines:
        print_message(line)
    return status
