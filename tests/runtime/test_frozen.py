"""Frozen values behave as those that dataclasses make."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import FrozenInstanceError
from functools import cached_property
from typing import ClassVar

import pytest

from segeval.runtime.frozen import asdict, field, fields, frozen, replace


def made(how, field):
    class Grid:
        """A grid."""

        KIND: ClassVar[str] = "grid"
        shape: tuple[int, ...]
        spacing: float = field(default=1.0, metadata={"unit": "mm"})
        names: dict[int, str] = field(default_factory=dict)

        @property
        def size(self) -> int:
            return len(self.shape)

        def __len__(self) -> int:
            return 7

    return how(Grid)


Grid = made(frozen, field)
Theirs = made(dataclasses.dataclass(frozen=True, slots=True), dataclasses.field)


@frozen
class Point:
    x: int
    y: int = 2


@pytest.mark.parametrize("given", [((3, 4),), ((3, 4), 2.5), ((1,), 2.0, {1: "liver"})])
def test_it_is_what_dataclasses_make(given):
    mine, theirs = Grid(*given), Theirs(*given)
    assert repr(mine) == repr(theirs)
    assert asdict(mine) == dataclasses.asdict(mine) == dataclasses.asdict(theirs)
    assert (mine.size, len(mine)) == (theirs.size, len(theirs))
    changed = dataclasses.replace(theirs, spacing=9)
    for new in (replace(mine, spacing=9), dataclasses.replace(mine, spacing=9)):
        assert asdict(new) == dataclasses.asdict(changed)
    assert Grid.__slots__ == Theirs.__slots__
    assert not hasattr(mine, "__dict__")


def test_its_fields_are_those_that_dataclasses_know():
    theirs = dataclasses.fields(Theirs)
    for known in (fields(Grid), dataclasses.fields(Grid), fields(Grid((1,)))):
        assert [(f.name, f.type) for f in known] == [(f.name, f.type) for f in theirs]
        assert [dict(f.metadata) for f in known] == [{}, {"unit": "mm"}, {}]
    assert [f.default for f in dataclasses.fields(Grid)] == [f.default for f in theirs]
    assert dataclasses.is_dataclass(Grid)
    assert Grid.KIND == "grid"


def test_a_frozen_value_within_a_value_is_a_mapping_too():
    assert asdict(Grid((1,), names=Point(1))) == {
        "shape": (1,),
        "spacing": 1.0,
        "names": {"x": 1, "y": 2},
    }


def test_a_default_that_can_change_is_refused():
    class Bag:
        things: list[int] = []  # noqa: RUF012

    with pytest.raises(TypeError, match="things"):
        frozen(Bag)


def test_the_field_of_dataclasses_is_refused():
    with pytest.raises(TypeError, match="`field` is that of"):
        made(frozen, dataclasses.field)


def test_a_change_of_no_field_is_refused():
    with pytest.raises(TypeError, match="z"):
        replace(Point(1), z=3)


def test_values_by_name_and_by_place_are_the_same():
    assert Point(1, y=5) == Point(x=1, y=5) == Point(1, 5) != Point(1)
    assert Point(1) == Point(1, 2)
    assert Point(1) != (1, 2)
    assert hash(Point(1)) == hash(Point(1, 2)) == hash((1, 2))
    assert {Point(1): "one"}[Point(1)] == "one"


def test_a_made_default_is_not_shared():
    assert Grid((1,)).names is not Grid((1,)).names


def test_it_is_frozen():
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 3
    with pytest.raises(FrozenInstanceError):
        del point.x
    assert point == Point(1)


@pytest.mark.parametrize("wrong", [(), (1, 2, 3)])
def test_too_few_or_too_many_values(wrong):
    with pytest.raises(TypeError, match="Point"):
        Point(*wrong)


def test_a_value_twice_or_of_no_field():
    with pytest.raises(TypeError, match="x"):
        Point(1, x=1)
    with pytest.raises(TypeError, match="z"):
        Point(1, z=1)


def test_it_crosses_to_another_process():
    point = pickle.loads(pickle.dumps(Point(1, 4)))
    assert point == Point(1, 4)
    with pytest.raises(FrozenInstanceError):
        point.x = 3


def test_a_class_has_the_fields_of_the_one_above():
    @frozen
    class Solid(Point):
        z: int = 0
        y: int = 3

        @property
        def volume(self):
            return self.x * self.y * self.z

    assert [f.name for f in dataclasses.fields(Solid)] == ["x", "y", "z"]
    assert (Solid(1), replace(Solid(1, 2, 3), z=5).volume) == (Solid(1, 3, 0), 10)
    assert Solid.__slots__ == ("z",)


def test_what_is_worked_out_once_is_no_field():
    @frozen
    class Square:
        side: float

        @cached_property
        def area(self):
            return [self.side**2]

    square = Square(3)
    assert square.area is square.area
    assert square == Square(3)
    assert repr(square).endswith("Square(side=3)")
    assert replace(square, side=4).area == [16]
    with pytest.raises(FrozenInstanceError):
        square.side = 5


def test_it_is_matched_by_place():
    match Point(3, 4):
        case Point(x, y):
            assert (x, y) == (3, 4)


def test_what_a_class_defines_itself_stays():
    @frozen
    class Near:
        at: float

        def __repr__(self):
            return f"about {self.at}"

        def __eq__(self, other):
            return abs(self.at - other.at) < 1

    assert repr(Near(3)) == "about 3"
    assert Near(3) == Near(3.5)
