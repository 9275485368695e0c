"""Bytes out of files, packed or not, whole or damaged."""

import bz2
import gzip
import zipfile

import pytest

from segeval.runtime.errors import ReadError
from segeval.runtime.packed_streams import (
    PackedBytes,
    fill_buffer,
    finish_stream,
    open_packed,
    read_head,
    spill_packed,
)

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
