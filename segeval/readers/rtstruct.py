"""RT Structure Sets: contours of structures, in millimetres of the patient.

Three sequences say of a structure its name, its contours and its type; they are joined by number,
never by position (S1). A structure that is listed without contours exists and is empty (S2).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segeval.contours.structure_set import LINE_TYPES, Contour, Contours, Roi
from segeval.dicom.elements import DamagedElements, Elements
from segeval.dicom.files import DicomFile, damaged_dicom_error, names_class, open_dicom
from segeval.runtime.errors import Note, ReadError

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is a structure set, from its first 512 bytes."""
    return names_class(head, [SOP_CLASS])


def read(path: Path) -> Contours:
    """Open a structure set; the numbers of its contours are parsed later. Raises ReadError."""
    file = open_dicom(path)
    if (found := file.elements.word(0x00080016)) != SOP_CLASS:
        raise ReadError("not an RT structure set", where=path, facts=(f"SOP class {found}",))
    try:
        return read_structure_set(file)
    except DamagedElements as problem:
        raise damaged_dicom_error(path, problem) from problem


def read_structure_set(file: DicomFile) -> Contours:
    """The structure set of an open file. Raises Damaged."""
    elements = file.elements
    drawn = {number: item for item in elements.items(0x30060039)
             if (number := item.whole(0x30060084)) is not None}  # fmt: skip
    types = {item.whole(0x30060084): item.word(0x300600A4) for item in elements.items(0x30060080)}
    rois = tuple(
        read_roi(item, number, drawn.get(number), types.get(number, ""))
        for item in elements.items(0x30060020)
        if (number := item.whole(0x30060022)) is not None
    )
    frames, series, images = read_references(elements)
    return Contours(
        file.path,
        rois,
        frames=tuple(dict.fromkeys([*frames, *(r.frame for r in rois if r.frame)])),
        series=series,
        images=images,
        label=elements.text(0x30060002),
        description=elements.text(0x0008103E),
        date=elements.word(0x30060008),
        approval=elements.word(0x300E0002),
        manufacturer=elements.text(0x00080070),
        notes=tuple(structure_set_notes(rois, file.path.name)),
    )


def read_roi(item: Elements, number: int, drawn: Elements | None, type: str) -> Roi:
    """One structure out of the three places that speak of it. Raises Damaged."""
    found = () if drawn is None else tuple(read_contour(c) for c in drawn.items(0x30060040))
    return Roi(
        number,
        item.text(0x30060026) or f"#{number}",
        found,
        type,
        item.word(0x30060036),
        item.word(0x30060024),
    )


def read_contour(item: Elements) -> Contour:
    """One contour, not parsed yet."""
    return Contour(
        item.word(0x30060042),
        item.raw(0x30060050),
        item.whole(0x30060046),
        tuple(image.word(0x00081155) for image in item.items(0x30060016)),
    )


def read_references(elements: Elements) -> tuple[list[str], tuple[str, ...], frozenset[str]]:
    """Frames of reference, series and images that the structure set names. Raises Damaged."""
    frames, series, images = [elements.word(0x00200052)], [], []
    for frame in elements.items(0x30060010):
        frames.append(frame.word(0x00200052))
        for study in frame.items(0x30060012):
            for one in study.items(0x30060014):
                series.append(one.word(0x0020000E))
                images += [image.word(0x00081155) for image in one.items(0x30060016)]
    return [f for f in frames if f], tuple(s for s in series if s), frozenset(images)


def structure_set_notes(rois: tuple[Roi, ...], where: str) -> Iterator[Note]:
    """What is odd about a structure set but has one reading (S3)."""
    if not rois:
        yield Note("W-no-structures", "the structure set lists no structure", where)
    for roi in rois:
        kinds = {c.kind for c in roi.contours}
        if roi.areas and kinds & LINE_TYPES:
            skipped = sum(not c.closed for c in roi.contours)
            yield Note("N-open-contours", f"{roi.name}: {skipped} points or open lines left out",
                       where)  # fmt: skip
        if untyped := sum(not c.kind and c.closed for c in roi.contours):
            yield Note("N-contour-type", f"{roi.name}: {untyped} contours without a type are read "
                       "as closed", where)  # fmt: skip
