"""The bytes before the pixels: read as far as they are needed, whatever the first read holds."""

import io
import struct
import zlib

import dicom_build as build
import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian
from runs import run

from segeval.dicom import files, leading_bytes
from segeval.dicom.elements import DEEPEST
from segeval.dicom.files import open_dicom
from segeval.dicom.leading_bytes import InflatedBytes
from segeval.runtime.errors import ReadError

SEQUENCE = struct.pack("<HH", 8, 0x1115) + b"SQ\0\0" + struct.pack("<L", 0xFFFFFFFF)
ITEM = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
ENDS = struct.pack("<HHLHHL", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)


def nested(path, depth):
    """A file with sequences without a length in each other."""
    build.save(path, build.item(SOPInstanceUID="1.2", PatientID="P1"), build.RTSTRUCT)
    data = path.read_bytes()
    at = data.index(struct.pack("<HH", 0x10, 0x20))
    path.write_bytes(data[:at] + (SEQUENCE + ITEM) * depth + ENDS * depth + data[at:])
    return path


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize("first", [400, 1 << 10, 1 << 16])
def test_no_size_of_the_first_read_changes_what_is_found(tmp_path, monkeypatch, syntax, first):
    rings = [build.circle((10, 10), 5, z) for z in range(2, 30)]
    whole = open_dicom(
        build.rtstruct(tmp_path / "a", [build.Organ("Heart", rings)], syntax=syntax)
    ).elements
    monkeypatch.setattr(files, "FIRST_BYTES", first)
    monkeypatch.setattr(leading_bytes, "PACKED_BYTES", 100)
    found = open_dicom(build.rtstruct(tmp_path / "b", [build.Organ("Heart", rings)], syntax=syntax))
    assert found.elements.found.keys() == whole.found.keys()
    assert found.elements.raw(0x30060039)[-2000:] == whole.raw(0x30060039)[-2000:]
    assert found.pixels is None


def test_an_image_is_read_no_further_than_its_header(tmp_path, monkeypatch):
    build.series(tmp_path, (1, 400, 400), pixels=True)
    file = open_dicom(next(tmp_path.rglob("*.dcm")))
    assert len(file.elements.data) < 100_000 < file.size
    place, _ = file.pixel_place()
    assert place[1] - place[0] == 400 * 400 * 2


def test_nesting_is_followed_as_deep_as_any_file_has_it(tmp_path):
    assert open_dicom(nested(tmp_path / "a", DEEPEST)).elements.word(0x00100020) == "P1"
    with pytest.raises(ReadError, match=r"at byte \d+: sequences are nested more than 100 deep"):
        open_dicom(nested(tmp_path / "b", 5000))


def test_a_deep_file_is_the_problem_of_its_patient(tmp_path):
    organ = build.Organ("Heart", [build.square(5, 12, z) for z in range(2, 8)])
    for side in ("pred", "gt"):
        for name in ("a", "b"):
            build.rtstruct(tmp_path / side / name / "s.dcm", [organ], patient=name)
    nested(tmp_path / "gt" / "b" / "s.dcm", 5000)
    card = run(tmp_path / "pred", tmp_path / "gt", "dice")
    assert {case.case: case.status for case in card.cases} == {"a": "ok", "b": "unreadable"}


def deflated(content):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(leading_bytes, "MOST_INFLATED", 1 << 20)
    path = build.save(
        tmp_path / "a", build.item(SOPInstanceUID="1.2"), build.RTSTRUCT,
        DeflatedExplicitVRLittleEndian,
    )  # fmt: skip
    head = path.read_bytes()
    start = head.index(struct.pack("<HH", 2, 0x10))
    size = struct.unpack_from("<H", head, start + 6)[0]
    text = struct.pack("<HH", 0x3006, 4) + b"UT\0\0" + struct.pack("<L", 1 << 26)
    path.write_bytes(head[: start + 8 + size] + deflated(text + bytes(1 << 26)))
    with pytest.raises(ReadError, match="more than 1048576 bytes unpack") as caught:
        open_dicom(path)
    assert caught.value.status == "over_budget"


def test_a_deflated_stream_is_read_to_its_end():
    content = bytes(np.random.default_rng(0).integers(0, 9, 200_000).astype(np.uint8))
    packed = deflated(content)
    source = InflatedBytes(io.BytesIO(packed[10:]), packed[:10])
    found = b"".join(iter(lambda: source.read(3000), b""))
    assert found == content
    for damaged in (packed[:-9], packed + b"x"):
        source = InflatedBytes(io.BytesIO(damaged), b"")
        with pytest.raises(zlib.error, match=r"too early|follow the end"):
            list(iter(lambda: source.read(3000), b""))  # noqa: B023
