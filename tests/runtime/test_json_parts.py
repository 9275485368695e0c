"""JSON in parts: what it gives is what the parser of the whole gives, wherever chunks end."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.runtime import json_parts
from segeval.runtime.json_parts import PartsError, read_object_parts

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def read(text, chunk):
    """The members and items of a text, read in chunks of so many characters."""
    taken = []
    before, json_parts.CHUNK = json_parts.CHUNK, chunk
    try:
        members = read_object_parts(
            io.StringIO(text), ("annotations",), lambda found, own: taken.append((found, own))
        )
    finally:
        json_parts.CHUNK = before
    return members, taken


@given(
    st.lists(values, max_size=5),
    st.dictionaries(st.text().filter(lambda key: key != "annotations"), values, max_size=3),
    st.integers(1, 40),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_parts_are_the_whole(items, others, chunk, indent, ascii_):
    text = json.dumps(
        {**others, "annotations": items}, indent=indent, ensure_ascii=ascii_
    )  # fmt: skip
    members, taken = read(f" {text}\n ", chunk)
    same = [json.dumps(found) for found, _ in taken]
    assert same == [json.dumps(one) for one in json.loads(text)["annotations"]]
    assert [json.dumps(json.loads(own)) for _, own in taken] == same
    assert json.dumps(members) == json.dumps({**json.loads(text), "annotations": None})


@given(st.lists(values, max_size=5), st.integers(1, 40))
def test_a_list_is_its_items(items, chunk):
    members, taken = read(json.dumps(items), chunk)
    assert members is None
    assert json.dumps([found for found, _ in taken]) == json.dumps(items)


@pytest.mark.parametrize(
    "text",
    [
        "", "5", "{", "[1,", "[1 2]", '{"a": 1,}', '{"a" 1}', "{1: 2}", "[1] 2", '{"a": 1} x',
        '{"annotations": {}}', '{"a": 1, "a": 2}', '{"annotations": [1', "[" * 100_000,
        '{"annotations": [1], "annotations": [2]}', "[1,]", '{"a": nul}',
    ],
)  # fmt: skip
def test_what_is_unusual_is_left_to_the_parser_of_the_whole(text):
    with pytest.raises(PartsError):
        read(text, 7)
