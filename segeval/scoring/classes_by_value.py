"""The classes of a case that has label values or channels on both sides (LAYOUTS-V4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from segeval.classes.class_list import (
    ClassDef,
    ClassList,
    LabelSelector,
    ScoredClass,
)
from segeval.classes.names import shorten_name_list
from segeval.classes.shipped_lists import list_advice
from segeval.opening.open_side import NOWHERE
from segeval.runtime.errors import CaseError
from segeval.runtime.frozen import replace
from segeval.scoring.case_classes import CaseClasses
from segeval.volume.value_kinds import WHITE
from segeval.volume.value_stream import ValueKind


def resolve_by_value(
    found: tuple[ValueKind, ValueKind],
    labels: tuple[frozenset[int], frozenset[int]],
    classes: ClassList,
    background: bool,
) -> CaseClasses:
    """Classes of a case that has label values or channels on both sides, after it was read.

    found, labels  of the ground truth and of the prediction
    """
    ignored = {classes.ignore, *classes.ignored}  # no class on either side (ACCOUNT-A7)
    wanted = list(classes.classes)
    if not classes.only:
        known = {value for c in wanted for value in c.labels or ()}
        sides = [own for own, side in zip(labels, found, strict=True) if may_add(side, wanted)]
        met = frozenset[int]().union(*sides) - known - ignored
        wanted += [class_of_value(v) for v in sorted(met) if v != 0 or background]
    if any(c.labels is None for c in wanted):
        wanted = list(select_by_value(wanted, labels[0] | labels[1]))
    truth, pred, only = *found, len(wanted) == 1
    targets = [
        ScoredClass(
            c.name, valued_class_selector(c, truth, only), valued_class_selector(c, pred, only)
        )
        for c in wanted
    ]
    return CaseClasses(tuple(targets), tuple(wanted))


def may_add(found: ValueKind, listed: Sequence[ClassDef]) -> bool:
    """Whether labels of a side that no listed class has are classes: of channels they are not."""
    return found.exclusive or not listed


@cache
def class_of_name(name: str) -> ClassDef:
    """The class that is called so, of which nothing else is known."""
    return ClassDef(name)


@cache
def class_of_value(value: int) -> ClassDef:
    """The class that is called by its label value."""
    return ClassDef(str(value), (value,))


def select_by_value(wanted: Sequence[ClassDef], labels: Iterable[int]) -> tuple[ClassDef, ...]:
    """Classes that are asked for by label value alone. Raises CaseError for another name."""
    known = {str(value) for value in labels}
    for class_ in wanted:
        if class_.labels is None and not class_.name.isdecimal():
            raise CaseError(
                f"nothing says which label value is {class_.name!r}",
                facts=(f"the files hold the labels {shorten_name_list(sorted(map(int, known)))}",),
                help=f"name it: {value_advice(class_.name, known)}{list_advice(class_.name)}",
                status="classes_unknown",
            )
    return tuple(map(valued_class, wanted))


def value_advice(name: str, labels: Iterable[str]) -> str:
    """How a class gets a value: one that the files hold, of several the first few."""
    values = sorted((value for value in labels if value != "0"), key=int)[:3] or ["N"]
    return " or ".join(f"--classes {value}={name}" for value in values)


def valued_class(class_: ClassDef) -> ClassDef:
    """A class that is asked for by its label value alone, with that value."""
    if class_.labels is not None or not class_.name.isdecimal():
        return class_
    return replace(class_, labels=(int(class_.name),))


def valued_class_selector(class_: ClassDef, found: ValueKind, only: bool) -> LabelSelector:
    """What stands for a class on a side without names; `only`: there is no other class."""
    values = class_.labels or ()
    if found.exclusive:
        return single_channel_selector(values)
    if found.onehot:
        if len(values) > 1:
            raise CaseError(
                f"{class_.name} is a union of labels and each channel is a mask of one label",
                help="write a label map, or one mask a class",
                status="classes_unknown",
            )
        return LabelSelector(values[0]) if values[0] < found.channels else NOWHERE
    return find_class_channel(class_, found.channels, only)


@cache
def single_channel_selector(values: tuple[int, ...]) -> LabelSelector:
    """The labels of the only channel that are a class."""
    return LabelSelector(0, frozenset(values))


def find_class_channel(class_: ClassDef, channels: int, only: bool) -> LabelSelector:
    """The independent channel of a class: its own, the only one, or the one of its label."""
    channel = class_.channel
    if channel is None:
        channel = 0 if only and channels == 1 else (class_.labels or (0,))[0] - 1
    return LabelSelector(channel) if 0 <= channel < channels else NOWHERE


def accept_white(part: LabelSelector, labels: frozenset[int]) -> LabelSelector:
    """What stands for a class in values as they were read: 255 of a binary mask is its 1.

    Rule LAYOUTS-I8.
    """
    if part.labels is None or 1 not in part.labels or labels - {0, 1}:
        return part
    return LabelSelector(part.channel, part.labels | {WHITE})


def may_be_white(classes: ClassList) -> bool:
    """Whether 255 of a mask of one class may be its 1 (rule LAYOUTS-I8)."""
    return WHITE not in {*classes.known, classes.ignore}
