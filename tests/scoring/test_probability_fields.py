"""`as=subvoxel`: the surface where the probabilities say that it is."""

import build
import numpy as np
import pytest
from runs import run

import segeval
from segeval.request.settings import Settings
from segeval.scoring import pass_plan

SPACING = (2.0, 1.0, 1.0)
SHAPE = (20, 36, 38)


def radius(shift=0.0):
    grid = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(SHAPE, SPACING, strict=True)]
    z, y, x = np.meshgrid(*grid, indexing="ij")
    return np.sqrt(z**2 + y**2 + (x - shift) ** 2)


def slope(edge, shift=0.0):
    """0.5 at the sphere, linear in the distance from it: every crossing is exact along a radius."""
    return np.clip(0.5 + (edge - radius(shift)) / 8, 0, 1).astype(np.float32)


def asked(pred, gt, *metrics, **choices):
    card = segeval.score(pred, gt, metrics, spacing=SPACING, settings=Settings(**choices))
    return {row.metric: row for row in card.cases[0].rows}


# A box: the voxel surface of the ground truth is exact, so only the prediction's is in question.
BOX = np.zeros(SHAPE, np.uint8)
BOX[4:16, 8:28, 9:29] = 1


@pytest.mark.parametrize("moved", [0.1, 0.3, 0.45])
def test_a_plane_between_voxels(moved):
    """The end of a bar is moved by less than a voxel: the mask does not show it, p does."""
    p = BOX.astype(np.float32)
    p[4:16, 8:28, 29] = moved  # outside: p falls from 1 to `moved` and is 0.5 on the way
    crossing = 0.5 / (1 - moved)
    found = asked(p[None], BOX, "hd", "hd:as=subvoxel", "asd_pred_to_gt:as=subvoxel")
    assert found["hd"].value == pytest.approx(0, abs=1e-9)
    assert found["hd:as=subvoxel"].value == pytest.approx(crossing - 0.5, abs=1e-6)
    assert 0 < found["asd_pred_to_gt:as=subvoxel"].value < crossing - 0.5


def test_masks_as_probabilities_have_the_surface_of_masks():
    pred = np.roll(BOX, 2, 1).astype(np.float32)
    found = asked(pred[None], BOX, "hd", "hd:as=subvoxel", "masd", "masd:as=subvoxel", "nsd@1mm",
                  "nsd@1mm:as=subvoxel")  # fmt: skip
    for name in ("hd", "masd", "nsd@1mm"):
        want = found[name].value
        assert found[f"{name}:as=subvoxel"].value == pytest.approx(want, abs=1e-3), name


def test_a_sphere_is_found_ten_times_better_than_by_its_mask():
    """Directed from the prediction to the surface of a box far away: exact distances differ."""
    from segeval.kernels.distances import MeasuredSurface

    field = np.pad(slope(13.37), 1)
    mask = slope(13.37) >= 0.5
    spacing = np.array(SPACING)
    middle = (np.array(SHAPE) - 1) / 2 * spacing
    off = {}
    for name, given in (("mask", None), ("field", field)):
        mesh = MeasuredSurface(mask, SPACING, None, given).mesh
        off[name] = np.abs(np.linalg.norm(mesh.vertices - middle, axis=1) - 13.37).mean()
    assert off["field"] < off["mask"] / 10


@pytest.mark.parametrize("metric", ["hd:as=subvoxel", "nsd@1mm:as=subvoxel", "masd:as=subvoxel"])
def test_labels_have_no_probabilities(metric):
    (row,) = asked(BOX, BOX, metric).values()
    assert (row.status, row.reason) == ("undefined", "no_probabilities")


def test_it_is_the_same_for_one_channel_and_for_two():
    p, gt = slope(12.2, 0.6), (radius() <= 12).astype(np.uint8)
    names = (
        "hd95:as=subvoxel",
        "assd:as=subvoxel",
        "nsd@0.5mm:as=subvoxel",
        "hd:as=subvoxel:by=slice",
    )
    one, two = asked(p[None], gt, *names), asked(np.stack([1 - p, p]), gt, *names)
    for name in names:
        assert one[name].value == pytest.approx(two[name].value, rel=1e-6), name


def test_a_threshold_moves_the_surface():
    gt = (radius() <= 12).astype(np.uint8)
    values = [
        asked(slope(12)[None], gt, "asd_pred_to_gt:as=subvoxel", threshold=t) for t in (0.5, 0.25)
    ]
    inner, outer = (v["asd_pred_to_gt:as=subvoxel"].value for v in values)
    assert inner < 0.3
    assert outer == pytest.approx(2, abs=0.3)  # 0.25 lies 2 mm farther out


def test_a_small_budget_reads_class_by_class(tmp_path, monkeypatch):
    monkeypatch.setattr(
        pass_plan, "case_budget", lambda budget: 1 << 30
    )  # to measure in, all the same
    shapes = [radius(-6) <= 7, radius(6) <= 8]
    gt = np.where(shapes[1], 2, shapes[0]).astype(np.uint8)
    p = np.stack([np.full(SHAPE, 0.4), slope(7.4, -6), slope(7.2, 6)]).astype(np.float32)
    p /= p.sum(axis=0)
    grid = build.Geometry(SHAPE, SPACING, (0.0, 0.0, 0.0), build.GRID.directions)
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
    build.stack(tmp_path / "pred" / "a.nii.gz", p, grid)
    build.nifti(tmp_path / "gt" / "a.nii.gz", gt, grid)
    asks = ("hd:as=subvoxel", "assd:as=subvoxel", "nsd@1mm:as=subvoxel")
    cards = [
        run(tmp_path / "pred", tmp_path / "gt", *asks, max_memory=size)
        for size in (512 << 20, 1 << 12)
    ]
    rows = [card.cases[0].rows for card in cards]
    assert len(rows[0]) == 6
    assert all(np.isfinite(row.value) for row in rows[0])
    assert rows[0] == rows[1]
