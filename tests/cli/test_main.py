"""The program: help, version, typos, and what it loads."""

import subprocess
import sys

import pytest

from segeval import __version__
from segeval.cli.main import COMMANDS

LIGHT = ("numpy", "nibabel", "pydicom", "PIL", "rich", "tqdm", "scipy", "nrrd", "tomllib", "json")


def loaded(*arguments):
    """The modules that a run has loaded at its end."""
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"sys.argv = ['segeval', *{arguments!r}]\n"
        "from segeval.__main__ import run\n"
        "run()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ran.stdout, set(ran.stderr.split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), (), ("-h",), ("-V",)])
def test_help_and_version_load_click_and_nothing_else(arguments):
    out, modules = loaded(*arguments)
    assert out
    assert "click" in modules
    assert not modules.intersection(LIGHT)
    assert not {m for m in modules if m.startswith("segeval.")} - {
        "segeval.__main__",
        "segeval.runtime",
        "segeval.runtime.allocator",
        "segeval.runtime.interrupts",
        "segeval.runtime.safe_text",
        "segeval.cli",
        "segeval.cli.entry",
        "segeval.cli.interruption",
        "segeval.cli.main",
        "segeval.cli.messages",
        "segeval.cli.standard_streams",
    }


def test_the_help_of_score_loads_no_numpy():
    _, modules = loaded("score", "--help")
    assert not modules.intersection(set(LIGHT) - {"json"})


def test_nothing_asked_is_help(segeval):
    assert segeval() == segeval("--help") == segeval("-h")


def test_the_help_of_the_program_fits_a_screen(segeval):
    """CLI-U2."""
    lines = segeval("-h").out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_the_short_help_fits_a_screen(segeval, name):
    lines = segeval(name, "-h").out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert text.count(f"segeval {name}") >= 4  # the usage and three examples
    assert "SEGEVAL_" not in text
    assert "sample_data" not in text


def test_the_short_help_names_what_most_runs_use(segeval):
    short, long = segeval("score", "-h").out, segeval("score", "--help").out
    for option in ("--metric", "--preset", "--classes", "--output", "--gate", "--jobs"):
        assert option in short
        assert option in long
    assert "segeval score --help" in short
    assert long.index("Metrics:") < long.index("Output:") < long.index("Gate:")
    assert long.index("Gate:") < long.index("Inputs:")
    assert long.count("SEGEVAL_") == 1  # said once
    assert segeval().status == 0
    assert all(name in segeval().out for name in COMMANDS)


def test_version(segeval):
    for option in ("-V", "--version"):
        ran = segeval(option)
        assert (ran.status, ran.out) == (0, f"segeval {__version__}\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_with_three_examples_in_100_columns(segeval, name):
    ran = segeval(name, "--help")
    assert ran.status == 0
    examples = ran.out.split("Examples:\n")[1].split("\n\n")[0].splitlines()
    assert len(examples) == 3
    assert all("segeval " in line for line in examples)
    assert max(len(line) for line in ran.out.splitlines()) <= 100


@pytest.mark.parametrize(
    ("arguments", "wrong", "right"),
    [
        (["scroe"], "scroe", "score"),
        (["score", "--metrc", "dice"], "--metrc", "--metric"),
        (["score", "--kind", "lables", "a", "b"], "lables", "labels"),
        (["score", "--preset", "semantc", "a", "b"], "semantc", "semantic"),
        (["completion", "bsh"], "bsh", "bash"),
        (["metrics", "dise"], "dise", "dice"),
    ],
)
def test_a_typo_is_answered_with_the_right_word(segeval, arguments, wrong, right):
    ran = segeval(*arguments)
    assert ran.status == 2
    assert ran.out == ""
    error, help = ran.err.splitlines()
    assert error.startswith("error: ")
    assert wrong in error
    assert help.startswith("  help: did you mean ")
    assert right in help


def test_no_option_is_abbreviated(segeval):
    ran = segeval("score", "--thr", "0.5", "a", "b")
    assert ran.status == 2
    assert "--threshold" in ran.err


def test_short_letters_are_few():
    from segeval.cli.score import command

    letters = {
        opt for p in command.params for opt in p.opts if opt.startswith("-") and opt[1] != "-"
    }
    assert letters == {"-o", "-m", "-c", "-j", "-q", "-v", "-h"}


def test_a_choice_without_default_shows_none(segeval):
    help = segeval("score", "--help").out
    assert "512MiB a process" in help
    assert "None" not in help
