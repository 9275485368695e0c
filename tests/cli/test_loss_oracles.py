"""The values of the libraries through the command line: batches in files, scored and compared.

A batch is as many cases. A value of the whole batch is the statistic `pooled`, a mean over the
batch the mean over cases.
"""

import json

import build
import numpy as np
import pytest
from oracles.read import inputs, records

from segeval.runtime.memory_budget import PROGRAM_BYTES, format_mib

WANT = {(r.case, r.id): r for r in records()}


def npz(path, array):
    np.savez(path.with_suffix(".npz"), probabilities=array)


def nifti(path, array):
    flat = array.ndim == 3  # channels of pictures: one plane
    build.nifti(path.with_name(f"{path.name}.nii.gz"), array[:, None] if flat else array)


def nifti_labels(path, array):
    build.nifti(path.with_name(f"{path.name}.nii.gz"), array if array.ndim == 3 else array[None])


def npy(path, array):
    np.save(path.with_suffix(".npy"), array)


def png(path, array):
    build.png(path.with_suffix(".png"), array)


FORMATS = {"npz": (npz, npy), "nii.gz": (nifti, nifti_labels), "png": (png, png)}


def written(folder, form, pred, truth):
    """A case a pair of arrays, in one format."""
    for side, arrays, write in zip(("pred", "gt"), (pred, truth), FORMATS[form], strict=True):
        (folder / side).mkdir()
        for number, array in enumerate(arrays):
            write(folder / side / f"case{number}", np.ascontiguousarray(array))
    return [str(folder / "pred"), str(folder / "gt")]


LABELS = (
    "ce_2d",
    "ce_3d",
    "dice_ignore255",
    "dice_multiclass_3d",
    "calib_multiclass",
    "spatial_3d",
)
ASKED = [
    ("ce_2d", "mean", "ce", "pooled"),
    ("ce_2d", "label_smoothing", "ce:smoothing=0.1", "pooled"),
    ("ce_2d", "caffe_full", "ce:as=caffe:normalization=full", "pooled"),
    ("ce_2d", "nnunet_robust_ce", "ce:as=nnunet", "pooled"),
    ("ce_3d", "mean", "ce", "mean"),
    ("ce_3d", "sum", "ce:reduction=sum", "mean"),
    ("ce_3d", "nnunet_topk10", "topk_ce", "mean"),
    ("dice_ignore255", "monai_nobg", "dice_loss", "mean"),
    ("dice_ignore255", "monai_default", "dice_loss:background=yes", "mean"),
    ("dice_ignore255", "monai_batch", "dice_loss:background=yes", "pooled"),
    ("dice_ignore255", "nnunet_memeff_b0_bg0", "dice_loss:as=nnunet", "mean"),
    ("dice_ignore255", "nnunet_dc_ce_b1", "dice_ce:as=nnunet", "pooled"),
    ("dice_ignore255", "smp_dice", "dice_loss:as=smp", "pooled"),
    ("dice_ignore255", "smp_lovasz_per_image", "lovasz_loss", "mean"),
    ("dice_multiclass_3d", "monai_dice_ce", "dice_ce:as=monai:background=yes", "mean"),
    ("dice_multiclass_3d", "smp_jaccard", "jaccard_loss:as=smp", "mean"),
    ("dice_multiclass_3d", "keras_dice_all", "dice_loss:as=keras", "mean"),
    ("calib_multiclass", "tm_multiclass_l1_15", "ece", "pooled"),
    ("calib_multiclass", "brier_multiclass", "brier", "pooled"),
    ("calib_multiclass", "nll_clamped", "nll", "pooled"),
    ("ce_2d", "nnunet_topk10", "topk_ce", "whole"),
    ("dice_ignore255", "smp_lovasz", "lovasz_loss", "whole"),
    ("dice_multiclass_2d", "smp_lovasz", "lovasz_loss", "whole"),
    ("dice_absent_class", "smp_lovasz_per_image", "lovasz_loss", "mean"),
    *(
        ("spatial_" + space, id, metric, "mean" if id != "log_hausdorff_dt" else "log")
        for space in ("2d", "3d")
        for id, metric in (
            ("hausdorff_dt_2", "hausdorff_dt_loss"),
            ("hausdorff_dt_1", "hausdorff_dt_loss:alpha=1"),
            ("hausdorff_dt_bg", "hausdorff_dt_loss:background=yes"),
            ("log_hausdorff_dt", "hausdorff_dt_loss"),
            ("cldice_nobg", "cldice_loss:background=no"),
            ("dice_cldice", "dice_cldice:alpha=0.3"),
        )
    ),
]


def joined(arrays, channels):
    """The batch as one case: what a library sums over all of it has no other form in files."""
    return np.moveaxis(arrays, 0, -3)[None] if channels else arrays[None]


def score(segeval, sides, metric, *options):
    """The summary of the class `all`."""
    ran = segeval("score", *sides, "-m", metric, "--format", "json", "-q", *options)
    assert ran.status == 0, ran.err
    summary = json.loads(ran.out)["summary"]
    (column,) = summary[""]["all"].values()
    return column


@pytest.mark.parametrize("form", ["npz", "nii.gz"])
@pytest.mark.parametrize(("case", "id", "metric", "statistic"), ASKED)
def test_exclusive_channels(segeval, tmp_path, form, case, id, metric, statistic):
    x = inputs(case)
    scores = "prob" if "prob" in x else "logits"
    pred, labels = x[scores], x["labels"]
    if statistic == "whole":
        pred, labels = joined(pred, True), joined(labels, False)
    sides = written(tmp_path, form, pred, labels)
    kind = ("--kind", scores, "--ignore-label", "255")
    got = score(segeval, sides, metric, *kind)
    found = got.get(statistic, got["mean"])
    found = np.log1p(found) if statistic == "log" else found  # of the mean over the batch
    want = WANT[case, id]
    assert found == pytest.approx(float(want.want), rel=want.rtol, abs=want.atol)


@pytest.mark.parametrize(
    ("id", "metric"), [("mse", "l2"), ("sse", "l2:as=sse"), ("euclidean", "l2:as=euclidean")]
)
def test_squares_of_independent_channels(segeval, tmp_path, id, metric):
    x = inputs("l2_3d")
    assert (x["target"].sum(axis=1) == 1).all()  # so channel i is label i + 1
    sides = written(tmp_path, "nii.gz", x["pred"], x["target"].argmax(axis=1).astype(np.uint8) + 1)
    got = score(segeval, sides, metric, "--kind", "prob", "--activation", "none")
    want = WANT["l2_3d", id]
    assert got["pooled"] == pytest.approx(float(want.want), rel=want.rtol)


def test_a_picture_of_probabilities(segeval, tmp_path):
    """8-bit shares of 255, whose values are counted and not added one by one."""
    x = inputs("dtype_layout")
    masks = x["mask_bool"].astype(np.uint8) * 255
    sides = written(tmp_path, "png", x["prob_u8"][:, 1], masks)
    got = score(segeval, sides, "bce", "--kind", "prob")
    want = WANT["dtype_layout", "bce_u8_class1"]
    assert got["pooled"] == pytest.approx(float(want.want), rel=want.rtol)


@pytest.mark.parametrize(
    "metric",
    ["bce", "bce:as=keras", "bce:smoothing=0.2:as=keras", "l1", "l2", "dice_loss", "brier",
     "focal:as=keras", "jaccard_loss:as=smp", "ece:as=monai", "dice_loss:as=smp", "jaccard_loss"],
)  # fmt: skip
def test_counted_values_give_what_added_ones_give(segeval, tmp_path, metric):
    """The same shares in 8 bits and in float64, some of the voxels ignored."""
    rng = np.random.default_rng(5)
    codes, labels = rng.integers(0, 256, (2, 40, 50), np.uint8), rng.integers(0, 2, (2, 40, 50))
    labels = np.where(rng.random(labels.shape) < 0.1, 7, labels).astype(np.uint8)
    found = []
    for form, pred in (("png", codes), ("npz", codes[:, None] / 255)):
        (tmp_path / form).mkdir()
        sides = written(tmp_path / form, form, pred, labels)
        found.append(score(segeval, sides, metric, "--kind", "prob", "--ignore-label", "7"))
    for statistic in ("mean", "worst", "pooled"):
        assert found[0][statistic] == pytest.approx(found[1][statistic], rel=1e-12)


@pytest.mark.parametrize("metric", ["ce", "dice_loss", "brier", "l2", "ece", "ace"])
def test_a_small_budget_changes_nothing(segeval, tmp_path, metric):
    """5 channels of 4 bytes in 256 KiB: slabs of 1092 voxels, against one of all 2880."""
    rng = np.random.default_rng(6)
    p = rng.dirichlet(np.ones(5), (1, 12, 15, 16)).astype(np.float32)
    labels = rng.integers(0, 5, p.shape[:-1]).astype(np.uint8)
    sides = written(tmp_path, "nii.gz", np.moveaxis(p, -1, 1), labels)
    one = score(segeval, sides, metric, "--kind", "prob")
    two = score(segeval, sides, metric, "--kind", "prob", "--max-memory", "256KiB")
    assert two["mean"] == pytest.approx(one["mean"], rel=1e-12)


def test_over_the_budget(segeval, tmp_path):
    x = inputs("ce_3d")
    sides = written(tmp_path, "npz", x["logits"], x["labels"])
    options = ("--kind", "logits", "--ignore-label", "255", "--max-memory", "10KiB")
    ran = segeval("score", *sides, "-m", "cldice_loss", "--format", "json", *options)
    (row,) = (r for r in json.loads(ran.out)["cases"][0]["values"]["all"].values())
    assert (row["value"], row["status"]) == (None, "over_budget")
    assert ran.status == 3
    program = format_mib(PROGRAM_BYTES)
    assert f"/cldice_loss: would take 31 MiB beside the {program} of the program" in ran.err
    assert "--max-memory is 1 MiB" in ran.err
    pooled = json.loads(ran.out)["summary"][""]["all"]["cldice_loss"]["pooled"]
    assert pooled is None


def test_what_keeps_nothing_is_no_gate_of_pooled_cases(segeval, tmp_path):
    ran = segeval("score", str(tmp_path), str(tmp_path), "--gate", "topk_ce.pooled=1")
    assert ran.status == 2
    assert "topk_ce cannot be pooled over cases" in ran.err
