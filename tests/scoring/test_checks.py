"""Whether what was read can be what it was read as (rules LAYOUTS-V3, I8, I10, I12, P2)."""

from pathlib import Path

import numpy as np
import pytest

from segeval.classes.class_list import ClassList, LabelSelector
from segeval.classes.parse_classes import parse_classes
from segeval.grid.geometry import Geometry
from segeval.opening.open_side import OpenSide
from segeval.runtime.errors import CaseError, ReadError
from segeval.scoring.checks import (
    check_files,
    check_stacks,
    found_labels,
    label_replacements,
    list_first_values,
    refuse_shades,
)
from segeval.tallies.pair_cells import PairCells
from segeval.volume.channel import Channel
from segeval.volume.value_stream import ValueKind
from segeval.volume.volume import Volume

NONE = ClassList()
MAP = ValueKind("labels", True, 1)


def picture(palette=False, picture=True):
    voxels = Channel(None, np.dtype("u1"), (2, 2))
    return Volume(Geometry((2, 2)), (voxels,), Path("a.png"), picture=picture, palette=palette)


def labels(*values):
    return frozenset(values)


@pytest.mark.parametrize("classes", [NONE, parse_classes("1=road"), ClassList(ignore=9)])
@pytest.mark.parametrize("found", [labels(0, 255), labels(255)])
def test_black_and_white_is_a_mask(found, classes):  # I8
    assert label_replacements(picture(), found, classes, "auto") == {255: 1}


@pytest.mark.parametrize("classes", [ClassList(ignore=255), parse_classes("255=sky")])
def test_255_that_is_declared_stays(classes):  # I8, I10
    assert label_replacements(picture(), labels(0, 255), classes, "auto") == {}
    assert label_replacements(picture(), labels(0, 3, 255), classes, "auto") == {}


@pytest.mark.parametrize("asked", ["auto", "labels"])
def test_255_beside_labels_has_two_readings(asked):  # I8
    with pytest.raises(ReadError) as caught:
        label_replacements(picture(), labels(0, 1, 255), NONE, asked)
    assert "--ignore-label 255" in caught.value.help
    assert "--classes" in caught.value.help
    assert caught.value.facts == ("values 0, 1, 255",)


@pytest.mark.parametrize("top", [64, 254])
@pytest.mark.parametrize("white", [(), (255,)])
def test_a_ramp_is_not_taken_for_labels(top, white):  # I8
    with pytest.raises(ReadError) as caught:
        label_replacements(picture(), labels(0, 1, top, *white), NONE, "auto")
    assert "--kind prob" in caught.value.help
    assert "--kind labels" in caught.value.help


@pytest.mark.parametrize(
    ("volume", "found", "classes", "asked"),
    [
        (picture(), labels(0, 1, 63), NONE, "auto"),
        (picture(palette=True), labels(0, 1, 200), NONE, "auto"),
        (picture(), labels(0, 1, 200), NONE, "labels"),
        (picture(), labels(0, 1, 200), parse_classes("1=a,200=b"), "auto"),
        (picture(), labels(0, 1, 200), ClassList(ignore=200), "auto"),
        (picture(picture=False), labels(0, 1, 200, 255), NONE, "auto"),
    ],
)
def test_labels_stay_as_they_are(volume, found, classes, asked):
    assert label_replacements(volume, found, classes, asked) == {}


def test_shades_against_a_mask():
    many = frozenset(range(64))
    with pytest.raises(ReadError, match="64 values against one"):
        refuse_shades(picture(), many, labels(0, 1))
    refuse_shades(picture(), many, labels(0, 1, 2))
    refuse_shades(picture(), many - {0}, labels(0, 1))


def cells(*rows):
    return PairCells(*np.array(rows, np.int64).reshape(-1, 3).T)


def test_the_labels_of_both_sides():
    tables = {(0, 0): cells((0, 0, 5), (2, 1, 3))}
    assert found_labels(tables, (MAP, MAP)) == ({0, 2}, {0, 1})


@pytest.mark.parametrize(
    ("found", "want"),
    [
        (ValueKind("labels", False, 3), {1, 2, 3}),
        (ValueKind("labels", False, 3, onehot=True), {0, 1, 2}),
        (ValueKind("prob", False, 1), {0, 1}),
    ],
)
def test_the_labels_of_channels(found, want):
    tables = {(0, 0): cells((0, 0, 5), (2, 1, 3))}
    assert found_labels(tables, (MAP, found))[1] == want


def opened(channels, names=(), files=()):
    voxels = (Channel(None, np.dtype("u1"), (2, 2)),) * channels
    volume = Volume(Geometry((2, 2)), voxels, Path("x"), paths=tuple(map(Path, files)))
    return OpenSide(volume, {n: LabelSelector(i) for i, n in enumerate(names)})


STACK = {
    "map": MAP,
    "masks 2": ValueKind("labels", False, 2),
    "masks 3": ValueKind("labels", False, 3),
    "onehot 3": ValueKind("labels", False, 3, onehot=True),
    "softmax 3": ValueKind("prob", True, 3),
    "sigmoid 3": ValueKind("prob", False, 3),
}


@pytest.mark.parametrize(
    ("truth", "pred", "fits"),
    [
        ("map", "masks 3", True),
        ("masks 2", "map", True),
        ("masks 3", "masks 3", True),
        ("masks 3", "masks 2", False),
        ("onehot 3", "masks 2", True),
        ("onehot 3", "masks 3", False),
        ("onehot 3", "softmax 3", True),
        ("masks 2", "softmax 3", True),
        ("masks 3", "softmax 3", False),
        ("masks 3", "sigmoid 3", True),
        ("onehot 3", "sigmoid 3", False),
    ],
)
def test_two_stacks_have_the_same_classes(truth, pred, fits):  # P2
    found = STACK[truth], STACK[pred]
    sides = [opened(f.channels) for f in found]
    if fits:
        check_stacks(*sides, found)
        return
    with pytest.raises(CaseError) as caught:
        check_stacks(*sides, found)
    assert caught.value.status == "classes_unknown"
    assert caught.value.facts[0].startswith(f"pred: {found[1].channels} channels")
    assert caught.value.facts[1].startswith(f"gt: {found[0].channels} channels")


def test_named_stacks_are_joined_by_name():
    found = STACK["masks 3"], STACK["masks 2"]
    check_stacks(opened(3, "abc"), opened(2, "ab"), found)


@pytest.mark.parametrize("side", [0, 1])
def test_the_file_of_a_class_holds_one_label(side):  # I12
    sides = [opened(1), opened(1)]
    sides[side] = opened(1, "a", ["a.nii"])
    row = (2, 0, 1) if side == 0 else (0, 2, 1)
    one, two = (1, 0, 1) if side == 0 else (0, 1, 1), row
    check_files(*sides, {(0, 0): cells((0, 0, 5), one)})
    with pytest.raises(CaseError, match="holds 2 labels") as caught:
        check_files(*sides, {(0, 0): cells((0, 0, 5), one, two)})
    assert caught.value.status == "several_labels"
    assert caught.value.where == "a.nii"
    assert "--layout flat" in caught.value.help


def test_values_in_messages():
    assert list_first_values(frozenset(range(12))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"
