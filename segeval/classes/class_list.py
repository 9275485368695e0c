"""Which classes are scored, and what stands for each: a label value, a union of them, a colour.

A class list comes from `--classes`, from a settings file, or from a file beside the data
(`dataset.json`, `labels.json`). Without one the classes of a case are what its files hold.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen, replace

UNSEEN = 65535  # what ignored values become where they are several
Colour = tuple[int, int, int]
BACKGROUND = ("background", "bg", "clear label", "unknown", "unlabeled", "unlabelled", "void",
              "none", "nothing")  # fmt: skip


@frozen
class ClassDef:
    """One class.

    labels     its label values, several for a region; None where only its name is known
    channel    its channel in a map of independent channels; None: the one of its label value
    colour     red, green, blue in a colour-coded picture
    aliases    other names of the same structure
    tolerance  of `nsd` and its like, as text with a unit
    union      names of the structures that it is made of where no label and no file has its name
    number     which structure it is on a side that has several of its name: 12 of `Heart#12`
    """

    name: str
    labels: tuple[int, ...] | None = None
    colour: Colour | None = None
    aliases: tuple[str, ...] = ()
    tolerance: str = ""
    union: tuple[str, ...] = ()
    channel: int | None = None
    number: int | None = None

    @property
    def numbered(self) -> str:
        """Its name with the number, as the request has it: `Heart#12`."""
        base = self.name.removesuffix(f"#{self.number}")
        return self.name if self.number is None else f"{base}#{self.number}"


@frozen
class LabelSelector:
    """What stands for a class on one side: some label values of a channel.

    labels  None: every value but 0
    """

    channel: int
    labels: frozenset[int] | None = None


@frozen
class ScoredClass:
    """A class of a case, and where each side has it."""

    name: str
    truth: LabelSelector
    pred: LabelSelector


@frozen
class StoredClasses:
    """The classes of a case in the label values that its slabs hold.

    A tally that finishes with these needs no rule of its own for masks of 0 and 255: 255 is among
    the labels of the class that is 1.

    targets  the classes, in the order of the rows
    ignored  label of the ground truth whose voxels are in no class, on neither side; None: none is
    """

    targets: tuple[ScoredClass, ...]
    ignored: int | None = None


@frozen
class ClassList:
    """The classes of a run, in the order in which they are reported.

    classes   empty: what the files hold
    ignore    label value whose ground-truth voxels are left out of every count, and that is no
              class on either side; of several values what they become when they are read
    ignored   these values, where they are several or one is negative
    regions   classes are unions that may overlap: channel i of a probability map is class i
    select    the list only picks names among those that the files give
    known     every label value of the data; more than those of `classes` once some are selected
    only      nothing else is scored: the user selected (ACCOUNT-A5); else the list only names
    remarks   what a settings file says of classes by name that have no label value here
    truths    normal forms of the names that the ground truths of the run have, as far as the names
              of files and the headers of structure sets tell them
    """

    classes: tuple[ClassDef, ...] = ()
    ignore: int | None = None
    regions: bool = False
    select: bool = False
    known: frozenset[int] = frozenset()
    ignored: tuple[int, ...] = ()
    only: bool = False
    remarks: tuple[ClassDef, ...] = ()
    truths: frozenset[str] = frozenset()

    def leave_out(self, values: tuple[int, ...]) -> ClassList:
        """This list with other values that are ignored; one of a label type stays what it is."""
        if not values:
            return self
        if len(values) == 1 and values[0] >= 0:
            return replace(self, ignore=values[0], ignored=())
        return replace(self, ignore=UNSEEN, ignored=values)

    def __bool__(self) -> bool:
        return bool(self.classes)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(c.name for c in self.classes)

    @property
    def described(self) -> tuple[ClassDef, ...]:
        """The classes of the list, and those of which it only says something."""
        return (*self.classes, *self.remarks)

    @property
    def colours(self) -> dict[Colour, int]:
        """Label value of each colour; a class without a label takes its place in the list."""
        return {
            c.colour: c.labels[0] if c.labels else place
            for place, c in enumerate(self.described, 1)
            if c.colour is not None
        }

    def chosen(self, wanted: ClassList) -> ClassList:
        """This list (of the data) under that one (of the request): selected, renamed or described.

        Raises RequestError for a name that this list does not have.
        """
        ignored = wanted.ignored if wanted.ignore is not None else self.ignored
        ignore = wanted.ignore if wanted.ignore is not None else self.ignore
        if not wanted.only:
            return replace(self.describe(wanted.described), ignore=ignore, ignored=ignored)
        if not wanted.select or not self:
            return replace(wanted, ignore=ignore, ignored=ignored)
        known = {c.name: c for c in self.classes}
        asked = {c: c.numbered if c.numbered in known else c.name for c in wanted.classes}
        for name in asked.values():
            if name not in known:
                raise unknown_class_error(name, tuple(known))
        picked = tuple(
            replace(known[name], aliases=c.aliases, tolerance=c.tolerance)
            for c, name in asked.items()
        )
        return replace(self, classes=picked, ignore=ignore, ignored=ignored, only=True)

    def with_aliases(self, pairs: Sequence[str]) -> ClassList:
        """This list with other names of some classes, each as NAME=OTHER. Raises RequestError."""
        parts = [list(self.classes), list(self.remarks)]
        from segeval.classes.names import normalize_name

        meant: dict[str, str] = {}
        for pair in pairs:
            name, other = split_alias(pair)
            first = meant.setdefault(normalize_name(other), name)
            if normalize_name(first) != normalize_name(name):
                raise RequestError(
                    f"--alias: {other!r} is said to be {first!r} and {name!r}",
                    help="a structure is one class: leave one of the two out",
                )
            for part in parts:
                if (place := described_place(part, ClassDef(name))) is not None:
                    own = part[place]
                    if other not in own.aliases:
                        part[place] = replace(own, aliases=(*own.aliases, other))
                    break
            else:
                parts[1].append(ClassDef(name, aliases=(other,)))
        return replace(self, classes=tuple(parts[0]), remarks=tuple(parts[1]))

    def describe(self, remarks: tuple[ClassDef, ...]) -> ClassList:
        """This list with what a settings file says of classes; it names, and selects nothing
        (ACCOUNT-A5).

        A label value that the file names is called so; a class by another name or alias of it too.
        """
        if not remarks:
            return self
        classes, rest = list(self.classes), []
        for remark in remarks:
            place = described_place(classes, remark)
            if place is None and remark.labels is None:
                rest.append(remark)
            elif place is None:
                classes.append(remark)
            else:
                own = classes[place]
                classes[place] = replace(
                    remark,
                    labels=own.labels if remark.labels is None else remark.labels,
                    colour=remark.colour or own.colour,
                    channel=own.channel,
                )
        known = self.known | {value for c in classes for value in c.labels or ()}
        regions = self.regions or any(len(c.labels or ()) > 1 for c in classes)
        if regions and not self.regions:
            classes = [replace(c, channel=place) for place, c in enumerate(classes)]
        return replace(
            self, classes=tuple(classes), regions=regions, known=known, remarks=tuple(rest)
        )


def split_alias(text: str) -> tuple[str, str]:
    """The name of a class and another name of it, as NAME=OTHER. Raises RequestError."""
    name, _, other = (word.strip() for word in text.partition("="))
    if not name or not other:
        raise RequestError(
            f"--alias: {text!r} maps no name to another",
            help='write --alias "Parotid_L=Parotis li": the class, then what a file calls it',
        )
    return name, other


def described_place(classes: Sequence[ClassDef], remark: ClassDef) -> int | None:
    """Which class of a list a settings file speaks of: by its name, its labels or an alias."""
    from segeval.classes.names import match_name

    names = [c.name for c in classes]
    if remark.name in names:
        return names.index(remark.name)
    if remark.labels is not None:
        labels = [c.labels for c in classes]
        return labels.index(remark.labels) if remark.labels in labels else None
    hit = match_name(remark.name, names, remark.aliases)
    return None if hit is None else names.index(hit)


def unknown_class_error(name: str, known: tuple[str, ...]) -> RequestError:
    """The error for a class that the data does not have, with the nearest names."""
    from difflib import get_close_matches

    from segeval.classes.shipped_lists import shipped_list_names

    near = get_close_matches(name, (*known, *shipped_list_names()), 3, 0.5)
    return RequestError(
        f"there is no class {name!r}",
        help=f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known[:12])}",
    )


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


def parse_classes(text: str) -> ClassList:
    """Read `liver,spleen` (select), `5=liver` (name), a file, or the name of a list that ships.

    Raises RequestError.
    """
    if is_class_file(text):
        from segeval.classes.class_files import read_class_file

        return replace(read_class_file(Path(text)), only=True)
    from segeval.classes.shipped_lists import shipped_list

    if (shipped := shipped_list(text)) is not None:
        return replace(shipped, only=True)
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise RequestError("--classes names no class")
    named = [word.partition("=") for word in words]
    if all(not equals for _, equals, _ in named):
        check_picked_once(words)
        return ClassList(name_classes(words), select=True, only=True)
    made = labelled_class_list(tuple(_make_class(*parts) for parts in named))
    check_distinct_names([(name.strip(), label.strip()) for label, _, name in named])
    check_distinct_labels(made.classes)
    return replace(made, only=True)


def check_picked_once(words: Sequence[str]) -> None:
    """Each name of a selection picks a class of its own. Raises RequestError."""
    from segeval.classes.names import normalize_name

    seen: dict[str, str] = {}
    for word in words:
        first = seen.get(normalize_name(word))
        seen[normalize_name(word)] = word
        if first is not None:
            same = f"{word!r} twice" if first == word else f"{first!r} and {word!r}, one structure"
            raise RequestError(f"--classes names {same}", help=f"write {first} once")


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


def names_background(name: str) -> bool:
    """Whether a list calls what no class names so; a label 0 of another name is a class.

    name  as the list has it
    """
    return name.strip().strip("_").casefold() in BACKGROUND


def is_class_file(text: str) -> bool:
    """Whether `--classes` names a file: one that is there is never the name of a class."""
    return text.lower().endswith(".json") or (bool(text.strip()) and os.path.isfile(text))


def labelled_class_list(classes: tuple[ClassDef, ...], ignore: int | None = None) -> ClassList:
    """The list of classes that have label values; where one is a union, channels are regions."""
    regions = any(len(c.labels or ()) > 1 for c in classes)
    if regions:
        classes = tuple(replace(c, channel=place) for place, c in enumerate(classes))
    known = frozenset(value for c in classes for value in c.labels or ())
    return ClassList(classes, ignore, regions, known=known)


def _make_class(label: str, equals: str, name: str) -> ClassDef:
    if not equals or not name:
        raise RequestError(
            f"--classes: {label!r} has no label value", help="write 5=liver for every class"
        )
    values = label.split("+")
    if not all(v.strip().isdecimal() for v in values):
        raise RequestError(
            f"--classes: {label!r} is no label value", help="write 5=liver or 1+2=tumour"
        )
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
