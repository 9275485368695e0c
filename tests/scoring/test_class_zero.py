"""ACCOUNT-A28: class 0 is a class like any other when it is scored, whatever the metric.

The same scene twice: as it is, and every label one higher. What a class has under one label it has
under another.
"""

import numpy as np
import pytest

import segeval
from segeval.metrics.registry import load_all_metrics
from segeval.request.settings import Settings

R = np.random.default_rng(7)
SCENE = np.kron(R.integers(0, 3, (2, 4, 5)), np.ones((3, 4, 4))).astype(np.uint8)
MOVED = np.roll(SCENE, 1, 2)
NAMES = "road", "grass", "car"
OVERLAP = ("dice", "hd95", "hd95:as=monai", "hd95:by=slice", "nsd@2mm", "apl", "betti0_error")
INSTANCES = ("pq", "f1@50%", "lesion_recall", "lesion_dice", "aji", "lesion_hd95")


def values(shift, metrics, **choices):
    classes = ",".join(f"{k + shift}={name}" for k, name in enumerate(NAMES))
    card = segeval.score(
        (MOVED + shift).astype(np.uint8),
        (SCENE + shift).astype(np.uint8),
        metrics,
        spacing=(3.0, 1.0, 1.0),
        classes=classes,
        settings=Settings(**choices),
    )
    return [(r.class_, r.metric, repr(r.value), r.unit, r.status, r.reason) for r in card.rows]


@pytest.mark.parametrize("text", [m for m in OVERLAP if m.partition("@")[0].partition(":")[0] in
                                  load_all_metrics()])  # fmt: skip
def test_a_metric_of_class_0_is_that_of_the_same_class_under_another_label(text):
    found = values(0, [text])
    assert found == values(1, [text])
    assert any(row[0] == "road" and row[4] == "ok" for row in found)


@pytest.mark.parametrize("text", INSTANCES)
def test_instances_of_class_0_are_those_of_the_same_class_under_another_label(text):
    found = values(0, [text], instances="components")
    assert found == values(1, [text], instances="components")
    assert any(row[0] == "road" and row[4] == "ok" for row in found)


def test_an_ignored_label_is_no_part_of_class_0():
    truth, pred = SCENE.copy(), MOVED.copy()
    truth[0, :6] = 9
    rest = Settings(ignore_label=(9,))
    found = [
        segeval.score(
            np.where(pred == 9, 9, pred + shift).astype(np.uint8),
            np.where(truth == 9, 9, truth + shift).astype(np.uint8),
            ["hd95", "dice"],
            spacing=(3.0, 1.0, 1.0),
            classes=",".join(f"{k + shift}={name}" for k, name in enumerate(NAMES)),
            settings=rest,
        )
        for shift in (0, 1)
    ]
    assert [(r.class_, r.value) for r in found[0].rows] == [
        (r.class_, r.value) for r in found[1].rows
    ]


@pytest.mark.parametrize("kind", ["prob", "logits"])
def test_one_channel_is_class_1_whatever_it_holds_account_a4(kind):
    low = np.full((1, 8, 8), 0.4 if kind == "prob" else -0.4, np.float32)
    card = segeval.score(
        low, np.zeros((8, 8), np.uint8), ["bce", "dice"], settings=Settings(kind=kind)
    )
    rows = {(r.class_, r.metric): r for r in card.rows}
    p = 0.4 if kind == "prob" else 1 / (1 + np.exp(0.4))
    assert rows["all", "bce"].value == pytest.approx(-np.log(1 - p), rel=1e-6)
    assert rows["1", "dice"].reason == "both_empty"
