"""The elements of DICOM files: codings, lengths, character sets, damage."""

import dicom_build as build
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from segeval.dicom.files import is_dicom, names_class, open_dicom
from segeval.runtime.errors import ReadError

SQUARE = build.square(1, 5, 2)


def small(path, syntax=ExplicitVRLittleEndian, undefined=False):
    data = build.item(SOPInstanceUID="1.2", PatientID="P1", Rows=7)
    inner = build.item(ROINumber=12, ROIName="Ö")
    data.SpecificCharacterSet = "ISO_IR 192"
    data.StructureSetROISequence = build.Sequence([inner, build.item(ROINumber=13)])
    if undefined:
        data["StructureSetROISequence"].is_undefined_length = True
        inner.is_undefined_length_sequence_item = True
    return build.save(path, data, build.RTSTRUCT, syntax)


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
def test_every_coding_reads_alike(tmp_path, syntax, undefined):
    file = open_dicom(small(tmp_path / "a", syntax, undefined))
    first, second = file.elements.items(0x30060020)
    assert (file.syntax, file.elements.short(0x00280010)) == (syntax, 7)
    assert (first.whole(0x30060022), first.text(0x30060026)) == (12, "Ö")
    assert second.whole(0x30060022) == 13
    assert second.text(0x30060026) == ""
    assert 0x30060026 not in second


def test_a_file_without_preamble_is_read_as_it_is(tmp_path):
    path = small(tmp_path / "a")
    raw = path.read_bytes()
    path.write_bytes(raw[132:])
    assert open_dicom(path).elements.word(0x00100020) == "P1"


def test_a_bare_data_set_tells_its_coding_by_its_types(tmp_path):
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian):
        path = small(tmp_path / "a", syntax)
        raw = path.read_bytes()
        path.write_bytes(raw[raw.index(b"\x08\x00\x05\x00") :])
        assert open_dicom(path).elements.short(0x00280010) == 7


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("keep", [0.6, 0.9, 0.99])
def test_a_file_that_is_cut_says_at_which_byte(tmp_path, undefined, keep):
    path = build.rtstruct(tmp_path / "a", [build.Organ("Heart", [SQUARE] * 9)])
    if undefined:
        small(path, undefined=True)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * keep)])
    with pytest.raises(ReadError, match=r"at byte \d+") as caught:
        open_dicom(path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize("content", [b"", b"no DICOM at all" * 20, b"\x89PNG" + bytes(300)])
def test_another_file(tmp_path, content):
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    with pytest.raises(ReadError, match="not a DICOM file"):
        open_dicom(path)


def test_damaged_deflate(tmp_path):
    path = small(tmp_path / "a", DeflatedExplicitVRLittleEndian)
    raw = bytearray(path.read_bytes())
    raw[-20:-10] = bytes(10)
    path.write_bytes(raw)
    with pytest.raises(ReadError, match="damaged DICOM file"):
        open_dicom(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(ReadError, match="cannot read"):
        open_dicom(tmp_path / "nothing")


def test_a_file_without_pixels(tmp_path):
    file = open_dicom(small(tmp_path / "a"))
    with pytest.raises(ReadError, match="no pixels"):
        file.pixel_place()


def test_a_class_is_known_by_its_whole_uid(tmp_path):
    head = small(tmp_path / "a").read_bytes()[:512]
    assert is_dicom(head)
    assert names_class(head, [build.RTSTRUCT])
    assert not names_class(head, [build.RTSTRUCT[:-1], build.SEG])
    assert not names_class(build.RTSTRUCT.encode(), [build.RTSTRUCT])
