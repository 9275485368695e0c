"""Advice is done as it is printed: situations, the ways that a help line names, and who gave it.

A situation makes files and a command that fails. Each way quotes words of the help line that is
printed and does what they say: adds them to the command, changes or leaves out what was wrong, runs
another command, or mends a file. The command is run again, and the error has to be gone.

Every call in the package that gives advice (a call with `help=`) is a site. Which sites a situation
reached is recorded from the call stack where the error was made, to the column.
"""

import ast
import contextlib
import functools
import io
import os
import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import segeval
from segeval.cli.entry import run_command_line
from segeval.cli.log import LOG
from segeval.gates import verdict
from segeval.runtime import errors

ROOT = Path(segeval.__file__).parent
NO_ADVICE = {"GroupedOption", "signed", "free", "Option", "Program"}  # `help=` of an option
POSITIONAL = {"error": 1, "Refusal": 1}  # calls whose last argument is the advice
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]|(?<!\w)-[omcj](?= )")
WARNING = re.compile(r"W-[a-z-]+")
FREE = {"PATH", "FILE", "DIR", "NAME", "TABLE"}  # words that stand for one's own


@dataclass(frozen=True)
class Way:
    """One thing that a help line says to do.

    said  words of the help line
    do    the command, as a list, and the folder: gives the command that follows
    gives the exit status then
    """

    said: str
    do: Callable[[list[str], Path], list[str]]
    gives: int = 0


def add(said, own=None, gives=0):
    """Add the words to the command as they are printed; `own`: with one's own value in place of
    a word such as FILE."""
    return Way(said, lambda command, _: [*command, *shlex.split(own or said)], gives)


def put(said, old, new=None, gives=0):
    """Write what is printed (or `new`, which holds it) in place of a word of the command."""

    def change(command, _):
        assert old in command, (old, command)
        at = command.index(old)
        return [*command[:at], *shlex.split(new or said), *command[at + 1 :]]

    return Way(said, change, gives)


def drop(said, *words, gives=0):
    """Leave words out of the command; two words are an option and its value."""

    def change(command, _):
        at = [i for i in range(len(command)) if tuple(command[i : i + len(words)]) == words]
        if at:
            return [*command[: at[0]], *command[at[0] + len(words) :]]
        return [word for word in command if word not in words]

    return Way(said, change, gives)


def run(said, own=None, then=True, gives=0):
    """Run a command that is printed; the failing one is run again after it where `then`."""

    def change(command, here):
        own_command = shlex.split(own or said)[1:]
        if not then:
            return own_command
        answer = invoke(own_command)
        assert answer.status == 0, answer.err
        return command

    return Way(said, change, gives)


def swap(said, old, new, *before):
    """Run other commands that are printed, then write a word in place of another."""

    def change(command, _):
        for one in before:
            answer = invoke(shlex.split(one)[1:])
            assert answer.status == 0, answer.err
        return [new if word == old else word for word in command]

    return Way(said, change)


def mend(said, change, own="", gives=0):
    """Change files as the words say; the command stays, or gets words that stand in the help."""

    def do(command, here):
        change(here)
        return [*command, *shlex.split(own)]

    return Way(said, do, gives)


@dataclass(frozen=True)
class Situation:
    """A command that fails, and every way out that its help line names.

    make     writes the files into an empty folder, which is the working directory
    command  without `segeval`; or a function that raises, for what only Python reaches
    status   of the failing command; 0 for a warning, None for any
    also     options that the help line only mentions, and that are no advice
    only     words of the message that is meant, where several are printed
    browser  whether a way prints a page
    """

    name: str
    make: Callable[[Path], object]
    command: object
    ways: tuple[Way, ...]
    status: int = 3
    also: tuple[str, ...] = ()
    only: str = ""
    env: tuple = ()
    browser: bool = False


@dataclass
class Answer:
    """What a command left behind."""

    status: int
    out: str
    err: str


def invoke(command):
    """Run a command in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in "ab")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run_command_line([str(word) for word in command])
    LOG.close()
    return Answer(status, *(stream.buffer.getvalue().decode() for stream in (out, err)))


@functools.cache
def sites():
    """Every call that gives advice: (file, line, end line, column, end column) -> words."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        for function, call in _calls(ast.parse(path.read_text()), ""):
            if _gives_advice(call):
                place = (call.lineno, call.end_lineno, call.col_offset, call.end_col_offset)
                found[str(path), *place] = f"{path.relative_to(ROOT).as_posix()}:{function}"
    return found


@functools.cache
def warning_sites():
    """Every function that makes a warning and speaks of an option in it: (file, function) -> words.

    Words of an error (below `raise`, or given as `help=`) are none of the warning's.
    """
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text())
        named = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value.value, str)
        }
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                words = list(_texts(function.body, named))
                if any(map(WARNING.fullmatch, words)) and any(map(OPTION.search, words)):
                    name = f"{path.relative_to(ROOT).as_posix()}:{function.name}"
                    found[str(path), function.name] = name
    return found


def _texts(nodes, named):
    """The texts of statements, but for docstrings, errors and advice; constants by their name."""
    for node in nodes:
        if isinstance(node, ast.Raise) or (isinstance(node, ast.keyword) and node.arg == "help"):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Name) and node.id in named:
            yield named[node.id]
        else:
            yield from _texts(ast.iter_child_nodes(node), named)


def _calls(node, function):
    """Every call below a node, with the function that it stands in."""
    for child in ast.iter_child_nodes(node):
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        if isinstance(child, ast.Call):
            yield function, child
        yield from _calls(child, child.name if inside else function)


def _gives_advice(call):
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name == "__init__":
        return False
    if name in POSITIONAL and len(call.args) > POSITIONAL[name]:
        return getattr(call.args[-1], "value", True) != ""
    return name not in NO_ADVICE and any(word.arg == "help" for word in call.keywords)


def _positions(frame):
    """Where in its file a frame is, to the column."""
    code, index = frame.f_code, frame.f_lasti // 2
    for number, place in enumerate(code.co_positions()):
        if number == index:
            return (code.co_filename, *place)
    return ()


@contextlib.contextmanager
def recorded(reached):
    """Record from which sites errors are made, and by which functions warnings."""
    made = {kind: kind.__init__ for kind in (errors.SegevalError, verdict.Refusal, errors.Note)}

    def warn(self, *words, **named):
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(str(ROOT)):
            if (place := (frame.f_code.co_filename, frame.f_code.co_name)) in warning_sites():
                reached.add(place)
            frame = frame.f_back
        made[errors.Note](self, *words, **named)

    def record(self, *words, **named):
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(str(ROOT)):
            place = _positions(frame)
            if place in sites():
                reached.add(place)
            if place in sites() and "help" not in frame.f_code.co_varnames[: _arguments(frame)]:
                break  # a function that is handed the help is asked for it: go on to its caller
            frame = frame.f_back
        kind = errors.SegevalError if isinstance(self, errors.SegevalError) else verdict.Refusal
        made[kind](self, *words, **named)

    for kind in made:
        kind.__init__ = warn if kind is errors.Note else record
    try:
        yield
    finally:
        for kind, make in made.items():
            kind.__init__ = make


def _arguments(frame):
    return frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount


@dataclass
class Played:
    """A situation that was run: the sites that were reached, and what was wrong with the advice."""

    sites: set
    faults: list


def play(situation, folder):
    """Run a situation and every way out of it."""
    reached, faults = set(), []
    with recorded(reached):
        first = _attempt(situation, folder / "first", None)
    own = reached.copy()
    if first.status != (first.status or 1 if situation.status is None else situation.status):
        return Played(own, [f"status {first.status}, not {situation.status}:\n{first.err}"])
    advice = _advice(first.err, situation)
    if not advice:
        return Played(own, [f"no help line:\n{first.err}"])
    faults += [
        f"nobody does {option}: {advice}"
        for option in sorted({*OPTION.findall(advice)} - {*situation.also})
        if not any(option in way.said for way in situation.ways)
    ]
    if not situation.ways:
        faults.append(f"nobody follows: {advice}")
    for number, way in enumerate(situation.ways):
        if way.said not in advice:
            faults.append(f"{way.said!r} is not said, but: {advice}")
            continue
        after = _attempt(situation, folder / f"way{number}", way)
        message = _message(first.err, situation)
        if after.status != way.gives or message in after.err.splitlines():
            faults.append(f"{way.said!r} leads to {after.status}:\n{advice}\n->\n{after.err}")
    return Played(own, faults)


def _attempt(situation, folder, way):
    folder.mkdir(parents=True)
    before = Path.cwd()
    kept = dict(os.environ)
    os.chdir(folder)
    try:
        for name in [n for n in os.environ if "SEGEVAL" in n or n in CLEARED]:
            del os.environ[name]
        os.environ.update(dict(situation.env))
        situation.make(folder)
        if callable(situation.command):
            return _call(situation.command, folder, way)
        command = shlex.split(situation.command)
        return invoke(command if way is None else way.do(command, folder))
    finally:
        os.environ.clear()
        os.environ.update(kept)
        os.chdir(before)


CLEARED = ("NO_COLOR", "FORCE_COLOR", "CI", "GITHUB_ACTIONS", "CI_PROJECT_DIR")


def _call(function, folder, way):
    """A function of Python in place of a command; a way hands it another argument."""
    try:
        function(*([] if way is None else way.do([], folder)))
    except errors.SegevalError as problem:
        return Answer(problem.exit_status, "", "\n".join(problem.lines()))
    return Answer(0, "", "")


def _message(text, situation):
    """The first line of the error, or of the warning that is meant."""
    level = "warning: " if situation.status == 0 else "error: "
    lines = [line for line in text.splitlines() if line.startswith(level)]
    return next((line for line in lines if situation.only in line), "")


def _advice(text, situation):
    """The help lines; a warning is its own advice."""
    helps = [line[8:] for line in text.splitlines() if line.startswith("  help: ")]
    if situation.status == 0:
        return _message(text, situation)
    return "\n".join(helps)
