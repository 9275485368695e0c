"""RT Structure Sets: contours of structures, in millimetres of the patient.

Three sequences say of a structure its name, its contours and its type; they are joined by number,
never by position (DICOM-S1). A structure that is listed without contours exists and is empty
(DICOM-S2). Some
writers give one number to two structures: then nothing tells whose the contours are, and both are
errors; several items of the contours of one structure are united (ACCOUNT-A19).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segeval.classes.names import normalize_name
from segeval.contours.structure_set import Contour, Contours, Roi
from segeval.dicom.elements import DamagedElements, Elements
from segeval.dicom.files import DicomFile, damaged_dicom_error, names_class, open_dicom
from segeval.runtime.errors import Note, ReadError
from segeval.volume.read_options import ReadOptions

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
MOST_STRUCTURES = 1 << 11  # of a file; large ones of clinics have some hundred


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is a structure set, from its first 512 bytes."""
    return names_class(head, [SOP_CLASS])


def read(path: Path, _: ReadOptions | None = None) -> Contours:
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
    named = list(elements.items(0x30060020))
    if len(named) > MOST_STRUCTURES:
        raise ReadError(
            f"{len(named)} structures, and at most {MOST_STRUCTURES} are read", where=file.path
        )
    drawn = contours_by_number(elements)
    types = {item.whole(0x30060084): item.word(0x300600A4) for item in elements.items(0x30060080)}
    listed: dict[int, dict[str, Elements]] = {}
    nameless = 0
    for item in named:
        number = item.whole(0x30060022)
        if number is None:
            nameless += 1
            continue
        same = listed.setdefault(number, {})
        same.setdefault(normalize_name(name_of(item, number)), item)
    rois = tuple(
        read_roi(item, number, drawn.get(number, ()), types.get(number, ""), tuple(same.values()))
        for number, same in listed.items()
        for item in same.values()
    )
    lost = sum(len(found) for number, found in drawn.items() if number not in listed)
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
        notes=tuple(structure_set_notes(rois, nameless, lost, file.path.name)),
    )


def contours_by_number(elements: Elements) -> dict[int | None, tuple[Contour, ...]]:
    """The contours of each number, of all items that have it; None where an item says no number.

    Raises Damaged.
    """
    found: dict[int | None, list[Contour]] = {}
    for item in elements.items(0x30060039):
        number = item.whole(0x30060084)
        found.setdefault(number, []).extend(read_contour(c) for c in item.items(0x30060040))
    return {number: tuple(own) for number, own in found.items()}


def name_of(item: Elements, number: int) -> str:
    """The name of a structure; its number where it has none."""
    return item.text(0x30060026) or f"#{number}"


def read_roi(
    item: Elements,
    number: int,
    drawn: tuple[Contour, ...],
    type: str,
    same: tuple[Elements, ...],
) -> Roi:
    """One structure out of the three places that speak of it. Raises Damaged.

    same  all structures that have its number
    """
    twins = tuple(name_of(other, number) for other in same if other is not item)
    algorithm, frame = item.word(0x30060036), item.word(0x30060024)
    return Roi(number, name_of(item, number), drawn, type, algorithm, frame, twins)


def read_contour(item: Elements) -> Contour:
    """One contour, not parsed yet."""
    return Contour(
        item.word(0x30060042),
        item.raw(0x30060050),
        item.whole(0x30060046),
        tuple(image.word(0x00081155) for image in item.items(0x30060016)),
        item.decimals(0x30060045),
        bool(item.decimals(0x30060044)),
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


def structure_set_notes(
    rois: tuple[Roi, ...], nameless: int, lost: int, where: str
) -> Iterator[Note]:
    """What is odd about a structure set but has one reading (DICOM-S3).

    nameless  structures that have no number
    lost      contours of a number that no structure has
    """
    if not rois:
        yield Note("W-no-structures", "the structure set lists no structure", where)
    if nameless:
        text = f"{nameless} structures have no number, so no contour can be theirs: left out"
        yield Note("W-no-number", text, where)
    if lost:
        text = f"{lost} contours have a number that no structure of the file has: left out"
        yield Note("W-no-structure-of-number", text, where)
    for roi in rois:
        skipped = [c for c in roi.contours if c.kind and not c.closed]
        if skipped and roi.areas:
            yield open_contours_note(roi, skipped, where)
        if untyped := sum(not c.kind and c.closed for c in roi.contours):
            yield Note("N-contour-type", f"{roi.name}: {untyped} contours without a type are read "
                       "as closed", where)  # fmt: skip
        if moved := [c for c in roi.contours if any(c.offset)]:
            yield offset_note(roi, moved, where)


def open_contours_note(roi: Roi, skipped: list[Contour], where: str) -> Note:
    """What is said of contours that bound no area, in a structure that has areas (DICOM-S3).

    Points mark something beside the areas; a line that is open, or of a type that is not known, may
    be a contour of the structure, whose number is another without it (ACCOUNT-A3).
    """
    kinds = sorted({c.kind for c in skipped})
    code = "N-open-contours" if kinds == ["POINT"] else "W-open-contours"
    what = f"{len(skipped)} contours bound no area ({', '.join(kinds)})"
    return Note(code, f"{roi.name}: {what} and are left out", where)


def offset_note(roi: Roi, moved: list[Contour], where: str) -> Note:
    """The note on contours with a Contour Offset Vector (ACCOUNT-A25; DICOM PS3.3 C.8.8.6.2)."""
    far = max(abs(v) for c in moved for v in c.offset)
    text = f"{roi.name}: {len(moved)} contours have an offset vector of up to {far:.4g} mm"
    if all(c.slab and len(c.offset) == 3 for c in moved):
        return Note("N-contour-offset", f"{text}, applied", where)
    return Note(
        "W-contour-offset",
        f"{text}; without a slab thickness it has no meaning and is not applied",
        where,
    )
