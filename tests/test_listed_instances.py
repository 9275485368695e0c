"""Instances that files list one by one: masks that overlap, polygons, segments, structures.

INSTANCES-I4: they are matched as they are, and never painted into one map.
"""

from __future__ import annotations

import json
from csv import DictReader

import build
import dicom_build
import numpy as np
import pytest
from PIL import Image
from runs import only, problem, run, settings
from terminals import piped
from whole_card import written

from segeval.api.run import score_paths
from segeval.reports.outputs import save_report
from segeval.runtime.errors import RequestError
from segeval.scorecard.results import card_from_json

SIZE = (40, 60)  # height, width
TRUTH = [(2, 3, 12, 15), (20, 5, 34, 18), (40, 22, 55, 36)]  # x1, y1, x2, y2
PRED = [(3, 3, 12, 15), (20, 6, 34, 18), (40, 24, 55, 36), (2, 25, 9, 33)]
BY_HAND = {"pq": (108 / 120 + 168 / 182 + 180 / 210) / 3.5, "f1@50%": 6 / 7}


def score(pred, truth, *metrics, **choices):
    """Score without telling what an instance is, unless `instances` does."""
    return run(pred, truth, *metrics, **{"instances": "", **choices})


def numbers(card, name="cell"):
    return {r.metric: r.value for r in only(card).rows if r.class_ == name}


def ring(box):
    x1, y1, x2, y2 = box
    return [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]


def coco(path, boxes, name="cell", value=3):
    marks = [
        {"id": k, "image_id": 1, "category_id": value, "iscrowd": 0, "area": 1.0,
         "segmentation": [np.ravel(ring(box)).tolist()]}
        for k, box in enumerate(boxes, 1)
    ]  # fmt: skip
    image = {"id": 1, "height": SIZE[0], "width": SIZE[1], "file_name": "a.png"}
    named = [{"id": value, "name": name}]
    path.write_text(json.dumps({"images": [image], "categories": named, "annotations": marks}))
    return path


def labelme(path, boxes):
    shapes = [{"label": "cell", "points": ring(b), "shape_type": "polygon"} for b in boxes]
    size = {"imageHeight": SIZE[0], "imageWidth": SIZE[1]}
    path.write_text(json.dumps({"version": "5", "shapes": shapes, "imagePath": "", **size}))
    return path


def geojson(path, boxes):
    features = [
        {"type": "Feature", "properties": {"classification": {"name": "cell"}},
         "geometry": {"type": "Polygon", "coordinates": [[*ring(b), ring(b)[0]]]}}
        for b in boxes
    ]  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def yolo(path, boxes):
    (path.parent / "data.yaml").write_text("names: [cell]\n")
    rings = [np.divide(ring(b), (SIZE[1], SIZE[0])).ravel() for b in boxes]
    path.write_text("".join(f"0 {' '.join(f'{v:.9f}' for v in r)}\n" for r in rings))
    return path


def ids(path, boxes, times=1):
    made = np.zeros(SIZE, np.uint16)
    for k, (x1, y1, x2, y2) in enumerate(boxes, 1):
        made[y1:y2, x1:x2] = k * times
    return build.png(path, made)


def colours(path, boxes):
    made = np.zeros((*SIZE, 3), np.uint8)
    for k, (x1, y1, x2, y2) in enumerate(boxes):
        made[y1:y2, x1:x2] = [(255, 0, 0), (0, 255, 0), (9, 9, 255), (0, 1, 0)][k]
    Image.fromarray(made).save(path)
    return path


WRITERS = {
    "coco.json": coco, "labelme.json": labelme, "cells.geojson": geojson, "yolo.txt": yolo,
    "ids.png": ids, "colours.png": colours,
}  # fmt: skip


@pytest.mark.parametrize("own", WRITERS)
@pytest.mark.parametrize("other", WRITERS)
def test_a_file_of_one_kind_beside_one_of_another(tmp_path, own, other):
    (tmp_path / "p").mkdir()
    (tmp_path / "g").mkdir()
    pred = WRITERS[own](tmp_path / "p" / own, PRED)
    truth = WRITERS[other](tmp_path / "g" / other, TRUTH)
    if {own, other} <= {"cells.geojson", "yolo.txt"}:  # nothing says how large the image is
        Image.new("L", SIZE[::-1]).save(truth.with_suffix(".jpg"))
    card = score(pred, truth, *BY_HAND, instances="ids", classes="1=cell")
    assert numbers(card) == pytest.approx(BY_HAND)


@pytest.mark.parametrize("kind", ["coco.json", "labelme.json", "cells.geojson", "yolo.txt"])
def test_files_that_list_instances_are_not_asked_what_one_is(tmp_path, kind):
    (tmp_path / "p").mkdir()
    (tmp_path / "g").mkdir()
    pred, truth = WRITERS[kind](tmp_path / "p" / kind, PRED), tmp_path / "g" / kind
    WRITERS[kind](truth, TRUTH)
    Image.new("L", SIZE[::-1]).save(truth.with_suffix(".jpg"))
    assert numbers(score(pred, truth, *BY_HAND)) == pytest.approx(BY_HAND)
    if kind != "coco.json":  # a folder of them
        card = score(tmp_path / "p", tmp_path / "g", *BY_HAND)
        assert numbers(card) == pytest.approx(BY_HAND)


@pytest.mark.parametrize("kind", [labelme, geojson, yolo])
def test_a_file_that_lists_nothing_is_an_image_without_objects(tmp_path, kind):
    for folder in "ab":
        (tmp_path / folder).mkdir()
        Image.new("RGB", SIZE[::-1]).save(tmp_path / folder / "x.png")
    suffix = {labelme: "json", geojson: "geojson", yolo: "txt"}[kind]
    full = kind(tmp_path / "a" / f"x.{suffix}", TRUTH)
    nothing = kind(tmp_path / "b" / f"x.{suffix}", [])
    for sides, reason in (((nothing, full), "pred_empty"), ((full, nothing), "gt_empty")):
        rows = [r for r in only(score(*sides, "f1@50%", "dice")).rows if r.class_ != "all"]
        assert [(r.value, r.reason) for r in rows] == [(0, reason)] * 2


def test_masks_of_a_class_that_overlap_stay_apart(tmp_path):
    truth = coco(tmp_path / "g.json", [(0, 0, 10, 5), (5, 0, 15, 5)])
    pred = coco(tmp_path / "p.json", [(0, 0, 10, 5), (5, 0, 15, 4)])
    card = score(pred, truth, "pq", "aji", "lesion_dice", "lesion_recall", "dice")
    # 1 and 40/50. The first lesion is touched by both: 50 of 100, together 70; the second has 45.
    assert numbers(card) == pytest.approx({
        "pq": 0.9, "aji": 90 / 100, "lesion_dice": (100 / 120 + 90 / 120) / 2, "lesion_recall": 1,
        "dice": 2 * 70 / (75 + 70),
    })  # fmt: skip
    split = score(pred, truth, "pq", instances="components")  # one component on either side
    assert numbers(split) == pytest.approx({"pq": 70 / 75})


def test_overlapping_masks_against_every_pixel(tmp_path):
    rng = np.random.default_rng(5)
    for trial in range(12):
        sides = [
            [
                (x, y, x + int(w), y + int(h))
                for x, y, w, h in rng.integers((0, 0, 2, 2), (40, 24, 20, 16), (6, 4)).tolist()
            ]
            for _ in range(2)
        ]
        truth, pred = (np.array([drawn(box) for box in side]) for side in sides)
        files = (
            coco(tmp_path / f"p{trial}.json", sides[1]),
            coco(tmp_path / f"g{trial}.json", sides[0]),
        )
        found = numbers(score(*files, "lesion_dice", "lesion_recall@30px", "f1@30%", "dice2"))
        shared = (truth[:, None] & pred[None]).sum((2, 3))
        sizes = truth.sum((1, 2))[:, None] + pred.sum((1, 2))[None]
        unions = [pred[row > 0].any(0) for row in shared]
        dices = [
            2 * (t & u).sum() / (t.sum() + u.sum()) for t, u in zip(truth, unions, strict=True)
        ]
        assert found["lesion_dice"] == pytest.approx(np.mean(dices))
        assert found["lesion_recall@30px"] == np.mean(
            [(t & u).sum() >= 30 for t, u in zip(truth, unions, strict=True)]
        )
        assert found["dice2"] == pytest.approx(2 * shared.sum() / sizes[shared > 0].sum())
        assert found["f1@30%"] == most_pairs(shared / (sizes - shared) >= 0.3) / 6


def drawn(box):
    mask = np.zeros(SIZE, bool)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return mask


def most_pairs(good):
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    return int((maximum_bipartite_matching(csr_matrix(good)) >= 0).sum())


def test_they_are_kept_with_their_case_and_pooled(tmp_path):
    truth = coco(tmp_path / "g.json", [(0, 0, 10, 5), (5, 0, 15, 5)])
    pred = coco(tmp_path / "p.json", [(0, 0, 10, 5), (5, 0, 15, 4)])
    card = score(pred, truth, "pq", "lesion_dice", "lesion_recall@46px")
    again = card_from_json(written(card))
    for metric in card.metrics:
        assert again.summary[""]["cell"][metric].pooled == numbers(card)[metric]


def test_parts_do_not_add_up_where_they_overlap(tmp_path):
    truth = coco(tmp_path / "g.json", [(0, 0, 10, 10)])
    pred = coco(tmp_path / "p.json", [(0, 0, 10, 6), (0, 4, 10, 10)])
    card = score(pred, truth, "pq:as=panoptica:match=many")
    assert "match=many" in problem(card)[1]
    apart = coco(tmp_path / "q.json", [(0, 0, 10, 5), (0, 5, 10, 10)])
    assert numbers(score(apart, truth, "pq@50%:as=panoptica:match=many")) == {
        "pq:as=panoptica:match=many": 1
    }


def test_crowds_and_an_ignored_category(tmp_path):
    truth = coco(tmp_path / "g.json", TRUTH)
    content = json.loads(truth.read_text())
    content["annotations"][2]["iscrowd"] = 1
    truth.write_text(json.dumps(content))
    pred = coco(tmp_path / "p.json", PRED)
    found = numbers(score(pred, truth, "rq", "rq:as=deeplab2"))
    # The third lies in the crowd; the fourth is spurious.
    assert found == {"rq": 2 / 2.5, "rq:as=deeplab2": 2 / 3}


def scored(path, boxes, scores):
    """Detections of the images of `coco`."""
    marks = [
        {"image_id": 1, "category_id": 3, "score": score,
         "segmentation": [np.ravel(ring(box)).tolist()]}
        for box, score in zip(boxes, scores, strict=True)
    ]  # fmt: skip
    path.write_text(json.dumps(marks))
    return path


def test_instances_s2_scored_instances_are_listed_with_their_scores(tmp_path):
    truth = coco(tmp_path / "g.json", [(0, 0, 10, 10), (20, 0, 30, 10)])
    # The second fits better, and the first has the higher score: it takes the reference.
    boxes = [(0, 0, 10, 7), (0, 0, 10, 9), (40, 0, 45, 5)]
    pred = scored(tmp_path / "p.json", boxes, [0.9, 0.5, 0.25])
    out = f"instances:{tmp_path / 'i.csv'}"
    card = score(pred, truth, "ap", output=(out,))
    save_report(card, out, settings())
    with (tmp_path / "i.csv").open() as file:
        rows = [
            (r["side"], r["id"], r["state"], r["partners"], r["score"]) for r in DictReader(file)
        ]
    assert rows == [
        ("gt", "1", "matched", "1", ""),
        ("gt", "2", "missed", "", ""),
        ("pred", "1", "matched", "1", "0.9"),
        ("pred", "2", "spurious", "", "0.5"),
        ("pred", "3", "spurious", "", "0.25"),
    ]
    best = score(pred, truth, "f1@50%", output=(out,))  # one to one, whatever the scores
    save_report(best, out, settings())
    with (tmp_path / "i.csv").open() as file:
        assert [r["state"] for r in DictReader(file)][2:4] == ["spurious", "matched"]


def test_a_data_set_of_one_image_shows_its_numbers(tmp_path):
    truth = coco(tmp_path / "g.json", [(0, 0, 10, 10), (20, 0, 30, 10)])
    pred = scored(tmp_path / "p.json", [(0, 0, 10, 10)], [0.9])
    lines = piped(score(pred, truth, "ap@50%", "dice"))
    # One of two is found: precision 1 up to recall 1/2, the 51st of 101 recalls.
    assert "cell    0.505  0.667" in lines
    assert "ap@50%      0.505" in lines
    assert not any("pooled" in line for line in lines)
    nothing = coco(tmp_path / "n.json", [])
    assert "ap@50%          -  pooled" in piped(score(pred, nothing, "ap@50%"))


# ---- segments and structures ---------------------------------------------------------------------

CUBE = (4, 12, 12)
LESIONS = [(slice(0, 2), slice(0, 4), slice(0, 4)), (slice(2, 4), slice(2, 8), slice(2, 8))]


def boxed(where):
    mask = np.zeros(CUBE, np.uint8)
    mask[where] = 1
    return mask


def segmentation(path, masks, names, types, **more):
    shots = [
        dicom_build.Shot(mask[z], (0.0, 0.0, float(z)), segment)
        for segment, mask in enumerate(masks, 1)
        for z in range(CUBE[0])
    ]
    return dicom_build.seg(path, shots, names, types=types, gap=1.0, **more)


def test_segments_of_a_seg_are_instances_of_their_type(tmp_path):
    lesion, organ = ("Abnormality", "Lesion"), ("Organ", "Liver")
    truth = segmentation(
        tmp_path / "g.dcm", [*map(boxed, LESIONS), boxed(...)], ["L1", "L2", "liver"],
        [lesion, lesion, organ],
    )  # fmt: skip
    smaller = [boxed((slice(2, 4), slice(2, 8), slice(2, 7))), boxed(...)]
    pred = segmentation(tmp_path / "p.dcm", smaller, ["found", "liver"], [lesion, organ])
    for sides, count in (((pred, truth), (1, 0, 1)), ((truth, pred), (1, 1, 0))):
        card = score(*sides, "rq", "sq", "dice", "lesion_hd95", instances="ids")
        found = numbers(card, "Lesion")
        tp, fp, fn = count
        assert found["rq"] == tp / (tp + fp / 2 + fn / 2)
        assert found["sq"] == pytest.approx(60 / 72)
        assert found["dice"] == pytest.approx(2 * 60 / (72 + 32 + 60))
        assert numbers(card, "Liver")["rq"] == 1
    classes = score(pred, truth, "dice", "lesion_recall")  # without the option names are classes
    assert {r.class_ for r in only(classes).rows} == {"L1", "L2", "found", "liver"}
    with pytest.raises(RequestError, match="pq is of instances"):
        score(pred, truth, "pq")


def test_types_that_are_called_alike_are_told_apart(tmp_path):
    kinds = [("Tissue", "Cyst"), ("Abnormality", "Cyst")]
    path = segmentation(tmp_path / "g.dcm", map(boxed, LESIONS), ["A", "B"], kinds)
    card = score(path, path, "rq", instances="ids")
    names = {r.class_ for r in only(card).rows} - {"all"}
    assert len(names) == 2
    assert all(name.startswith("Cyst (") for name in names)


def test_labels_of_a_seg_are_instances_of_their_type(tmp_path):
    labels = boxed(LESIONS[0]) + 2 * boxed(LESIONS[1])
    shots = [dicom_build.Shot(labels[z], (0.0, 0.0, float(z)), 1) for z in range(CUBE[0])]
    kinds = [("", ""), ("Abnormality", "Lesion"), ("Abnormality", "Lesion")]
    path = dicom_build.seg(
        tmp_path / "g.dcm", shots, ["Background", "A", "B"], type="LABELMAP", types=kinds, gap=1.0
    )
    card = score(path, path, "rq", instances="ids")
    counts = only(card).rows[0]
    assert (counts.class_, counts.value) == ("Lesion", 1)


def test_a_seg_beside_a_map_of_ids(tmp_path):
    kinds = [("Abnormality", "Lesion")] * 2
    masks = [*map(boxed, LESIONS)]
    path = segmentation(tmp_path / "s.dcm", masks, ["A", "B"], kinds)
    # The same grid: origin 0, 1 mm, axial.
    import nibabel

    affine = np.diag([-1.0, -1.0, 1.0, 1.0])
    ids = masks[0].astype(np.uint16) * 70 + masks[1].astype(np.uint16) * 900
    nibabel.save(nibabel.Nifti1Image(ids.transpose(2, 1, 0), affine), tmp_path / "i.nii.gz")
    for sides in ((path, tmp_path / "i.nii.gz"), (tmp_path / "i.nii.gz", path)):
        card = score(*sides, "rq", "f1@99%", instances="ids", classes="1=Lesion")
        assert numbers(card, "Lesion") == {"rq": 1, "f1@99%": 1}


def test_a_structure_of_an_rtstruct_is_one_instance(tmp_path):
    dicom_build.series(tmp_path / "ct", (8, 20, 20), (2.0, 1.0, 1.0))
    parts = [dicom_build.square(low, low + 4, z) for low in (2.5, 12.5) for z in (4, 6)]
    organs = [dicom_build.Organ("GTV", parts)]
    path = dicom_build.rtstruct(tmp_path / "RS.dcm", organs)
    for word, count in (("ids", 1), ("components", 2)):
        card = score(path, path, "rq", "lesion_count_difference", instances=word)
        assert numbers(card, "GTV")["rq"] == 1
        assert card.summary[""]["GTV"]["rq"].counts["references"] == count


# ---- maps ---------------------------------------------------------------------------------------


def test_colours_are_ids_as_coco_has_them(tmp_path):
    card = score(
        colours(tmp_path / "p.png", PRED), colours(tmp_path / "g.png", TRUTH), *BY_HAND,
        instances="ids",
    )  # fmt: skip
    assert numbers(card, "1") == pytest.approx(BY_HAND)
    assert score(tmp_path / "p.png", tmp_path / "g.png", "dice").cases[0].status == "unreadable"


def test_instances_i0_the_class_of_ids_is_there_where_no_voxel_is(tmp_path):
    sides = ids(tmp_path / "p.png", []), ids(tmp_path / "g.png", [])
    card = score_paths(*sides, settings("pq", "f1@50%", instances="ids"))
    found = {(r.class_, r.metric): r.reason for r in only(card).rows}
    assert found["1", "pq"] == found["1", "f1@50%"] == "both_empty"
