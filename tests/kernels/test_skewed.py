"""Distances between axes at other angles (ACCOUNT-A12), against right angles and brute force."""

import pickle

import build
import numpy as np
import pytest
from runs import only, problem, run, values

from segeval.grid.geometry import Geometry
from segeval.kernels.borders import boundary_voxels
from segeval.kernels.conventions import CONVENTIONS, measure_distances
from segeval.kernels.skewed import SkewedSpacing

SPACING = (2.5, 0.9, 0.7)
TRUTH = build.ball((9, 14, 15), (4, 6, 7), 3.6) > 0
PRED = build.ball((9, 14, 15), (4, 7, 8), 3.1) > 0
EDGES = ((True, True),) * 3
MEASURED = sorted({c.elements for c in CONVENTIONS.values()} - {"corners", "subvoxel"})


@pytest.mark.parametrize("elements", MEASURED)
def test_right_angles_give_what_the_fast_way_gives(elements):
    plain = measure_distances(elements, TRUTH, PRED, SPACING, EDGES)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    skewed = measure_distances(elements, TRUTH, PRED, SkewedSpacing(np.diag(SPACING) @ turn), EDGES)
    for one, other in zip(plain, skewed, strict=True):
        assert one.farthest == pytest.approx(other.farthest, abs=1e-9)
        order = [np.lexsort((s.sizes.round(9), s.distances.round(9))) for s in (one, other)]
        assert one.distances[order[0]] == pytest.approx(other.distances[order[1]], abs=1e-9)
        assert one.sizes.sum() == pytest.approx(other.sizes.sum(), rel=1e-9)


def test_border_voxels_by_brute_force():
    axes = np.array([[0.3, 1.1, 2.4], [0.1, 0.9, 0], [0.7, 0, 0]])
    there, back = measure_distances("border", TRUTH, PRED, SkewedSpacing(axes), EDGES)
    points = [np.argwhere(boundary_voxels(m)) @ axes for m in (TRUTH, PRED)]
    apart = np.linalg.norm(points[0][:, None] - points[1][None], axis=2)
    assert np.sort(there.distances) == pytest.approx(np.sort(apart.min(axis=1)), abs=1e-12)
    assert np.sort(back.distances) == pytest.approx(np.sort(apart.min(axis=0)), abs=1e-12)


def test_it_goes_to_other_processes():
    spacing = SkewedSpacing(np.diag(SPACING) + 0.1)
    again = pickle.loads(pickle.dumps(spacing))
    assert again == spacing
    assert (again.axes == spacing.axes).all()


TILT = np.radians(20)
SHEARED = Geometry(
    TRUTH.shape,
    (3.0, 0.9, 0.7),
    (1.0, 2.0, 3.0),
    ((0, np.sin(TILT), np.cos(TILT)), (0, 1, 0), (1, 0, 0)),
)


def test_a12_a_tilted_gantry_has_true_volumes_and_distances(tmp_path):
    build.nifti(tmp_path / "g.nii.gz", TRUTH.astype(np.uint8), SHEARED)
    build.nifti(tmp_path / "p.nii.gz", PRED.astype(np.uint8), SHEARED)
    sides = tmp_path / "p.nii.gz", tmp_path / "g.nii.gz"
    card = run(*sides, "gt_volume", "hd", "hd95:as=monai", "dice", "hd95:by=slice")
    right = TRUTH.sum() * 3.0 * np.cos(TILT) * 0.9 * 0.7 / 1000
    assert values(card, "gt_volume")["1"] == pytest.approx(right, rel=1e-6)
    points = [np.argwhere(boundary_voxels(m)) @ SHEARED.steps for m in (TRUTH, PRED)]
    apart = np.linalg.norm(points[0][:, None] - points[1][None], axis=2)
    want = max(np.percentile(apart.min(axis=axis), 95) for axis in (0, 1))
    assert values(card, "hd95:as=monai")["1"] == pytest.approx(want, rel=1e-6)
    assert only(card).status == "ok"


@pytest.mark.parametrize("metric", ["hd95:as=deepmind", "boundary_iou", "apl@1mm"])
def test_a12_what_cannot_be_measured_is_refused_by_name(tmp_path, metric):
    build.nifti(tmp_path / "g.nii.gz", TRUTH.astype(np.uint8), SHEARED)
    status, text = problem(run(tmp_path / "g.nii.gz", tmp_path / "g.nii.gz", "dice", metric))
    assert status == "geometry_mismatch"
    assert f"{metric.split(':')[0].split('@')[0]}" in text
    assert "right angles" in text
