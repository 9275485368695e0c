"""Frozen values behave as those that dataclasses make."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace

import pytest

from segeval.frozen import frozen


class Form:
    """A grid."""

    shape: tuple[int, ...]
    spacing: float = 1.0
    names: dict[int, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return 7


def made(how):
    namespace = {k: v for k, v in vars(Form).items() if k not in ("__dict__", "__weakref__")}
    return how(type("Grid", (), namespace))


Grid = made(frozen)
Theirs = made(dataclass(frozen=True, slots=True))
Grid.__qualname__ = Theirs.__qualname__ = "Grid"


@frozen
class Point:
    x: int
    y: int = 2


@pytest.mark.parametrize("given", [((3, 4),), ((3, 4), 2.5), ((1,), 2.0, {1: "liver"})])
def test_it_is_what_dataclasses_make(given):
    mine, theirs = Grid(*given), Theirs(*given)
    assert repr(mine) == repr(theirs)
    assert asdict(mine) == asdict(theirs)
    assert (mine.size, len(mine)) == (theirs.size, len(theirs))
    assert [f.name for f in fields(mine)] == [f.name for f in fields(theirs)]
    assert asdict(replace(mine, spacing=9)) == asdict(replace(theirs, spacing=9))
    assert Grid.__slots__ == Theirs.__slots__
    assert not hasattr(mine, "__dict__")


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
