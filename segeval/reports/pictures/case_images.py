"""Which file of a folder is the image of a case: by its name, and never a mask (REPORT-T23).

The folder may hold masks beside images, or be that of the ground truth. Of several files of one
case the name decides, in this order:

1. the case with a word for images, or such a word in the folder of the case: `a_0000.nii.gz`
   (nnU-Net), `a_ct.nrrd`, `a/image.nii.gz`
2. the name of the case: `a.png`
3. such a word without a mark before it: `act.nii.gz`
4. the only other file in the folder of the case: `a/scan.nii.gz`
5. the name of the mask, where it says that it is one, and what the file holds is none
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from segeval.pairing.cases import Case
from segeval.pairing.file_names import (
    MASK_ROLES,
    PICTURES,
    SUFFIXES,
    VOLUMES,
    format_suffix,
    strip_format_suffix,
)
from segeval.pairing.files import IMAGE_FOLDERS, NO_OBJECTS
from segeval.pairing.images import holds_few_labels
from segeval.readers.series import Series, index_dicom
from segeval.runtime.errors import ReadError
from segeval.runtime.folders import list_files
from segeval.scoring.fingerprint import file_stamp, list_side_files

ENDINGS = (*VOLUMES, *PICTURES, ".jpg", ".jpeg", ".webp", ".npy")
FIRST_WORDS = (
    *("0000", "ct", "image", "img", "imaging", "leftimg8bit", "mr", "mri", "volume", "t1", "t1w"),
    *("t1n", "t1c", "t1ce", "t1gd", "t2", "t2w", "t2f", "flair", "adc", "dwi", "pet", "suv"),
    *("ctres", "photo", "rgb"),
)
WORDS = (*FIRST_WORDS, "0001", "0002", "0003")
_WORD = "|".join(sorted(WORDS, key=len, reverse=True))
MARKED = rf"(?:^|[_.\-/])({_WORD})$"
GLUED = r"(0000|ct|mri?|pet|img|image|imaging|volume)$"
MASK_END = (
    r"(?:^|[_.\-/])(?:gt|seg|labels?|labelmap|masks?|gtfine_labelids|gtfine_labeltrainids"
    r"|segmentation)$"
)
OF_WORD, OF_CASE, OF_GLUED, OF_FOLDER, OF_MASK = range(1, 6)  # how a name tells, best first
NAMED = 3  # files that are named where none of them can be chosen


class ImageName(NamedTuple):
    """What the name of a file stands for; the least is chosen.

    rank   how it tells: one of the five
    word   the place of its word
    apart  1 where its folder is not one of images
    path   the file
    """

    rank: int
    word: int
    apart: int
    path: Path


class CaseImages:
    """The images of a folder by the names that they stand for.

    folder  is looked through with all folders below it
    cases   of the run: none of their files is an image, and each keeps its own name
    local   the files are of this machine, and can be looked into
    """

    def __init__(self, folder: Path, cases: Iterable[Case] = (), local: bool = True) -> None:
        self.folder, self._local = folder, local
        self._names: dict[str, list[ImageName]] = {}
        self._masks: set[tuple[int, int]] = set()
        self._ids: set[str] = set()
        for case in cases:
            self._ids.add(case.id.lower())
            self._masks.update(map(_file_key, _mask_files(case)))
        self._masks.discard((0, 0))
        self._objects: list[tuple[frozenset[str], Path]] = []
        for parts, name, regular in list_files(str(folder), []):
            path, lower = folder.joinpath(*parts, name), name.lower()
            if lower.endswith(ENDINGS):
                self._add(path, parts)
            elif regular and not lower.endswith((*SUFFIXES, *NO_OBJECTS)):
                self._objects.append((frozenset(part.lower() for part in parts), path))

    def _add(self, path: Path, parts: Sequence[str]) -> None:
        stem, inside = image_stem(path.name), "/".join(parts).lower()
        apart = int(not parts or parts[-1].lower() not in IMAGE_FOLDERS)
        whole = f"{inside}/{stem}" if inside else stem
        for name in dict.fromkeys((stem, whole)):
            for base, rank, word in read_image_name(name):
                self._names.setdefault(base, []).append(ImageName(rank, word, apart, path))
        if inside and not re.fullmatch(_WORD, stem):
            for name in dict.fromkeys((inside, parts[-1].lower())):
                self._names.setdefault(name, []).append(ImageName(OF_FOLDER, 0, apart, path))

    def find(self, case: Case) -> Path | None:
        """The image of a case; None where no file has its name.

        Raises ReadError where those that have it are masks, or several could be it.
        """
        keys = case_names(case)
        met = [found for key in keys for found in self._names.get(key, ())]
        if not met:  # masks that are called like images: `a_ct` beside `a`
            less = (re.sub(MARKED, "", key) for key in keys)
            met = [found for key in less for found in self._names.get(key, ())]
        other = self._ids - set(keys)
        kept = [one for one in met if not self._is_of_another(one, other)]
        images = [one for one in kept if _file_key(one.path) not in self._masks]
        if not images:
            if kept:
                raise no_image_error("is a mask of this run", kept)
            return None
        return self._choose(case, images)

    def find_series(self, case: Case) -> tuple[Series, ...]:
        """The DICOM series in a folder of the case's name; of a run of one case all that there are.

        Raises ReadError.
        """
        names = set(case_names(case))
        among = [path for parts, path in self._objects if not names.isdisjoint(parts)]
        if not among and len(self._ids) == 1:
            among = [path for _, path in self._objects]
        return tuple(index_dicom(self.folder, among).series.values()) if among else ()

    def _is_of_another(self, found: ImageName, other: Collection[str]) -> bool:
        stem = image_stem(found.path.name)
        whole = found.path.relative_to(self.folder).with_name(stem).as_posix().lower()
        return found.rank != OF_FOLDER and not {stem, whole}.isdisjoint(other)

    def _choose(self, case: Case, images: list[ImageName]) -> Path:
        flat = _is_flat(case)
        images.sort(key=lambda one: (one.rank, flat != _is_picture(one.path), *one[1:]))
        copies = set(map(file_stamp, _mask_files(case))) - {""} if self._local else set()
        doubted: list[ImageName] = []
        for one in images:
            if copies and file_stamp(one.path) in copies:
                doubted.append(one)
            elif one.rank == OF_FOLDER and len(others := _same_rank(images, one)) > 1:
                raise no_image_error("could be the image of the case", others)
            elif one.rank == OF_MASK and (not self._local or holds_few_labels(one.path)):
                doubted.append(one)
            else:
                return one.path
        raise no_image_error("is a mask", doubted)


def _same_rank(images: Sequence[ImageName], one: ImageName) -> list[ImageName]:
    """Those that tell no better and no worse: one file counts once."""
    return list({other.path: other for other in images if other.rank == one.rank}.values())


def no_image_error(what: str, found: Sequence[ImageName]) -> ReadError:
    """The error where files have the name of the case, and none is taken for its image."""
    names = list(dict.fromkeys(one.path.name for one in found))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    verb = what if len(names) == 1 else re.sub("^is a mask", "are masks", what)
    return ReadError(f"{', '.join(names[:NAMED])}{more} of --images {verb}")


def read_image_name(name: str) -> Iterator[tuple[str, int, int]]:
    """What the name of an image may stand for: a case, how it tells it, and by which word.

    name  in small letters, without suffix; folders stand before it
    """
    role = re.sub(MASK_ROLES, "", name.rpartition("/")[2]) != name.rpartition("/")[2]
    yield name, OF_MASK if role and not re.search(MARKED, name) else OF_CASE, 0
    if found := re.search(MARKED, name):
        base, word = name[: found.start()], WORDS.index(found[1])
        if base:
            yield base, OF_WORD if word < len(FIRST_WORDS) else OF_GLUED, word
    elif (found := re.search(GLUED, name)) and found.start() > name.rfind("/") + 1:
        yield name[: found.start()], OF_GLUED, 0


def case_names(case: Case) -> list[str]:
    """The names that an image of a case may have: its own, and less the words for masks."""
    shown = strip_format_suffix(Path(case.truth.shown).name)
    plain = [case.id, Path(case.id).name, strip_format_suffix(Path(case.id).name), shown]
    names = [name.lower() for name in plain]
    names += [re.sub(MASK_END, "", name) for name in names]
    return [name for name in dict.fromkeys(names) if name]


def image_stem(name: str) -> str:
    """The name of an image file without its suffix, in small letters."""
    stem = strip_format_suffix(name)
    return stem.lower()


def _mask_files(case: Case) -> Iterator[Path]:
    """Every file of both sides."""
    for side in (case.truth, case.pred):
        if side is not None:
            yield from (path for _, path in list_side_files("", side) if path is not None)


def _file_key(path: Path) -> tuple[int, int]:
    """What is the same of one file under two names; (0, 0) of none."""
    try:
        state = os.stat(path)
    except OSError:
        return 0, 0
    return state.st_dev, state.st_ino


def _is_picture(path: Path) -> bool:
    return not path.name.lower().endswith((*VOLUMES, ".npy"))


def _is_flat(case: Case) -> bool:
    """Whether the ground truth is a picture, by its suffix."""
    first = next(iter(case.truth.files.values()), None)
    return first is not None and format_suffix(first.name.lower()) in PICTURES
