"""Class lists from words and tables: `liver,spleen`, `5=liver`, name -> value or value -> name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from segeval.classes.class_list import UNSEEN, ClassDef, ClassList
from segeval.classes.distinct import check_distinct_labels, check_distinct_names
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace

BACKGROUND = ("background", "bg", "clear label", "unknown", "unlabeled", "unlabelled", "void",
              "none", "nothing")  # fmt: skip


def name_classes(words: Sequence[str]) -> tuple[ClassDef, ...]:
    """Classes by name; `Heart#12` is called Heart, if no other of the list is (DICOM-S5)."""
    found = [re.fullmatch(r"(.+)#(\d+)", word) for word in words]
    bases = [one[1] if one else word for one, word in zip(found, words, strict=True)]
    return tuple(
        ClassDef(
            base if bases.count(base) == 1 else word, number=None if one is None else int(one[2])
        )
        for word, base, one in zip(words, bases, found, strict=True)
    )


def names_background(name: str) -> bool:
    """Whether a list calls what no class names so; a label 0 of another name is a class.

    name  as the list has it
    """
    return name.strip().strip("_").casefold() in BACKGROUND


def labelled_class_list(classes: tuple[ClassDef, ...], ignore: int | None = None) -> ClassList:
    """The list of classes that have label values; where one is a union, channels are regions."""
    regions = any(len(c.labels or ()) > 1 for c in classes)
    if regions:
        classes = tuple(replace(c, channel=place) for place, c in enumerate(classes))
    known = frozenset(value for c in classes for value in c.labels or ())
    return ClassList(classes, ignore, regions, known=known)


def make_class(label: str, equals: str, name: str) -> ClassDef:
    """The class of `5=liver`, taken apart at its equals sign. Raises RequestError."""
    if not equals or not name:
        raise RequestError(f"{label!r} has no label value", help="write 5=liver for every class")
    values = label.split("+")
    if not all(v.strip().isdecimal() for v in values):
        raise RequestError(f"{label!r} is no label value", help="write 5=liver or 1+2=tumour")
    return ClassDef(name.strip(), tuple(int(v) for v in values))


def make_class_list(labels: Mapping[str, Any], where: object = "") -> ClassList:
    """Make a list of name -> value, value -> name, or name -> values (regions)."""
    values = {
        name: _label_values(name, value, where)
        for name, value in _values_by_name(labels, where).items()
    }
    for name, held in values.items():
        if not held:
            raise RequestError(f"label {name!r} has no value", where=where)
        if not name.strip():
            raise RequestError(f"the label {held[0]} has no name", where=where)
        if name.lower() != "ignore" and not all(0 <= v <= UNSEEN for v in held):
            raise RequestError(
                f"label {name!r} is {held[0]}: a label is 0 to {UNSEEN}", where=where
            )
    ignore = next((v[0] for name, v in values.items() if name.lower() == "ignore"), None)
    classes = tuple(
        ClassDef(name, v)
        for name, v in values.items()
        if name.lower() != "ignore" and not names_background(name)
    )
    check_distinct_labels(classes, where)
    return labelled_class_list(classes, ignore)


def _values_by_name(labels: Mapping[str, Any], where: object) -> dict[str, Any]:
    """Name -> value, whichever way round the file has it."""
    if all(str(key).lstrip("-").isdecimal() for key in labels):
        check_distinct_names([(str(name), str(value)) for value, name in labels.items()], where)
        return {str(name): int(value) for value, name in labels.items()}
    check_distinct_names([(str(name), str(value)) for name, value in labels.items()], where)
    return dict(labels)


def _label_values(name: str, value: Any, where: object) -> tuple[int, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    try:
        whole = tuple(int(v) for v in values)
        if any(isinstance(v, bool) or (not isinstance(v, str) and v != int(v)) for v in values):
            raise ValueError(value)
        return whole
    except (TypeError, ValueError, OverflowError):
        raise RequestError(f"label {name!r} has no whole value ({value!r})", where=where) from None
