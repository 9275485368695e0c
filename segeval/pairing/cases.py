"""What pairing makes of two paths: cases, each with the files of both sides.

The rules and their ids (L1, I2, K3, M1 …) are those of docs/layouts.md.
"""

from __future__ import annotations

import marshal
import os
import pickle
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, overload

from segeval.classes.class_list import ClassList
from segeval.runtime.errors import CaseError, Note
from segeval.runtime.frozen import field, frozen
from segeval.runtime.inventory import Inventory
from segeval.runtime.spill import SpillFile

if TYPE_CHECKING:
    from segeval.readers.series import Series, StructureSetHeader

PICKLED = pickle.PROTO  # the first byte of a pickle


@frozen
class CaseFiles:
    """The files of one side of a case.

    root    the folder (or the file's folder) that messages are relative to
    files   path of each class file by class name; one file under "" holds every class
    scores  a file of probabilities beside the label map: losses use it, overlap the label map
            (LAYOUTS-I5)
    place   what reports call class files that do not fill a folder of their own
    sets    DICOM structure sets and segmentations of which one is meant (LAYOUTS-D4, D5)
    member  which image of a file of many
    frame   which frame of a series, from 0; None: the file is one (ACCOUNT-A16)
    faults  what cannot be scored of it, by class; "" is all of it
    beside  how many more files it has, which are a fault
    """

    root: Path
    files: Mapping[str, Path]
    scores: Path | None = None
    place: str = ""
    sets: tuple[StructureSetHeader, ...] = ()
    member: str = ""
    frame: int | None = None
    faults: Mapping[str, CaseError] = field(default_factory=dict)
    beside: int = 0

    @property
    def many(self) -> int:
        """How many files they are; an image of a file of many, or a later frame, is none."""
        if self.member or self.frame:
            return 0
        return (len(self.sets) or len(self.files)) + (self.scores is not None) + self.beside

    @property
    def shown(self) -> str:
        """The path in reports: the file, or the folder that holds the class files."""
        if self.place:
            return self.place
        first = next(iter(self.files.values()))
        shown = relative_path(first if "" in self.files else first.parent, self.root)
        if self.frame is not None:
            shown = f"{shown}@t{self.frame:02}"
        return f"{shown}#{self.member}" if self.member else shown


@frozen
class Case:
    """One prediction with its reference: the unit that is scored, reported and parallel.

    pred     None: the ground truth has no prediction
    series   image series that its structure sets may have been drawn on
    called   what the run calls structures of the ground truth that cases spell differently
    aux      scores of auxiliary outputs of the same network, in the order of the request
    flipped  scores of the mirrored image, not mirrored back
    weights  the network's weights
    weight_map  a weight for each voxel
    """

    id: str
    pred: CaseFiles | None
    truth: CaseFiles
    group: str = ""
    patient: str = ""
    image: Path | None = None
    spacing: tuple[float, ...] | None = None  # mm along (z, y, x) or (y, x), from the table
    series: tuple[Series, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)
    aux: tuple[CaseFiles, ...] = ()
    flipped: CaseFiles | None = None
    weights: Path | None = None
    weight_map: CaseFiles | None = None


# The files of one side that is one file: the root, the path below it, that of the scores or "".
PlainFiles = tuple[str, str, str]


def open_plain_files(files: PlainFiles) -> CaseFiles:
    """The files of a side that is one file."""
    folder, path, scores = files
    root = root_path(folder)
    whole = Path(os.path.join(folder, path))  # in one step it is taken apart once
    return CaseFiles(root, {"": whole}, root / scores if scores else None)


root_path = lru_cache(4)(Path)  # of the sides of a run


class PlainCase(NamedTuple):
    """A case of one file a side, which most are: in a tenth of the bytes."""

    id: str
    pred: PlainFiles | None
    truth: PlainFiles


class CaseStore(Sequence[Case]):
    """Cases packed, in their order: a run has them all, and needs a few at a time.

    names  the id of each
    """

    def __init__(self, cases: Iterable[Case | PlainCase]) -> None:
        self.names: list[str] = []
        self._room = SpillFile()
        self._places, self._sizes = array("Q"), array("L")
        for case in cases:
            content = pack_case(case)
            self.names.append(case.id)
            self._places.append(self._room.add(content))
            self._sizes.append(len(content))

    def some(self, wanted: Callable[[str], bool]) -> CaseStore:
        """Those of the cases whose names are wanted."""
        return self._part([k for k, name in enumerate(self.names) if wanted(name)])

    def _part(self, kept: Sequence[int]) -> CaseStore:
        """The cases at some places."""
        made = CaseStore(())
        made._room = self._room
        made.names = [self.names[k] for k in kept]
        made._places = array("Q", [self._places[k] for k in kept])
        made._sizes = array("L", [self._sizes[k] for k in kept])
        return made

    def packed(self) -> Iterator[bytes]:
        """Each case as it goes to another process."""
        return map(self._content, range(len(self)))

    def _content(self, place: int) -> bytes:
        """A case as it was packed."""
        return self._room.read(self._places[place], self._sizes[place])

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, place: int) -> Case: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Case]: ...
    def __getitem__(self, place: int | slice) -> Case | Sequence[Case]:
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        return unpack_case(self._content(place))


class PlainCaseStore(CaseStore):
    """Cases of one file a side that differ in their name alone: nothing else of them is kept.

    pred, truth  the folder, and the suffix after the name of the case
    alone        names of the cases without a prediction
    """

    def __init__(
        self,
        names: list[str],
        pred: tuple[str, str],
        truth: tuple[str, str],
        alone: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(())
        self.names = names
        self._pred, self._truth, self._alone = pred, truth, alone

    def _part(self, kept: Sequence[int]) -> CaseStore:
        names = [self.names[k] for k in kept]
        return PlainCaseStore(names, self._pred, self._truth, self._alone.intersection(names))

    def _content(self, place: int) -> bytes:
        name = self.names[place]
        pred, truth = ((root, name + suffix, "") for root, suffix in (self._pred, self._truth))
        return pack_case(PlainCase(name, None if name in self._alone else pred, truth))


def pack_case(case: Case | PlainCase) -> bytes:
    """A case as bytes."""
    return marshal.dumps(tuple(case)) if isinstance(case, PlainCase) else pickle.dumps(case, 5)


def unpack_case(content: bytes) -> Case:
    """The case that was packed."""
    if content.startswith(PICKLED):
        case: Case = pickle.loads(content)
        return case
    name, pred, truth = marshal.loads(content)
    return Case(name, None if pred is None else open_plain_files(pred), open_plain_files(truth))


def store_cases(cases: Sequence[Case]) -> CaseStore:
    """Cases packed, if they are not."""
    return cases if isinstance(cases, CaseStore) else CaseStore(cases)


@frozen
class Pairing:
    """What came of pairing.

    cases    in natural order, one a ground truth
    sentence "paired 42 of 45 cases by file stem after removing `_seg` (3 … have no prediction)"
    classes  what `dataset.json` or the layout says of classes; empty when nothing does
    extra    predictions without ground truth, as shown in messages
    inventory  of the files that were met, and what became of those that belong to no case
    truths   normal forms of the names that the ground truths have, by their files (ACCOUNT-A30)
    """

    cases: Sequence[Case]
    sentence: str
    classes: ClassList = field(default_factory=ClassList)
    extra: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    inventory: Inventory = field(default_factory=Inventory)
    truths: frozenset[str] = frozenset()


def relative_path(path: Path, root: Path) -> str:
    """A path as seen from a folder, with `/` on every system."""
    below, whole = f"{root.as_posix()}/", path.as_posix()
    if whole.startswith(below):
        return whole[len(below) :]
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return Path(os.path.relpath(path, root)).as_posix()
