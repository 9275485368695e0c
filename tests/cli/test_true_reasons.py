"""A status or reason is true: each that there is, in a situation that makes it (ACCOUNT-A29)."""

import csv
import io
import re
from pathlib import Path

import build
import dicom_build
import numpy as np
import pytest
from runs import every, soft

from segeval.metrics.registry import load_all_metrics, resolve_metric
from segeval.request.grammar import parse_metric

A = np.zeros((6, 10, 12), np.uint8)
A[1:4, 2:7, 2:8], A[4:, 5:9, 3:10] = 1, 2
NONE = np.zeros_like(A)
ONE = (A == 1).astype(np.uint8)
IGNORED = np.full_like(A, 255)
CUBE = np.pad(np.ones((2, 2, 2), np.uint8), 2)  # thinning leaves nothing of it
FULL = np.ones_like(A)


def sharp(labels):
    """Probabilities of three channels, the largest that of the label."""
    scores = np.full((3, *labels.shape), 0.1, np.float32)
    for label in range(3):
        scores[label] += 0.7 * np.equal(labels, label)
    return scores


def rows(segeval, here, pred, gt, *metrics, options=(), write=None):
    """The rows of a case, by class and metric."""
    for name, array in (("p", pred), ("g", gt)):
        path = here / f"{name}.npz" if array.ndim > 3 else here / f"{name}.npy"
        (build.npz if array.ndim > 3 else build.npy)(path, array)
    files = ["p.npz" if pred.ndim > 3 else "p.npy", "g.npz" if gt.ndim > 3 else "g.npy"]
    words = [word for metric in metrics for word in ("-m", metric)]
    done = segeval("score", *files, *words, "--format", "csv", *options)
    found = list(csv.DictReader(io.StringIO(done.out)))
    assert found, done.err
    return found


REASONS = [  # reason, prediction, ground truth, metric, options
    ("both_empty", NONE, NONE, "dice", ("--classes", "1=a")),
    ("pred_empty", NONE, ONE, "hd95", ()),
    ("gt_empty", ONE, NONE, "hd95", ()),
    ("no_probabilities", A, A, "ce", ()),
    ("no_probabilities", A, A, "ece@15", ()),
    ("no_probabilities", A, A, "hd95:as=subvoxel", ()),
    ("one_sided_slices", ONE, np.roll(ONE, 1, 0), "hd95:by=slice", ()),
    ("no_surface", FULL, FULL, "hd95:as=seg-metrics", ()),
    ("no_percentile", FULL, FULL, "hd95:as=itk", ()),
    ("not_a_picture", A, A, "boundary_iou", ()),
    ("is_a_picture", A.max(0), A.max(0), "betti2_error", ()),
    ("no_skeleton", CUBE, CUBE, "skeleton_precision", ()),
    ("no_instances", A, A, "ap", ()),
    ("no_rois", A, A, "maskrcnn", ()),
    ("no_contours", A, A, "contour_dice", ()),
    ("no_logits", sharp(A), A, "focal", ()),
    ("no_voxels", A, IGNORED, "pixel_accuracy", ("--ignore-label", "255")),
    ("no_weights", A, A, "weight_decay", ()),
    ("no_weight_map", sharp(A), A, "weighted_ce", ()),
    ("no_auxiliary_output", sharp(A), A, "pspnet", ()),
]  # fmt: skip


@pytest.mark.parametrize("case", REASONS, ids=lambda case: f"{case[0]} {case[3]}")
def test_account_a29_a_reason_is_that_of_its_situation(segeval, here, case):
    reason, pred, gt, metric, options = case
    found = rows(segeval, here, pred, gt, metric, options=options)
    assert reason in {row["reason"] for row in found}, found


NO_NUMBER = {"no_probabilities", "no_instances", "no_rois", "no_contours", "no_auxiliary_output",
             "no_logits", "no_weights", "no_tolerance", "not_a_picture", "is_a_picture",
             "no_skeleton", "pooled", "no_scores", "no_weight_map"}  # fmt: skip


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("scores", [False, True])
def test_account_a29_no_metric_lacks_a_value_where_both_sides_have_every_class(
    segeval, here, flat, scores
):
    """No formula is 0/0 where masks overlap in part: whatever lacks a number says what it wants."""
    truth = A.max(0) if flat else A
    pred = np.roll(truth, 1, -1)
    known = load_all_metrics()
    bare = "nsd", *(name for name, one in known.items() if one.needs_at)
    texts = [t for t in every() if not t.startswith(bare)]
    length = {"f1:as=grand-challenge"}  # in mm, and arrays have none
    found = rows(segeval, here, sharp(pred) if scores else pred, truth,
                 *[t for t in texts if t not in length],
                 options=("--instances", "components"))  # fmt: skip
    for row in found:
        if row["status"] == "ok" or not row["metric"]:
            continue
        said = (row["metric"], row["class"], row["status"], row["reason"])
        assert row["status"] in ("undefined", "pooled"), said
        assert row["reason"] in NO_NUMBER, said
        metric = parse_metric(row["metric"])
        of = resolve_metric(metric)[1].of
        if row["reason"] == "no_probabilities":
            assert not scores, said
            assert of in ("sums", "voxels", "branches", "candidates", "surface", "weighted"), said
        if row["reason"] == "no_weight_map":
            assert (scores, of) == (True, "weighted"), said
        if row["reason"] == "no_contours":
            assert of == "polygons", said
        if row["reason"] == "no_rois":
            assert of == "rois", said
    assert len(known) > 100


def test_account_a29_every_reason_of_the_code_is_explained_and_has_a_situation():
    """The reasons that stand in the code, those that the page explains, and those made here."""
    import segeval

    code = ""
    for path in sorted(Path(segeval.__file__).parent.rglob("*.py")):
        code += path.read_text()
    page = Path(segeval.__file__).parents[1] / "docs" / "output.md"
    table = page.read_text().partition("| reason | means |")[2].partition("\n\n")[0]
    explained = set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))
    given = set(re.findall(r'(?:reason|lacks|whole, )=?\(?"(no_\w+|not_\w+|soft_\w+)"', code))
    assert given <= explained, given - explained
    made = {case[0] for case in REASONS}
    assert {"no_probabilities", "no_voxels", "no_rois", "no_instances", "no_contours"} <= made
    assert made <= explained, made - explained


def test_account_a29_points_alone_are_no_volume(segeval, here):
    marker = dicom_build.Organ("Clip", [dicom_build.Ring([(2.0, 2.0, 0.0)], "POINT")])
    heart = dicom_build.Organ("Heart", [dicom_build.square(1.5, 5.5, z) for z in (0, 1, 2)])
    for side in ("pred", "gt"):
        dicom_build.rtstruct(here / side / "P" / "RS.dcm", [heart, marker])
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv")
    assert "P,Clip,,,,not_a_volume" in done.out
    assert done.status == 0


def test_account_a29_a_soft_reference_is_said_of_a_soft_reference(segeval, here):
    found = rows(segeval, here, soft(3), soft(3, seed=2), "topk_ce",
                 options=("--gt-kind", "prob"))  # fmt: skip
    assert {row["reason"] for row in found} == {"soft_reference"}
