"""Each formula by hand, on counts that can be checked without running anything."""

import math

import numpy as np
import pytest

from segeval.metrics import overlap, semantic, volume
from segeval.metrics.registry import load_all_metrics, metric_arguments, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.tallies.counts import Counts
from segeval.tallies.pair_cells import PairCells


def counts(*rows, voxel=0.5, unit="ml", confusion=None):
    """Rows of tp, fp, fn, tn; half a millilitre a voxel."""
    table = np.array(rows, np.int64)
    names = tuple("abcdefgh"[: len(rows)])
    return Counts(names, table, table * voxel, unit, voxel, confusion)


def value(text, n):
    metric, definition = resolve_metric(parse_metric(text))
    return definition.compute(n, **metric_arguments(metric, definition))


#             tp 6  fp 2  fn 4  tn 8:  truth 10, pred 8, 20 voxels
SOME = (6, 2, 4, 8)
BY_HAND = {
    "dice": 12 / 18,
    "iou": 6 / 12,
    "precision": 6 / 8,
    "recall": 6 / 10,
    "specificity": 8 / 10,
    "fbeta": 12 / 18,
    "fbeta@2": 5 * 6 / (5 * 6 + 4 * 4 + 2),
    "fbeta@0.5": 1.25 * 6 / (1.25 * 6 + 0.25 * 4 + 2),
    "accuracy": 14 / 20,
    "balanced_accuracy": (6 / 10 + 8 / 10) / 2,
    "mcc": (6 * 8 - 2 * 4) / math.sqrt(8 * 10 * 10 * 12),
    "kappa": (14 / 20 - (8 * 10 + 12 * 10) / 400) / (1 - (8 * 10 + 12 * 10) / 400),
    "volumetric_similarity": 1 - 2 / 18,
    "false_positive_rate": 2 / 10,
    "false_negative_rate": 4 / 10,
    "pred_volume": 8 * 0.5,
    "gt_volume": 10 * 0.5,
    "volume_difference": -2 * 0.5,
    "volume_difference:unit=voxels": -2,
    "absolute_volume_difference": 2 * 0.5,
    "relative_volume_difference": -20.0,
    "absolute_relative_volume_difference": 20.0,
    "false_positive_volume": 2 * 0.5,
    "false_negative_volume": 4 * 0.5,
}


@pytest.mark.parametrize(("text", "want"), BY_HAND.items())
def test_by_hand(text, want):
    assert value(text, counts(SOME)).classes[0] == pytest.approx(want, rel=1e-15)


def test_every_overlap_and_volume_metric_is_tried_by_hand():
    tried = {parse_metric(text).name for text in BY_HAND}
    families = (overlap.__name__, volume.__name__)
    registered = {d.name for d in load_all_metrics().values() if d.compute.__module__ in families}
    assert registered == tried


BOTH, PRED, GT = (0, 0, 0, 20), (0, 0, 5, 15), (0, 5, 0, 15)  # who is empty


@pytest.mark.parametrize(
    ("text", "both", "pred", "gt"),
    [
        ("dice", math.nan, 0, 0),
        ("iou", math.nan, 0, 0),
        ("precision", math.nan, math.nan, 0),
        ("recall", math.nan, 0, math.nan),
        ("specificity", 1, 1, 15 / 20),
        ("fbeta@2", math.nan, 0, 0),
        ("accuracy", 1, 15 / 20, 15 / 20),
        ("balanced_accuracy", math.nan, 0.5, math.nan),
        ("mcc", math.nan, math.nan, math.nan),
        ("kappa", math.nan, 0, 0),
        ("volumetric_similarity", math.nan, 0, 0),
        ("false_positive_rate", 0, 0, 5 / 20),
        ("false_negative_rate", math.nan, 1, math.nan),
        ("relative_volume_difference", math.nan, -100, math.nan),
        ("volume_difference", 0, -2.5, 2.5),
    ],
)
def test_empty_masks(text, both, pred, gt):
    got = value(text, counts(BOTH, PRED, GT)).classes
    assert got == pytest.approx([both, pred, gt], nan_ok=True)


def test_mcc_of_a_whole_body_ct_does_not_overflow():
    big = 2 * 10**9
    assert value("mcc", counts((big, 0, 0, big))).classes[0] == pytest.approx(1)


def test_volumes_without_spacing_are_counted_in_the_grids_unit():
    pixels = value("volume_difference", counts(SOME, voxel=1.0, unit="px"))
    assert (pixels.classes[0], pixels.unit) == (-2, "px")


def test_volumes_pooled_over_two_units_are_undefined():
    assert math.isnan(value("gt_volume", counts(SOME, unit="")).classes[0])


#   truth 0 0 0 1 1 2     n_00 2, n_01 1, n_11 1, n_12 1, n_22 1
#   pred  0 0 1 1 2 2
CONFUSION = PairCells(*np.array([[0, 0, 2], [0, 1, 1], [1, 1, 1], [1, 2, 1], [2, 2, 1]]).T)
CLASSES = ((1, 1, 1, 3), (1, 1, 0, 4))  # label 1, label 2


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("pixel_accuracy", 4 / 6),
        ("miou", (1 / 3 + 1 / 2) / 2),
        ("fwiou", (2 * 1 / 3 + 1 * 1 / 2) / 3),
        # chance: (3 2 + 2 2 + 1 2) / 36 with margins truth 3 2 1 and prediction 2 2 2
        ("overall_kappa", (4 / 6 - 12 / 36) / (1 - 12 / 36)),
    ],
)
def test_whole_label_maps_by_hand(text, want):
    got = value(text, counts(*CLASSES, confusion=CONFUSION))
    assert got.classes is None
    assert got.whole == pytest.approx(want, rel=1e-15)


def test_a_class_on_neither_side_is_no_part_of_the_mean_iou():
    assert value("miou", counts(SOME, BOTH)).whole == pytest.approx(6 / 12)
    nothing = value("miou", counts(BOTH))
    assert math.isnan(nothing.whole)
    assert nothing.reason == "both_empty"


@pytest.mark.parametrize("text", ["pixel_accuracy", "overall_kappa"])
def test_overlapping_classes_have_no_confusion(text):
    got = value(text, counts(SOME))
    assert math.isnan(got.whole)
    assert got.reason == "overlapping_classes"


def test_every_whole_case_metric_is_tried():
    registered = {
        d.name for d in load_all_metrics().values() if d.compute.__module__ == semantic.__name__
    }
    assert registered == {"pixel_accuracy", "miou", "fwiou", "overall_kappa"}
