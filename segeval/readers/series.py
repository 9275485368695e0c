"""The index of a DICOM tree: what is there, from headers alone, in one pass (LAYOUTS-D1).

Files are told by what they hold, never by name or folder.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segeval.dicom.elements import DamagedElements, Elements
from segeval.dicom.files import DicomFile, damaged_dicom_error, is_dicom, open_dicom
from segeval.grid.slices import Frame, Slices, arrange_slices
from segeval.readers.frames import cosines_of, read_frames, within_reach
from segeval.runtime.errors import GeometryError, ReadError
from segeval.runtime.folders import Unlisted, list_files
from segeval.runtime.frozen import frozen

RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
SEG = frozenset(["1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"])
OTHER = ("RTDOSE", "RTIMAGE", "PR", "SR")  # have rows and columns, and are no image series
NAMED = (".dcm", ".dicom")  # suffixes that promise a DICOM file; most have none
SAME_ANGLE = 1.001e-4  # direction cosines of the slices of one series


@frozen
class SliceHeader:
    """One slice, from its header.

    orientation, spacing, shape   as in the file: cosines along row and column; rows, columns
    """

    path: Path
    uid: str
    position: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing: tuple[float, ...]
    shape: tuple[int, int]
    thickness: float | None = None


@frozen
class StructureSetHeader:
    """A structure set or a segmentation, from its header (LAYOUTS-D4, D5).

    series      Series Instance UID of the images that it names first
    names       of its structures or segments
    generation  how they were made: MANUAL, SEMIAUTOMATIC, AUTOMATIC
    beside      UIDs of other series that it names
    frames      frames of reference of single structures, as far as they are others (ACCOUNT-A23)
    """

    path: Path
    kind: str
    study: str
    patient: str
    frame: str
    label: str
    description: str
    date: str
    approval: str
    manufacturer: str
    series: str
    names: tuple[str, ...]
    generation: frozenset[str] = frozenset()
    beside: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()

    def __str__(self) -> str:
        about = [self.label, self.date, self.approval, f"{len(self.names)} structures"]
        return f"{self.path.name}: " + ", ".join(part for part in about if part)


@dataclass(slots=True)
class Series:
    """The slices of one image series."""

    uid: str
    study: str
    patient: str
    frame: str
    modality: str
    images: list[SliceHeader] = field(default_factory=list)

    def slices(self) -> Slices:
        """The slices in order, and the grid for them. Raises GeometryError (DICOM-F1)."""
        images = list({image.uid: image for image in self.images}.values())
        where = (
            f"series of {len(images)} {self.modality} slices in {self.images[0].path.parent.name}"
        )
        frame = self._frame(images, where)
        corners = np.array([image.position for image in images])
        uids = [image.uid for image in images]
        return arrange_slices(frame, corners, uids, images[0].thickness, where)

    def _frame(self, images: list[SliceHeader], where: str) -> Frame:
        first = images[0]
        placed = [len(i.position) == 3 and len(i.orientation) == 6 for i in images]
        if not all(placed) or any(len(i.spacing) != 2 for i in images):
            raise GeometryError("a slice does not say where it lies", where=where)
        turned = np.abs(np.subtract([i.orientation for i in images], first.orientation)).max()
        scaled = np.abs(np.subtract([i.spacing for i in images], first.spacing)).max()
        shapes = {i.shape for i in images}
        if len(shapes) > 1 or turned > SAME_ANGLE or scaled > 1e-3 * min(first.spacing):
            raise GeometryError(
                "slices differ in matrix, pixel spacing or orientation",
                where=where,
                facts=tuple(sorted(f"{rows} rows, {columns} columns" for rows, columns in shapes)),
                help="take out what is no slice of it: a localiser or a second series",
            )
        along = np.reshape(first.orientation, (2, 3))
        along = along / np.linalg.norm(along, axis=1, keepdims=True)
        row, column = (tuple(v.tolist()) for v in along)
        return Frame(row, column, (first.spacing[0], first.spacing[1]), first.shape)


@dataclass(slots=True)
class DicomIndex:
    """What a DICOM tree holds.

    series      by Series Instance UID
    structures  structure sets and segmentations
    damaged     DICOM files that cannot be read
    others      DICOM files that are neither images nor structures, by what they are
    foreign     files that are no DICOM
    lost        folders that cannot be listed, and why
    """

    series: dict[str, Series] = field(default_factory=dict)
    structures: list[StructureSetHeader] = field(default_factory=list)
    damaged: list[ReadError] = field(default_factory=list)
    others: dict[str, list[Path]] = field(default_factory=dict)
    foreign: list[Path] = field(default_factory=list)
    lost: list[Unlisted] = field(default_factory=list)

    def merged(self, other: DicomIndex) -> DicomIndex:
        """Both trees as one: a series may lie on the other side, or in a folder of images.

        Rule LAYOUTS-D3.
        """
        return DicomIndex(
            {**other.series, **self.series},
            [*self.structures, *other.structures],
            [*self.damaged, *other.damaged],
            {**other.others, **self.others},
            [*self.foreign, *other.foreign],
            [*self.lost, *other.lost],
        )

    @property
    def slices(self) -> int:
        """How many files are image slices."""
        return len({image.path for one in self.series.values() for image in one.images})


def index_dicom(root: Path, among: Iterable[Path] | None = None) -> DicomIndex:
    """Read the headers of all files under a folder, or of one file.

    among  the files that are looked at, where they are known
    """
    index = DicomIndex()
    for path in walk_files(root, index.lost) if among is None else among:
        try:
            if file := read_dicom_header(path):
                add_to_index(index, file)
            elif path.suffix.lower() in NAMED:
                raise ReadError("the name says DICOM and the content is not", where=path)
            else:
                index.foreign.append(path)
        except ReadError as problem:
            index.damaged.append(problem)
        except DamagedElements as problem:
            index.damaged.append(damaged_dicom_error(path, problem))
    return index


def walk_files(root: Path, lost: list[Unlisted]) -> list[Path]:
    """All files, in order; links are followed. Raises ReadError where the folder cannot be listed.

    lost  gets the folders that cannot be listed
    """
    if root.is_file():
        return [root]
    try:
        found = [f for f in list_files(str(root), lost) if f.regular]
    except OSError as problem:
        raise ReadError(f"cannot list the folder ({problem.strerror})", where=root) from problem
    return sorted(root.joinpath(*f.folder, f.name) for f in found)


def read_dicom_header(path: Path) -> DicomFile | None:
    """The header of a file; None if it is not DICOM. Raises ReadError."""
    try:
        with path.open("rb") as file:
            if not is_dicom(file.read(132)):
                return None
    except OSError as problem:
        raise ReadError(f"cannot be opened ({problem.strerror})", where=path) from problem
    return open_dicom(path)


def add_to_index(index: DicomIndex, file: DicomFile) -> None:
    """Put one file where it belongs. Raises Damaged."""
    elements = file.elements
    kind = elements.word(0x00080016)
    if kind == RTSTRUCT or kind in SEG:
        index.structures.append(
            read_structure_set_header(file, "rtstruct" if kind == RTSTRUCT else "seg")
        )
    elif elements.word(0x00080060) in OTHER:
        index.others.setdefault(elements.word(0x00080060), []).append(file.path)
    elif (uid := elements.word(0x0020000E)) and 0x00280010 in elements:
        series = index.series.get(uid)
        if series is None:
            series = index.series[uid] = Series(
                uid, *read_owner(elements), elements.word(0x00080060)
            )
        series.images += read_slice_headers(file)
    else:
        index.others.setdefault(elements.word(0x00080060) or "unknown", []).append(file.path)


def read_owner(elements: Elements) -> tuple[str, str, str]:
    """Study, patient and frame of reference of an object."""
    return elements.word(0x0020000D), elements.text(0x00100020), elements.word(0x00200052)


def read_slice_headers(file: DicomFile) -> Iterator[SliceHeader]:
    """The slices of a file: one, or the frames of a multi-frame image. Raises Damaged."""
    elements = file.elements
    shape = (elements.short(0x00280010) or 0, elements.short(0x00280011) or 0)
    uid = elements.word(0x00080018)
    if 0x52009230 not in elements:
        thickness = next(iter(elements.decimals(0x00180050)), None)
        yield SliceHeader(
            file.path,
            uid,
            within_reach(elements.decimals(0x00200032)),
            cosines_of(elements),
            within_reach(elements.decimals(0x00280030)),
            shape,
            thickness,
        )
        return
    for number, frame in enumerate(read_frames(elements), 1):
        yield SliceHeader(
            file.path,
            f"{uid}#{number}",
            frame.position,
            frame.orientation,
            frame.spacing,
            shape,
            frame.gap or frame.thickness,
        )


def read_structure_set_header(file: DicomFile, kind: str) -> StructureSetHeader:
    """A structure set or a segmentation by its header. Raises Damaged."""
    elements = file.elements
    study, patient, frame = read_owner(elements)
    rtstruct = kind == "rtstruct"
    items, tag = (0x30060020, 0x30060026) if rtstruct else (0x00620002, 0x00620005)
    way = 0x30060036 if rtstruct else 0x00620008
    if rtstruct and not frame:
        frame = elements.first(0x30060010).word(0x00200052)
    return StructureSetHeader(
        file.path,
        kind,
        study,
        patient,
        frame,
        elements.text(0x30060002 if rtstruct else 0x00700080),
        elements.text(0x0008103E),
        elements.word(0x30060008 if rtstruct else 0x00080023),
        elements.word(0x300E0002),
        elements.text(0x00080070),
        find_referenced_series(elements, rtstruct),
        tuple(item.text(tag) for item in elements.items(items)),
        frozenset(item.word(way) for item in elements.items(items)) - {""},
        tuple(list_referenced_series(elements)) if rtstruct else (),
        tuple(dict.fromkeys(list_frames(elements, {"", frame}))) if rtstruct else (),
    )


def list_referenced_series(elements: Elements) -> Iterator[str]:
    """All series that a structure set names. Raises Damaged."""
    for frame in elements.items(0x30060010):
        for study in frame.items(0x30060012):
            yield from (one.word(0x0020000E) for one in study.items(0x30060014))


def list_frames(elements: Elements, known: Collection[str]) -> Iterator[str]:
    """The frames of reference of single structures that are not known. Raises Damaged."""
    for item in elements.items(0x30060020):
        if (frame := item.word(0x30060024)) not in known:
            yield frame


def find_referenced_series(elements: Elements, rtstruct: bool) -> str:
    """The series that a structure set or a segmentation names first. Raises Damaged."""
    if rtstruct:
        elements = elements.first(0x30060010).first(0x30060012).first(0x30060014)
    else:
        elements = elements.first(0x00081115)
    return elements.word(0x0020000E)
