"""Structure sets: three sequences joined by number, empty structures, facts, privacy."""

import time

import dicom_build as build
import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from rings import slices

from segeval.contours.placing import place_contours
from segeval.contours.rules import DrawingRules
from segeval.contours.structure_set import Contour, Roi
from segeval.readers import rtstruct
from segeval.runtime.errors import CaseError, ReadError

SQUARE = build.square(1, 5, 2)


def organs():
    return [
        build.Organ("Heart", [SQUARE, build.square(1, 5, 3)], 4, algorithm="AUTOMATIC"),
        build.Organ("Iso", [build.Ring([(1, 2, 3)], "POINT")], 9, type="ISOCENTER"),
        build.Organ("PTV", [build.square(2, 3, 2)], 2, type="PTV"),
    ]


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_sequences_are_joined_by_number(tmp_path, shuffled, syntax):
    path = build.rtstruct(tmp_path / "RS", organs(), shuffled=shuffled, syntax=syntax)
    heart, iso, ptv = rtstruct.read(path).rois
    assert (heart.number, heart.type, heart.algorithm) == (4, "ORGAN", "AUTOMATIC")
    assert (ptv.number, ptv.type, len(ptv.contours)) == (2, "PTV", 1)
    assert (iso.volume, iso.contours[0].kind) == (False, "POINT")
    assert heart.contours[1].points()[2].tolist() == [5, 5, 3]


@pytest.mark.parametrize("form", ["absent", "bare", "none"])
def test_a_structure_without_contours_exists_and_is_empty(tmp_path, form):
    empty = build.Organ("Empty", [], form=form)
    path = build.rtstruct(tmp_path / "RS", [empty, build.Organ("Heart", [SQUARE])])
    first, second = rtstruct.read(path).rois
    assert (first.name, first.empty, first.volume) == ("Empty", True, True)
    assert not second.empty


def test_what_it_says_of_its_series(tmp_path):
    ring = build.ring([(1, 1), (5, 1), (5, 5)], 2, images=("1.2.3.2.7",))
    path = build.rtstruct(tmp_path / "RS", [build.Organ("A", [ring])], images=("5.1", "5.2"))
    found = rtstruct.read(path)
    assert found.frames == (build.FRAME,)
    assert found.series == (build.SERIES,)
    assert found.images == {"5.1", "5.2"}
    assert found.rois[0].contours[0].images == ("1.2.3.2.7",)


def test_what_is_missing_is_empty(tmp_path):
    path = build.rtstruct(tmp_path / "RS", [build.Organ("A", [SQUARE])], frame="", uid="")
    found = rtstruct.read(path)
    assert (found.frames, found.series, found.images) == ((), (), frozenset())


def test_facts_without_the_patient(tmp_path):
    path = build.rtstruct(tmp_path / "RS", organs())
    facts = rtstruct.read(path).facts()
    assert facts["approval"] == "APPROVED"
    assert facts["rois"]["PTV"] == {"number": 2, "type": "PTV", "algorithm": "MANUAL"}
    assert "Secret" not in str(facts)
    assert "P1" not in str(facts)


def test_odd_types_are_noted(tmp_path):
    mixed = build.Organ("Mixed", [SQUARE, build.Ring([(1, 2, 3)], "POINT")])
    untyped = build.Organ("Untyped", [build.Ring(SQUARE.points, "")])
    found = rtstruct.read(build.rtstruct(tmp_path / "RS", [mixed, untyped]))
    assert [(n.code, n.text.split(":")[0]) for n in found.notes] == [
        ("N-open-contours", "Mixed"),
        ("N-contour-type", "Untyped"),
    ]


def test_it_is_claimed_by_its_content(tmp_path):
    path = build.rtstruct(tmp_path / "no_suffix", organs())
    assert rtstruct.claims(path, path.read_bytes()[:512])
    image = build.series(tmp_path / "ct", (1, 4, 4))
    assert not any(rtstruct.claims(p, p.read_bytes()[:512]) for p in image.iterdir())


def test_another_object_is_refused(tmp_path):
    image = next(build.series(tmp_path / "ct", (1, 4, 4)).iterdir())
    with pytest.raises(ReadError, match="not an RT structure set"):
        rtstruct.read(image)


@pytest.mark.parametrize("keep", np.linspace(0.05, 0.98, 12))
def test_a_file_that_is_cut_never_passes(tmp_path, keep):
    path = build.rtstruct(tmp_path / "RS", organs())
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * keep)])
    with pytest.raises(ReadError):
        rtstruct.read(path)


# One number for several (ACCOUNT-A19), and slabs that lie beside their contours (ACCOUNT-A25).


def edited(path, change):
    data = pydicom.dcmread(path)
    change(data)
    data.save_as(path)
    return path


def test_account_a19_items_of_one_number_are_united(tmp_path):
    def split(data):
        item = data.ROIContourSequence[0]
        both = list(item.ContourSequence)
        item.ContourSequence = both[1:]
        again = build.item(ReferencedROINumber=item.ReferencedROINumber, ContourSequence=both[:1])
        data.ROIContourSequence.append(again)

    path = edited(build.rtstruct(tmp_path / "RS", organs()), split)
    heart = rtstruct.read(path).rois[0]
    assert sorted(c.points()[0, 2] for c in heart.contours) == [2, 3]


def test_account_a19_two_structures_of_one_number_know_of_each_other(tmp_path):
    pair = [build.Organ("Heart", [SQUARE], 7), build.Organ("Lung_L", [], 7)]
    rest = build.Organ("PTV", [SQUARE], 2)
    heart, lung, ptv = rtstruct.read(build.rtstruct(tmp_path / "RS", [*pair, rest])).rois
    assert (heart.twins, lung.twins, ptv.twins) == (("Lung_L",), ("Heart",), ())
    with pytest.raises(CaseError, match="'Lung_L', 'Heart' have one number") as caught:
        place_contours(lung, slices(range(10)), DrawingRules())
    assert caught.value.status == "shared_number"


def test_account_a19_one_structure_listed_twice_is_one(tmp_path):
    pair = [build.Organ("Lung left", [SQUARE], 7), build.Organ("Lung_L", [], 7)]
    (lung,) = rtstruct.read(build.rtstruct(tmp_path / "RS", pair)).rois
    assert (lung.name, lung.twins, len(lung.contours)) == ("Lung left", (), 1)


def test_account_a1_what_has_no_number_is_said(tmp_path):
    def lose(data):
        data.StructureSetROISequence[1].ROINumber = None
        data.ROIContourSequence[-1].ReferencedROINumber = 55

    found = rtstruct.read(edited(build.rtstruct(tmp_path / "RS", organs()), lose))
    assert [note.code for note in found.notes] == ["W-no-number", "W-no-structure-of-number"]
    assert "2 contours" in found.notes[1].text  # those of 55, and of the number without a name


@pytest.mark.parametrize(
    ("slab", "height", "code"),
    [(3.0, 3.5, "N-contour-offset"), (None, 2.0, "W-contour-offset")],
)
def test_account_a25_an_offset_vector_counts_where_there_is_a_slab(tmp_path, slab, height, code):
    def move(data):
        one = data.ROIContourSequence[0].ContourSequence[0]
        one.ContourOffsetVector = [0, 0, 1.5]
        if slab:
            one.ContourSlabThickness = slab

    path = edited(build.rtstruct(tmp_path / "RS", [build.Organ("A", [SQUARE])]), move)
    found = rtstruct.read(path)
    assert found.rois[0].contours[0].points()[:, 2].tolist() == [height] * 4
    assert code in [note.code for note in found.notes]


@pytest.mark.parametrize("kind", ["OPEN_PLANAR", "OPEN_NONPLANAR", "CLOSED_SPLINE"])
def test_open_and_unknown_contours_beside_areas_are_a_warning_account_a3(tmp_path, kind):
    mixed = build.Organ("Mixed", [SQUARE, build.Ring(SQUARE.points, kind)])
    notes = rtstruct.read(build.rtstruct(tmp_path / "RS", [mixed])).notes
    assert [note.code for note in notes] == ["W-open-contours"]
    assert f"1 contours bound no area ({kind})" in notes[0].text


def test_what_is_odd_about_very_many_contours_takes_no_longer_each():
    contours = (Contour("CLOSED_PLANAR", b""),) * 20_000 + (Contour("OPEN_PLANAR", b"0\\0\\0"),)
    start = time.process_time()
    (note,) = rtstruct.structure_set_notes((Roi(1, "Heart", contours),), 0, 0, "RS.dcm")
    assert note.code == "W-open-contours"
    assert time.process_time() - start < 10  # all contours for each take minutes


def test_more_structures_than_any_file_has_are_refused(tmp_path, monkeypatch):
    """45 000 took minutes: each was looked for among all."""
    monkeypatch.setattr(rtstruct, "MOST_STRUCTURES", 2)
    path = build.rtstruct(tmp_path / "RS", organs())
    with pytest.raises(ReadError, match="3 structures, and at most 2 are read"):
        rtstruct.read(path)
