"""Layouts: the files of one side become entries, one a case.

Rules LAYOUTS-L1 to L14, I1 to I12.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from segeval.pairing.cases import CaseFiles
from segeval.pairing.class_names import (
    Hints,
    derive_class_names,
    is_label_map_name,
    split_token,
    strip_folder_name,
)
from segeval.pairing.file_names import (
    PICTURES,
    VOLUMES,
    format_suffix,
    is_score_archive,
)
from segeval.pairing.files import BROKEN, INTERMEDIATE, Left, MaskFile, SideTree, leave_aside
from segeval.pairing.layout_kinds import (
    CASES,
    CLASSES,
    FLAT,
    ONE,
    TOKENS,
    FilesByFolder,
    FolderParts,
    detect_layout,
    fits_layout,
)
from segeval.pairing.side_layout import CaseEntry, LoneFile, SideLayout
from segeval.runtime.errors import CaseError, RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import ASKED, LOST, UNKNOWN

NAME_FILES = "or name the files of every case in a table: --pairs TABLE in place of PRED and GT"


def read_folder_layout(tree: SideTree, hints: Hints) -> SideLayout:
    """Read a folder in the layout that is asked for, or else in the one that it has.

    Raises RequestError where two readings are possible.
    """
    from segeval.pairing.images import drop_images

    left = list(tree.left)
    doubtful: set[MaskFile] = set()
    if hints.pattern:
        units = matched_files(tree, hints.pattern, left)
    else:
        units = drop_images(tree, hints.other, left, doubtful)
    units = {unit: files for unit, files in units.items() if files}
    masks = SideTree(tree.root, tuple(f for unit in units.values() for f in unit))
    kind = hints.layout if fits_layout(hints.layout, units) else detect_layout(units, hints)
    if kind == TOKENS and not hints.tokens:
        raise RequestError(
            "--layout class-files needs the class names that stand in the file names",
            help="--classes road,sky",
        )
    entries = ENTRIES[kind](masks, units, hints)
    if doubtful:
        entries = doubt_entries(entries, doubtful, tree.root)
    images = 0 if hints.pattern else len(tree.files) - len(masks.files)
    left += unused_masks(masks, entries, hints.scores)
    left += leave_aside("file", "of a format without masks", tree.others)
    if not tree.dicom:
        lost, objects = split_broken_links(tree)
        left += leave_aside("file", BROKEN, lost, LOST)
        left += leave_aside("file", "of an unknown kind", objects)
    return SideLayout(kind, tuple(entries), tree.root, images, tree.suffixes, tree.met, tuple(left))


def split_broken_links(tree: SideTree) -> tuple[list[str], list[str]]:
    """What has the name of no format: links to nothing, which may be folders, and the rest."""
    lost, objects = list[str](), list[str]()
    for found in tree.objects:
        (objects if found.path(tree.root).exists() else lost).append(found.shown)
    return lost, objects


def matched_files(
    tree: SideTree, pattern: str, left: list[Left]
) -> dict[FolderParts, list[MaskFile]]:
    """The files that the user's pattern fits, or whose folder it fits: those are masks.

    Rules ACCOUNT-A8, LAYOUTS-M2.
    """
    from segeval.pairing.images import case_folder

    fits = re.compile(pattern).search
    units: dict[FolderParts, list[MaskFile]] = {}
    aside: list[str] = []
    for found in tree.files:
        own = case_folder(found.folder)
        if fits(found.shown) or (own and fits("/".join(own))):
            units.setdefault(own, []).append(found)
        else:
            aside.append(found.shown)
    if aside:
        reason = f"not matched by {pattern!r}, so no case"
        left.append(Left("file", reason, tuple(aside), ASKED, "W-not-matched"))
    return units


def unused_masks(masks: SideTree, entries: Sequence[CaseEntry], scores: bool) -> list[Left]:
    """The files of masks that are in no entry."""
    if sum(entry.many for entry in entries) == len(masks.files):
        return []
    used: set[Path] = set()
    told: set[str] = set()  # the files that are a fault of their case
    for entry in entries:
        side = entry.side
        used.update(side.files.values(), () if side.scores is None else (side.scores,))
        told.update(fact for fault in side.faults.values() for fact in fault.facts)
    rest = [f for f in masks.files if f.path(masks.root) not in used and f.shown not in told]
    archives = [f.shown for f in rest if is_score_archive(f.name)]
    others = [f.shown for f in rest if not is_score_archive(f.name)]
    side_word = "beside class files, which have no use for them" if scores else "of a ground truth"
    return [
        *leave_aside("file", f"of scores {side_word}", archives),
        *leave_aside("file", "without the name of a class", others, UNKNOWN),
    ]


def doubt_entries(
    entries: Sequence[CaseEntry], doubtful: set[MaskFile], root: Path
) -> list[CaseEntry]:
    """The entries, of which those of a file that may be an image are faulty (LAYOUTS-P2)."""
    shown = {file.path(root): file.shown for file in doubtful}
    made = []
    for entry in entries:
        own = [shown[path] for path in entry.side.files.values() if path in shown]
        made.append(entry._replace(files=doubt_side(entry.side, own[0])) if own else entry)
    return made


def doubt_side(side: CaseFiles, shown: str) -> CaseFiles:
    """A side whose only mask may be an image."""
    problem = CaseError(
        f"{shown!r} is named like the images that other cases have beside their masks",
        help=f"remove it, if it is an image; {NAME_FILES}",
        status="ambiguous",
    )
    return replace(side, faults={"": problem})


TwinKey = tuple[FolderParts, str, str]


def flat_entries(masks: SideTree, units: FilesByFolder, hints: Hints) -> list[CaseEntry]:
    """A label map a case; a `.npz` of the same name holds its probabilities.

    Rules LAYOUTS-L2, L3, L8, L11.
    """
    archives = {(f.folder, f.stem): f for f in masks.files if is_score_archive(f.name)}
    twins = find_twins(masks.files)
    if not archives and not twins:
        return [label_map_entry(masks.root, found, None) for found in masks.files]
    maps = {(f.folder, f.stem) for f in masks.files if not is_score_archive(f.name)}
    entries: list[CaseEntry] = []
    for found in masks.files:
        own = (found.folder, found.stem)
        if is_score_archive(found.name) and own in maps:
            continue
        alike = twins.get((*own, format_family(found.name)), ())
        if alike and found is not alike[0]:
            continue
        scores = archives.get(own) if hints.scores and own in maps else None
        entry = label_map_entry(masks.root, found, scores)
        entries.append(twin_entry(entry, alike) if alike else entry)
    return entries


def format_family(name: str) -> str:
    """What a format holds: pictures are one kind, volumes another, arrays a third."""
    lower = name.lower()
    return next((kind[0] for kind in (PICTURES, VOLUMES) if lower.endswith(kind)), "")


def find_twins(files: Sequence[MaskFile]) -> dict[TwinKey, list[MaskFile]]:
    """The files that have one name in two formats: `a.nii` beside `a.nii.gz` (ACCOUNT-A10)."""
    if len({(file.folder, file.stem) for file in files}) == len(files):
        return {}
    groups: dict[TwinKey, list[MaskFile]] = {}
    for file in files:
        if kind := format_family(file.name):
            groups.setdefault((file.folder, file.stem, kind), []).append(file)
    return {key: alike for key, alike in groups.items() if len(alike) > 1}


def twin_entry(entry: CaseEntry, alike: Sequence[MaskFile]) -> CaseEntry:
    """The entry of a case that several files could be: nothing tells which is meant."""
    problem = CaseError(
        f"{len(alike)} files are the case {entry.name!r}",
        facts=tuple(file.shown for file in alike),
        help="keep one of them in the folder, or name the files: --pairs pairs.csv",
        status="ambiguous",
    )
    side = replace(entry.side, faults={"": problem}, beside=len(alike) - 1)
    return entry._replace(files=side)


def label_map_entry(root: Path, found: MaskFile, scores: MaskFile | None) -> CaseEntry:
    """The entry of a file that holds every class."""
    bare = "/".join((*found.folder, found.stem))
    return CaseEntry(found.shown, bare, found.stem, LoneFile(root, found, scores))


def case_folder_entries(masks: SideTree, units: FilesByFolder, hints: Hints) -> list[CaseEntry]:
    """A folder a case, with a file a class or one label map (LAYOUTS-L5, L9, L10, L14)."""
    stems = {
        u: [strip_folder_name(f.stem, u[-1]) for f in drop_score_archives(files)]
        for u, files in units.items()
    }
    names = derive_class_names([s for those in stems.values() for s in those], hints)
    shared = Counter(s for those in stems.values() for s in set(those) if len(those) > 1)
    entries = []
    for unit, files in units.items():
        only = stems[unit][0]
        unknown = not hints.known(names[only]) and only not in shared
        if len(stems[unit]) == 1 and (unknown or is_label_map_name(only, unit[-1])):
            side = flat_entries(SideTree(masks.root, tuple(files)), units, hints)[0].side
        else:
            pairs = zip(stems[unit], drop_score_archives(files), strict=True)
            side = paths_by_class([(names[s], f) for s, f in pairs], masks.root)
            if problem := two_readings(unit, files):
                side = replace(side, faults={"": problem})
        entries.append(folder_entry(unit, side))
    return entries


def folder_entry(unit: FolderParts, side: CaseFiles) -> CaseEntry:
    """The entry of a folder that is a case."""
    path = "/".join(unit)
    return CaseEntry(path, path, unit[-1], side)


def two_readings(unit: FolderParts, files: Sequence[MaskFile]) -> CaseError | None:
    """The error of a case folder with several files of which one could be its label map."""
    maps = [
        f
        for f in drop_score_archives(files)
        if is_label_map_name(strip_folder_name(f.stem, unit[-1]), unit[-1])
    ]
    if not maps:
        return None
    return CaseError(
        f"{maps[0].shown!r} could be the label map of its case, or the file of a class",
        facts=tuple(f"beside {f.shown}" for f in files if f is not maps[0])[:5],
        help=f"remove one of them from the folder, {NAME_FILES}",
        status="ambiguous",
    )


def drop_score_archives(files: Sequence[MaskFile]) -> list[MaskFile]:
    """The files without the archives of probabilities that lie beside a mask of the same name."""
    maps = {f.stem for f in files if not is_score_archive(f.name)}
    return [f for f in files if not (is_score_archive(f.name) and f.stem in maps)]


def paths_by_class(named: Iterable[tuple[str, MaskFile]], root: Path) -> CaseFiles:
    """The files of a case by class; two of one name are an error of that class (ACCOUNT-A10)."""
    found: dict[str, list[MaskFile]] = {}
    for name, file in named:
        found.setdefault(name, []).append(file)
    faults = {
        name: CaseError(
            f"two files of one case are the class {name!r}",
            facts=tuple(file.shown for file in files),
            help=f"keep one of them in the folder, {NAME_FILES}",
            status="two_structures",
        )
        for name, files in found.items()
        if len(files) > 1
    }
    paths = {name: files[0].path(root) for name, files in found.items()}
    return CaseFiles(root, paths, faults=faults, beside=sum(map(len, found.values())) - len(found))


def single_case_entries(masks: SideTree, units: FilesByFolder, hints: Hints) -> list[CaseEntry]:
    """One case with a file a class (LAYOUTS-I12)."""
    files = drop_score_archives(masks.files)
    names = derive_class_names([f.stem for f in files], hints)
    side = paths_by_class([(names[f.stem], f) for f in files], masks.root)
    name = case_folder_name(masks.root, next(iter(units)))
    return [CaseEntry(name, name, name, side)]


def case_folder_name(root: Path, unit: FolderParts) -> str:
    """What a folder that is one case is called: not `segmentations`, but the folder above it."""
    if unit:
        return unit[-1]
    above = root.resolve()
    return above.parent.name if above.name.lower() in INTERMEDIATE else above.name


def class_folder_entries(masks: SideTree, units: FilesByFolder, hints: Hints) -> list[CaseEntry]:
    """A folder a class with a file a case (LAYOUTS-L4)."""
    cases: dict[tuple[FolderParts, str], list[tuple[str, MaskFile]]] = {}
    for unit, files in units.items():
        for found in drop_score_archives(files):
            cases.setdefault((unit[:-1], found.stem), []).append((unit[-1], found))
    return [
        class_files_entry(masks.root, above, name, named, f"*/{named[0][1].name}")
        for (above, name), named in cases.items()
    ]


def class_file_entries(masks: SideTree, units: FilesByFolder, hints: Hints) -> list[CaseEntry]:
    """One folder with case and class in each file name (LAYOUTS-L6); other names are no masks."""
    cases: dict[tuple[FolderParts, str], list[tuple[str, MaskFile]]] = {}
    for found in drop_score_archives(masks.files):
        if (split := split_token(found.stem, hints)) is not None:
            cases.setdefault((found.folder, split[0]), []).append((split[1], found))
    return [
        class_files_entry(
            masks.root, above, name, named, f"*{name}*{format_suffix(named[0][1].name)}"
        )
        for (above, name), named in cases.items()
    ]


def class_files_entry(
    root: Path, above: FolderParts, name: str, named: Sequence[tuple[str, MaskFile]], shown: str
) -> CaseEntry:
    """The entry of a case whose class files lie apart, or among those of others."""
    path = "/".join((*above, name))
    side = replace(paths_by_class(named, root), place="/".join((*above, shown)))
    return CaseEntry(path, path, name, side)


ENTRIES: dict[str, Callable[[SideTree, FilesByFolder, Hints], list[CaseEntry]]] = {
    FLAT: flat_entries,
    CASES: case_folder_entries,
    CLASSES: class_folder_entries,
    TOKENS: class_file_entries,
    ONE: single_case_entries,
}
