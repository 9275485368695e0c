"""Structure sets and the series that they were drawn on; cases by folder or patient."""

import dicom_build as build
import numpy as np
import pytest
from rings import slices

from segeval.contours.structure_set import Contours
from segeval.readers import rtstruct
from segeval.readers.series import index_dicom
from segeval.readers.series_matching import (
    image_reference_notes,
    lies_on_slices,
    match_series,
)
from segeval.runtime.errors import CaseError

HEART = [build.Organ("Heart", [build.square(3, 9, 2)])]


def joined(tmp_path, **how):
    ignore = how.pop("ignore", False)
    path = build.rtstruct(tmp_path / "RS.dcm", HEART, **how)
    return match_series(rtstruct.read(path), index_dicom(tmp_path).series, ignore)


def codes(notes):
    return [n.code for n in notes]


def test_a_structure_set_names_its_series(tmp_path):
    build.series(tmp_path / "a", (3, 4, 4))
    build.series(tmp_path / "b", (3, 4, 4), uid="1.2.3.5")
    series, notes = joined(tmp_path, uid="1.2.3.5")
    assert (series.uid, codes(notes)) == ("1.2.3.5", [])


def test_or_the_images_of_it(tmp_path):
    build.series(tmp_path / "a", (3, 4, 4))
    build.series(tmp_path / "b", (3, 4, 4), uid="1.2.3.5")
    series, notes = joined(tmp_path, uid="", images=["1.2.3.5.2"])
    assert (series.uid, codes(notes)) == ("1.2.3.5", [])


def test_or_only_one_has_its_frame_of_reference(tmp_path):
    build.series(tmp_path / "a", (3, 4, 4))
    build.series(tmp_path / "b", (3, 4, 4), uid="1.2.3.5", frame="9.9")
    series, notes = joined(tmp_path, uid="7.7", frame="9.9")
    assert (series.uid, codes(notes)) == ("1.2.3.5", ["N-series-by-frame"])


def test_or_there_is_only_one(tmp_path):
    build.series(tmp_path / "a", (3, 4, 4))
    series, notes = joined(tmp_path, uid="", frame="")
    assert (series.uid, codes(notes)) == (build.SERIES, ["W-series-by-case"])


def test_nothing_is_guessed_between_two(tmp_path):
    build.series(tmp_path / "a", (3, 4, 4))
    build.series(tmp_path / "b", (3, 8, 8), (1.0, 0.5, 0.5), uid="1.2.3.5")
    series, notes = joined(tmp_path, uid="7.7")
    assert (series, codes(notes)) == (None, ["W-series-unknown"])


def test_of_two_series_on_one_grid_either_will_do(tmp_path):
    build.series(tmp_path / "a", (3, 4, 4))
    build.series(tmp_path / "b", (3, 4, 4), uid="1.2.3.5")
    series, notes = joined(tmp_path, uid="7.7")
    assert (series.uid, codes(notes)) == (build.SERIES, ["N-series-by-planes"])


def test_no_series_at_all(tmp_path):
    assert joined(tmp_path) == (None, ())


@pytest.mark.parametrize("uid", [build.SERIES, ""])
def test_two_frames_of_reference_do_not_match(tmp_path, uid):
    build.series(tmp_path / "a", (3, 4, 4))
    with pytest.raises(CaseError, match="different frames") as caught:
        joined(tmp_path, uid=uid, frame="9.9")
    assert caught.value.status == "frame_of_reference_mismatch"
    series, notes = joined(tmp_path, uid=uid, frame="9.9", ignore=True)
    assert series.uid == build.SERIES
    assert "W-frame-of-reference" in codes(notes)


def test_images_that_contours_name_are_hints(tmp_path):
    build.series(tmp_path, (3, 4, 4))
    rings = [
        build.ring([(0, 0), (3, 0), (3, 3)], z, images=(uid,))
        for z, uid in enumerate(["1.2.3.2.1", "8.8", "8.9"])
    ]
    path = build.rtstruct(tmp_path / "RS.dcm", [build.Organ("A", rings)])
    slices = index_dicom(tmp_path).series[build.SERIES].slices()
    (note,) = image_reference_notes(rtstruct.read(path), slices)
    assert note.text.startswith("2 of 3 contours")
    assert list(image_reference_notes(Contours(path, ()), slices)) == []


@pytest.mark.parametrize(("beside", "lies"), [(0.149, True), (0.151, False)])
def test_a_contour_lies_on_a_slice_up_to_a_twentieth_of_the_gap(beside, lies):
    points = np.array([(4, 4, 6 + beside), (9, 4, 6 + beside), (9, 9, 6 + beside)])
    assert lies_on_slices(points, slices()) == lies
