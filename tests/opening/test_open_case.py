"""The files of a case as two volumes on one grid."""

from dataclasses import replace
from pathlib import Path

import build
import numpy as np
import pytest
from runs import settings, soft

from segeval.classes.class_list import ClassList, LabelSelector
from segeval.opening.onto_grid import background_scores, covers_every_voxel
from segeval.opening.open_case import open_case
from segeval.opening.open_side import (
    NOWHERE,
    file_class_selectors,
    open_side,
    read_sides_as,
)
from segeval.pairing.cases import Case
from segeval.pairing.cases import CaseFiles as Files
from segeval.runtime.errors import CaseError, GeometryError, ReadError
from segeval.volume.align import read_whole_channel
from segeval.volume.read_options import ReadOptions
from segeval.volume.value_stream import ReadAs
from segeval.volume.volume import Volume

T, P = build.blocks(), build.blocks(seed=5)


def files(path, **arrays):
    """Class files of one side."""
    path.mkdir(parents=True, exist_ok=True)
    return Files(path, {n: build.nifti(path / f"{n}.nii.gz", a) for n, a in arrays.items()})


def one(path, scores=None):
    return Files(path.parent, {"": path}, scores)


def read(volume, channel=0):
    return read_whole_channel(volume.channels[channel], volume.geometry)


def test_class_files_are_channels_with_names(tmp_path):
    found = open_side(files(tmp_path, liver=T, spleen=P), ReadOptions())
    assert found.parts == {"liver": LabelSelector(0), "spleen": LabelSelector(1)}
    assert found.named
    assert (read(found.volume, 1) == P).all()
    assert found.volume.file(1) == tmp_path / "spleen.nii.gz"


def test_class_files_in_another_order_of_axes_are_turned(tmp_path):
    made = files(tmp_path, a=T)
    turned = replace(build.GRID, origin=(10.0, 6, 7), directions=((0, 0, 1), (0, 1, 0), (-1, 0, 0)))
    build.nifti(tmp_path / "b.nii.gz", P[..., ::-1].copy(), turned)
    both = replace(made, files={**made.files, "b": tmp_path / "b.nii.gz"})
    found = open_side(both, ReadOptions())
    assert (read(found.volume, 1) == P).all()


def test_class_files_on_two_grids_are_refused_by_name(tmp_path):
    with pytest.raises(GeometryError) as caught:
        open_side(files(tmp_path, liver=T, spleen=P[:3]), ReadOptions())
    text = "\n".join(caught.value.lines())
    assert "spleen.nii.gz and liver.nii.gz are on different grids" in text


def test_a_class_file_holds_one_channel(tmp_path):
    build.stack(tmp_path / "liver.nii.gz", soft(3))
    with pytest.raises(ReadError, match="holds 3 channels"):
        open_side(Files(tmp_path, {"liver": tmp_path / "liver.nii.gz"}), ReadOptions())


def test_a_label_map_has_no_names(tmp_path):
    found = open_side(one(build.nifti(tmp_path / "a.nii", T)), ReadOptions())
    assert not found.named
    assert found.scores is None


def test_the_names_that_a_file_gives():
    volume = Volume(build.GRID, (), Path("x"), names={5: "liver"})
    assert file_class_selectors(volume) == {"liver": LabelSelector(0, frozenset([5]))}
    layers = replace(volume, segments={"a": (1, 3), "b": (0, 3)})
    assert file_class_selectors(layers) == {
        "a": LabelSelector(1, frozenset([3])),
        "b": LabelSelector(0, frozenset([3])),
    }


def case(tmp_path, pred, **more):
    return Case("c", pred, one(build.nifti(tmp_path / "g.nii.gz", T)), **more)


def test_a_missing_prediction_is_empty_on_the_grid_of_the_truth(tmp_path):
    truth, pred = open_case(case(tmp_path, None), settings(), ClassList())
    assert list(pred.volume.geometry.differences(truth.volume.geometry)) == []
    assert not read(pred.volume).any()
    named = Case("c", None, files(tmp_path, liver=T))
    assert open_case(named, settings(), ClassList())[1].parts == {"liver": NOWHERE}


def test_the_archive_takes_the_grid_of_its_label_map(tmp_path):  # I5
    scores = build.npz(tmp_path / "p.npz", soft(4))
    pred = one(build.nifti(tmp_path / "p.nii.gz", P), scores)
    truth, found = open_case(case(tmp_path, pred), settings(), ClassList())
    assert found.scores.geometry == truth.volume.geometry
    assert len(found.scores.channels) == 4
    assert (read(found.scores, 2) == soft(4)[2]).all()


def test_the_archive_of_another_run(tmp_path):  # I5
    scores = build.npz(tmp_path / "p.npz", soft(4, (4, 5, 5)))
    pred = one(build.nifti(tmp_path / "p.nii.gz", P), scores)
    with pytest.raises(CaseError) as caught:
        open_case(case(tmp_path, pred), settings(), ClassList())
    assert caught.value.status == "geometry_mismatch"
    assert caught.value.facts == ("probabilities 5x5x4", "label map 6x5x4, 1 x 2 x 3 mm")


def test_the_spacing_of_the_request_before_that_of_the_table(tmp_path):
    made = Case(
        "c", *(one(build.png(tmp_path / f"{s}.png", T[0])) for s in "pg"), spacing=(2.0, 2.0)
    )
    assert open_case(made, settings(), ClassList())[0].volume.geometry.spacing == (2.0, 2.0)
    asked = settings(spacing=(1.0, 3.0))
    assert open_case(made, asked, ClassList())[0].volume.geometry.spacing == (1.0, 3.0)


def test_the_grid_of_the_image(tmp_path):  # G3
    grid = replace(build.GRID, shape=(4, 5, 3))
    image = build.nifti(tmp_path / "image.nii.gz", np.zeros((4, 5, 3), np.int16), grid)
    pred = one(build.nifti(tmp_path / "p.nii.gz", P))
    found = open_case(
        case(tmp_path, pred, image=image),
        settings(resample="image", resample_loss="accept"),
        ClassList(),
    )
    assert [s.volume.geometry.shape for s in found] == [(4, 5, 3)] * 2
    assert (read(found[1].volume) == P[..., :3]).all()
    with pytest.raises(GeometryError, match="no image"):
        open_case(case(tmp_path, pred), settings(resample="image"), ClassList())


@pytest.mark.parametrize(
    ("how", "channels", "want"),
    [
        (ReadAs("prob"), 1, (0,)),
        (ReadAs("auto"), 3, (1, 0, 0)),
        (ReadAs("prob", independent=True), 3, (0, 0, 0)),
        (ReadAs("logits"), 1, (-20,)),
        (ReadAs("logits"), 2, (20, -20)),
        (ReadAs("logits", independent=True), 2, (-20, -20)),
    ],
)
def test_what_lies_beyond_a_volume(how, channels, want):
    assert background_scores(channels, how) == want


@pytest.mark.parametrize(
    ("labels", "want"), [((0, 1, 2, 3), True), ((1, 2, 3), False), ((0, 1), False)]
)
def test_a_stack_that_covers_every_voxel(tmp_path, labels, want):
    stack = np.stack([v == T for v in labels]).astype(np.uint8)
    found = open_side(one(build.stack(tmp_path / "a.nii", stack)), ReadOptions())
    assert covers_every_voxel(found.volume) is want


def test_how_both_sides_are_read(tmp_path):
    plain = open_side(one(build.nifti(tmp_path / "a.nii", T)), ReadOptions())
    named = open_side(files(tmp_path, liver=T), ReadOptions())

    def independent(truth, pred, regions):
        return [how.independent for how in read_sides_as(truth, pred, settings(), regions)]

    assert independent(plain, plain, regions=False) == [False, False]
    assert independent(plain, plain, regions=True) == [False, True]
    assert independent(plain, named, regions=False)[1]
    soft_truth = read_sides_as(named, plain, settings(gt_kind="prob"), regions=False)[0]
    assert (soft_truth.kind, soft_truth.independent) == ("prob", True)
