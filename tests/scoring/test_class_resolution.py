"""Which classes a case has: the list decides, then names in the files, then the labels found."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segeval.classes.class_list import ClassDef, ClassList, LabelSelector
from segeval.classes.make_classes import make_class_list
from segeval.classes.names import shorten_name_list
from segeval.classes.parse_classes import parse_classes
from segeval.grid.geometry import Geometry
from segeval.opening.open_side import NOWHERE, OpenSide
from segeval.runtime.errors import CaseError
from segeval.scoring.class_resolution import resolve_after_reading
from segeval.scoring.classes_by_name import named_class_selector, resolve_by_name
from segeval.scoring.classes_by_value import (
    find_class_channel,
    may_be_white,
    resolve_by_value,
    valued_class,
    valued_class_selector,
)
from segeval.volume.channel import Channel
from segeval.volume.value_stream import ValueKind
from segeval.volume.volume import Volume

MAP = ValueKind("labels", True, 1)
ONE = ValueKind("prob", False, 1)
SOFTMAX = ValueKind("prob", True, 4)
SIGMOID = ValueKind("prob", False, 3)
ONEHOT = ValueKind("labels", False, 4, onehot=True)


def side(*names):
    """A side that names its classes, or a label map."""
    grid = Geometry((1, 2, 2))
    channels = (Channel(None, np.dtype("u1"), grid.shape),) * max(1, len(names))
    return OpenSide(
        Volume(grid, channels, Path("x")), {n: LabelSelector(i) for i, n in enumerate(names)}
    )


def labels(*values):
    return LabelSelector(0, frozenset(values))


def shown(resolved):
    return {t.name: (t.truth, t.pred) for t in resolved.targets}


def test_sides_with_names_are_joined_by_name():  # LAYOUTS-V4: called as the ground truth calls it
    found = resolve_by_name(side("Liver", "spleen"), side("spleen", "liver"), ClassList(), False)
    assert shown(found) == {
        "Liver": (LabelSelector(0), LabelSelector(1)),
        "spleen": (LabelSelector(1), LabelSelector(0)),
    }
    assert (found.skipped, found.absent) == ((), frozenset())


def test_what_a_side_lacks():  # I2
    found = resolve_by_name(side("a", "b"), side("b", "c"), ClassList(), empty_is_annotated=False)
    assert shown(found) == {
        "a": (LabelSelector(0), NOWHERE),
        "b": (LabelSelector(1), LabelSelector(0)),
    }
    assert (found.skipped, found.absent) == (("c",), {"a"})
    found = resolve_by_name(side("a", "b"), side("b", "c"), ClassList(), empty_is_annotated=True)
    assert shown(found)["c"] == (NOWHERE, LabelSelector(1))
    assert found.skipped == ()


def test_a_list_picks_and_orders():
    found = resolve_by_name(side("a", "b", "c"), side("a", "b", "c"), parse_classes("c,a"), False)
    assert list(shown(found)) == ["c", "a"]
    assert [c.name for c in found.classes] == ["c", "a"]


def test_names_against_values_need_a_list():
    with pytest.raises(CaseError, match="names its classes") as caught:
        resolve_by_name(side("liver"), side(), ClassList(), False)
    assert caught.value.status == "classes_unknown"
    assert "--classes" in caught.value.help
    found = resolve_by_name(side("liver"), side(), parse_classes("5=liver"), False)
    assert shown(found) == {"liver": (LabelSelector(0), labels(5))}


def test_a_name_without_a_value_is_refused():
    with pytest.raises(CaseError, match="which label value is 'liver'"):
        named_class_selector(ClassDef("liver"), side())


def test_an_alias_is_a_name():
    assert named_class_selector(
        ClassDef("Brainstem", aliases=("stem",)), side("x", "stem")
    ) == LabelSelector(1)


@pytest.mark.parametrize(
    ("found", "want"),
    [
        (MAP, labels(5)),
        (SOFTMAX, labels(5)),
        (ONE, LabelSelector(0)),
        (SIGMOID, NOWHERE),
        (ONEHOT, NOWHERE),
    ],
)
def test_the_side_without_names_is_settled_once_it_was_read(found, want):
    resolved = resolve_by_name(side("liver"), side(), parse_classes("5=liver"), False)
    done = resolve_after_reading(resolved, (True, False), (ValueKind("labels", False, 1), found))
    assert shown(done) == {"liver": (LabelSelector(0), want)}


def test_labels_that_either_side_holds_are_classes():  # V4
    found = resolve_by_value((MAP, MAP), (frozenset([0, 7]), frozenset([0, 3])), ClassList(), False)
    assert shown(found) == {"3": (labels(3),) * 2, "7": (labels(7),) * 2}


def test_the_background_is_one_where_it_is_asked_for():
    found = resolve_by_value((MAP, MAP), (frozenset([0, 1]), frozenset([0])), ClassList(), True)
    assert list(shown(found)) == ["0", "1"]


def test_a_list_of_values():
    classes = parse_classes("1+2=both,2=b")
    found = resolve_by_value((MAP, SOFTMAX), (frozenset([1]), frozenset([2])), classes, False)
    assert shown(found) == {"both": (labels(1, 2),) * 2, "b": (labels(2),) * 2}


def test_values_alone_pick_labels():
    found = resolve_by_value((MAP, MAP), (frozenset([1]), frozenset()), parse_classes("2"), False)
    assert shown(found) == {"2": (labels(2),) * 2}
    with pytest.raises(CaseError, match="which label value is 'liver'") as caught:
        resolve_by_value((MAP, MAP), (frozenset([1]), frozenset()), parse_classes("liver"), False)
    assert "labels 1" in caught.value.facts[0]


def test_a_class_by_its_value():
    assert valued_class(ClassDef("12")).labels == (12,)
    assert valued_class(ClassDef("liver")).labels is None
    assert valued_class(ClassDef("12", (3,))).labels == (3,)


@pytest.mark.parametrize(
    ("found", "want"),
    [
        (MAP, labels(2)),
        (SOFTMAX, labels(2)),
        (SIGMOID, LabelSelector(1)),  # channels are classes from 1 on
        (ONEHOT, LabelSelector(2)),  # channel 0 is the background
        (ONE, NOWHERE),
    ],
)
def test_what_stands_for_a_label(found, want):
    assert valued_class_selector(ClassDef("x", (2,)), found, only=False) == want


def test_the_only_class_has_the_only_channel():
    assert find_class_channel(ClassDef("x", (9,)), 1, only=True) == LabelSelector(0)
    assert find_class_channel(ClassDef("x", (9,)), 1, only=False) == NOWHERE
    assert find_class_channel(ClassDef("x", (3,)), 3, only=True) == LabelSelector(2)


def test_a_region_has_a_channel_of_its_own():  # I5
    whole, core = parse_classes("1+2=whole,2=core").classes
    assert (find_class_channel(whole, 2, False), find_class_channel(core, 2, False)) == (
        LabelSelector(0),
        LabelSelector(1),
    )
    with pytest.raises(CaseError, match="whole is a union"):
        valued_class_selector(whole, ONEHOT, False)


def test_account_a5_labels_beyond_a_list_are_classes_unless_it_selects():  # V3
    listed = make_class_list({"a": 1, "b": 4})
    labels = frozenset([0, 1, 2, 9]), frozenset([1, 7])
    found = resolve_by_value((MAP, MAP), labels, replace(listed, ignore=9), False)
    assert [t.name for t in found.targets] == ["a", "b", "2", "7"]
    found = resolve_by_value((MAP, MAP), labels, parse_classes("1=a,4=b"), False)
    assert [t.name for t in found.targets] == ["a", "b"]


def test_255_may_be_white_unless_it_is_declared():
    assert may_be_white(ClassList())
    assert not may_be_white(ClassList(ignore=255))
    assert not may_be_white(parse_classes("255=road"))


def test_names_in_messages():
    assert shorten_name_list([1, 2, 3], 2) == "1, 2 and 1 more"
    assert shorten_name_list({"a": 1}) == "a"
