"""Which classes are scored, and what stands for each: a label value, a union of them, a colour.

A class list comes from `--classes`, from a settings file, or from a file beside the data
(`dataset.json`, `labels.json`). Without one the classes of a case are what its files hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen, replace

UNSEEN = 65535  # what ignored values become where they are several
Colour = tuple[int, int, int]


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
                if (place := ClassPlaces(part).of(ClassDef(name))) is not None:
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
        places = ClassPlaces(classes)
        for remark in remarks:
            place = places.of(remark)
            if place is None and remark.labels is None:
                rest.append(remark)
                continue
            if place is None:
                place = len(classes)
                classes.append(remark)
            else:
                own = classes[place]
                classes[place] = replace(
                    remark,
                    labels=own.labels if remark.labels is None else remark.labels,
                    colour=remark.colour or own.colour,
                    channel=own.channel,
                )
                places.forget(own, place)
            places.note(classes[place], place)
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


class ClassPlaces:
    """Where the classes of a list stand, by name and by label values: of names and labels that are
    there twice the first.
    """

    def __init__(self, classes: Sequence[ClassDef]) -> None:
        self._names: dict[str, int] = {}
        self._labels: dict[tuple[int, ...], int] = {}
        for place, one in enumerate(classes):
            self.note(one, place)

    def note(self, one: ClassDef, place: int) -> None:
        """Note where a class stands."""
        self._names.setdefault(one.name, place)
        if one.labels is not None:
            self._labels.setdefault(one.labels, place)

    def forget(self, one: ClassDef, place: int) -> None:
        """Forget the name and the labels of a class that has others now."""
        if self._names.get(one.name) == place:
            del self._names[one.name]
        if one.labels is not None and self._labels.get(one.labels) == place:
            del self._labels[one.labels]

    def of(self, remark: ClassDef) -> int | None:
        """Which class a settings file speaks of: by its name, its labels or an alias."""
        if remark.name in self._names:
            return self._names[remark.name]
        if remark.labels is not None:
            return self._labels.get(remark.labels)
        from segeval.classes.names import match_name

        hit = match_name(remark.name, self._names, remark.aliases)
        return None if hit is None else self._names[hit]


def unknown_class_error(name: str, known: tuple[str, ...]) -> RequestError:
    """The error for a class that the data does not have, with the nearest names."""
    from difflib import get_close_matches

    from segeval.classes.shipped_lists import shipped_list_names

    near = get_close_matches(name, (*known, *shipped_list_names()), 3, 0.5)
    return RequestError(
        f"there is no class {name!r}",
        help=f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known[:12])}",
    )
