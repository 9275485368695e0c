"""Elements of DICOM bytes: numbers, text, sequences."""

import dicom_build as build
import pytest

from segeval.dicom.elements import (
    Coding,
    DamagedElements,
    Elements,
    decode_text,
    find_elements,
    parse_decimals,
)
from segeval.dicom.files import open_dicom


def test_numbers_are_read_strictly():
    assert parse_decimals(b"1\\-2.5\\ 3e1 ") == (1.0, -2.5, 30.0)
    assert parse_decimals(b"  ") == ()
    for bad in (b"1\\\\2", b"1,5\\2", b"1_0", b"nan", b"1\\inf", b"x"):
        with pytest.raises(ValueError, match=r"."):
            parse_decimals(bad)


def test_text_is_read_in_its_character_set():
    assert decode_text("Ö".encode("latin-1"), "ISO_IR 100") == "Ö"
    assert decode_text("Ж".encode("iso8859_5"), "ISO_IR 144") == "Ж"
    assert decode_text(b"\xd6", "ISO_IR 192") == "Ö"  # not UTF-8 after all
    assert decode_text(b"plain", "unknown set") == "plain"


def test_a_sequence_that_holds_no_item_is_damaged(tmp_path):
    path = build.rtstruct(tmp_path / "a", [build.Organ("Heart")])
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"\xfe\xff\x00\xe0", b"\xfe\xff\x01\xe0"))
    with pytest.raises(DamagedElements, match="no item"):
        list(open_dicom(path).elements.items(0x30060020))


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
    assert open_dicom(path).elements.word(0x00100020) == "P1"


def test_values_by_their_type():
    data = (
        b"\x28\x00\x10\x00US\x04\x00\x07\x00\x08\x00"
        + b"\x28\x00\x11\x00UL\x04\x00\xff\xff\xff\xff"
    )
    found, end = find_elements(data, 0, len(data), Coding(True))
    made = Elements(data, Coding(True), found)
    assert end == len(data)
    assert made.short(0x00280010) == 7
    assert (made.long(0x00280011), made.signed(0x00280011)) == (2**32 - 1, -1)


def test_what_is_absent_reads_as_nothing():
    empty = Elements(b"", Coding(True), {})
    assert (empty.raw(1), empty.word(1), empty.text(1), empty.decimals(1)) == (b"", "", "", ())
    assert (empty.short(1), empty.long(1), empty.signed(1), empty.whole(1)) == (None,) * 4
    assert (list(empty.items(1)), empty.first(1).found) == ([], {})


def test_a_few_zeros_at_the_end_are_padding():
    data = (1).to_bytes(2, "little") * 2 + b"\x02\0\0\0ab"
    for rest, good in ((b"\0", True), (b"\0" * 5, True), (b"\0x", False)):
        whole = data + rest
        if good:
            assert find_elements(whole, 0, len(whole), Coding(False)) == (
                {0x00010001: (8, 10)},
                len(whole),
            )
        else:
            with pytest.raises(DamagedElements):
                find_elements(whole, 0, len(whole), Coding(False))
