"""DICOM trees: all files of a side by their headers, and what of them no case is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from segeval.pairing.cases import relative_path
from segeval.pairing.file_names import format_suffix
from segeval.pairing.files import BROKEN, Left, MaskFile, SideTree, holds_dicom, leave_aside
from segeval.pairing.images import require_image_folder
from segeval.readers.series import DicomIndex, Series, StructureSetHeader, index_dicom
from segeval.readers.series_matching import has_patient_folders, list_patients, top_folder
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.inventory import LOST, SAID, UNKNOWN

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


def choose_case_key(roots: Iterable[DicomRoot], asked: str) -> str:
    """What a case is, the same for both sides (LAYOUTS-D2)."""
    if asked != "auto":
        return asked
    each = all(root.whole or has_patient_folders(root.index, root.path) for root in roots)
    return "folder" if each else "patient"


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


def folder_below_root(found: MaskFile) -> str:
    """The folder of a file right below the root."""
    return found.folder[0] if found.folder else ""


def is_broken_link(path: Path) -> bool:
    """Whether a path is a link to nothing."""
    return path.is_symlink() and not path.exists()


def objects_aside(root: DicomRoot, taken: set[Path]) -> Iterator[Left]:
    """The DICOM objects, and what is none of them, that no case is made of.

    taken  files of cases
    """
    path = root.path
    for kind, paths in root.index.others.items():
        shown = [relative_path(one, path) for one in paths]
        yield from leave_aside("file", f"of DICOM with {kind}, neither image nor contours", shown)
    shown = [relative_path(one, path) for one in root.index.foreign]
    yield from leave_aside("file", "of an unknown kind", shown)
    for problem in root.index.damaged:
        if Path(problem.where) in taken:
            continue
        names = (relative_path(Path(problem.where), path),)
        if is_broken_link(Path(problem.where)):
            yield Left("file", BROKEN, names, LOST)
        else:
            yield Left("file", f"that cannot be read: {problem.message}", names, UNKNOWN, SAID)
