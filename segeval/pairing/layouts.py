"""Layouts: the files of one side become entries, one a case (rules L1 to L14, I1 to I12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from segeval.pairing.cases import Side
from segeval.pairing.class_names import Hints, class_names, inner, is_label_map, split_token
from segeval.pairing.files import INTERMEDIATE, Found, Tree, is_scores, stem, suffix
from segeval.pairing.layout_kinds import (
    CASES,
    CLASSES,
    FLAT,
    ONE,
    TOKENS,
    Unit,
    Units,
    detected,
    possible,
)
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import field, frozen

FILE = "file"


@frozen
class Lone:
    """A file that holds every class, and the scores beside it: what a Side is made of.

    There may be 200 000 of them, and a Side with its paths takes five times as much.
    """

    root: Path
    found: Found
    scores: Found | None

    @property
    def side(self) -> Side:
        """The files."""
        scores = None if self.scores is None else self.scores.path(self.root)
        return Side(self.root, {"": self.found.path(self.root)}, scores)


@frozen
class Entry:
    """One case of one side, before pairing.

    path   relative to the root: the file, or the folder of the class files
    bare   the path without suffix
    name   the stem of the file or the name of the folder
    files  those of the case
    """

    path: str
    bare: str
    name: str
    files: Side | Lone

    @property
    def side(self) -> Side:
        """The files of the case."""
        return self.files.side if isinstance(self.files, Lone) else self.files


@frozen
class Layout:
    """How one side was read.

    kind     a word of `--layout`, or `file`
    entries  in natural order
    root     the path that was given, or the folder of labels below it
    images   files that are images and no masks
    others   how many files could not be masks, by suffix
    """

    kind: str
    entries: tuple[Entry, ...]
    root: Path
    images: int = 0
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether the path that was given is one case as a whole."""
        return self.kind in (FILE, ONE)

    @property
    def a_file_a_class(self) -> bool:
        """Whether classes have files of their own."""
        return any("" not in entry.side.files for entry in self.entries[:1])


def single(path: Path, scores: bool) -> Layout:
    """The layout of a side that is one file (L1).

    scores  look for probabilities beside it (I5)
    """
    name = stem(path.name)
    beside = path.with_name(f"{path.name[: len(path.name) - len(suffix(path.name))]}.npz")
    found = beside if scores and not is_scores(path.name) and beside.is_file() else None
    side = Side(path.parent, {"": path}, found)
    return Layout(FILE, (Entry(path.name, name, name, side),), path)


def laid_out(tree: Tree, hints: Hints) -> Layout:
    """Read a folder in the layout that is asked for, or else in the one that it has.

    Raises RequestError where two readings are possible.
    """
    from segeval.pairing.images import without_images

    units = without_images(tree, hints.other)
    masks = Tree(tree.root, tuple(f for unit in units.values() for f in unit))
    kind = hints.layout if possible(hints.layout, units) else detected(units, hints)
    if kind == TOKENS and not hints.tokens:
        raise RequestError(
            "--layout class-files needs the class names that stand in the file names",
            help="--classes road,sky",
        )
    entries = ENTRIES[kind](masks, units, hints)
    images = len(tree.files) - len(masks.files)
    return Layout(kind, tuple(entries), tree.root, images, tree.others)


def flat(masks: Tree, units: Units, hints: Hints) -> list[Entry]:
    """A label map a case; a `.npz` of the same name holds its probabilities (L2, L3, L8, L11)."""
    maps = {(f.folder, f.stem) for f in masks.files if not is_scores(f.name)}
    archives = {(f.folder, f.stem): f for f in masks.files if is_scores(f.name)}
    entries = []
    for found in masks.files:
        own = (found.folder, found.stem)
        if is_scores(found.name) and own in maps:
            continue
        scores = archives.get(own) if hints.scores and own in maps else None
        entries.append(map_entry(masks.root, found, scores))
    return entries


def map_entry(root: Path, found: Found, scores: Found | None) -> Entry:
    """The entry of a file that holds every class."""
    bare = "/".join((*found.folder, found.stem))
    return Entry(found.shown, bare, found.stem, Lone(root, found, scores))


def case_folders(masks: Tree, units: Units, hints: Hints) -> list[Entry]:
    """A folder a case, with a file a class or one label map (L5, L9, L10, L14)."""
    stems = {u: [inner(f.stem, u[-1]) for f in unarchived(files)] for u, files in units.items()}
    names = class_names([s for those in stems.values() for s in those], hints)
    shared = Counter(s for those in stems.values() for s in set(those) if len(those) > 1)
    entries = []
    for unit, files in units.items():
        only = stems[unit][0]
        unknown = not hints.known(names[only]) and only not in shared
        if len(stems[unit]) == 1 and (unknown or is_label_map(only, unit[-1])):
            side = flat(Tree(masks.root, tuple(files)), units, hints)[0].side
        else:
            refuse_candidates(unit, files)
            pairs = zip(stems[unit], unarchived(files), strict=True)
            side = Side(masks.root, by_class([(names[s], f) for s, f in pairs], masks.root))
        entries.append(folder_entry(unit, side))
    return entries


def folder_entry(unit: Unit, side: Side) -> Entry:
    """The entry of a folder that is a case."""
    path = "/".join(unit)
    return Entry(path, path, unit[-1], side)


def refuse_candidates(unit: Unit, files: Sequence[Found]) -> None:
    """Refuse a case folder with two files that could be its label map. Raises RequestError."""
    maps = [f for f in unarchived(files) if is_label_map(inner(f.stem, unit[-1]), unit[-1])]
    if maps:
        raise RequestError(
            f"{maps[0].shown!r} could be the label map of its case, or the file of a class",
            facts=tuple(f"beside {f.shown}" for f in files if f is not maps[0])[:5],
            help="remove one of them from the folder, or name the files: --pairs pairs.csv",
        )


def unarchived(files: Sequence[Found]) -> list[Found]:
    """The files without the archives of probabilities that lie beside a mask of the same name."""
    maps = {f.stem for f in files if not is_scores(f.name)}
    return [f for f in files if not (is_scores(f.name) and f.stem in maps)]


def by_class(named: Iterable[tuple[str, Found]], root: Path) -> dict[str, Path]:
    """The files of a case by class. Raises RequestError where two have one name."""
    found: dict[str, Found] = {}
    for name, file in named:
        if name in found:
            raise RequestError(
                f"two files of one case are the class {name!r}",
                facts=(found[name].shown, file.shown),
                help="remove one of them, or name the files: --pairs pairs.csv",
            )
        found[name] = file
    return {name: file.path(root) for name, file in found.items()}


def one(masks: Tree, units: Units, hints: Hints) -> list[Entry]:
    """One case with a file a class (I12)."""
    files = unarchived(masks.files)
    names = class_names([f.stem for f in files], hints)
    side = Side(masks.root, by_class([(names[f.stem], f) for f in files], masks.root))
    name = folder_name(masks.root, next(iter(units)))
    return [Entry(name, name, name, side)]


def folder_name(root: Path, unit: Unit) -> str:
    """What a folder that is one case is called: not `segmentations`, but the folder above it."""
    if unit:
        return unit[-1]
    above = root.resolve()
    return above.parent.name if above.name.lower() in INTERMEDIATE else above.name


def class_folders(masks: Tree, units: Units, hints: Hints) -> list[Entry]:
    """A folder a class with a file a case (L4)."""
    cases: dict[tuple[Unit, str], list[tuple[str, Found]]] = {}
    for unit, files in units.items():
        for found in unarchived(files):
            cases.setdefault((unit[:-1], found.stem), []).append((unit[-1], found))
    return [
        joined_entry(masks.root, above, name, named, f"*/{named[0][1].name}")
        for (above, name), named in cases.items()
    ]


def class_files(masks: Tree, units: Units, hints: Hints) -> list[Entry]:
    """One folder with case and class in each file name (L6); other names are no masks."""
    cases: dict[tuple[Unit, str], list[tuple[str, Found]]] = {}
    for found in unarchived(masks.files):
        if (split := split_token(found.stem, hints)) is not None:
            cases.setdefault((found.folder, split[0]), []).append((split[1], found))
    return [
        joined_entry(masks.root, above, name, named, f"*{name}*{suffix(named[0][1].name)}")
        for (above, name), named in cases.items()
    ]


def joined_entry(
    root: Path, above: Unit, name: str, named: Sequence[tuple[str, Found]], shown: str
) -> Entry:
    """The entry of a case whose class files lie apart, or among those of others."""
    path = "/".join((*above, name))
    side = Side(root, by_class(named, root), place="/".join((*above, shown)))
    return Entry(path, path, name, side)


ENTRIES: dict[str, Callable[[Tree, Units, Hints], list[Entry]]] = {
    FLAT: flat,
    CASES: case_folders,
    CLASSES: class_folders,
    TOKENS: class_files,
    ONE: one,
}
