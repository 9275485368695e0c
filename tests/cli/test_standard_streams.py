"""Whatever becomes of stdout and stderr: the exit status is the verdict (CLI-X1, CLI-H7)."""

import os
import subprocess
import sys

import numpy as np
import pytest

FULL = "/dev/full"
needs_full = pytest.mark.skipif(not os.path.exists(FULL), reason="there is no /dev/full here")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two cases with a prediction, and one without."""
    root = tmp_path_factory.mktemp("streams")
    for side, shift in (("p", 1), ("g", 0)):
        (root / side).mkdir()
        for name in ("a", "b"):
            mask = np.zeros((6, 8), np.uint8)
            mask[2:5, 2 + shift : 6 + shift] = 1
            np.save(root / side / f"{name}.npy", mask)
    (root / "more").mkdir()
    for name in ("a", "b", "c"):
        np.save(root / "more" / f"{name}.npy", np.ones((6, 8), np.uint8))
    (root / "none").mkdir()
    return root


RUNS = {
    0: ("p", "g"),
    1: ("p", "g", "--gate", "dice=0.99"),
    2: ("p", "nothere"),
    3: ("p", "more"),
    4: ("none", "none"),
}


def gone():
    """The end of a pipe that nobody reads."""
    out, pipe = os.pipe()
    os.close(out)
    return pipe


def status(folder, words, stdout, stderr):
    """The exit status with descriptors for both streams."""
    command = [sys.executable, "-m", "segeval", "score", *words, "-v"]
    ran = subprocess.run(command, cwd=folder, stdout=stdout, stderr=stderr, check=False)
    for stream in (stdout, stderr):
        if stream != subprocess.DEVNULL:
            os.close(stream)
    return ran.returncode


@pytest.mark.parametrize("wanted", RUNS)
@pytest.mark.parametrize("lost", ["stdout", "stderr", "both"])
def test_a_reader_that_leaves_changes_no_status(folder, wanted, lost):
    stdout = gone() if lost != "stderr" else subprocess.DEVNULL
    stderr = gone() if lost != "stdout" else subprocess.DEVNULL
    assert status(folder, RUNS[wanted], stdout, stderr) == wanted


@needs_full
@pytest.mark.parametrize("wanted", RUNS)
def test_stderr_on_a_full_disk_changes_no_status(folder, wanted):
    full = os.open(FULL, os.O_WRONLY)
    assert status(folder, RUNS[wanted], subprocess.DEVNULL, full) == wanted


@needs_full
@pytest.mark.parametrize(("run", "wanted"), [(0, 2), (1, 2), (2, 2), (3, 2), (4, 4)])
def test_a_result_that_cannot_be_written_is_2(folder, run, wanted):
    full = os.open(FULL, os.O_WRONLY)  # of 4 there is no result
    assert status(folder, RUNS[run], full, subprocess.DEVNULL) == wanted


@needs_full
def test_a_log_that_cannot_be_written_is_named_and_costs_no_result(folder):
    command = [sys.executable, "-m", "segeval", "score", "p", "g", "--log-file", FULL]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert ran.stderr.splitlines()[0] == (
        "warning: /dev/full: the log ends here (No space left on device)"
    )
    assert "dice" in ran.stdout


COMMANDS = {
    "score": ("score", "p", "g"),
    "a gate": ("score", "p", "g", "--gate", "dice=0.01"),
    "csv": ("score", "p", "g", "--format", "csv"),
    "pairs": ("pairs", "p", "g"),
    "inspect": ("inspect", "p"),
    "metrics": ("metrics",),
    "help": ("--help",),
    "version": ("--version",),
    "config": ("config",),
}


def closed(folder, words, ends):
    """The exit status and stderr of a command whose streams are closed: `ends` are for a shell."""
    line = f'"$0" -m segeval "$@" {ends}'
    ran = subprocess.run(
        ["sh", "-c", line, sys.executable, *words], cwd=folder, capture_output=True, check=False
    )
    return ran.returncode, ran.stderr.decode()


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
@pytest.mark.parametrize("name", COMMANDS)
def test_account_a33_a_result_that_goes_nowhere_is_no_success(folder, name):
    status, said = closed(folder, COMMANDS[name], ">&-")
    assert (status, said.splitlines()[-1]) == (2, "error: stdout cannot be written (it is closed)")
    assert closed(folder, COMMANDS[name], ">&- 2>&-")[0] == 2


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
@pytest.mark.parametrize(("words", "wanted"), [(RUNS[0], 0), (RUNS[1], 1), (RUNS[3], 3)])
def test_a_closed_stdout_that_nothing_is_written_to_changes_no_status(folder, words, wanted):
    assert closed(folder, ("score", *words, "--format", "none"), ">&-")[0] == wanted
    assert closed(folder, ("score", *words), ">/dev/null 2>&-")[0] == wanted


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
def test_a_file_never_takes_the_number_of_a_closed_stream(folder):
    words = ("score", *RUNS[0], "--format", "none", "-o", "kept.csv")
    assert closed(folder, words, ">&- 2>&-")[0] == 0
    assert (folder / "kept.csv").read_text().startswith("case,class,metric,value")


def test_a_comparison_stands_before_its_warnings_in_a_log_of_both(folder):
    env = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}

    def said(*words):
        command = [sys.executable, "-m", "segeval", *words]
        ran = subprocess.run(
            command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        return ran.stdout.decode()

    for name in "mn":
        said("score", *RUNS[0], "-m", "dice", "--format", "none", "-o", f"{name}.json")
    both = said("compare", "m.json", "n.json")
    assert -1 < both.index("dice: n - m") < both.index("W-few-cases")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_both_streams_are_in_order_where_python_is_unbuffered(unbuffered):
    script = (
        "import os, sys\n"
        "from segeval.cli.standard_streams import open_streams\n"
        "open_streams()\n"
        "print('a line', file=sys.stderr)\n"
        "os.write(1, b'after it')\n"
        "sys.stderr.write('a bar\\r')\n"
        "os.write(1, b'the table')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered}, check=True,
    )  # fmt: skip
    assert ran.stdout == b"a line\nafter ita bar\rthe table"
