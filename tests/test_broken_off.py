"""A run that is broken off, in whatever way, leaves no process and no temporary file."""

import json
import os
import signal
import subprocess
import sys
import time

import build
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
CASES = 800
START = [sys.executable, "-c", "from segeval.runtime import spill; spill.KEPT = 0\n"
         "from segeval.__main__ import run; run()"]  # fmt: skip


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """Enough cases that a run is still at it."""
    folder = tmp_path_factory.mktemp("crowd")
    picture = np.arange(64, dtype=np.uint8).reshape(8, 8) % 5
    for side in ("pred", "gt"):
        build.png(folder / f"{side}.png", picture)
        (folder / side).mkdir()
        for number in range(CASES):
            (folder / side / f"case_{number:04}.png").symlink_to(folder / f"{side}.png")
    return folder


def of_session(session):
    """The processes of a session, but those that have ended and are not asked after."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                state, _, _, own = file.read().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(own) == session and state != "Z":
            found.append(int(entry))
    return found


def waited(true, seconds=20):
    """Wait until something holds; gives whether it does."""
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.01)
    return true()


HOW = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("group", [False, True])
def test_nothing_is_left(crowd, tmp_path, how, kept, group):
    """A signal to the process, or to all of its group as a terminal or a job system sends it."""
    here, room = tmp_path / "here", tmp_path / "room"
    here.mkdir()
    room.mkdir()
    log = here / "log.txt"
    asked = ["score", crowd / "pred", crowd / "gt", "-m", "dice", "-j", "2", "--log-file", log]
    asked += ["-o", here / "out.json"] if kept else []
    child = subprocess.Popen(
        [*START, *map(str, asked)],
        cwd=here,
        env={**os.environ, "TMPDIR": str(room)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert waited(lambda: log.exists() and ": ok, " in log.read_text())
    assert len(of_session(child.pid)) == 3  # it forks, so two and no server
    os.killpg(child.pid, how) if group else child.send_signal(how)
    said = child.communicate(timeout=30)[1]
    assert child.returncode == (130 if how == signal.SIGINT else -how), said
    assert waited(lambda: not of_session(child.pid)), of_session(child.pid)
    assert os.listdir(room) == []
    left = {"log.txt", "out.json.partial.jsonl"} if kept else {"log.txt"}
    assert set(os.listdir(here)) == left
    if how != signal.SIGKILL:
        word = "interrupted" if how == signal.SIGINT else f"ended by {how.name}"
        assert f"{word}: " in said
        assert ("add --resume to go on" in said) == kept
        assert "Traceback" not in said


def lose_terminal(command, folder, ready):
    """Run a command on a terminal of its own, and close that when it is ready; its status."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(theirs)
    assert waited(ready)
    os.close(ours)
    status = child.wait(60)
    assert waited(lambda: not of_session(child.pid))
    return status


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_terminal_that_goes_leaves_what_resume_needs(crowd, tmp_path, jobs):
    log, out, whole = (tmp_path / name for name in ("log.txt", "out.json", "whole.json"))
    asked = [*START, "score", str(crowd / "pred"), str(crowd / "gt"), "-m", "dice", "-j", jobs]
    kept = [*asked, "--log-file", str(log), "-o", str(out)]
    status = lose_terminal(kept, tmp_path, lambda: log.exists() and ": ok, " in log.read_text())
    assert status == -signal.SIGHUP
    assert out.with_name("out.json.partial.jsonl").exists()
    assert not out.exists()
    for end in (["-o", str(out), "--resume"], ["-o", str(whole)]):
        subprocess.run([*asked, *end, "-q", "--format", "none"], cwd=tmp_path, check=True)
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(("gate", "wanted"), [("0.5", 0), ("1.1", 1)])
def test_nohup_goes_on_to_its_verdict(crowd, tmp_path, gate, wanted):
    log, out = tmp_path / "log.txt", tmp_path / "out.json"
    asked = ["score", str(crowd / "pred"), str(crowd / "gt"), "--gate", f"dice={gate}"]
    words = [*START, *asked, "-j", "2", "--log-file", str(log), "-o", str(out), "--format", "none"]
    ready = lambda: log.exists() and ": ok, " in log.read_text()  # noqa: E731
    assert lose_terminal(["nohup", *words], tmp_path, ready) == wanted
    assert len(json.loads(out.read_text())["cases"]) == CASES


def test_a_full_temporary_folder_is_said(crowd, tmp_path):
    """A small run needs no such file; one that does and gets none says where and what to do."""
    script = START[2].replace("spill.KEPT = 0", "spill.KEPT = 0; import tempfile\n"
                              "def none(**_): raise OSError(28, 'No space left on device')\n"
                              "tempfile.TemporaryFile = none")  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", script, "score", str(crowd / "pred"), str(crowd / "gt")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2
    assert (
        "error: the temporary folder: results cannot be kept (No space left on device)"
        in ran.stderr
    )
    assert "TMPDIR=" in ran.stderr


def test_a_worker_that_is_killed_costs_nothing(crowd, tmp_path):
    log, out = tmp_path / "log.txt", tmp_path / "out.json"
    asked = ["score", crowd / "pred", crowd / "gt", "-m", "dice", "-j", "2", "--log-file", log]
    child = subprocess.Popen(
        [*START, *map(str, asked), "-o", str(out), "-q", "--format", "none"],
        cwd=tmp_path,
        start_new_session=True,
    )
    assert waited(lambda: log.exists() and ": ok, " in log.read_text())
    worker = next(pid for pid in of_session(child.pid) if pid != child.pid)
    os.kill(worker, signal.SIGKILL)
    assert child.wait(60) == 0
    cases = json.loads(out.read_text())["cases"]
    assert [case["status"] for case in cases] == ["ok"] * CASES
    assert not of_session(child.pid)
