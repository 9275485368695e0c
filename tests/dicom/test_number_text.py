"""Numbers as text: parsed at once they are what `float` makes of each, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.dicom import number_text
from segeval.dicom.number_text import parse_decimal_array

written = st.one_of(
    st.decimals(-9999, 9999, allow_nan=False, places=3).map(str),
    st.integers(-(10**14), 10**14).map(str),
    st.floats(-1e6, 1e6).map(lambda v: f"{v:.10g}"),
    st.sampled_from(["-0", ".5", "-.25", "7.", "000012", "123456789012345", "0.00000000000001"]),
)


@given(st.lists(written, min_size=20, max_size=60))
def test_the_values_are_those_of_float(words):
    found = parse_decimal_array("\\".join(words).encode() + b" ")
    assert found.tobytes() == np.array([float(word) for word in words]).tobytes()


@pytest.mark.parametrize("bad", ["", "-", ".", "1.2.3", "1-2", "4,5", "--1", "nan", "1_0"])
def test_what_is_no_number_is_an_error(bad):
    with pytest.raises(ValueError, match=r"convert|finite|underscore"):
        parse_decimal_array("\\".join(["1.5"] * 30 + [bad, "2"]).encode())


@pytest.mark.parametrize("odd", ["1e3", " 7 ", "+4", "1234567890.123456"])
def test_other_ways_of_writing_are_read_one_by_one(odd):
    found = parse_decimal_array("\\".join(["1.5"] * 30 + [odd]).encode())
    assert found[-1] == float(odd)


def test_the_usual_way_is_the_fast_one(monkeypatch):
    def refuse(raw):
        raise AssertionError("read one by one")

    monkeypatch.setattr(number_text, "parse_decimals", refuse)
    assert parse_decimal_array(b"\\".join([b"-12.345"] * 40)).tolist() == [-12.345] * 40
