"""What the inventory is told of the structures of a file, and of their contours (ACCOUNT-A1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from segeval.classes.structure_matching import NamedStructures
from segeval.contours.rasterize import RasterizedStructure
from segeval.contours.structure_set import Contours, Roi
from segeval.contours.structures import structures_by_name
from segeval.opening.open_side import OpenSide
from segeval.opening.structure_classes import list_structures
from segeval.runtime.errors import CaseError
from segeval.runtime.inventory import ASKED, KNOWN, SAID, UNKNOWN, current

POINT = "POINT"


def account_structures(  # noqa: PLR0913 - what became of them
    side: OpenSide,
    made: OpenSide,
    names: NamedStructures,
    faults: Mapping[str, CaseError],
    known: Collection[str],
    selected: bool,
) -> None:
    """Tell the inventory what became of the structures of a side (ACCOUNT-A1).

    made      the side with its parts called by their classes
    faults    classes that cannot be scored, of either side
    known     classes that the ground truth has: others are not annotated
    selected  the user selected classes, so what is left is left on purpose
    """
    items, inventory = list_structures(side) or (), current()
    inventory.add_found("structure", len(items))
    used = set()
    for class_, own in names.keys.items():
        used |= {item.key for item in own}
        fault = faults.get(class_)
        if fault is not None:
            inventory.add_unscored("structure", fault.status, len(own))
        elif class_ not in known:
            inventory.add_unscored("structure", "not_annotated", len(own))
        else:
            inventory.add_scored("structure", len(own))
    left = [item for item in items if item.key not in used]
    faulty_names = {fact.partition(": ")[2] for f in names.faults.values() for fact in f.facts}
    reasons: dict[tuple[str, str], list[str]] = {}
    for item in left:
        if item.support:
            reason = "that are support structures", KNOWN
        elif item.name in faulty_names:
            inventory.add_unscored("structure", "two_structures")
            continue
        elif selected:
            reason = "that --classes does not select", ASKED
        else:
            reason = "that are no class", UNKNOWN
        reasons.setdefault(reason, []).append(item.name)
    for (why, weight), found in reasons.items():
        inventory.set_aside("structure", why, found, weight)
    if side.contours is not None:
        account_contours(side.contours, made, names, faults, known)


def account_contours(
    contours: Contours,
    made: OpenSide,
    names: NamedStructures,
    faults: Mapping[str, CaseError],
    known: Collection[str],
) -> None:
    """Tell the inventory what became of every contour of a structure set.

    made    the side with its parts called by their classes
    names   which structures each class is
    faults  classes that cannot be scored, of either side
    known   classes that the ground truth has: others are not annotated
    """
    owners = {item.key: class_ for class_, items in names.keys.items() for item in items}
    for key, roi in structures_by_name(contours, None).items():
        class_ = owners.get(key)
        current().add_found("contour", len(roi.contours))
        if class_ is None:
            reason = "of structures that are not scored"
            current().set_aside("contour", reason, (), ASKED, count=len(roi.contours))
        elif class_ in faults or class_ not in known:
            status = faults[class_].status if class_ in faults else "not_annotated"
            current().add_unscored("contour", status, len(roi.contours))
        else:
            set_aside_open_contours(roi)
            account_drawn(roi, (made.drawn or {}).get(class_))


def set_aside_open_contours(roi: Roi) -> None:
    """Set aside the contours of a structure that bound no area (DICOM-S3)."""
    points: list[str] = []
    lines: list[str] = []
    for place, contour in enumerate(roi.contours, 1):
        if not contour.closed:
            (points if contour.kind == POINT else lines).append(f"{roi.name}: contour {place}")
    current().set_aside("contour", "that are points beside areas", points, KNOWN)
    current().set_aside("contour", "that are open lines beside areas", lines, KNOWN, SAID)


def account_drawn(roi: Roi, drawn: RasterizedStructure | None) -> None:
    """Count the areas of a structure that is scored.

    drawn  what it was drawn as; None where it is a part of a union
    """
    if drawn is None:
        current().add_scored("contour", len(roi.areas))
        return
    ends = drawn.placed.ends
    for kind, count in drawn.placed.found.items():
        if kind != "contour":
            current().add_found(kind, count)
        current().add_scored(kind, count - sum(n for (k, _), n in ends if k == kind))
    for (kind, status), count in ends:
        current().add_unscored(kind, status, count)
