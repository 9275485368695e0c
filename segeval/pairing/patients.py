"""DICOM trees: structure sets and segmentations by patient (LAYOUTS-L12, L13, D1 to D3).

A tree is indexed by the headers of all its files. What a case is, is said by its folder where every
folder below the root holds one patient, else by the patient; whose identifier is shown nowhere
unless it is asked for (DICOM-X5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from segeval.classes.names import natural_key, normalize_name, primary_name
from segeval.pairing.cases import Pairing, relative_path
from segeval.pairing.class_names import Hints
from segeval.pairing.dicom_root import DicomRoot, choose_case_key, image_roots, tree_root
from segeval.pairing.files import (
    SideTree,
)
from segeval.pairing.nearby_series import NearbySeries
from segeval.pairing.patient_entries import anonymous_id, plain_side_layout, tree_layout
from segeval.pairing.side_layout import SideLayout
from segeval.pairing.two_sides import side_stems
from segeval.readers.selection import parse_selector
from segeval.readers.series import StructureSetHeader
from segeval.request.settings import Settings
from segeval.runtime.errors import Note
from segeval.runtime.frozen import frozen, replace


@frozen
class PatientLayouts:
    """Both sides as layouts, and where their image series lie.

    layouts  of the prediction and of the ground truth
    roots    the DICOM trees among them, and the folder of images
    by       folder, patient, study or series
    hidden   keys are identifiers that nobody asked to see
    """

    layouts: tuple[SideLayout, SideLayout]
    roots: tuple[DicomRoot, ...]
    by: str
    hidden: bool

    def with_series(self, pairing: Pairing) -> Pairing:
        """The pairing with the image series of every case, and without identifiers (DICOM-X5)."""
        near = NearbySeries(self.roots, self.by)
        called = structure_spellings(one for case in pairing.cases for one in case.truth.sets)
        cases = [replace(c, series=near.of(c), called=called) for c in pairing.cases]
        if self.hidden:
            cases = [replace(case, id=anonymous_id(case.truth)) for case in cases]
            cases.sort(key=lambda case: natural_key(case.id))
        notes = [
            Note("W-damaged-file", problem.message, relative_path(Path(problem.where), root.path))
            for root in self.roots
            for problem in root.index.damaged
        ]
        return replace(pairing, cases=tuple(cases), notes=(*pairing.notes, *notes))


def structure_spellings(sets: Iterable[StructureSetHeader]) -> dict[str, str]:
    """What a structure is called in all cases, by its name in one, where that is another.

    Names of one normal form, or of one entry in the table of structures, are one structure. It is
    called as the table has it if a ground truth does so, else as most of them do.
    """
    groups: dict[str, Counter[str]] = {}
    for name in (name for one in sets for name in one.names):
        groups.setdefault(primary_name(name) or normalize_name(name), Counter())[name] += 1
    called = {}
    for names in groups.values():
        best = min(
            names, key=lambda name: (primary_name(name) != name, -names[name], natural_key(name))
        )
        called.update({name: best for name in names if name != best})
    return called


def patient_layouts(
    pred: Path,
    gt: Path,
    looked: tuple[SideTree | Path, SideTree | Path],
    hints: Hints,
    settings: Settings,
) -> PatientLayouts:
    """Two sides of which one or both hold DICOM objects. Raises RequestError."""
    for select in filter(None, (settings.pred_select, settings.gt_select)):
        parse_selector(select)
    patterns = (settings.pair_regex_pred, settings.pair_regex_gt)
    known = (settings.case_key, settings.layout)
    roots = [
        tree_root(path, side, pattern, known)
        for path, side, pattern in zip((pred, gt), looked, patterns, strict=True)
    ]
    found = [root for root in roots if root is not None]
    by = choose_case_key(found, settings.case_key)
    whole = any(root.whole for root in found)
    named = {
        normalize_name(n) for root in found for one in root.index.structures for n in one.names
    }
    hints = replace(hints, forms=hints.forms | named)  # files called like structures are classes
    layouts = []
    for place, (root, side) in enumerate(zip(roots, looked, strict=True)):
        own = replace(hints, other=side_stems(looked[1 - place]), pattern=patterns[place])
        if root is not None and (root.index.structures or not root.tree.files):
            kind = "file" if patterns[place] or settings.layout == "flat" else by
            layouts.append(tree_layout(root, kind, own))
        else:
            layouts.append(plain_side_layout(side, own, whole, root))
    hidden = by == "patient" and settings.case_key == "auto" and not any(r.apart for r in found)
    return PatientLayouts((layouts[0], layouts[1]), (*found, *image_roots(settings)), by, hidden)
