"""Bytes out of files, packed or not, whole or damaged."""

import bz2
import gzip
import sys
import zipfile

import pytest

from segeval.runtime import unpacked_file
from segeval.runtime.announcements import hear_announcements
from segeval.runtime.errors import ReadError
from segeval.runtime.packed_streams import (
    PackedBytes,
    fill_buffer,
    finish_stream,
    open_packed,
    read_head,
)
from segeval.runtime.unpacked_file import spill_packed

CONTENT = bytes(range(256)) * 40


def packed(tmp_path, packing):
    """The content behind 5 bytes that are skipped, packed in each way."""
    path = tmp_path / "file"
    inner = b"12345" + CONTENT
    if packing == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("other.npy", b"no")
            archive.writestr("array.npy", inner)
        return PackedBytes(path, "array.npy", skip=5, size=len(CONTENT))
    pack = {"": bytes, "gzip": gzip.compress, "bzip2": bz2.compress}[packing]
    path.write_bytes(b"abc" + pack(inner))
    return PackedBytes(path, packing, start=3, skip=5, size=len(CONTENT))


PACKINGS = ["", "gzip", "bzip2", "zip"]


@pytest.mark.parametrize("packing", PACKINGS)
def test_bytes_come_out_as_they_went_in(tmp_path, packing):
    source = packed(tmp_path, packing)
    got = bytearray(len(CONTENT))
    with open_packed(source) as stream:
        fill_buffer(stream, memoryview(got)[:1000], source)
        fill_buffer(stream, memoryview(got)[1000:], source)
        finish_stream(stream, source)
    assert bytes(got) == CONTENT


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_spilled_file_can_be_read_anywhere_and_is_gone_afterwards(tmp_path, packing):
    source = packed(tmp_path, packing)
    with spill_packed(source) as file:
        assert file.seekable
        got = bytearray(16)
        with file.path.open("rb") as plain:
            plain.seek(file.start + file.skip + 500)
            plain.readinto(got)
        assert bytes(got) == CONTENT[500:516]
    assert file.path.exists() is (packing == "")


def leave_little(monkeypatch, free):
    """A temporary folder with so many bytes free."""
    import shutil

    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)


def test_no_more_than_half_of_what_is_free_is_unpacked(tmp_path, monkeypatch):
    source = packed(tmp_path, "gzip")
    leave_little(monkeypatch, 2 * len(CONTENT) - 1)
    with pytest.raises(ReadError) as caught, spill_packed(source):
        raise AssertionError("there is no room")
    assert caught.value.status == "over_budget"
    assert "TMPDIR=" in caught.value.help
    leave_little(monkeypatch, 2 * len(CONTENT))
    with spill_packed(source) as file:
        assert file.path.stat().st_size == len(CONTENT)


def test_a_large_file_that_is_unpacked_is_announced(tmp_path, monkeypatch):
    said = []
    source = packed(tmp_path, "gzip")
    with hear_announcements(said.append):
        with spill_packed(source):
            assert said == []
        monkeypatch.setattr(unpacked_file, "LARGE", len(CONTENT))
        with spill_packed(source):
            pass
    with spill_packed(source):  # nobody listens
        pass
    (line,) = said
    assert line.startswith("file: unpacked to ")
    assert line.endswith("1 MiB")


def test_what_is_unpacked_has_no_name_that_a_kill_could_leave(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "room"))
    (tmp_path / "room").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    with spill_packed(packed(tmp_path, "gzip")):
        left = list((tmp_path / "room").iterdir())
        assert left == [] or sys.platform != "linux"


@pytest.mark.parametrize("packing", ["", "gzip", "bzip2"])
def test_a_file_that_was_cut_off(tmp_path, packing):
    source = packed(tmp_path, packing)
    raw = source.path.read_bytes()
    source.path.write_bytes(raw[: len(raw) - 9])

    def read():
        with open_packed(source) as stream:
            fill_buffer(stream, memoryview(bytearray(len(CONTENT))), source)
            finish_stream(stream, source)

    with pytest.raises(ReadError) as caught:
        read()
    assert caught.value.help


def test_the_head_of_a_file_is_inflated(tmp_path):
    source = packed(tmp_path, "")
    assert read_head(source.path, 8) == b"abc12345"
    source.path.write_bytes(gzip.compress(b"12345" + CONTENT))
    assert read_head(source.path, 5) == b"12345"


def test_the_head_of_a_damaged_file_is_what_there_is(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\x1f\x8bno gzip at all")
    assert read_head(path) == b""


def test_every_member_and_trailing_zeros_of_gzip(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(CONTENT[:99]) + gzip.compress(CONTENT[99:]) + bytes(12))
    source = PackedBytes(path, "gzip", size=len(CONTENT))
    got = bytearray(len(CONTENT))
    with open_packed(source) as stream:
        fill_buffer(stream, memoryview(got), source)
        finish_stream(stream, source)
    assert bytes(got) == CONTENT
