"""The exit status of every judging command with each way of losing stdout, stderr or both.

A result that was to be on stdout and cannot be written is 2 (closed, full disk); a reader that
leaves has read what it wanted. What becomes of stderr changes nothing.
"""

import os
import subprocess
import sys
from contextlib import ExitStack

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
SEGEVAL = [sys.executable, "-m", "segeval"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two sides of 12 cases, their results, a worse one, and two shards."""
    root = tmp_path_factory.mktemp("lost")
    for side, shift in (("gt", 0), ("pred", 1), ("worse", 3)):
        (root / side).mkdir()
        for n in range(12):
            mask = np.zeros((7, 12), np.uint8)
            mask[2:5, 2 + shift : 6 + shift + n % 3] = 1
            np.save(root / side / f"c{n}.npy", mask)
    (root / "fewer").mkdir()
    np.save(root / "fewer" / "c0.npy", mask)
    for words in (
        ("pred", "gt", "-o", "good.json"), ("worse", "gt", "-o", "worse.json"),
        ("pred", "gt", "--shard", "1/2", "-o", "s1.json"),
        ("pred", "gt", "--shard", "2/2", "-o", "s2.json"),
    ):  # fmt: skip
        command = [*SEGEVAL, "score", *words, "-m", "dice", "-q", "--format", "none"]
        subprocess.run(command, cwd=root, check=True)
    return root


# what is run, its exit status, and whether its result is on stdout
RUNS = {
    "score, a gate missed": (("score", "pred", "gt", "-m", "dice", "--gate", "dice=0.99"), 1, True),
    "score, cases without a prediction": (("score", "fewer", "gt", "-m", "dice"), 3, True),
    "score into a file": (("score", "pred", "gt", "-m", "dice", "-o", "o.csv", "--format", "none",
                           "--gate", "dice=0.99"), 1, False),
    "gate missed": (("gate", "good.json", "--gate", "dice=0.99"), 1, True),
    "gate, a baseline missed": (("gate", "worse.json", "--baseline", "good.json"), 1, True),
    "compare": (("compare", "good.json", "worse.json"), 0, True),
    "merge, a gate missed": (("merge", "s1.json", "s2.json", "--gate", "dice=0.99"), 1, True),
    "merge, a shard lost": (("merge", "s1.json"), 2, False),
    "report": (("report", "good.json", "-o", "page.html"), 0, True),  # says where the page is
}  # fmt: skip
KEPT, CLOSED, FULL, LEFT = "kept", "closed", "full", "left"
LOST = (CLOSED, FULL, LEFT)
WAYS = [
    *((way, KEPT) for way in LOST),
    *((KEPT, way) for way in LOST),
    *zip(LOST, LOST, strict=True),
]


def begin(folder, words, out, err, kept):
    """A command with these streams; what has to be closed at the end goes to `kept`."""
    streams = []
    for how in (out, err):
        if how == LEFT:
            reader, writer = os.pipe()
            os.close(reader)
            streams.append(writer)
        else:
            streams.append(os.open("/dev/full" if how == FULL else os.devnull, os.O_WRONLY))
        kept.callback(os.close, streams[-1])
    closed = [f"{number}>&-" for number, how in ((1, out), (2, err)) if how == CLOSED]
    command = ["sh", "-c", f'"$@" {" ".join(closed)}', "sh", *SEGEVAL, *words]
    return subprocess.Popen(command, cwd=folder, stdout=streams[0], stderr=streams[1])


@pytest.mark.parametrize("name", RUNS)
def test_the_status_is_the_verdict_whatever_is_lost(folder, name):
    words, wanted, written = RUNS[name]
    with ExitStack() as kept:
        begun = {way: begin(folder, words, *way, kept) for way in WAYS}
        found = {way: process.wait(120) for way, process in begun.items()}
    assert found == {
        (out, err): 2 if written and out in (CLOSED, FULL) else wanted for out, err in WAYS
    }
