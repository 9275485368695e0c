"""One DICOM tree, or one file of it, without another side: a case for each structure set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segeval.pairing.cases import Case, CaseFiles, Pairing
from segeval.pairing.class_names import Hints
from segeval.pairing.dicom_root import DicomRoot, choose_case_key, image_roots
from segeval.pairing.file_names import strip_format_suffix
from segeval.pairing.files import list_mask_files, unlisted_errors
from segeval.pairing.patient_entries import anonymous_id, tree_layout
from segeval.pairing.patients import PatientLayouts
from segeval.readers.series import index_dicom
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, RequestError
from segeval.runtime.frozen import replace


def pair_single_side(path: Path, settings: Settings, unlisted: list[CaseError]) -> Pairing:
    """One tree, or one file of it, without another side: a case for each structure set.

    Raises RequestError for a file that is none, ReadError for a damaged one.

    unlisted  gets the folders of the tree that could not be looked into
    """
    folder = path if path.is_dir() else path.parent
    tree = replace(list_mask_files(folder), files=())
    root = DicomRoot(folder, index_dicom(folder, [f.path(folder) for f in tree.objects]), tree)
    roots = (root, *image_roots(settings))
    if not path.is_dir():
        return Pairing((single_file_case(path, roots),), "")
    unlisted += unlisted_errors(tree)
    by = choose_case_key([root], settings.case_key)
    layout = tree_layout(root, by, Hints())
    hidden = by == "patient" and settings.case_key == "auto"
    cases = tuple(Case(entry.name, None, entry.side) for entry in layout.entries)
    found = PatientLayouts((layout, layout), roots, by, hidden).with_series(Pairing(cases, ""))
    return replace(
        found, cases=tuple(one for case in found.cases for one in split_structure_sets(case))
    )


def single_file_case(path: Path, roots: tuple[DicomRoot, ...]) -> Case:
    """A file with the image series in its folder and in the folder of images."""
    index = roots[0].index
    sets = tuple(found for found in index.structures if found.path == path)
    if not sets:
        for problem in index.damaged:
            if problem.where == str(path):
                raise problem
        raise RequestError("neither an RTSTRUCT nor a SEG", where=path)
    series = tuple(s for root in roots for s in root.index.series.values())
    return Case(
        strip_format_suffix(path.name),
        None,
        CaseFiles(path.parent, {"": path}, sets=sets),
        series=series,
    )


def split_structure_sets(case: Case) -> Iterator[Case]:
    """A case of several structure sets as a case for each of them."""
    if len(case.truth.sets) < 2:
        yield case
        return
    for one in case.truth.sets:
        side = CaseFiles(case.truth.root, {"": one.path}, sets=(one,))
        yield replace(case, id=anonymous_id(side), truth=side)
