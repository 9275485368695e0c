"""Frozen values: `@frozen` is `@dataclass(frozen=True, slots=True)` in a tenth of the time.

dataclasses write the methods of each class as text and compile it, at every start: half a
millisecond a class, a third of what scoring a small case takes (benchmarks, P7b). Here all classes
share methods that read the names of the fields. The rest is the library's: `field`, `fields`,
`replace` and `asdict` work, and type checkers see a dataclass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make a class of annotated fields a frozen value with slots. What it defines itself stays."""
    for name, method in METHODS.items():
        if name not in vars(cls):
            setattr(cls, name, method)
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    setattr(made, "__init__", initialiser(made))  # noqa: B010 - a type checker forbids the other form
    return made


def initialiser(cls: Any) -> Callable[..., None]:
    """The `__init__` of a class: values by place or by name, the others by default."""
    known = fields(cls)
    names = tuple(f.name for f in known)
    puts = tuple(getattr(cls, name).__set__ for name in names)  # of the slots, past __setattr__
    defaults = {f.name: f.default for f in known if f.default is not MISSING}
    made = {f.name: f.default_factory for f in known if f.default_factory is not MISSING}

    def complete(given: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
        left = names[len(given) :]
        if len(given) > len(names) or not named.keys() <= set(left):
            wrong = f"{len(given)} values" + "".join(f", {name}" for name in named)
            raise TypeError(f"{cls.__name__} has the fields {', '.join(names)}; given {wrong}")
        values = {**defaults, **{name: made[name]() for name in left if name in made}, **named}
        if missing := [name for name in left if name not in values]:
            raise TypeError(f"{cls.__name__}: no value for {', '.join(missing)}")
        return [*given, *(values[name] for name in left)]

    def __init__(self: Any, *given: Any, **named: Any) -> None:  # noqa: N807 - it becomes the method
        if named or len(given) != len(puts):
            given = complete(given, named)  # type: ignore[assignment]
        for put, value in zip(puts, given):  # noqa: B905 - as many, and this runs often
            put(self, value)

    return __init__


def values(self: Any) -> tuple[Any, ...]:
    """The values of the fields, in their order."""
    return tuple([getattr(self, name) for name in self.__match_args__])


def _eq(self: Any, other: Any) -> Any:
    return values(self) == values(other) if self.__class__ is other.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(values(self))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{self.__class__.__qualname__}({shown})"


def _set(self: Any, name: str, value: Any) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _restore(self: Any, state: tuple[Any, ...]) -> None:
    for name, value in zip(self.__match_args__, state, strict=True):
        object.__setattr__(self, name, value)


METHODS = {
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _set,
    "__delattr__": _delete,
    "__getstate__": values,
    "__setstate__": _restore,
}
