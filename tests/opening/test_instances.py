"""Instance maps, RoIs and detections from files to rows."""

import json

import build
import numpy as np
import pytest
import regions_build
from paths import SHARED
from PIL import Image
from runs import only, reasons, run, values

from segeval.opening.instances import check_instance_coding
from segeval.runtime.errors import RequestError

SHAPE = (20, 24)
BOXES = [[2.0, 3, 10, 11], [8, 9, 20, 17]]
REAL = SHARED / "data"


def ids(path, values_=(1001, 2001)):
    """Two instances as a map."""
    made = np.zeros(SHAPE, np.int32)
    for (x1, y1, x2, y2), value in zip(np.array(BOXES, int), values_, strict=True):
        made[y1:y2, x1:x2] = value
    return build.npy(path / "gt" / "a.npy", made), made


def full(path, labels=(1, 2), **more):
    """RoIs whose maps are full: the boxes themselves."""
    maps = np.full((2, 3, 7, 7), 9.0)
    return regions_build.rois(path / "pred" / "a.npz", BOXES, list(labels), masks=maps, **more)


def rows_of(card):
    """The rows of every case."""
    return [row for case in card.cases for row in case.rows]


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def test_a_map_of_instances_by_its_coding(tmp_path):
    gt, made = ids(tmp_path)
    card = run(full(tmp_path), gt, "dice", "maskrcnn_rois", instances="1000")
    first = np.zeros(SHAPE, bool)
    first[3:11, 2:10] = True
    assert values(card) == {"1": dice(first, made == 1001), "2": 1.0}
    assert values(card, "maskrcnn_rois") == {"all": 2}
    assert only(card).facts["rois"]["matched"] == 2


def test_a_table_beside_the_map(tmp_path):
    gt, _ = ids(tmp_path, (7, 9))
    with_names = {"instances": "beside", "classes": "5=cat,6=dog"}
    (case,) = run(full(tmp_path), gt, "dice", **with_names).cases
    assert "table of instances cannot be opened" in case.error["message"]
    gt.with_suffix(".json").write_text(json.dumps({"7": 5}))
    (case,) = run(full(tmp_path), gt, "dice", **with_names).cases
    assert case.error["facts"] == ["ids 9"]
    gt.with_suffix(".json").write_text(json.dumps({"7": 5, "9": 6}))
    card = run(full(tmp_path), gt, "dice", roi_offset=4, **with_names)
    assert set(values(card)) == {"cat", "dog"}
    assert values(card)["dog"] == 1.0


def test_an_id_below_the_coding_is_a_class_without_instances(tmp_path):
    gt, _ = ids(tmp_path, (1, 2001))
    card = run(full(tmp_path), gt, "dice", "maskrcnn_rois", instances="1000")
    assert set(values(card)) == {"1", "2"}
    assert only(card).facts["rois"]["unmatched"] == 1


def test_a_class_that_the_map_of_instances_lacks_is_spurious(tmp_path):
    gt, _ = ids(tmp_path, (1001, 1002))
    card = run(full(tmp_path), gt, "dice", instances="1000")
    assert reasons(card)["2"] == ("ok", "gt_empty")
    assert values(card)["2"] == 0
    build.npy(gt, np.zeros(SHAPE, np.int32))
    card = run(full(tmp_path), gt, "dice", instances="1000")
    assert reasons(card) == dict.fromkeys("12", ("ok", "gt_empty"))


def test_a_category_that_the_ground_truth_does_not_have_is_not_scored(tmp_path):
    gt = regions_build.coco(tmp_path / "gt.json", SHAPE, [], names=("car",), images=("a.jpg",))
    card = run(full(tmp_path), gt, "dice")
    assert reasons(card)["car"] == ("ok", "gt_empty")
    assert {r.class_: r.status for r in only(card).rows}["2"] == "not_annotated"


def test_rois_against_a_label_map(tmp_path):
    gt, _ = ids(tmp_path, (1, 2))
    card = run(full(tmp_path), gt, "dice", "maskrcnn", classes="1=cat,2=dog")
    assert values(card)["dog"] == 1.0
    assert values(card)["cat"] < 1
    assert np.isnan(values(card, "maskrcnn")["all"])


def test_a_low_score_is_no_mask(tmp_path):
    gt, _ = ids(tmp_path)
    pred = full(tmp_path, scores=np.array([0.2, 0.9]))
    found = values(run(pred, gt, "dice", instances="1000", min_score=0.5))
    assert found == {"1": 0.0, "2": 1.0}


@pytest.mark.parametrize("word", ["1", "x", "-5"])
def test_a_coding_that_is_none(word):
    with pytest.raises(RequestError, match="--instances"):
        check_instance_coding(word)


def test_detections_against_instances(tmp_path):
    mask = regions_build.square(SHAPE, (2, 9), (3, 9))
    other = regions_build.square(SHAPE, (4, 9), (3, 9))
    marks = [regions_build.annotation(1, 2, 1, regions_build.runs(mask))]
    gt = regions_build.coco(tmp_path / "gt.json", SHAPE, marks, images=("a.jpg", "b.jpg"))
    found = [regions_build.annotation(1, 2, 1, regions_build.runs(other), score=0.8)]
    (tmp_path / "dt.json").write_text(json.dumps(found))
    card = run(tmp_path / "dt.json", gt, "dice")
    assert [c.case for c in card.cases] == ["a", "b"]
    rows = {(r.case, r.class_): r.value for r in rows_of(card) if r.metric == "dice"}
    assert rows["b", "car"] == 2 * 30 / (30 + 42)  # 5 x 6 of 7 x 6
    assert np.isnan(rows["a", "car"])
    with pytest.raises(RequestError, match="does not say what its images are called"):
        run(tmp_path / "dt.json", tmp_path, "dice")


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data is not here")
def test_real_detections():
    """Polygons of three images; the same masks under other categories on half of them."""
    folder = REAL / "coco_instances"
    card = run(folder / "dt_dataset.json", folder / "gt_dataset.json", "dice")
    assert len(card.cases) == 3
    assert all(case.status == "ok" for case in card.cases)
    found = [r.value for r in rows_of(card) if r.metric == "dice" and np.isfinite(r.value)]
    assert max(found) == 1.0


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize(("name", "coding"), [("mots_1", 1000), ("kitti_000030_10", 256)])
def test_real_maps_of_instances(tmp_path, name, coding):
    """A map against RoIs that are the boxes of its own instances: every one is matched."""
    path = REAL / "png_masks" / "sixteen_bit" / f"{name}.png"
    values_ = np.asarray(Image.open(path)).astype(int)
    single = [v for v in np.unique(values_) if v >= coding]
    boxes = []
    for one in single:
        rows, columns = np.nonzero(values_ == one)
        boxes.append([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    labels = [v // coding for v in single]
    maps = np.full((len(single), max(labels) + 1, 5, 5), -3.0)
    pred = regions_build.rois(tmp_path / f"{name}.npz", boxes, labels, masks=maps)
    card = run(pred, path, "maskrcnn", "dice", instances=str(coding))
    assert only(card).facts["rois"]["matched"] == len(single)
    assert set(values(card)) >= {str(label) for label in labels}
