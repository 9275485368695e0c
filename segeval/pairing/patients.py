"""DICOM trees: structure sets and segmentations by patient (LAYOUTS-L12, L13, D1 to D3).

A tree is indexed by the headers of all its files. What a case is, is said by its folder where every
folder below the root holds one patient, else by the patient; whose identifier is shown nowhere
unless it is asked for (DICOM-X5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from segeval.classes.names import natural_key, normalize_name, primary_name
from segeval.pairing.cases import Case, CaseFiles, Pairing, relative_path
from segeval.pairing.class_names import Hints
from segeval.pairing.files import (
    Left,
    SideTree,
    format_suffix,
    holds_dicom,
    leave,
    list_mask_files,
    strip_format_suffix,
)
from segeval.pairing.files import MaskFile as MaskFile
from segeval.pairing.images import is_plot, require_image_folder
from segeval.pairing.layouts import single_file_layout
from segeval.pairing.side_layout import CaseEntry, SideLayout
from segeval.pairing.two_sides import is_lone_file, read_side_layout, side_stems
from segeval.readers.selection import parse_selector
from segeval.readers.series import DicomIndex, Series, StructureSetHeader, index_dicom
from segeval.readers.series_matching import has_patient_folders, list_patients, top_folder
from segeval.request.settings import Settings
from segeval.runtime.errors import Note, ReadError, RequestError
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.inventory import SAID, UNKNOWN

PATIENTS = "patients"


@frozen
class DicomRoot:
    """A DICOM tree of one side, or of images.

    tree   all its files, masks in other formats too
    apart  cases are told apart in another way than by the patient
    """

    path: Path
    index: DicomIndex
    tree: SideTree
    apart: bool = False

    @property
    def whole(self) -> bool:
        """Whether the folder is one case, of one patient.

        Then its structure sets lie right in it, or in folders beside those of the images.
        """
        if self.apart:
            return False
        sets = {top_folder(one.path, self.path) for one in self.index.structures}
        series = self.index.series.values()
        images = {top_folder(image.path, self.path) for one in series for image in one.images}
        beside = bool(images) and sets.isdisjoint(images)
        return (sets == {""} or (bool(sets) and beside)) and (
            len({patient for _, patient in list_patients(self.index)}) == 1
        )

    def key(self, path: Path, owner: StructureSetHeader | Series, by: str) -> str:
        """The case of an object (LAYOUTS-D2)."""
        if self.whole:
            return self.path.resolve().name
        if by == "folder":
            return top_folder(path, self.path)
        if by == "file":
            return relative_path(path, self.path)
        return (
            owner.uid if by == "series" and isinstance(owner, Series) else str(getattr(owner, by))
        )


@frozen
class PatientLayouts:
    """Both sides as layouts, and where their image series lie.

    layouts  of the prediction and of the ground truth
    roots    the DICOM trees among them, and the folder of images
    by       folder, patient, study or series
    hidden   keys are identifiers that nobody asked to see
    """

    layouts: tuple[SideLayout, SideLayout]
    roots: tuple[DicomRoot, ...]
    by: str
    hidden: bool

    def with_series(self, pairing: Pairing) -> Pairing:
        """The pairing with the image series of every case, and without identifiers (DICOM-X5)."""
        near = _NearbySeries(self.roots, self.by)
        called = structure_spellings(one for case in pairing.cases for one in case.truth.sets)
        cases = [replace(c, series=near.of(c), called=called) for c in pairing.cases]
        if self.hidden:
            cases = [replace(case, id=anonymous_id(case.truth)) for case in cases]
            cases.sort(key=lambda case: natural_key(case.id))
        notes = [
            Note("W-damaged-file", problem.message, relative_path(Path(problem.where), root.path))
            for root in self.roots
            for problem in root.index.damaged
        ]
        return replace(pairing, cases=tuple(cases), notes=(*pairing.notes, *notes))


def structure_spellings(sets: Iterable[StructureSetHeader]) -> dict[str, str]:
    """What a structure is called in all cases, by its name in one, where that is another.

    Names of one normal form, or of one entry in the table of structures, are one structure. It is
    called as the table has it if a ground truth does so, else as most of them do.
    """
    groups: dict[str, Counter[str]] = {}
    for name in (name for one in sets for name in one.names):
        groups.setdefault(primary_name(name) or normalize_name(name), Counter())[name] += 1
    called = {}
    for names in groups.values():
        best = min(
            names, key=lambda name: (primary_name(name) != name, -names[name], natural_key(name))
        )
        called.update({name: best for name in names if name != best})
    return called


def patient_layouts(
    pred: Path,
    gt: Path,
    looked: tuple[SideTree | Path, SideTree | Path],
    hints: Hints,
    settings: Settings,
) -> PatientLayouts:
    """Two sides of which one or both hold DICOM objects. Raises RequestError."""
    for select in filter(None, (settings.pred_select, settings.gt_select)):
        parse_selector(select)
    patterns = (settings.pair_regex_pred, settings.pair_regex_gt)
    known = (settings.case_key, settings.layout)
    roots = [
        tree_root(path, side, pattern, known)
        for path, side, pattern in zip((pred, gt), looked, patterns, strict=True)
    ]
    found = [root for root in roots if root is not None]
    by = choose_case_key(found, settings.case_key)
    whole = any(root.whole for root in found)
    named = {
        normalize_name(n) for root in found for one in root.index.structures for n in one.names
    }
    hints = replace(hints, forms=hints.forms | named)  # files called like structures are classes
    layouts = []
    for place, (root, side) in enumerate(zip(roots, looked, strict=True)):
        own = replace(hints, other=side_stems(looked[1 - place]), pattern=patterns[place])
        if root is not None and (root.index.structures or not root.tree.files):
            kind = "file" if patterns[place] or settings.layout == "flat" else by
            layouts.append(tree_layout(root, kind, own))
        else:
            layouts.append(plain_side_layout(side, own, whole, root))
    hidden = by == "patient" and settings.case_key == "auto" and not any(r.apart for r in found)
    return PatientLayouts((layouts[0], layouts[1]), (*found, *image_roots(settings)), by, hidden)


def tree_root(
    path: Path, side: SideTree | Path, pattern: str, known: tuple[str, str]
) -> DicomRoot | None:
    """The DICOM objects of a side; None where there are none.

    known  `--case-key` and `--layout`
    """
    if not isinstance(side, SideTree) or not holds_dicom(side):
        return None
    index = index_dicom(path, [f.path(path) for f in side.objects])
    apart = bool(pattern) or known[0] not in ("auto", "folder", "patient") or known[1] == "flat"
    return DicomRoot(path, index, replace(side, dicom=True), apart)


def image_roots(settings: Settings) -> list[DicomRoot]:
    """The folder of image series that neither side holds, if there is one (LAYOUTS-D3)."""
    if not settings.images:
        return []
    require_image_folder(settings)
    images = Path(settings.images)
    return [DicomRoot(images, index_dicom(images), SideTree(images, ()))]


def pair_single_side(path: Path, settings: Settings) -> Pairing:
    """One tree, or one file of it, without another side: a case for each structure set.

    Raises RequestError for a file that is none, ReadError for a damaged one.
    """
    folder = path if path.is_dir() else path.parent
    tree = replace(list_mask_files(folder), files=())
    root = DicomRoot(folder, index_dicom(folder, [f.path(folder) for f in tree.objects]), tree)
    roots = (root, *image_roots(settings))
    if not path.is_dir():
        return Pairing((single_file_case(path, roots),), "")
    by = choose_case_key([root], settings.case_key)
    layout = tree_layout(root, by, Hints())
    hidden = by == "patient" and settings.case_key == "auto"
    cases = tuple(Case(entry.name, None, entry.side) for entry in layout.entries)
    found = PatientLayouts((layout, layout), roots, by, hidden).with_series(Pairing(cases, ""))
    return replace(
        found, cases=tuple(one for case in found.cases for one in split_structure_sets(case))
    )


def single_file_case(path: Path, roots: tuple[DicomRoot, ...]) -> Case:
    """A file with the image series in its folder and in the folder of images."""
    index = roots[0].index
    sets = tuple(found for found in index.structures if found.path == path)
    if not sets:
        for problem in index.damaged:
            if problem.where == str(path):
                raise problem
        raise RequestError("neither an RTSTRUCT nor a SEG", where=path)
    series = tuple(s for root in roots for s in root.index.series.values())
    return Case(
        strip_format_suffix(path.name),
        None,
        CaseFiles(path.parent, {"": path}, sets=sets),
        series=series,
    )


def split_structure_sets(case: Case) -> Iterator[Case]:
    """A case of several structure sets as a case for each of them."""
    if len(case.truth.sets) < 2:
        yield case
        return
    for one in case.truth.sets:
        side = CaseFiles(case.truth.root, {"": one.path}, sets=(one,))
        yield replace(case, id=anonymous_id(side), truth=side)


def choose_case_key(roots: Iterable[DicomRoot], asked: str) -> str:
    """What a case is, the same for both sides (LAYOUTS-D2)."""
    if asked != "auto":
        return asked
    each = all(root.whole or has_patient_folders(root.index, root.path) for root in roots)
    return "folder" if each else "patient"


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
    free = tuple(f for f in tree.files if not whole and tops(f) not in known)
    stray = [f for f in tree.files if whole or tops(f) in known]
    plots = [f for f in stray if is_plot(f)]
    masks = [f for f in stray if not is_plot(f)]
    left = (
        *leave("file", "named like plots or previews", [f.shown for f in plots]),
        *leave("file", "beside structure sets of the same case", [f.shown for f in masks], UNKNOWN),
    )
    layout = read_side_layout(replace(tree, files=free, objects=()), replace(hints, scores=False))
    return replace(layout, left=(*layout.left, *left))


def objects_in_words(tree: SideTree) -> str:
    """What a folder without masks holds: `98 CT slices, 1 RTDOSE, 2 .txt`."""
    index = index_dicom(tree.root, [f.path(tree.root) for f in tree.objects])
    others = Counter(held_objects(index))
    others.update(format_suffix(name.lower()) for name in tree.others)
    return ", ".join(f"{n} {kind}" for kind, n in sorted(others.items()))


def held_objects(index: DicomIndex) -> dict[str, int]:
    """How many DICOM objects that are no structures a tree has, by what they are."""
    held: Counter[str] = Counter()
    for one in index.series.values():
        held[f"{one.modality} slices" if one.modality else "slices"] += len(one.images)
    held.update(format_suffix(path.name.lower()) or "no suffix" for path in index.foreign)
    return {**held, **{kind: len(paths) for kind, paths in index.others.items()}}


def tops(found: MaskFile) -> str:
    """The folder of a file right below the root."""
    return found.folder[0] if found.folder else ""


def objects_aside(root: DicomRoot, taken: set[Path]) -> Iterator[Left]:
    """The DICOM objects, and what is none of them, that no case is made of.

    taken  files of cases
    """
    path = root.path
    for kind, paths in root.index.others.items():
        shown = [relative_path(one, path) for one in paths]
        yield from leave("file", f"of DICOM with {kind}, neither image nor contours", shown)
    shown = [relative_path(one, path) for one in root.index.foreign]
    yield from leave("file", "of an unknown kind", shown)
    for problem in root.index.damaged:
        if Path(problem.where) not in taken:
            names = (relative_path(Path(problem.where), path),)
            yield Left("file", f"that cannot be read: {problem.message}", names, UNKNOWN, SAID)


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


class _NearbySeries:
    """Which image series a case may have been drawn on: its own, or those that it names.

    Rule LAYOUTS-D3.
    """

    def __init__(self, roots: Iterable[DicomRoot], by: str) -> None:
        self._by_key: dict[str, list[Series]] = {}
        self._by_uid: dict[str, Series] = {}
        self._by_frame: dict[str, list[Series]] = {}
        for root in reversed(list(roots)):  # the ground truth, which is second, is looked at first
            for series in root.index.series.values():
                key = root.key(series.images[0].path, series, by)
                self._by_key.setdefault(key, []).append(series)
                self._by_uid.setdefault(series.uid, series)
                self._by_frame.setdefault(series.frame, []).append(series)

    def of(self, case: Case) -> tuple[Series, ...]:
        """The series of a case, each once."""
        found: dict[str, Series] = {}
        for side in (case.truth, case.pred):
            for one in () if side is None else side.sets:
                named = [self._by_uid[one.series]] if one.series in self._by_uid else []
                same = self._by_frame.get(one.frame, []) if one.frame else []
                for series in (*named, *same):
                    found.setdefault(series.uid, series)
        for series in self._by_key.get(case.id, []):
            found.setdefault(series.uid, series)
        return tuple(found.values())
