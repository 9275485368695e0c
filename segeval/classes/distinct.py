"""Each class of a list is one of its own: no name, and no label, stands for two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segeval.classes.class_list import ClassDef
from segeval.runtime.errors import RequestError


def check_picked_once(words: Sequence[str]) -> None:
    """Each name of a selection picks a class of its own. Raises RequestError."""
    from segeval.classes.names import normalize_name

    seen: dict[str, str] = {}
    for word in words:
        first = seen.get(normalize_name(word))
        seen[normalize_name(word)] = word
        if first is not None:
            same = f"{word!r} twice" if first == word else f"{first!r} and {word!r}, one structure"
            raise RequestError(f"the list names {same}", help=f"write {first} once")


def check_distinct_labels(classes: Iterable[ClassDef], where: object = "") -> None:
    """No two classes stand for the same label values; unions may share some.

    Raises RequestError.
    """
    seen: dict[tuple[int, ...], str] = {}
    for class_ in classes:
        if class_.labels is None:
            continue
        own = tuple(sorted(set(class_.labels)))
        first = seen.setdefault(own, class_.name)
        if first != class_.name:
            values = "+".join(map(str, own))
            raise RequestError(
                f"{first!r} and {class_.name!r} stand for the same label value",
                where=where,
                facts=(f"{values}={first}", f"{values}={class_.name}"),
                help=f"write one of them: {values}={first}",
            )


def check_distinct_names(named: Iterable[tuple[str, str]], where: object = "") -> None:
    """Each name of a list is a class of its own, or one label would be lost behind another.

    named  name and label value, as they are written
    Raises RequestError (ACCOUNT-A5, A10).
    """
    from segeval.classes.names import normalize_name

    seen: dict[str, tuple[str, str]] = {}
    for name, label in named:
        key = normalize_name(name)
        if key not in seen:
            seen[key] = (name, label)
            continue
        first, other = seen[key]
        facts = (f"{other}={first}", f"{label}={name}")
        right = f"write {first} once" if label == other else f"write {other}+{label}={first}"
        if first != name:
            message = f"{first!r} and {name!r} are two names of one structure"
            raise RequestError(message, where=where, facts=facts, help=right)
        message = f"the class {name!r} is listed twice"
        raise RequestError(message, where=where, facts=facts, help=right)
