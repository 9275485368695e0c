"""The cases of a DICOM tree: by structure set, by patient, and of damaged files (LAYOUTS-L12)."""

from __future__ import annotations

from pathlib import Path

from segeval.classes.names import natural_key
from segeval.pairing.cases import CaseFiles, relative_path
from segeval.pairing.class_names import Hints
from segeval.pairing.dicom_root import (
    PATIENTS,
    DicomRoot,
    folder_below_root,
    held_objects,
    objects_aside,
)
from segeval.pairing.file_names import PICTURES, strip_format_suffix, strip_roles
from segeval.pairing.files import MaskFile, SideTree, leave_aside
from segeval.pairing.images import is_plot
from segeval.pairing.side_layout import CaseEntry, SideLayout, single_file_layout
from segeval.pairing.two_sides import is_lone_file, read_side_layout
from segeval.readers.series import StructureSetHeader
from segeval.readers.series_matching import top_folder
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import UNKNOWN


def plain_side_layout(
    side: SideTree | Path, hints: Hints, whole: bool, root: DicomRoot | None
) -> SideLayout:
    """The side without structures of DICOM; beside one patient the file of one class is a case too.

    root  its DICOM objects, if it has some: image series, on which the other side may lie
    """
    if isinstance(side, Path):
        return single_file_layout(side, False)
    hints = replace(hints, scores=False)
    side = replace(side, dicom=root is not None)
    layout = read_side_layout(side, hints)
    if whole and is_lone_file(layout):
        layout = read_side_layout(side, replace(hints, lone=True))
    if root is None:
        return layout
    left = (*layout.left, *objects_aside(root, set()))
    return replace(layout, left=left, shared=root.index.slices)


def tree_layout(root: DicomRoot, by: str, hints: Hints) -> SideLayout:
    """The cases of a DICOM tree; a damaged file is one where its folder has nothing else.

    Masks of other formats are cases where nothing else of that patient is there (ACCOUNT-A9).
    """
    found: dict[str, list[StructureSetHeader]] = {}
    for one in sorted(root.index.structures, key=lambda f: natural_key(f.path.as_posix())):
        found.setdefault(root.key(one.path, one, by), []).append(one)
    entries = [
        file_entry(root.path, sets[0]) if by == "file" else patient_entry(root.path, key, sets)
        for key, sets in found.items()
    ]
    known = {top_folder(one.path, root.path) for one in root.index.structures}
    if by == "folder" and not root.whole:
        entries += damaged_entries(root, known)
    taken = {path for e in entries for path in e.side.files.values()}
    masks = mask_layout(root, known, hints)
    entries += masks.entries
    entries.sort(key=lambda e: natural_key(e.name))
    left = (*masks.left, *objects_aside(root, taken))
    return SideLayout(
        "one-case" if root.whole else PATIENTS,
        tuple(entries),
        root.path,
        0,
        {**held_objects(root.index), **masks.others},
        root.tree.met,
        left,
        root.index.slices,
    )


def mask_layout(root: DicomRoot, known: set[str], hints: Hints) -> SideLayout:
    """The masks of other formats in a DICOM tree: those of patients without structures.

    known  the folders of patients that have some
    """
    tree = root.tree
    whole = root.whole
    free = tuple(f for f in tree.files if not whole and folder_below_root(f) not in known)
    stray = [f for f in tree.files if whole or folder_below_root(f) in known]
    plots = [f for f in (*free, *stray) if is_plot(f)]
    masks = [f for f in stray if not is_plot(f)]
    pictures = [f for f in free if is_stray_picture(f, hints) and f not in plots]
    gone = {*plots, *pictures}
    free = tuple(f for f in free if f not in gone)
    left = (
        *leave_aside("file", "named like plots or previews", [f.shown for f in plots]),
        *leave_aside(
            "file", "in a picture format among patients", [f.shown for f in pictures], UNKNOWN
        ),
        *leave_aside(
            "file", "beside structure sets of the same case", [f.shown for f in masks], UNKNOWN
        ),
    )
    layout = read_side_layout(replace(tree, files=free, objects=()), replace(hints, scores=False))
    return replace(layout, left=(*layout.left, *left))


def is_stray_picture(found: MaskFile, hints: Hints) -> bool:
    """Whether a picture right in a tree is of no name of the other side (ACCOUNT-A9)."""
    names = {name.casefold() for name in hints.other}
    alone = names.isdisjoint((found.stem.casefold(), strip_roles(found.stem).casefold()))
    return not found.folder and found.name.lower().endswith(PICTURES) and alone


def file_entry(root: Path, one: StructureSetHeader) -> CaseEntry:
    """A case that is a structure set."""
    side = CaseFiles(root, {"": one.path}, sets=(one,))
    shown = relative_path(one.path, root)
    return CaseEntry(
        shown, shown.removesuffix(one.path.suffix), strip_format_suffix(one.path.name), side
    )


def patient_entry(root: Path, key: str, sets: list[StructureSetHeader]) -> CaseEntry:
    """A case of a DICOM tree."""
    path = sets[0].path
    place = "" if len(sets) == 1 else relative_path(path.parent, root)
    side = CaseFiles(root, {"": path}, place=place, sets=tuple(sets))
    return CaseEntry(side.shown, key, key, side)


def damaged_entries(root: DicomRoot, known: set[str]) -> list[CaseEntry]:
    """The cases of which only a damaged file is there (LAYOUTS-P1: none is dropped)."""
    first: dict[str, ReadError] = {}
    for problem in root.index.damaged:
        alone = "" if known else root.path.resolve().name  # a file right in the folder
        key = top_folder(Path(problem.where), root.path) or alone
        if key and key not in known:
            first.setdefault(key, problem)
    sides = {k: CaseFiles(root.path, {"": Path(problem.where)}) for k, problem in first.items()}
    return [CaseEntry(side.shown, key, key, side) for key, side in sides.items()]


def anonymous_id(side: CaseFiles) -> str:
    """A case by its file, where its key must not be shown."""
    path = next(iter(side.files.values()))
    return relative_path(path.with_suffix(""), side.root)
