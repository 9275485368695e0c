"""Memory does not grow with the cases: resident peaks of few and of many, as the kernel counts.

A run keeps names, a place in a file, a few bytes a case; what a case holds goes to disk. The cases
here have twenty classes, whose rows alone would take ten times what is allowed.
"""

import os
import subprocess
import sys

import build
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux counts")
FEW, MANY = 100, 700
ALLOWED = 2000  # bytes a case; rows and tallies in memory took 11 000


@pytest.fixture(scope="module")
def crowds(tmp_path_factory):
    """Folders of few and of many cases: links to the same ten pictures."""
    folder = tmp_path_factory.mktemp("crowds")
    chance = np.random.default_rng(0)
    for side in ("pred", "gt"):
        for number in range(10):
            build.png(
                folder / f"{side}{number}.png", chance.integers(0, 20, (8, 8)).astype(np.uint8)
            )
        for count in (FEW, MANY):
            (folder / f"{count}" / side).mkdir(parents=True)
            for number in range(count):
                picture = folder / f"{side}{number % 10}.png"
                (folder / f"{count}" / side / f"case_{number:04}.png").symlink_to(picture)
    return folder


def peak(*arguments):
    """The most bytes that were resident at once in the process that hands out the cases."""
    child = subprocess.Popen([sys.executable, "-m", "segeval", *map(str, arguments)])
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return used.ru_maxrss * 1024


@pytest.mark.parametrize("jobs", [1, 2])
def test_many_cases_take_the_memory_of_few(crowds, tmp_path, jobs):
    asked = ["-m", "dice,iou,precision,recall", "-q", "--worst", "2", "-j", jobs]
    asked += ["-o", tmp_path / "out.json", "-o", tmp_path / "out.csv", "--gate", "dice=0"]
    few, many = (
        peak("score", crowds / f"{n}" / "pred", crowds / f"{n}" / "gt", *asked) for n in (FEW, MANY)
    )
    assert many - few < ALLOWED * (MANY - FEW), f"{few >> 10} KiB, then {many >> 10} KiB"
    assert (tmp_path / "out.csv").read_text().count("\n") > 70 * MANY
