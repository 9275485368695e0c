"""The cases of one side as its files and folders give them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from segeval.pairing.cases import CaseFiles, PlainFiles, open_plain_files, relative_path
from segeval.pairing.file_names import format_suffix, is_score_archive, strip_format_suffix
from segeval.pairing.files import Left, MaskFile
from segeval.pairing.layout_kinds import (
    ONE,
)
from segeval.runtime.errors import Note
from segeval.runtime.frozen import field, frozen

FILE = "file"
COCO_SUFFIX = ".json"
POINT_TABLE = "annotations.csv"  # in a folder as LUNA16 has it
TABLE_SUFFIXES = (".csv", ".tsv")


class LoneFile(NamedTuple):
    """A file that holds every class, and the scores beside it: what a Side is made of.

    There may be 200 000 of them, and a Side with its paths takes five times as much.
    """

    root: Path
    found: MaskFile
    scores: MaskFile | None

    @property
    def plain(self) -> PlainFiles:
        """The files, as they are kept."""
        scores = "" if self.scores is None else self.scores.shown
        return str(self.root), self.found.shown, scores

    @property
    def side(self) -> CaseFiles:
        """The files."""
        return open_plain_files(self.plain)


class CaseEntry(NamedTuple):
    """One case of one side, before pairing.

    path   relative to the root: the file, or the folder of the class files
    bare   the path without suffix
    name   the stem of the file or the name of the folder
    files  those of the case
    """

    path: str
    bare: str
    name: str
    files: CaseFiles | LoneFile

    @property
    def side(self) -> CaseFiles:
        """The files of the case."""
        return self.files.side if isinstance(self.files, LoneFile) else self.files

    @property
    def paths(self) -> list[str]:
        """The paths of the files relative to the root."""
        side = self.side
        return [relative_path(path, side.root) for path in side.files.values()]

    @property
    def many(self) -> int:
        """How many files they are."""
        if isinstance(self.files, LoneFile):
            return 1 + (self.files.scores is not None)
        return self.files.many


@frozen
class SideLayout:
    """How one side was read.

    kind     a word of `--layout`, or `file`
    entries  in natural order
    root     the path that was given, or the folder of labels below it
    images   files that are images and no masks
    others   how many files could not be masks, by suffix
    met      how many files there are
    left     what of them is in no entry, and why
    shared   how many of them serve several cases: image slices, a COCO file
    notes    what is to be said of the side
    """

    kind: str
    entries: tuple[CaseEntry, ...]
    root: Path
    images: int = 0
    others: Mapping[str, int] = field(default_factory=dict)
    met: int = 0
    left: tuple[Left, ...] = ()
    shared: int = 0
    notes: tuple[Note, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the path that was given is one case as a whole."""
        return self.kind in (FILE, ONE)

    @property
    def a_file_a_class(self) -> bool:
        """Whether classes have files of their own."""
        return any("" not in entry.side.files for entry in self.entries[:1])


def single_file_layout(path: Path, scores: bool) -> SideLayout:
    """The layout of a side that is one file (LAYOUTS-L1).

    scores  look for probabilities beside it (LAYOUTS-I5)
    """
    name = strip_format_suffix(path.name)
    beside = path.with_name(f"{path.name[: len(path.name) - len(format_suffix(path.name))]}.npz")
    found = beside if scores and not is_score_archive(path.name) and beside.is_file() else None
    side = CaseFiles(path.parent, {"": path}, found)
    return SideLayout(FILE, (CaseEntry(path.name, name, name, side),), path, met=side.many)


def is_coco_path(path: Path) -> bool:
    """Whether a side is a COCO file: JSON that does not hold the polygons of one image."""
    if not (path.is_file() and path.suffix.lower() == COCO_SUFFIX):
        return False
    from segeval.readers.registry import is_polygon_file

    return not is_polygon_file(path)


def find_point_table(path: Path) -> Path | None:
    """The table of points that a side is; of a folder as LUNA16 has it its annotations."""
    path = path / POINT_TABLE if path.is_dir() else path
    if path.suffix.lower() not in TABLE_SUFFIXES or not path.is_file():
        return None
    from segeval.readers.point_table import is_point_table

    return path if is_point_table(path) else None
