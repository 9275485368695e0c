"""`segeval classes`: which lists ship, and how a list is read (CLI-U7)."""

import json

import pytest

from segeval.classes.shipped_lists import shipped_list, shipped_list_names


def table(ran):
    """The rows of a list that was shown: value, class."""
    return [tuple(line.split()) for line in ran.out.splitlines()[2:]]


def test_every_list_that_ships_has_a_line_of_80_columns(segeval):
    lines = segeval("classes").out.splitlines()
    assert [line.split()[0] for line in lines] == list(shipped_list_names())
    assert [int(line.split()[1]) for line in lines] == [
        len(shipped_list(name).classes) for name in shipped_list_names()
    ]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", shipped_list_names())
def test_a_list_is_shown_with_its_source(segeval, name):
    ran = segeval("classes", name.upper().replace("-", "_"))
    lines = ran.out.splitlines()
    assert ran.status == 0
    assert all(any(c.name in line for line in lines) for c in shipped_list(name).classes)
    assert lines[-1].startswith("The ") or name == "voc"


def test_regions_colours_and_what_is_left_out(segeval):
    assert table(segeval("classes", "brats-2021"))[:3] == [
        ("1+2+4", "whole"), ("1+4", "core"), ("4", "enhancing"),
    ]  # fmt: skip
    ran = segeval("classes", "cityscapes")
    assert "0      road           128,64,128" in ran.out
    assert "left out: 255\n" in ran.out
    assert "left out: -1, 0, 1, 2" in segeval("classes", "cityscapes-label-ids").out


def test_a_file_of_ones_own_is_shown_as_it_is_read(segeval, here):
    labels = {"background": 0, "wall": 3, "lumen": [2, 3], "ignore": 9}
    (here / "dataset.json").write_text(json.dumps({"labels": labels}))
    ran = segeval("classes", "dataset.json")
    assert table(ran) == [("3", "wall"), ("2+3", "lumen"), ("left", "out:", "9")]
    assert table(segeval("classes", "7=duct,2+3=cyst")) == [("7", "duct"), ("2+3", "cyst")]


@pytest.mark.parametrize(
    ("word", "help"), [("amso", "did you mean amos?"), ("zebra", "segeval classes lists them")]
)
def test_a_word_that_is_no_list(segeval, word, help):
    ran = segeval("classes", word)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.splitlines() == [f"error: no class list and no file '{word}'", f"  help: {help}"]
