"""Which image series a structure set was drawn on, and of which case it is.

It is joined to its series by the UIDs that it names, then by frame of reference, never by folder
alone; what it says of single slices is a hint, and often wrong (DICOM-F4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from segeval.contours.structure_set import Contours
from segeval.grid.geometry import Geometry
from segeval.grid.slices import Slices
from segeval.readers.series import DicomIndex, Series
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError, GeometryError, Note

BESIDE = 0.05  # share of the gap that a contour may lie beside its slice, to tell series apart


def match_series(
    contours: Contours, index: Mapping[str, Series], ignore_frame: bool = False
) -> tuple[Series | None, tuple[Note, ...]]:
    """The series that a structure set was drawn on, and how it was found (DICOM-F4, F5).

    Of several that it may be, those of its own frame of reference come first (ACCOUNT-A23).

    Raises CaseError with the status `frame_of_reference_mismatch`.
    """
    near: list[Series] = []
    for find in (by_series, by_contours, by_images, by_frame, by_case, by_planes):
        near = find(contours, near if len(near) > 1 else list(index.values()))
        near = by_frame(contours, near) or near
        if len(near) == 1:
            notes = (
                [Note(*MATCH_NOTES[find.__name__], contours.path.name)]
                if find in WEAK_MATCHES
                else []
            )
            notes += check_frame_of_reference(contours, near[0], ignore_frame)
            return near[0], tuple(notes)
    if not near:
        return None, ()
    text = f"nothing tells which of {len(near)} image series it was drawn on"
    return None, (Note(UNKNOWN, text, contours.path.name),)


def by_series(contours: Contours, among: Iterable[Series]) -> list[Series]:
    """By the Series Instance UID that the structure set names."""
    return [series for series in among if series.uid in contours.series]


def by_contours(contours: Contours, among: Iterable[Series]) -> list[Series]:
    """By the images that single contours name."""
    named = {uid for roi in contours.rois for contour in roi.contours for uid in contour.images}
    return [s for s in among if not named.isdisjoint(file_uids(i.uid for i in s.images))]


def by_images(contours: Contours, among: Iterable[Series]) -> list[Series]:
    """By the images that the structure set names for all of it."""
    return [s for s in among if not contours.images.isdisjoint(file_uids(i.uid for i in s.images))]


def file_uids(images: Iterable[str]) -> set[str]:
    """The UIDs of the files of slices; a frame of one has its number behind it."""
    return {uid.partition("#")[0] for uid in images}


def by_frame(contours: Contours, among: Iterable[Series]) -> list[Series]:
    """By frame of reference, if only one series has it."""
    return [series for series in among if series.frame and series.frame in contours.frames]


def by_case(contours: Contours, among: Iterable[Series]) -> list[Series]:
    """The only series of the case."""
    return list(among)


def by_planes(contours: Contours, among: Iterable[Series]) -> list[Series]:
    """The only series on whose slices every contour lies; of some with the same grid the first."""
    fitting: list[tuple[Series, Geometry]] = []
    for series in among:
        try:
            slices = series.slices()
        except GeometryError:
            continue
        if all(lies_on_slices(points, slices) for points in readable_contours(contours)):
            fitting.append((series, slices.geometry))
    if fitting and all(not list(fitting[0][1].differences(grid)) for _, grid in fitting):
        return [fitting[0][0]]
    return [series for series, _ in fitting] or list(among)


def readable_contours(contours: Contours) -> Iterator[Floats]:
    """The points of all contours that can be read."""
    areas = (contour for roi in contours.rois for contour in roi.areas)
    return (points for contour in areas if (points := contour.points()) is not None)


def lies_on_slices(points: Floats, slices: Slices) -> bool:
    """Whether a contour lies flat on a slice, and at least in part inside of it."""
    grid = slices.geometry
    assert grid.directions is not None
    assert grid.spacing is not None
    at = (points - np.array(grid.origin)) @ np.array(grid.directions).T
    beside = np.abs(at[:, 0] - slices.positions[slices.nearest(at[:, 0])])
    ends = (np.array(grid.shape[1:]) - 0.5) * np.array(grid.spacing[1:])
    within = ((at[:, 1:] > -np.array(grid.spacing[1:])) & (at[:, 1:] < ends)).all(axis=1)
    return bool(beside.max() <= BESIDE * grid.spacing[0] and within.any())


WEAK_MATCHES = (by_frame, by_case, by_planes)
UNKNOWN = "W-series-unknown"
MATCH_NOTES = {
    "by_frame": ("N-series-by-frame", "the series that it names is not here; joined by the frame "
                 "of reference"),
    "by_case": ("W-series-by-case", "nothing joins it to a series; the only one of the case is "
                "taken"),
    "by_planes": ("N-series-by-planes", "of several series that it may have been drawn on the one "
                  "is taken on whose slices it lies"),
}  # fmt: skip


def check_frame_of_reference(contours: Contours, series: Series, ignore: bool) -> Iterator[Note]:
    """Hold both frames of reference against each other (DICOM-F5). Raises CaseError."""
    if series.frame:
        who = ("the structure set and its image series", "structure set", "series")
        yield from check_same_frame(
            contours.frames, (series.frame,), who, contours.path.name, ignore
        )


def check_same_frame(
    one: tuple[str, ...],
    other: tuple[str, ...],
    who: tuple[str, str, str],
    where: str,
    ignore: bool,
) -> Iterator[Note]:
    """Say that two things lie in different frames of reference. Raises CaseError unless ignored.

    who  both of them, the one, the other
    """
    if not one or not other or not set(one).isdisjoint(other):
        return
    text = f"{who[0]} lie in different frames of reference"
    if not ignore:
        raise CaseError(
            text,
            where=where,
            facts=(f"{who[1]} {one[0]}", f"{who[2]} {other[0]}"),
            help="--ignore-frame-of-reference scores it as it is; no registration is applied",
            status="frame_of_reference_mismatch",
        )
    yield Note("W-frame-of-reference", text, where)


def image_reference_notes(contours: Contours, slices: Slices) -> Iterator[Note]:
    """Say how many contours name images that are none of the series': geometry decides.

    Rule DICOM-F4.
    """
    known = file_uids(slices.images)
    named = [c for roi in contours.rois for c in roi.contours if c.images]
    if known and (lost := sum(known.isdisjoint(c.images) for c in named)):
        yield Note("N-image-references", f"{lost} of {len(named)} contours name slices that are "
                   "not in the series; positions decide", contours.path.name)  # fmt: skip


def has_patient_folders(index: DicomIndex, root: Path) -> bool:
    """Whether every top-level folder holds exactly one patient."""
    patients: dict[str, set[str]] = {}
    for path, patient in list_patients(index):
        patients.setdefault(top_folder(path, root), set()).add(patient)
    return all(top and len(who) == 1 for top, who in patients.items())


def list_patients(index: DicomIndex) -> Iterator[tuple[Path, str]]:
    """Every file with its patient."""
    for found in index.structures:
        yield found.path, found.patient
    for series in index.series.values():
        for image in series.images:
            yield image.path, series.patient


def top_folder(path: Path, root: Path) -> str:
    """The folder right below the root; empty for a file that lies in the root."""
    parts = path.relative_to(root).parts if path != root else ()
    return parts[0] if len(parts) > 1 else ""
