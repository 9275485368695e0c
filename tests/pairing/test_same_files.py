"""Which files are the same on both sides (LAYOUTS-M6)."""

import gzip

import numpy as np
import pytest
from trees import tree

from segeval.pairing import same_files
from segeval.pairing.pair import pair_paths
from segeval.request.settings import Settings


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def noted(tmp_path, **choices):
    return [n.text for n in pair_paths(tmp_path / "p", tmp_path / "g", Settings(**choices)).notes]


def said(count, names):
    cases = "1 case" if count == 1 else f"{count} cases"
    return [f"prediction and ground truth are the same file in {cases}: {names}"]


def test_m6_one_class_of_a_case_is_named(tmp_path):
    for case in "ab":
        put(tmp_path / f"g/{case}/heart.png", b"heart")
        put(tmp_path / f"g/{case}/liver.png", b"liver")
        put(tmp_path / f"p/{case}/heart.png", b"heart")
        put(tmp_path / f"p/{case}/liver.png", b"lover" if case == "a" else b"liver")
    assert noted(tmp_path) == said(2, "a/heart, b")


def test_m6_a_case_is_the_same_only_with_all_its_files(tmp_path):
    for case in "ab":
        put(tmp_path / f"g/{case}/heart.png", b"heart")
        put(tmp_path / f"g/{case}/liver.png", b"liver")
        put(tmp_path / f"p/{case}/liver.png", b"liver")
        put(tmp_path / f"p/{case}/spleen.png", b"heart")
    assert noted(tmp_path) == said(2, "a/liver, b/liver")


@pytest.mark.parametrize("count", [20, 150])
def test_m6_packed_files_are_found_in_any_number(tmp_path, count, monkeypatch):
    monkeypatch.setattr(same_files, "is_empty_mask", lambda path: False)
    for number in range(count):
        content = gzip.compress(b"mask %d" % number, mtime=0)
        put(tmp_path / f"g/c{number}.nii.gz", content)
        put(tmp_path / f"p/c{number}.nii.gz", content)
    (text,) = noted(tmp_path)
    assert f"in {count} cases: c0, c1, c2, c3, c4 and {count - 5} more" in text


def test_m6_the_last_of_many_cases_is_looked_at(tmp_path):
    for number in range(300):
        put(tmp_path / f"g/c{number}.png", b"mask")
        put(tmp_path / f"p/c{number}.png", b"mask" if number == 299 else b"task")
    assert noted(tmp_path) == said(1, "c299")


def test_m6_bytes_that_differ_in_the_middle_alone(tmp_path):
    array = np.zeros(100_000, np.uint8)
    put(tmp_path / "g/a.npy", array.tobytes())
    array[50_000] = 1
    put(tmp_path / "p/a.npy", array.tobytes())
    assert noted(tmp_path) == []


def test_m6_a_sample_of_very_many_cases_tells(tmp_path, monkeypatch):
    monkeypatch.setattr(same_files, "LOOKED", 3)
    root = tree(tmp_path / "g", *(f"c{number}.png" for number in range(10)))
    (text,) = [n.text for n in pair_paths(root, root, Settings()).notes]
    assert text.endswith("in at least 3 cases: c0, c4, c8")


def test_m6_where_not_all_were_compared_the_count_is_a_least_one(tmp_path):
    """Of 4 000 pictures on both sides 8 were said to be the same."""
    for number in range(12):
        put(tmp_path / f"g/c{number:02}.png", b"mask")
        put(tmp_path / f"p/c{number:02}.png", b"mask")
    (text,) = noted(tmp_path)
    assert "the same file in at least 8 cases: c00" in text
