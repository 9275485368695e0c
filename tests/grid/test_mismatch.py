"""Two grids that differ: why, what to do, and that doing it literally works (ACCOUNT-A13, A14)."""

from dataclasses import replace

import build
import numpy as np
import pytest
from runs import dice, only, problem, run, values

from segeval.grid.geometry import Geometry
from segeval.grid.mismatch import holds_grid, joint_grid, suggest_remedy
from segeval.runtime.errors import GeometryError

GRID = Geometry((12, 16, 20), (2.5, 0.8, 0.8), (-30.0, 12.0, 7.0), build.GRID.directions)
TRUTH = build.ball(GRID.shape, (6, 8, 9), 4.0)
PRED = build.ball(GRID.shape, (6, 8, 10), 4.0)


def cropped(grid, low, high):
    """A part of a grid."""
    shape = tuple(h - a for a, h in zip(low, high, strict=True))
    return replace(grid, shape=shape, origin=tuple(grid.points(np.array([low], float))[0].tolist()))


def on(path, pred, pred_grid, truth, truth_grid, **choices):
    build.nifti(path / "p.nii.gz", pred, pred_grid)
    build.nifti(path / "g.nii.gz", truth, truth_grid)
    return run(path / "p.nii.gz", path / "g.nii.gz", "dice", **choices)


LOW, HIGH = (2, 3, 4), (11, 14, 15)
PART = tuple(slice(a, b) for a, b in zip(LOW, HIGH, strict=True))
SMALL = cropped(GRID, LOW, HIGH)


@pytest.mark.parametrize("side", ["pred", "gt"])
def test_a13_a_cropped_file_is_scored_whole_by_the_option_that_the_message_names(tmp_path, side):
    far = PRED.copy()
    far[0, 0, :5] = 1  # outside of the crop: false on either side
    truth = TRUTH * (side == "pred") + TRUTH * (side == "gt")
    sides = (PRED[PART], SMALL, np.maximum(truth, far), GRID) if side == "pred" else (
        far, GRID, TRUTH[PART], SMALL
    )  # fmt: skip
    status, text = problem(on(tmp_path, *sides))
    assert status == "geometry_mismatch"
    assert "cropped" in text
    word = text.split("--resample ")[1].split()[0]
    assert word == ("gt" if side == "pred" else "pred")
    full = [np.zeros_like(TRUTH), np.zeros_like(TRUTH)]
    for place, (array, grid) in enumerate((sides[:2], sides[2:])):
        full[place][PART if grid is SMALL else ...] = array
    right = dice(full[1] == 1, full[0] == 1)
    assert values(on(tmp_path, *sides, resample=word))["1"] == pytest.approx(right, abs=1e-12)
    assert values(on(tmp_path, *sides, resample="union"))["1"] == pytest.approx(right, abs=1e-12)


@pytest.mark.parametrize("resample", ["gt", "pred"])
def test_a13_voxels_that_are_lost_are_an_error_until_the_loss_is_accepted(tmp_path, resample):
    one, two = cropped(GRID, (0, 0, 0), (12, 16, 14)), cropped(GRID, (0, 0, 5), (12, 16, 20))
    sides = (PRED[..., :14], one, TRUTH[..., 5:], two)
    lost = {"gt": (PRED[..., :5] > 0).sum(), "pred": (TRUTH[..., 14:] > 0).sum()}[resample]
    pred, truth = sides[0].copy(), sides[2].copy()
    pred[3, 3, :2], truth[3, 3, -2:] = 1, 1
    status, text = problem(on(tmp_path, pred, one, truth, two, resample=resample))
    assert status == "geometry_mismatch"
    assert f"{lost + 2} labelled voxels" in text
    assert "--resample union" in text
    accepted = on(tmp_path, pred, one, truth, two, resample=resample, resample_loss="accept")
    assert "W-resample-loss" in [note.code for note in only(accepted).notes]
    whole = np.zeros_like(TRUTH), np.zeros_like(TRUTH)
    whole[0][..., 5:], whole[1][..., :14] = truth, pred
    right = dice(whole[0] == 1, whole[1] == 1)
    union = on(tmp_path, pred, one, truth, two, resample="union")
    assert values(union)["1"] == pytest.approx(right, abs=1e-12)
    assert only(union).facts["shape"] == [20, 16, 12]


def test_a13_an_ignored_label_is_no_loss(tmp_path):
    far = PRED.copy()
    far[0, 0, :5] = 9
    card = on(tmp_path, far, GRID, TRUTH[PART], SMALL, resample="gt", ignore_label=(9,))
    assert only(card).status == "ok"


def test_a13_masks_in_channels_and_probabilities_are_counted_too(tmp_path):
    far = PRED.astype(np.float32) * 0.9
    far[0, 0, :5] = 0.8
    status, text = problem(on(tmp_path, far, GRID, TRUTH[PART], SMALL, resample="gt"))
    assert (status, "5 labelled voxels" in text) == ("geometry_mismatch", True)
    stack = np.stack([1 - far, far])
    status, text = problem(on(tmp_path, stack, GRID, TRUTH[PART], SMALL, resample="gt"))
    assert (status, "5 labelled voxels" in text) == ("geometry_mismatch", True)


def test_a14_one_header_for_both_sides(tmp_path):
    lost = Geometry(GRID.shape, (1.0, 1, 1), (0.0, 0, 0), GRID.directions)
    status, text = problem(on(tmp_path, PRED, lost, TRUTH, GRID))
    assert status == "geometry_mismatch"
    assert "header of the prediction" in text
    assert "--geometry gt" in text
    card = on(tmp_path, PRED, lost, TRUTH, GRID, geometry="gt")
    assert values(card)["1"] == pytest.approx(dice(TRUTH == 1, PRED == 1), abs=1e-12)
    assert "W-geometry-replaced" in [note.code for note in only(card).notes]
    assert only(card).facts["spacing"] == pytest.approx([0.8, 0.8, 2.5])
    turned = on(tmp_path, TRUTH, GRID, PRED, lost, geometry="pred")
    assert only(turned).facts["spacing"] == pytest.approx([0.8, 0.8, 2.5])
    assert "|geometry:pred|" in turned.signature


def test_a14_needs_equal_shapes(tmp_path):
    status, text = problem(on(tmp_path, PRED, GRID, TRUTH[PART], SMALL, geometry="gt"))
    assert (status, "equal shapes" in text) == ("geometry_mismatch", True)


FLIPPED = replace(GRID, directions=((0, 0, 1), (0, 1, 0), (-1, 0, 0)))
ADVICE = {
    "flipped": (FLIPPED, GRID, 1, "axes run the other way", "--geometry gt"),
    "another spacing, inside": (
        replace(GRID, shape=(6, 8, 10), spacing=(5.0, 1.6, 1.6)), GRID, 1, "", "--resample gt"),
    "another spacing, outside": (
        replace(GRID, shape=(30, 30, 30), spacing=(5.0, 1.6, 1.6), origin=(-60.0, -20, -50)),
        GRID, 1, "", "--resample pred"),
    "reversed": (Geometry((20, 16, 12)), Geometry((12, 16, 20)), 1, "reverse order", "(z, y, x)"),
    "reversed, of one header": (
        replace(GRID, shape=GRID.shape[::-1]), GRID, 1, "reverse order", "in one order"),
    "reversed, of another header": (
        Geometry(GRID.shape[::-1], (1.0, 1, 1), (0.0, 0, 0), GRID.directions), GRID, 1,
        "reverse order", "in one order"),
    "channels in front": (
        Geometry((16, 20, 3)), Geometry((12, 16, 20)), 12, "channels in front", "--channel-axis 0"),
    "two pictures": (Geometry((16, 20)), Geometry((32, 40)), 1, "", "--resample gt"),
}  # fmt: skip


@pytest.mark.parametrize("what", ADVICE)
def test_a13_the_advice_depends_on_why_grids_differ(what):
    own, truth, channels, reason, help = ADVICE[what]
    found = suggest_remedy(own, truth, channels)
    assert reason in found[0]
    assert help in found[1]


def test_a_joint_grid_has_at_most_64_times_the_voxels_of_either_side():
    row = replace(GRID, shape=(1, 1, 10))
    assert joint_grid(row, cropped(row, (0, 0, 630), (1, 1, 640))).shape == (1, 1, 640)
    with pytest.raises(GeometryError, match="too far apart for one grid"):
        joint_grid(row, cropped(row, (0, 0, 631), (1, 1, 641)))


def test_a_joint_grid_holds_both_and_no_more():
    one, two = cropped(GRID, (0, 3, 5), (12, 16, 20)), cropped(GRID, (0, 0, 0), (9, 9, 9))
    joint = joint_grid(one, two)
    assert joint.shape == GRID.shape
    assert not list(joint.differences(GRID))
    assert joint_grid(GRID, SMALL) == GRID
    assert holds_grid(joint, one)
    assert holds_grid(joint, two)
    turned = replace(SMALL, spacing=(1.1, 0.9, 2.0))
    joint = joint_grid(GRID, turned)
    assert holds_grid(joint, turned)
    assert holds_grid(joint, GRID)


def test_a18_label_pictures_are_resized_by_nearest_neighbour(tmp_path):
    truth = np.zeros((12, 20), np.uint8)
    truth[3:9, 4:14] = 2
    pred = truth[1::3, 1::2]  # what half_pixel takes of it: the middle of three rows
    build.png(tmp_path / "p.png", pred)
    build.png(tmp_path / "g.png", truth)
    card = run(tmp_path / "p.png", tmp_path / "g.png", "dice", resample="gt")
    rows = (2 * np.arange(12) + 1) * pred.shape[0] // 24
    columns = (2 * np.arange(20) + 1) * pred.shape[1] // 40
    shown = pred[rows][:, columns]
    assert values(card)["2"] == pytest.approx(dice(truth == 2, shown == 2), abs=1e-12)
    down = run(tmp_path / "p.png", tmp_path / "g.png", "dice", resample="pred")
    assert only(down).facts["shape"] == [10, 4]


def test_a11_a_file_of_two_dimensions_is_a_picture(tmp_path):
    flat = Geometry((16, 20), (0.5, 0.25), (3.0, 4.0, 5.0), GRID.directions[1:])
    turned = replace(flat, directions=((0, 1, 0), (-1, 0, 0)), origin=(3 + 19 * 0.25, 4.0, 5.0))
    truth, pred = TRUTH[6], PRED[6]
    build.nifti(tmp_path / "g.nii.gz", truth, flat)
    build.nifti(tmp_path / "p.nii.gz", pred[:, ::-1].copy(), turned)
    card = run(tmp_path / "p.nii.gz", tmp_path / "g.nii.gz", "dice", "hd95", "pred_volume")
    build.npy(tmp_path / "p.npy", pred)
    build.npy(tmp_path / "g.npy", truth)
    plain = run(tmp_path / "p.npy", tmp_path / "g.npy", "dice", "hd95", "pred_volume",
                spacing=(0.5, 0.25))  # fmt: skip
    for metric in ("dice", "hd95", "pred_volume"):
        assert values(card, metric)["1"] == pytest.approx(values(plain, metric)["1"], rel=1e-6)
    build.nifti(tmp_path / "slab.nii.gz", pred[None], replace(GRID, shape=(1, 16, 20),
                spacing=(2.0, 0.5, 0.25), origin=(3.0, 4.0, 5.0)))  # fmt: skip
    slab = run(tmp_path / "slab.nii.gz", tmp_path / "g.nii.gz", "hd95")
    assert values(slab, "hd95")["1"] == pytest.approx(values(plain, "hd95")["1"], rel=1e-6)
    slab = run(tmp_path / "g.nii.gz", tmp_path / "slab.nii.gz", "hd95")
    assert values(slab, "hd95")["1"] == pytest.approx(values(plain, "hd95")["1"], rel=1e-6)


def test_a_picture_against_a_volume_is_an_error_of_the_case(tmp_path):
    build.nifti(tmp_path / "g.nii.gz", TRUTH, GRID)
    build.nifti(tmp_path / "p.nii.gz", TRUTH[0], replace(GRID, shape=(1, *GRID.shape[1:])).plane())
    for sides in (("p", "g"), ("g", "p")):
        for resample in ("never", "gt", "pred", "union"):
            pred, truth = (tmp_path / f"{side}.nii.gz" for side in sides)
            status, _ = problem(run(pred, truth, "dice", resample=resample))
            assert status == "geometry_mismatch"
