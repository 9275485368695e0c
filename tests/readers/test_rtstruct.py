"""Structure sets: three sequences joined by number, empty structures, facts, privacy."""

import dicom_build as build
import numpy as np
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from segeval.readers import rtstruct
from segeval.runtime.errors import ReadError

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
