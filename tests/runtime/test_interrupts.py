"""Ctrl-C at any moment: 130, no traceback, no abort; whatever it hits on its way."""

import os
import signal
import subprocess
import sys
import time

import build
import numpy as np
import pytest

from segeval.runtime.interrupts import hold_interrupts, stop_if_interrupted

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")
ASKED = "os.kill(os.getpid(), signal.SIGINT)"


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    root = tmp_path_factory.mktemp("interrupts")
    for side, shift in (("p", 1), ("g", 0)):
        for number in range(3):
            (root / side).mkdir(exist_ok=True)
            mask = np.zeros((6, 12, 12), np.uint8)
            mask[2:5, 2 + shift : 8 + shift, 3:9] = 1
            build.npy(root / side / f"c{number}.npy", mask)
    return root


def interrupted(folder, before, *more, words=("score", "p", "g", "-m", "dice,hd95:as=meshmetrics")):
    """Run the command after some lines of Python; its status and stderr."""
    code = (
        "import os, signal, sys\n"
        f"{before}\n"
        f"sys.argv[1:] = {[*words, '--spacing', '1,1,3', '--format', 'none', '-q', *more]!r}\n"
        "from segeval.__main__ import run; run()"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    return ran.returncode, ran.stderr


WHILE_LOADING = """
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            sys.meta_path.remove(self)
            {asked}
sys.meta_path.insert(0, Finder())
"""
LOADED = ["segeval.cli.interruption", "click", "segeval.cli.main", "numpy", "segeval.scoring.case",
          "igl.pyigl_core", "segeval.reports.outputs"]  # fmt: skip


@pytest.mark.parametrize("name", LOADED)
def test_while_something_is_loaded(sides, name):
    status, said = interrupted(sides, WHILE_LOADING.format(name=name, asked=ASKED))
    assert (status, said.splitlines()[-1:][0][:11]) == (130, "interrupted"), said
    assert "Traceback" not in said
    assert "nanobind" not in said


CONVERTED = """
import segeval.kernels.counts as kernel, segeval.scoring.case as case
def broken(*_):
    try:
        {asked}
    except KeyboardInterrupt:
        raise {error}('what a library makes of it') from None
case.open_case = broken
"""


@pytest.mark.parametrize("error", ["RuntimeError", "OSError", "ImportError", "MemoryError"])
def test_what_a_library_makes_of_it_is_no_fault_of_a_case(sides, error):
    status, said = interrupted(sides, CONVERTED.format(asked=ASKED, error=error))
    assert (status, said.startswith("interrupted: 0 of 3")) == (130, True), said


def test_in_a_callback_that_nobody_can_catch(sides):
    lost = (
        "import segeval.scoring.case as case\n"
        "class Gone:\n"
        f"    def __del__(self): {ASKED}\n"
        "real = case.open_case\n"
        "def opened(*a):\n"
        "    Gone(); return real(*a)\n"
        "case.open_case = opened\n"
    )
    status, said = interrupted(sides, lost)
    assert (status, "Exception ignored" in said) == (130, False), said
    assert "interrupted: 0 of 3" in said


def test_a_second_one_leaves_at_once(sides):
    twice = (
        "import segeval.cli.score as command\n"
        "def slow(*_):\n"
        f"    {ASKED}\n"
        "    while True: pass\n"
        "command.report_interruption = slow\n"
        "import segeval.scoring.case as case\n"
        f"def first(*_): {ASKED}\n"
        "case.open_case = first\n"
    )
    assert interrupted(sides, twice) == (130, "")


def test_a_process_that_ignores_it_goes_on(sides):
    ignore = f"signal.signal(signal.SIGINT, signal.SIG_IGN); {ASKED}"
    assert interrupted(
        sides, ignore + "\nimport atexit; atexit.register(lambda: " + ASKED + ")"
    ) == (
        0,
        "",
    )


def test_after_the_result_it_changes_nothing(sides):
    assert interrupted(sides, f"import atexit; atexit.register(lambda: {ASKED})") == (0, "")


def ask_and_go_on(seen):
    with hold_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        seen.append("held")


def test_it_waits_for_the_end_of_a_block():
    seen = []
    with pytest.raises(KeyboardInterrupt):
        ask_and_go_on(seen)
    assert seen == ["held"]
    stop_if_interrupted()  # not the command: nothing is remembered
