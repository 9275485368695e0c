"""Files of a side: which could be masks, what their names say, and the folders they lie in.

A folder is listed once and no file is asked for its state, so 20 000 files take a tenth of a
second. Order is natural order, whatever the file system gives.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from segeval.classes.names import natural_key, sort_naturally
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import field, frozen

SUFFIXES = (
    *(".seg.nrrd", ".nrrd", ".nhdr", ".nii.gz", ".nii"),
    *(".png", ".bmp", ".tif", ".tiff", ".npy", ".npz"),
)
REFUSED = (".jpg", ".jpeg", ".mha", ".mhd")  # taken where nothing else is there: the error helps
SCORES = ".npz"
SIDE_FILES = (
    *("thumbs.db", "dicomdir", "dataset.json", "plans.json", "predict_from_raw_data_args.json"),
    *("summary.json", "statistics.json"),
)
INTERMEDIATE = ("segmentations", "structures", "masks", "labels", "seg", "contours")
IMAGE_FOLDERS = ("images", "imagestr", "imagests", "imagesval")
MODALITIES = (
    *("t1", "t1n", "t1c", "t1ce", "t1gd", "t2", "t2w", "t2f", "flair", "adc", "dwi"),
    *("ct", "pet", "img", "image"),
)
ROLES = (
    *("seg", "segmentation", "segment", "label", "labels", "labelmap", "mask", "masks", "msk"),
    *("gt", "groundtruth", "truth", "ref", "reference", "manual"),
    *("pred", "prediction", "predictions", "predicted", "auto", "output", "out", "result"),
    *("prob", "probs", "probability", "softmax", "logits", "trans"),
    *("gtFine", "labelIds", "labelTrainIds", "leftImg8bit"),
)
_ROLE = "|".join(sorted(ROLES, key=len, reverse=True))
ROLE_END = rf"(?i)(?:[_\-.](?:{_ROLE}))+$"
ROLE_START = rf"(?i)^(?:(?:{_ROLE})[_\-.])+"
ROLE_ONLY = rf"(?i)^(?:{_ROLE})(?:[_\-.](?:{_ROLE}))*$"
CHANNEL = r"^(.+)_000[0-3]$"


def has_mask_name(path: Path) -> bool:
    """Whether the name alone says that a file is of masks, labels or scores: no DICOM object is."""
    return path.name.lower().endswith(SUFFIXES)


@frozen
class MaskFile:
    """A file that could be a mask.

    folder  names of the folders below the root
    stem    the name without its suffix
    """

    folder: tuple[str, ...]
    name: str
    stem: str

    @property
    def shown(self) -> str:
        """The path relative to the root."""
        return "/".join((*self.folder, self.name))

    def path(self, root: Path) -> Path:
        """The path of the file."""
        return root.joinpath(*self.folder, self.name)


@frozen
class SideTree:
    """What a side holds.

    files   what could be masks, in natural order
    others  how many other files there are, by suffix
    """

    root: Path
    files: tuple[MaskFile, ...]
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def stems(self) -> set[str]:
        """The stems of all files."""
        return {found.stem for found in self.files}


def compose_accents(text: str) -> str:
    """A name in the form in which some file systems do and some do not keep accents."""
    if text.isascii():
        return text
    import unicodedata

    return unicodedata.normalize("NFC", text)


def format_suffix(name: str) -> str:
    """The suffix that says the format, as it stands; that of `a.nii.gz` is `.nii.gz`."""
    lower = name.lower()
    if lower.endswith(SUFFIXES):
        for known in SUFFIXES:
            if lower.endswith(known) and len(name) > len(known):
                return name[-len(known) :]
    return os.path.splitext(name)[1]


def strip_format_suffix(name: str) -> str:
    """The name without the suffix that says the format."""
    end = len(format_suffix(name))
    return compose_accents(name[:-end] if end else name)


def is_score_archive(name: str) -> bool:
    """Whether the file is an archive that may hold the probabilities of a label map."""
    return name.lower().endswith(SCORES)


@lru_cache(1 << 12)
def strip_roles(name: str) -> str:
    """A name without role tokens at its end or start; a name of nothing else stays."""
    if re.match(ROLE_ONLY, name):
        return name
    while (less := re.sub(ROLE_START, "", re.sub(ROLE_END, "", name))) != name:
        name = less
    return name


def has_role(name: str) -> bool:
    """Whether the name says that the file is a mask."""
    return re.match(ROLE_ONLY, name) is not None or strip_roles(name) != name


def strip_modality(name: str) -> str | None:
    """What stands before the modality that ends a name; None where no modality does."""
    before, _, last = name.rpartition("_")
    if not before:
        before, _, last = name.rpartition("-")
    return before if last.lower() in MODALITIES else None


def list_mask_files(root: Path) -> SideTree:
    """List what could be masks below a folder. Raises RequestError."""
    others: Counter[str] = Counter()
    found: list[MaskFile] = []
    refused: list[MaskFile] = []
    for folder, name in _walk_side(root, ()):
        lower = name.lower()
        if lower.endswith(SUFFIXES):
            found.append(MaskFile(folder, name, strip_format_suffix(name)))
        elif lower.endswith(REFUSED):
            refused.append(MaskFile(folder, name, strip_format_suffix(name)))
        elif not lower.endswith(".pkl") and lower not in SIDE_FILES:
            others[format_suffix(lower) or "no suffix"] += 1
    files = found or refused
    files.sort(key=lambda f: (f.folder, f.name))  # mostly the natural order already
    ordered = sort_naturally(files, lambda f: [*map(natural_key, f.folder), natural_key(f.name)])
    others.update(format_suffix(f.name.lower()) for f in refused if found)
    return SideTree(root, tuple(ordered), others)


def _walk_side(root: Path, folder: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every file that is not hidden, with the folders above it."""
    folders = []
    try:
        with os.scandir(root.joinpath(*folder)) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name == "__MACOSX":
                    continue
                if not entry.is_dir():
                    yield folder, entry.name
                elif not (entry.is_symlink() and _links_upwards(entry.path)):
                    folders.append(entry.name)
    except OSError as problem:
        raise RequestError(
            f"cannot list the folder ({problem.strerror})", where=root.joinpath(*folder)
        ) from problem
    masks = any(name.lower() in INTERMEDIATE or name.startswith("labels") for name in folders)
    for name in folders:
        if not (masks and name.lower() in IMAGE_FOLDERS):
            yield from _walk_side(root, (*folder, name))


def _links_upwards(link: str) -> bool:
    """Whether a link leads to a folder above itself, which would never end."""
    target = os.path.realpath(link)
    return os.path.realpath(os.path.dirname(link)).startswith(target)


PROBED = 64  # files whose first bytes are read before a folder without masks is no DICOM tree


def holds_dicom(root: Path) -> bool:
    """Whether a folder holds DICOM files and no file that could be a mask."""
    if not root.is_dir():
        return False
    probed: list[Path] = []
    for folder, _, names in os.walk(root):
        if any(name.lower().endswith(SUFFIXES) for name in names):
            return False
        probed += [Path(folder, name) for name in names[: PROBED - len(probed)]]
    return any(_starts_as_dicom(path) for path in probed)


def _starts_as_dicom(path: Path) -> bool:
    from segeval.dicom.files import is_dicom

    try:
        with path.open("rb") as file:
            return is_dicom(file.read(132))
    except OSError:
        return False
