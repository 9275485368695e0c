"""The loss of mask heads, from files through the command line, against the libraries' values."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import regions_build as build
from oracles.read import inputs, records
from runs import run, values

WIDTH = {"maskrcnn_loss_k3": 112, "maskrcnn_loss_k81": 100}
ORIGIN = {"d2_loss": "detectron2", "tv_loss": "torchvision", "mt_loss": "matterport"}
RECORDS = {(r.case, r.id): r for r in records() if r.case in WIDTH}


def files(path, case, known=True):
    """A case of the oracles as a file of RoIs and a COCO file."""
    x = inputs(case)
    masks = np.unpackbits(x["gt_masks"], axis=-1, count=WIDTH[case])
    marks = [build.annotation(i, 1, 1, build.runs(mask)) for i, mask in enumerate(masks, 1)]
    names = [f"c{k}" for k in range(1, 82)]
    gt = build.coco(path / "gt.json", masks[0].shape, marks, names)
    arrays = {"masks": x["logits_q"] / 8} | ({"gt_index": x["matched"]} if known else {})
    return build.rois(path / "img.npz", x["boxes"], x["labels"], **arrays), gt


def results(*arguments):
    """The JSON of a run of the command."""
    words = [sys.executable, "-m", "segeval", "score", *map(str, arguments), "--format", "json"]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "CI": "true"})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", WIDTH)
def test_the_command_gives_the_losses_of_the_libraries(tmp_path, case):
    metrics = ",".join(f"maskrcnn:as={word}" for word in ORIGIN.values())
    card = results(*files(tmp_path, case), "-m", metrics, "--roi-offset", "1")
    found = card["cases"][0]["values"]["all"]
    for name, origin in ORIGIN.items():
        r = RECORDS[case, name]
        text = "maskrcnn" if origin == "detectron2" else f"maskrcnn:as={origin}"
        assert found[text] == pytest.approx(float(r.want), rel=r.rtol, abs=r.atol)
        assert card["summary"][""]["all"][text]["pooled"] == pytest.approx(found[text], rel=1e-12)


@pytest.mark.parametrize("case", WIDTH)
@pytest.mark.parametrize("what", ["accuracy", "false_positive", "false_negative"])
def test_what_detectron2_logs_beside_its_loss(tmp_path, case, what):
    card = run(*files(tmp_path, case), f"maskrcnn_{what}", roi_offset=1)
    r = RECORDS[case, f"d2_{what}"]
    assert values(card, f"maskrcnn_{what}")["all"] == pytest.approx(float(r.want), rel=r.rtol)
    assert card.summary[""]["all"][f"maskrcnn_{what}"].pooled == pytest.approx(float(r.want))


@pytest.mark.parametrize("case", WIDTH)
def test_the_mean_over_all_maps_is_not_the_loss(tmp_path, case):
    (wrong,) = (
        r for r in RECORDS.values() if r.case == case and r.convention == "negative_control"
    )
    card = run(*files(tmp_path, case), "maskrcnn", roi_offset=1)
    assert values(card, "maskrcnn")["all"] != pytest.approx(float(wrong.want), rel=1e-4)


def test_the_report_says_how_many_were_matched(tmp_path):
    card = run(*files(tmp_path, "maskrcnn_loss_k3", False), "maskrcnn_rois", roi_offset=1)
    (case,) = card.cases
    facts = case.facts["rois"]
    assert facts["count"] == 10
    assert facts["given"] == 0
    assert facts["matched"] + facts["unmatched"] == 10
    assert values(card, "maskrcnn_rois")["all"] == facts["matched"]
    assert [n.code for n in case.notes] == ["N-rois"]


def test_a_mean_over_rois_and_not_over_images(tmp_path):
    shape = (20, 20)
    box = [2, 2, 12, 12]
    mask = build.runs(build.square(shape, (2, 12), (2, 12)))
    marks = [build.annotation(i, i, 1, mask) for i in (1, 2)]
    gt = build.coco(tmp_path / "gt.json", shape, marks, images=("a.png", "b.png"))
    build.rois(tmp_path / "pred" / "a.npz", [box], [1], masks=np.full((1, 2, 7, 7), 2.0))
    build.rois(tmp_path / "pred" / "b.npz", [box] * 3, [1] * 3, masks=np.full((3, 2, 7, 7), -2.0))
    card = run(tmp_path / "pred", gt, "maskrcnn", "dice")
    # every target is 1: softplus(-2) for one RoI, softplus(2) for three
    one, three = np.log1p(np.exp(-2.0)), np.log1p(np.exp(2.0))
    found = card.summary[""]["all"]["maskrcnn"]
    assert found.mean == pytest.approx((one + three) / 2)
    assert found.pooled == pytest.approx((one + 3 * three) / 4)
    assert [c.case for c in card.cases] == ["a", "b"]
    assert card.summary[""]["car"]["dice"].best == 1  # the pasted map is the square itself


def test_no_rois_no_loss(tmp_path):
    maps = build.coco(tmp_path / "gt.json", (6, 6), [])
    np.save(tmp_path / "img.npy", np.zeros((6, 6), np.uint8))
    card = run(tmp_path / "img.npy", maps, "maskrcnn", "dice", classes="1=car")
    row = next(r for r in card.cases[0].rows if r.metric == "maskrcnn")
    assert (row.class_, row.status, row.reason) == ("all", "undefined", "no_rois")
    nothing = build.rois(tmp_path / "img.npz", [], [])
    assert values(run(nothing, maps, "maskrcnn"), "maskrcnn") == {"all": 0.0}


def test_an_instance_that_is_not_there(tmp_path):
    gt = build.coco(tmp_path / "gt.json", (6, 6), [])
    pred = build.rois(tmp_path / "img.npz", [[0, 0, 3, 3]], [1], gt_index=np.array([0]))
    (case,) = run(pred, gt, "maskrcnn").cases
    assert "gt_index goes to 0 and the ground truth has 0 instances" in case.error["message"]
