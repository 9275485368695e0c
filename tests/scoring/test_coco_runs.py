"""COCO files from end to end: panoptic quality and average precision of whole data sets."""

import json
import math

import numpy as np
import pytest
from oracles.instance_records import agrees, arrays, content, records
from PIL import Image
from runs import run

from segeval.gates.rules import check_gate
from segeval.request.grammar import parse_gate
from segeval.runtime.errors import RequestError

SUMMARY = (
    "ap", "ap@50%", "ap@75%", "ap:area=small", "ap:area=medium", "ap:area=large",
    "ar:max=1", "ar:max=10", "ar", "ar:area=small", "ar:area=medium", "ar:area=large",
)  # fmt: skip


def panoptic_files(folder, case):
    """The maps of an oracle as COCO panoptic files; a prediction names no categories."""
    sources = content(case)
    for side in ("gt", "pred"):
        (folder / side).mkdir()
        marks, images = [], []
        for number, told in sources["segments"].items():
            ids = arrays(case)[f"{side}_id_{number}"].astype(np.uint32)
            colours = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=-1)
            Image.fromarray(colours.astype(np.uint8)).save(folder / side / f"{number}.png")
            marks.append({"image_id": int(number), "file_name": f"{number}.png",
                          "segments_info": told[side]})  # fmt: skip
            images.append({"id": int(number), "file_name": f"{number}.jpg",
                           "height": ids.shape[0], "width": ids.shape[1]})  # fmt: skip
        more = {"images": images, "categories": sources["categories"]} if side == "gt" else {}
        (folder / f"{side}.json").write_text(json.dumps({"annotations": marks, **more}))
    return folder / "pred.json", folder / "gt.json"


@pytest.mark.parametrize("case", ["panoptic_plain", "panoptic_void", "panoptic_crowd"])
def test_instances_section_1_panoptic_files_have_the_quality_of_panopticapi(tmp_path, case):
    card = run(*panoptic_files(tmp_path, case), "pq", "sq", "rq")
    checked = 0
    for _, record in records(case, of=("pq:as=coco", "sq:as=coco", "rq:as=coco")):
        params = record["params"]
        place = params.get("group") or str(params.get("category_id", ""))
        if params.get("what") in ("pq", "sq", "rq") and place:
            assert agrees(card.summary[""][place][params["what"]].pooled, record), record["id"]
            checked += 1
    assert checked >= 9


def coco_files(folder, truth, pred):
    (folder / "gt.json").write_text(json.dumps(truth))
    (folder / "pred.json").write_text(json.dumps(pred))
    return folder / "pred.json", folder / "gt.json"


@pytest.mark.parametrize("jobs", [1, 2])
def test_instances_a1_the_summary_of_coco_from_files(tmp_path, jobs):
    sources = content("coco_main")
    files = coco_files(tmp_path, sources["coco_gt"], sources["coco_dt"])
    card = run(*files, *SUMMARY, "boundary_ap", "ap:classes=union", jobs=jobs)
    whole = card.summary[""]["all"]
    want = {r["id"]: r for _, r in records("coco_main")}
    assert agrees([whole[m].pooled for m in SUMMARY], want["faster_segm"])
    assert whole["boundary_ap"].pooled == pytest.approx(want["faster_boundary"]["value"][0])
    assert whole["ap:classes=union"].pooled == pytest.approx(want["class_agnostic"]["value"][0])


def test_instances_a7_no_case_has_an_average_precision_of_its_own(tmp_path):
    sources = content("coco_plain")
    card = run(*coco_files(tmp_path, sources["coco_gt"], sources["coco_dt"]), "ap", "dice")
    rows = [row for case in card.cases for row in case.rows if row.metric == "ap"]
    assert {(row.status, row.reason, math.isnan(row.value)) for row in rows} == {
        ("pooled", "pooled", True)
    }
    made = card.summary[""]["all"]["ap"]
    assert (made.n, made.n_undefined, made.n_missing) == (4, 0, 0)  # the cases that were pooled
    assert math.isnan(made.mean)


def test_instances_a7_a_gate_without_statistic_means_pooled(tmp_path):
    sources = content("coco_plain")
    card = run(*coco_files(tmp_path, sources["coco_gt"], sources["coco_dt"]), "ap")
    value = card.summary[""]["all"]["ap"].pooled
    for bar, passed in ((value - 1e-6, True), (value + 1e-6, False)):
        (verdict,) = check_gate(parse_gate(f"ap={bar:.9f}"), card, False)
        assert verdict.passed == passed
        assert verdict.class_ == "all"
    for statistic in ("mean", "median", "worst"):
        with pytest.raises(RequestError, match="one value over all cases"):
            check_gate(parse_gate(f"ap.{statistic}=0.3"), card, False)


@pytest.mark.parametrize("case", ["coco_main", "lvis_federated"])
def test_masks_that_are_counted_as_runs_are_those_that_are_drawn(tmp_path, monkeypatch, case):
    sources = content(case)
    files = coco_files(tmp_path, sources["coco_gt"], sources["coco_dt"])
    counted = run(*files, "dice", "recall", "volume_difference", jobs=1)
    monkeypatch.setattr("segeval.scoring.run_pass.count_runs", lambda *given: None)
    drawn = run(*files, "dice", "recall", "volume_difference", jobs=1)
    for one, other in zip(counted.cases, drawn.cases, strict=True):
        assert str(one.rows) == str(other.rows)
        assert one.tallies == other.tallies
        assert one.gt_voxels == other.gt_voxels
