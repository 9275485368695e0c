"""Frozen values: `@frozen` is `@dataclass(frozen=True, slots=True)` in a twentieth of the time.

dataclasses write the methods of each class as text and compile it, at every start: half a
millisecond a class, a third of what scoring a small case takes (benchmarks, P7b). Here all classes
share methods that read the names of the fields, and nothing is loaded. For others such a value is a
dataclass: type checkers see one, and `dataclasses` is told of a class when it first asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
NONE: Any = object()  # no default; None is one
OF_ANY = ("__dict__", "__weakref__")  # what Python puts into every class without slots


class FrozenField:
    """What is known of a field; its name and its type, as written, are those of the class."""

    __slots__ = ("default", "default_factory", "metadata", "name", "type")

    def __init__(self, default: Any, default_factory: Any, metadata: Mapping[str, Any]) -> None:
        self.default = default
        self.default_factory = default_factory
        self.metadata = metadata
        self.name = self.type = ""


def field(
    *, default: Any = NONE, default_factory: Any = NONE, metadata: Mapping[str, Any] | None = None
) -> Any:
    """A field with a default, a default that is made for each value, or words about it."""
    return FrozenField(default, default_factory, metadata or {})


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make a class of annotated fields a frozen value with slots. What it defines itself stays."""
    given = vars(cls)
    own = _collect_fields(cls.__annotations__, given)
    known = {f.name: f for base in cls.__bases__ for f in getattr(base, "__fields__", ())}
    body = {k: v for k, v in given.items() if k not in own and k not in OF_ANY}
    body["__qualname__"] = cls.__qualname__
    body["__slots__"] = tuple([name for name in own if name not in known])
    if any(isinstance(value, cached_property) for value in given.values()):
        body["__slots__"] += ("__dict__",)  # where those are kept; they are no fields
    known |= own
    body["__match_args__"] = tuple(known)
    body["__fields__"] = tuple(known.values())
    body["__values__"] = _values_getter(tuple(known))
    made: Any = type(cls.__name__, cls.__bases__, METHODS | body)
    made.__init__ = make_initialiser(made)
    result: type[T] = made
    return result


def _values_getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of fields as a tuple; `attrgetter` does of two and more."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple([getattr(value, name) for name in names])


def _collect_fields(types: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, FrozenField]:
    known = {}
    for name, kind in types.items():
        kind = str(kind)
        if not kind.startswith(("ClassVar", "typing.ClassVar")):
            value = given.get(name, NONE)
            if type(value).__name__ == "Field" and not isinstance(value, FrozenField):
                raise TypeError(f"{name}: `field` is that of segeval.runtime.frozen")
            known[name] = own = (
                value if isinstance(value, FrozenField) else FrozenField(value, NONE, {})
            )
            own.name, own.type = name, kind
            if own.default.__class__.__hash__ is None:
                raise TypeError(f"{name}: all values would share the default; make it a factory")
    return known


def fields(cls: Any) -> tuple[FrozenField, ...]:
    """The fields of a frozen class or value."""
    known: tuple[FrozenField, ...] = cls.__fields__
    return known


def replace(value: T, /, **changes: Any) -> T:
    """The same value but for some fields."""
    cls: Any = value.__class__
    kept = dict(zip(cls.__match_args__, cls.__values__(value), strict=True))
    kept.update(changes)
    if len(kept) > len(cls.__match_args__):
        raise _wrong_values(cls, (), changes)
    made: T = cls(*kept.values())
    return made


def asdict(value: Any) -> dict[str, Any]:
    """The names and values of the fields, of frozen values in them too."""
    found = {}
    for name in value.__match_args__:
        part = getattr(value, name)
        found[name] = asdict(part) if hasattr(part, "__fields__") else part
    return found


class _LazyFields:
    """`__dataclass_fields__`, worked out when somebody asks for it."""

    def __get__(self, _: Any, cls: Any) -> dict[str, Any]:
        import dataclasses

        body: dict[str, Any] = {"__annotations__": {}, "__module__": cls.__module__, "__doc__": ""}
        for known in fields(cls):
            words = {"default": known.default, "default_factory": known.default_factory}
            words = {word: value for word, value in words.items() if value is not NONE}
            body[known.name] = dataclasses.field(**words, metadata=known.metadata)
            body["__annotations__"][known.name] = known.type
        twin: Any = dataclasses.dataclass(init=False)(type(cls.__name__, (), body))
        told: dict[str, Any] = twin.__dataclass_fields__
        cls.__dataclass_fields__ = told
        return told


def make_initialiser(cls: Any) -> Callable[..., None]:
    """The `__init__` of a class: values by place or by name, the others by default."""
    puts = tuple([getattr(cls, name).__set__ for name in cls.__match_args__])  # past __setattr__
    plain = [known.default for known in fields(cls)]
    places = {name: place for place, name in enumerate(cls.__match_args__)}
    # What has no default that is a value: made for each, or to be given.
    unset = tuple([
        (place, _refusal(cls, known) if known.default_factory is NONE else known.default_factory)
        for place, known in enumerate(fields(cls)) if known.default is NONE
    ])  # fmt: skip

    def __init__(self: Any, *given: Any, **named: Any) -> None:  # noqa: N807 - it becomes the method
        values: Any = given
        if named or len(given) != len(puts):
            many = len(given)
            values = [*given, *plain[many:]]
            for name, value in named.items():
                place = places.get(name, -1)
                if place < many:
                    raise _wrong_values(cls, given, named)
                values[place] = value
            for place, make in unset:
                if values[place] is NONE:
                    values[place] = make()
            if many > len(puts):
                raise _wrong_values(cls, given, named)
        for put, value in zip(puts, values):  # noqa: B905 - as many, and this runs often
            put(self, value)

    return __init__


def _refusal(cls: Any, known: FrozenField) -> Callable[[], Any]:
    """What is called where a field is not given that has to be: a TypeError."""

    def refuse() -> Any:
        raise TypeError(f"{cls.__name__}: no value for {known.name}")

    return refuse


def _wrong_values(cls: Any, given: tuple[Any, ...], named: Mapping[str, Any]) -> TypeError:
    """The error for one value too many, given twice, or of no field."""
    wrong = f"{len(given)} values" + "".join(f", {name}" for name in named)
    return TypeError(
        f"{cls.__name__} has the fields {', '.join(cls.__match_args__)}; given {wrong}"
    )


def field_values(self: Any) -> tuple[Any, ...]:
    """The values of the fields, in their order."""
    found: tuple[Any, ...] = self.__class__.__values__(self)
    return found


def _eq(self: Any, other: Any) -> Any:
    return (
        field_values(self) == field_values(other)
        if self.__class__ is other.__class__
        else NotImplemented
    )


def _hash(self: Any) -> int:
    return hash(field_values(self))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{self.__class__.__qualname__}({shown})"


def _set(self: Any, name: str, value: Any) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    from dataclasses import FrozenInstanceError

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
    "__getstate__": field_values,
    "__setstate__": _restore,
    "__dataclass_fields__": _LazyFields(),
}
