"""Bytes that are kept until they are read, in memory and on disk."""

import errno
import gc
import os
import sys
import tempfile

import pytest

from segeval.runtime import spill
from segeval.runtime.errors import RequestError
from segeval.runtime.spill import SpillFile


@pytest.mark.parametrize("kept", [0, 7, 1 << 20])
def test_what_was_added_is_read_from_its_place(monkeypatch, kept):
    monkeypatch.setattr(spill, "KEPT", kept)
    held = SpillFile()
    places = []
    for number in range(20):
        places.append(held.add(b"%d\n" % number))
        assert held.line(places[number // 2]) == b"%d\n" % (number // 2)  # between two that come
    assert [held.line(place) for place in places] == [b"%d\n" % n for n in range(20)]
    assert held.read(places[10] + 1, 4) == b"0\n11"


def test_little_needs_no_file_and_a_file_has_no_name(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    held = SpillFile()
    held.add(b"x" * spill.KEPT)
    opened = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    held.add(b"y")
    if sys.platform == "linux":
        assert len(os.listdir("/proc/self/fd")) == opened + 1
        assert os.listdir(tmp_path) == []  # nothing is left, however the process ends
        del held
        gc.collect()
        assert len(os.listdir("/proc/self/fd")) == opened


def test_what_went_to_disk_is_not_kept_in_memory_too():
    held = SpillFile()
    held.add(b"x" * spill.KEPT)
    inside = held._file
    held.add(b"y")
    assert inside.closed
    assert held.read(spill.KEPT - 1, 2) == b"xy"


def test_a_file_of_a_name_can_be_read_while_it_grows(tmp_path):
    path = tmp_path / "kept"
    held = SpillFile(path.open("w+b"))
    held.add(b"one\n")
    place = held.add(b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"
    assert held.line(place) == b"two\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux")
def test_a_full_disk_is_an_error_that_names_the_file():
    held = SpillFile(open("/dev/full", "wb", buffering=0))  # noqa: SIM115 - it closes it
    with pytest.raises(RequestError) as problem:
        held.add(b"x")
    assert problem.value.where == "/dev/full"
    assert "No space left on device" in problem.value.message


def test_a_temporary_folder_without_room_is_an_error_that_says_what_to_do(monkeypatch):
    def full(**_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    monkeypatch.setattr(spill, "KEPT", 3)
    held = SpillFile()
    held.add(b"abc")
    with pytest.raises(RequestError, match="results cannot be kept") as problem:
        held.add(b"d")
    assert "TMPDIR=" in problem.value.help
