"""The elements of DICOM files: codings, lengths, character sets, damage."""

import dicom_build as build
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from segeval.dicom import Damaged, decimals, decoded, is_dicom, names_class, opened
from segeval.errors import ReadError

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
    file = opened(small(tmp_path / "a", syntax, undefined))
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
    assert opened(path).elements.word(0x00100020) == "P1"


def test_a_bare_data_set_tells_its_coding_by_its_types(tmp_path):
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian):
        path = small(tmp_path / "a", syntax)
        raw = path.read_bytes()
        path.write_bytes(raw[raw.index(b"\x08\x00\x05\x00") :])
        assert opened(path).elements.short(0x00280010) == 7


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("keep", [0.6, 0.9, 0.99])
def test_a_file_that_is_cut_says_at_which_byte(tmp_path, undefined, keep):
    path = build.rtstruct(tmp_path / "a", [build.Organ("Heart", [SQUARE] * 9)])
    if undefined:
        small(path, undefined=True)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * keep)])
    with pytest.raises(ReadError, match=r"at byte \d+") as caught:
        opened(path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize("content", [b"", b"no DICOM at all" * 20, b"\x89PNG" + bytes(300)])
def test_another_file(tmp_path, content):
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    with pytest.raises(ReadError, match="not a DICOM file"):
        opened(path)


def test_damaged_deflate(tmp_path):
    path = small(tmp_path / "a", DeflatedExplicitVRLittleEndian)
    raw = bytearray(path.read_bytes())
    raw[-20:-10] = bytes(10)
    path.write_bytes(raw)
    with pytest.raises(ReadError, match="damaged DICOM file"):
        opened(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(ReadError, match="cannot read"):
        opened(tmp_path / "nothing")


def test_a_file_without_pixels(tmp_path):
    file = opened(small(tmp_path / "a"))
    with pytest.raises(ReadError, match="no pixels"):
        file.pixel_place()


def test_numbers_are_read_strictly():
    assert decimals(b"1\\-2.5\\ 3e1 ") == (1.0, -2.5, 30.0)
    assert decimals(b"  ") == ()
    for bad in (b"1\\\\2", b"1,5\\2", b"1_0", b"nan", b"1\\inf", b"x"):
        with pytest.raises(ValueError, match=r"."):
            decimals(bad)


def test_text_is_read_in_its_character_set():
    assert decoded("Ö".encode("latin-1"), "ISO_IR 100") == "Ö"
    assert decoded("Ж".encode("iso8859_5"), "ISO_IR 144") == "Ж"
    assert decoded(b"\xd6", "ISO_IR 192") == "Ö"  # not UTF-8 after all
    assert decoded(b"plain", "unknown set") == "plain"


def test_a_class_is_known_by_its_whole_uid(tmp_path):
    head = small(tmp_path / "a").read_bytes()[:512]
    assert is_dicom(head)
    assert names_class(head, [build.RTSTRUCT])
    assert not names_class(head, [build.RTSTRUCT[:-1], build.SEG])
    assert not names_class(build.RTSTRUCT.encode(), [build.RTSTRUCT])


def test_a_sequence_that_holds_no_item_is_damaged(tmp_path):
    path = small(tmp_path / "a")
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"\xfe\xff\x00\xe0", b"\xfe\xff\x01\xe0"))
    with pytest.raises(Damaged, match="no item"):
        list(opened(path).elements.items(0x30060020))


def test_an_unknown_value_of_no_length_is_an_implicit_sequence(tmp_path):
    #    UN without a length holds items as implicit VR, whatever the file is (PS3.5 6.2.2)
    inner = b"\x06\x30\x22\x00\x02\x00\x00\x0012"
    content = (
        b"\x09\x00\x01\x10UN\x00\x00\xff\xff\xff\xff"
        + b"\xfe\xff\x00\xe0" + (len(inner)).to_bytes(4, "little") + inner
        + b"\xfe\xff\xdd\xe0\x00\x00\x00\x00" + b"\x10\x00\x20\x00LO\x02\x00P1"
    )  # fmt: skip
    path = tmp_path / "a"
    path.write_bytes(b"\x08\x00\x16\x00UI\x02\x001\x00" + content)
    assert opened(path).elements.word(0x00100020) == "P1"
