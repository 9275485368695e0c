"""Instances from files to numbers: what is read as one, and what may change nothing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import build
import numpy as np
import pytest
from oracles import instance_records
from oracles.instance_records import content
from PIL import Image
from runs import only, run, settings
from terminals import piped
from whole_card import written

from segeval.api.run import score_paths
from segeval.engines.merge import merge_scorecards
from segeval.metrics.registry import resolve_metric
from segeval.reports.outputs import save_report
from segeval.request.grammar import parse_gate, parse_metric
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace
from segeval.scorecard.results import load_results

CELLS = ("pq", "f1@50%", "cell_ap", "aji", "aji_plus", "splits", "merges", "lesion_dice")


def scene(seed=0, shape=(6, 20, 24), count=9):
    """Boxes of ids, and the same a little moved, some lost, some new."""
    rng = np.random.default_rng(seed)
    truth, pred = np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)
    for k in range(1, count + 1):
        z, y, x = (int(rng.integers(0, n - 4)) for n in (shape[0] + 2, *shape[1:]))
        truth[z : z + 3, y : y + 4, x : x + 4] = k
        if k % 4:
            dy, dx = rng.integers(0, 2, 2)
            pred[z : z + 3, y + dy : y + 4, x : x + 4 + dx] = k + 40
    pred[0, :3, :3] = 99
    return truth, pred


def write(path, truth, pred, **how):
    """Both sides as NIfTI."""
    path.mkdir(parents=True, exist_ok=True)
    return (
        build.nifti(path / "p.nii.gz", pred, **how),
        build.nifti(path / "g.nii.gz", truth, **how),
    )


def numbers(card):
    """metric -> value of class 1 of the one case."""
    return {r.metric: r.value for r in only(card).rows if r.class_ == "1"}


def close(one, other):
    assert one.keys() == other.keys()
    for key, value in one.items():
        assert other[key] == pytest.approx(value, rel=1e-12, nan_ok=True), key


def test_ids_are_names(tmp_path):
    truth, pred = scene()
    want = numbers(run(*write(tmp_path / "a", truth, pred), *CELLS, instances="ids"))
    rng = np.random.default_rng(3)
    for number, top in enumerate((200, 60000)):  # gaps, another order, both sides apart
        names = [
            np.append(0, rng.choice(np.arange(1, top), 199, False)).astype(np.uint16) for _ in "ab"
        ]
        files = write(tmp_path / str(number), names[0][truth], names[1][pred])
        close(want, numbers(run(*files, *CELLS, instances="ids")))


def test_ids_of_32_bits(tmp_path):
    truth, pred = (np.moveaxis(side, 0, -1)[..., 2] for side in scene())
    want = numbers(score_arrays(pred, truth))
    big = numbers(score_arrays(pred.astype(np.int32) * 70001, truth.astype(np.uint32) * 1000003))
    close(want, big)


def score_arrays(pred, truth):
    import segeval

    return segeval.score(pred, truth, CELLS, settings=settings(instances="ids"))


@pytest.mark.parametrize("how", ["ids", "components"])
def test_axes_and_padding_change_nothing(tmp_path, how):
    truth, pred = scene(1)
    metrics = (
        "pq",
        "f1@50%",
        "cell_ap",
        "aji",
        "lesion_f1",
        "lesion_dice",
        "lesion_fp_volume:unit=voxels",
    )
    if how == "components":
        truth, pred = (truth > 0).astype(np.uint8), (pred > 0).astype(np.uint8)
    want = numbers(run(*write(tmp_path / "a", truth, pred), *metrics, instances=how))
    for number, axes in enumerate([(1, 0, 2), (2, 1, 0), (1, 2, 0)]):
        files = write(tmp_path / str(number), truth.transpose(axes), pred.transpose(axes))
        close(want, numbers(run(*files, *metrics, instances=how)))
    wide = [np.pad(side, 2) for side in (truth, pred)]
    close(want, numbers(run(*write(tmp_path / "w", *wide), *metrics, instances=how)))


def folders(path, seeds=(0, 1, 2, 3)):
    """A data set of scenes."""
    for seed in seeds:
        truth, pred = scene(seed)
        for side, labels in (("gt", truth), ("pred", pred)):
            (path / side).mkdir(parents=True, exist_ok=True)
            build.nifti(path / side / f"c{seed}.nii.gz", labels)
    return path / "pred", path / "gt"


def pooled_of(card, metric, class_="1"):
    return card.summary[""][class_][metric].pooled


def test_pooled_sums_over_the_data_set(tmp_path):
    card = run(*folders(tmp_path), "pq", "f1@50%", "lesion_recall", "aji", instances="ids")
    every = [scene(seed) for seed in range(4)]
    # one case that holds all of them, apart: ids of the k-th lie above 1000 k
    wide = [
        np.concatenate(
            [np.where(s[i] > 0, s[i] + 1000 * k, 0) for k, s in enumerate(every)], axis=1
        )
        for i in (0, 1)
    ]
    one = run(
        *write(tmp_path / "one", *(w.astype(np.uint16) for w in wide)),
        *card.metrics,
        instances="ids",
    )
    for metric, value in numbers(one).items():
        assert pooled_of(card, metric) == pytest.approx(value, rel=1e-12)
    assert pooled_of(card, "pq", "all") == pooled_of(card, "pq")  # one class: its mean


def test_shards_and_processes_change_nothing(tmp_path):
    sides = folders(tmp_path)
    asked = ("pq", "lesion_f1", "lesion_hd95", "cell_ap")
    whole = run(*sides, *asked, instances="ids")
    parts = [run(*sides, *asked, instances="ids", shard=f"{k}/2") for k in (1, 2)]
    again = merge_scorecards([(f"{k}.json", part) for k, part in enumerate(parts)])
    assert {k: v.pooled for k, v in again.summary[""]["1"].items()} == pytest.approx(
        {k: v.pooled for k, v in whole.summary[""]["1"].items()}, nan_ok=True
    )
    two = run(*sides, *asked, instances="ids", jobs=2)
    assert [r for c in two.cases for r in c.rows] == [r for c in whole.cases for r in c.rows]


def test_a_gate_of_pooled_quality(tmp_path):
    sides = folders(tmp_path)
    card = run(*sides, "pq", instances="ids", gates=(parse_gate("all/pq.pooled=0.5"),))
    assert "pq" in card.metrics
    with pytest.raises(RequestError, match="pooled"):
        run(*sides, "lesion_hd95", instances="ids", gates=(parse_gate("lesion_hd95.pooled=5px"),))


def test_what_is_not_told_is_not_guessed(tmp_path):
    sides = write(tmp_path, *scene())
    chosen = settings("pq")
    with pytest.raises(RequestError, match="label maps do not say") as told:
        score_paths(*sides, chosen)
    for word in ("ids", "components", "1000", "beside"):
        assert f"--instances {word}" in told.value.help
    assert score_paths(*sides, replace(chosen, instances="components")).cases[0].status == "ok"
    with pytest.raises(RequestError, match="none of ids"):
        score_paths(*sides, replace(chosen, instances="objects"))
    lesions = score_paths(*sides, settings("lesion_recall"))  # INSTANCES-I0: components unless told
    assert lesions.cases[0].status == "ok"


def test_class_times_1000(tmp_path):
    truth = np.zeros((8, 12), np.uint16)
    pred = truth.copy()
    truth[:3, :4], truth[4:7, :4], truth[:3, 6:10] = 26001, 26002, 24001
    pred[:3, :4], pred[4:7, :3], pred[:3, 6:10] = 26007, 26001, 24009
    truth[7, 6:12] = 26  # a group of cars: no instance
    truth[4:6, 6:12] = pred[4:6, 6:11] = 7  # road, one segment
    sides = build.png(tmp_path / "p.png", pred), build.png(tmp_path / "g.png", truth)
    card = run(*sides, "pq", "rq", "dice", instances="1000")
    found = {(r.class_, r.metric): r.value for r in only(card).rows}
    assert found["26", "pq"] == pytest.approx((1 + 9 / 12) / 2)
    assert found["24", "pq"] == 1
    assert found["7", "pq"] == pytest.approx(10 / 12)
    assert found["things", "pq"] == pytest.approx((0.875 + 1) / 2)
    assert found["stuff", "pq"] == pytest.approx(10 / 12)
    assert found["all", "rq"] == 1
    assert piped(card)[0] == "case g, 3 classes"  # things and stuff are none
    # classes are those of the ids: 24 voxels on each side less 3, and the group
    assert found["26", "dice"] == pytest.approx(2 * 21 / (21 + 30))


def test_a_prediction_over_a_group_is_left_out_by_panopticapi_alone(tmp_path):
    truth = np.zeros((6, 10), np.uint16)
    pred = truth.copy()
    truth[:2, :4] = pred[:2, :4] = 26001
    truth[4:, :] = 26
    pred[4:, :5] = 26002
    sides = build.png(tmp_path / "p.png", pred), build.png(tmp_path / "g.png", truth)
    card = run(*sides, "rq", "rq:as=deeplab2", instances="1000")
    found = {r.metric: r.value for r in only(card).rows if r.class_ == "26"}
    assert found == {"rq": 1, "rq:as=deeplab2": pytest.approx(1 / 1.5)}


def test_a_table_beside_each_map(tmp_path):
    truth, pred = (side[2] for side in scene())
    for side, labels in (("g", truth), ("p", pred)):
        build.png(tmp_path / side / "a.png", labels.astype(np.uint16))
        table = {int(one): 3 + int(one) % 2 for one in np.unique(labels) if one}
        (tmp_path / side / "a.json").write_text(json.dumps(table))
    card = run(tmp_path / "p" / "a.png", tmp_path / "g" / "a.png", "f1@50%", instances="beside")
    assert {r.class_ for r in only(card).rows} == {"3", "4"}
    (tmp_path / "p" / "a.json").write_text("{}")
    card = run(tmp_path / "p" / "a.png", tmp_path / "g" / "a.png", "f1@50%", instances="beside")
    assert "table" in card.cases[0].error["message"]


def test_an_ignored_id_is_void(tmp_path):
    truth, pred = np.zeros((6, 12), np.uint8), np.zeros((6, 12), np.uint8)
    truth[:3, :4] = 1
    truth[:, 8:] = 255
    pred[:3, :4], pred[:2, 6:12], pred[4:, 6:9] = 1, 2, 3  # 8 of 12 in void; 2 of 6
    sides = build.png(tmp_path / "p.png", pred), build.png(tmp_path / "g.png", truth)
    card = run(*sides, "rq", "f1@50%", "dice", instances="ids", ignore_label=(255,))
    found = {r.metric: r.value for r in only(card).rows if r.class_ == "1"}
    assert found["rq"] == pytest.approx(1 / 1.5)  # 2 is mostly void, 3 is a false positive
    assert found["f1@50%"] == pytest.approx(2 / 4)  # what is outside void counts
    assert found["dice"] == pytest.approx(2 * 12 / (12 + 12 + 4 + 4))


def test_components_below_the_smallest_size_are_left_out(tmp_path):
    truth, pred = np.zeros((3, 9, 9), np.uint8), np.zeros((3, 9, 9), np.uint8)
    truth[0, 0, 0] = truth[1, 4:6, 4:6] = pred[1, 4:6, 4:6] = pred[2, 8, 7:9] = 1
    sides = write(tmp_path, truth, pred)
    asked = ("lesion_recall", "lesion_precision", "dice")

    def values(size):
        card = run(*sides, *asked, min_size=size)
        return [r.value for r in only(card).rows], card

    dice = 2 * 4 / (5 + 6)
    assert values("")[0] == pytest.approx([1 / 2, 1 / 2, dice])
    assert values("2px")[0] == pytest.approx([1, 1 / 2, dice])
    found, card = values("3px")
    assert found == pytest.approx([1, 1, dice])
    notes = [note.text for note in only(card).notes if note.code == "N-min-size"]
    assert notes == [
        "components below --min-size left out: 1 of the ground truth, 1 of the prediction"
    ]
    voxel = float(np.prod(build.GRID.spacing))
    assert values(f"{3 * voxel:g}mm3")[0] == pytest.approx([1, 1, dice])  # not below
    with pytest.raises(RequestError, match="no size"):
        values("3 things")


def test_connectivity(tmp_path):
    pred = np.zeros((2, 3, 3), np.uint8)
    pred[0, 0, 0] = pred[1, 1, 1] = 1  # they share a corner
    truth = pred.copy()
    truth[1, 1, 1] = 0
    sides = write(tmp_path, truth, pred)
    found = {
        word: numbers(run(*sides, "lesion_precision", connectivity=word))["lesion_precision"]
        for word in ("auto", "26", "18", "6")
    }
    assert found == {"auto": 1, "26": 1, "18": 0.5, "6": 0.5}
    own = numbers(run(*sides, "lesion_precision:as=ivadomed:overlap=1px", connectivity="26"))
    assert list(own.values()) == [0.5]  # its 18 are its own


def test_recall_by_size(tmp_path):
    truth, pred = np.zeros((3, 12, 12), np.uint8), np.zeros((3, 12, 12), np.uint8)
    truth[0, 0, 0] = truth[0, 4:6, 4:6] = truth[2, 8:12, 8:12] = 1  # 1, 4, 16 voxels
    pred[0, 4, 4] = pred[2, 8, 8] = 1
    ml = float(np.prod(build.GRID.spacing)) / 1000
    cuts = f"{1.5 * ml:.6g}ml,{4 * ml:.9g}ml"
    card = run(*write(tmp_path, truth, pred), "lesion_recall", size_bins=cuts)
    found = numbers(card)
    assert list(found.values()) == pytest.approx([2 / 3, np.nan, 1], nan_ok=True)
    with pytest.raises(RequestError, match="size-bins"):
        run(*write(tmp_path, truth, pred), "lesion_recall", size_bins="1ml,0.1ml")


def test_an_empty_side(tmp_path):
    """INSTANCES-8: the table of absence."""
    truth, _ = scene()
    nothing = np.zeros_like(truth)
    both = {"pq": 0, "rq": 0, "sq": 0, "f1@50%": 0, "cell_ap": 0, "aji": 0, "lesion_f1": 0}
    gone = {
        "inst_precision": np.nan,
        "inst_recall": 0,
        "lesion_precision": np.nan,
        "lesion_recall": 0,
    }
    more = {
        "inst_precision": 0,
        "inst_recall": np.nan,
        "lesion_precision": 0,
        "lesion_recall": np.nan,
    }
    empty = dict.fromkeys([*both, *gone], np.nan) | {"lesion_f1:as=isles": 1}
    empty |= {"lesion_dice:as=brats-2023": 1, "lesion_hd95:as=brats-2023": 0, "splits": 0}
    for name, (t, p), want in (
        ("pred", (truth, nothing), both | gone | {"lesion_dice": 0, "lesion_hd95": np.nan}),
        ("gt", (nothing, truth), both | more | {"lesion_dice": np.nan, "merges": 0}),
        ("both", (nothing, nothing), empty),
    ):
        card = run(*write(tmp_path / name, t, p), *want, instances="ids", classes="1=cell")
        found = {r.metric: r.value for r in only(card).rows if r.class_ == "cell"}
        asked = {str(resolve_metric(parse_metric(m))[0]): v for m, v in want.items()}
        assert found == pytest.approx(asked, nan_ok=True), name


def test_centres_in_mm(tmp_path):
    truth, pred = np.zeros((4, 12, 12), np.uint8), np.zeros((4, 12, 12), np.uint8)
    truth[1, 2, 2] = pred[1, 2, 5] = 1
    step = build.GRID.spacing[2] * 3
    sides = write(tmp_path, truth, pred)
    for reach, value in ((step, 1), (step * 0.999, 0)):
        assert list(numbers(run(*sides, f"f1@{reach:.9g}mm", instances="ids")).values()) == [value]
    assert run(*sides, "f1@3px", instances="ids").cases[0].status == "geometry_mismatch"


def test_pictures_of_many_cells_are_not_shades_of_grey(tmp_path):
    cells = np.zeros((90, 90), np.uint8)
    for k in range(81):
        cells[10 * (k // 9) + 1 : 10 * (k // 9) + 8, 10 * (k % 9) + 1 : 10 * (k % 9) + 8] = k + 1
    for side in ("g", "p"):
        (tmp_path / side).mkdir()
        Image.fromarray(cells).save(tmp_path / side / "a.png")
    plain = run(tmp_path / "p", tmp_path / "g", "dice")
    assert "--instances ids" in plain.cases[0].error["help"]
    assert numbers(run(tmp_path / "p", tmp_path / "g", "pq", instances="ids")) == {"pq": 1}


def test_ids_scored_as_classes_are_said_to_be(tmp_path):
    """ACCOUNT-A17."""
    truth = np.kron(np.arange(1, 13).reshape(3, 4), np.ones((5, 5), int)).astype(np.uint8)
    other = np.where(truth > 0, (truth + 4) % 12 + 1, 0).astype(np.uint8)
    told = {}
    for name, pred in (("others", other), ("same", truth)):
        sides = build.png(tmp_path / f"{name}.png", pred), build.png(tmp_path / "g.png", truth)
        told[name] = [n.code for n in only(run(*sides, "dice")).notes]
    assert told == {"others": ["W-instance-ids"], "same": []}
    (case,) = run(tmp_path / "others.png", tmp_path / "g.png", "pq").cases
    assert "W-instance-ids" in {note.code for note in case.notes}  # components of each value


@pytest.mark.parametrize("which", [0, 1])
def test_account_a17_a_mask_of_the_class_against_ids_is_said(tmp_path, which):
    cells = np.zeros((20, 20), np.uint8)
    for k, (y, x) in enumerate(((1, 1), (1, 9), (9, 1), (9, 9)), 1):
        cells[y : y + 5, x : x + 5] = k
    mask = (cells > 0).astype(np.uint8)
    sides = arrays(tmp_path, "m", *((mask, cells) if which else (cells, mask)))
    (case,) = run(*sides, "f1@50%", instances="ids").cases
    (note,) = (n for n in case.notes if n.code == "W-class-map")
    assert note.text.startswith(f"the {('prediction', 'ground truth')[which]} is one instance in 4")
    one = np.where(cells == 1, 1, 0)  # one instance that is whole
    (case,) = run(*arrays(tmp_path, "o", cells, one), "f1@50%", instances="ids").cases
    assert not [n for n in case.notes if n.code == "W-class-map"]


def panoptic_files(path, name):
    """A panoptic oracle as its tool reads it: colours, and JSON beside them."""
    here = Path(__file__).parent / "oracles" / "instances"
    told, arrays = json.loads((here / f"{name}.json").read_text()), np.load(here / f"{name}.npz")
    for side in ("gt", "pred"):
        marks, images = [], []
        for image, segments in told["segments"].items():
            ids = arrays[f"{side}_id_{image}"]
            colours = np.stack([ids % 256, ids // 256 % 256, ids // 65536], -1).astype(np.uint8)
            build.png(path / side / f"{image}.png", colours)
            own = [s | {"area": int((ids == s["id"]).sum())} for s in segments[side]]
            marks.append(
                {"image_id": int(image), "file_name": f"{image}.png", "segments_info": own}
            )
            height, width = ids.shape
            images.append(
                {"id": int(image), "file_name": f"{image}.jpg", "height": height, "width": width}
            )
        categories = [c | {"name": f"c{c['id']}"} for c in told["categories"]]
        content = {"images": images, "annotations": marks, "categories": categories}
        (path / f"{side}.json").write_text(json.dumps(content))
    return {r["id"]: r["value"] for r in told["expected"]}


@pytest.mark.parametrize("name", ["panoptic_plain", "panoptic_void", "panoptic_crowd"])
def test_panoptic_files_give_what_each_tool_gives(tmp_path, name):
    want = panoptic_files(tmp_path, name)
    asked = (
        "pq",
        "sq",
        "pq:as=deeplab2",
        "pq:as=torchmetrics",
        "pq:as=torchmetrics:stuff=modified",
    )
    card = run(tmp_path / "pred.json", tmp_path / "gt.json", *asked, instances="")
    found = {(c, m): s.pooled for c, of in card.summary[""].items() for m, s in of.items()}
    assert found["all", "pq"] == pytest.approx(want["coco_all_pq"], rel=1e-9)
    assert found["things", "pq"] == pytest.approx(want["coco_things_pq"], rel=1e-9)
    assert found["stuff", "sq"] == pytest.approx(want["coco_stuff_sq"], rel=1e-9)
    assert found["all", "pq:as=deeplab2"] == pytest.approx(want["deeplab2_summary"][0], rel=1e-9)
    if "tm_mean" in want:
        assert found["all", asked[3]] == pytest.approx(want["tm_mean"][0], rel=1e-6)
        assert found["all", asked[4]] == pytest.approx(want["tm_modified"], rel=1e-6)


def test_counts_stand_beside_every_mean(tmp_path):
    """INSTANCES-S1: by hand, over two cases."""
    for name, found in (("a", 1), ("b", 0)):
        truth, pred = np.zeros((3, 12, 12), np.uint8), np.zeros((3, 12, 12), np.uint8)
        truth[0, 0, 0] = truth[2, 8:12, 8:12] = pred[1, 5, 5] = 1
        pred[0, 0, 0] = found
        for side, labels in (("gt", truth), ("pred", pred)):
            (tmp_path / side).mkdir(exist_ok=True)
            build.nifti(tmp_path / side / f"{name}.nii.gz", labels)
    asked = ("lesion_recall", "lesion_hd95", "lesion_dice:as=brats-2023:limit=0mm3", "pq")
    card = run(tmp_path / "pred", tmp_path / "gt", *asked)
    made = card.summary[""]["1"]
    want = {
        "references": 4,
        "predictions": 3,
        "matched": 1,
        "missed": 3,
        "spurious": 2,
        "ignored": 0,
    }
    assert {k: made["lesion_recall"].counts[k] for k in want} == want
    assert {k: made["lesion_hd95"].counts[k] for k in want} == want
    voxel = float(np.prod(build.GRID.spacing)) / 1000
    assert made["lesion_recall"].counts["smallest_found"] == pytest.approx(voxel)
    assert made["lesion_recall"].counts["largest_missed"] == pytest.approx(16 * voxel)
    brats = next(v for k, v in made.items() if "brats" in k).counts
    assert (brats["references"], brats["matched"], brats["spurious"]) == (4, 1, 2)
    assert card.summary[""]["overall"]["pq"].counts is None
    (tmp_path / "r.json").write_text(json.dumps(written(card)))
    again = load_results(tmp_path / "r.json")
    assert again.summary[""]["1"]["pq"].counts == made["pq"].counts
    assert f"1: 1 of 4 found, 2 spurious; smallest found {voxel:.3g} ml" in table_of(card)


def table_of(card):
    from io import StringIO

    from segeval.reports import table
    from segeval.request.settings import Settings

    out = StringIO()
    table.write(card, out, Settings())
    return out.getvalue()


def test_a_row_for_each_instance(tmp_path):
    """INSTANCES-S2."""
    truth, pred = np.zeros((3, 12, 12), np.uint8), np.zeros((3, 12, 12), np.uint8)
    truth[0, :2, :2], truth[2, 8:12, 8:12], truth[1, 5, 5] = 4, 9, 2
    pred[0, :2, :2], pred[2, 8:12, 8:10], pred[2, 8:12, 10:12], pred[0, 11, 0] = 1, 2, 3, 7
    files = write(tmp_path, truth, pred)
    for name in ("i.csv", "i.json"):
        out = ("instances:" + str(tmp_path / name),)
        card = run(*files, "lesion_recall", instances="ids", output=out)
        save_report(card, out[0], settings())
    with (tmp_path / "i.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = [(r["side"], r["id"], r["state"], r["partners"], r["voxels"]) for r in rows]
    assert found == [
        ("gt", "2", "missed", "", "1"),
        ("gt", "4", "matched", "1", "4"),
        ("gt", "9", "split", "2 3", "16"),
        ("pred", "1", "matched", "4", "4"),
        ("pred", "2", "matched", "9", "8"),
        ("pred", "3", "matched", "9", "8"),
        ("pred", "7", "spurious", "", "1"),
    ]
    assert [r["dice"] for r in rows[:3]] == ["", "1.0", "1.0"]  # of the union of its partners
    assert float(rows[4]["iou"]) == 0.5
    assert rows[1]["hd95"] == "0.0"
    at = build.GRID.affine() @ [0, 0.5, 0.5, 1]
    assert [float(rows[1][axis]) for axis in "xyz"] == pytest.approx(at[:3].tolist(), abs=1e-4)
    content = json.loads((tmp_path / "i.json").read_text())
    assert [r["id"] for r in content["instances"]] == [int(r["id"]) for r in rows]
    assert content["instances"][0]["dice"] is None


def test_instances_p5_means_over_tissues_from_a_table_of_pairs(tmp_path):
    """The oracle of PanNuke from files: id = class * 1000 + i, tissues are groups."""
    told, arrays = content("cells_pannuke"), instance_records.arrays("cells_pannuke")
    rows = ["case,pred,gt,group"]
    for k, tissue in enumerate(told["tissues"]):
        for side, key in (("gt", "true"), ("pred", "pred")):
            planes = [arrays[key][k, ..., c].astype(np.uint16) for c in range(5)]
            coded = sum(np.where(p > 0, (c + 1) * 1000 + p, 0) for c, p in enumerate(planes))
            build.png(tmp_path / side / f"{k}.png", coded.astype(np.uint16))
        rows.append(f"c{k},pred/{k}.png,gt/{k}.png,{tissue}")
    (tmp_path / "pairs.csv").write_text("\n".join(rows))
    asked = ("pq:as=pannuke", "pq:as=pannuke:classes=union")
    card = run(tmp_path, tmp_path, *asked, instances="1000", pairs=str(tmp_path / "pairs.csv"))
    for record in told["expected"]:
        group, *rest = record["params"]["what"].split()
        own = card.summary["" if group == "Average" else group] if group in (
            "Average", *told["tissues"]) else None  # fmt: skip
        if own is not None:
            assert instance_records.agrees(own["all"][record["convention"]].mean, record), rest
    assert card.summary[""]["all"]["pq:as=pannuke"].mean == pytest.approx(0.32308084579427404)


def test_distances_of_lesions_that_memory_is_too_small_for(tmp_path):
    truth = np.zeros((90, 100, 100), np.uint8)
    truth[5:80, 5:90, 5:90] = 1
    pred = truth.copy()
    pred[5:9] = 0
    small = [np.zeros_like(truth)] * 2
    sides = write(tmp_path / "a", truth, pred)
    asked = ("lesion_hd95", "lesion_nsd@2mm", "lesion_hd95:as=brats-2023", "lesion_recall")
    card = run(*sides, *asked, max_memory=100 << 20)
    rows = {r.metric: (r.status, r.value) for r in card.cases[0].rows if r.class_ == "1"}
    assert {m for m, (status, _) in rows.items() if status == "over_budget"} == set(asked[:3])
    assert rows["lesion_recall"] == ("ok", 1.0)
    told = card.cases[0].facts["faults"]["1"]
    size = told["help"].removeprefix("--max-memory ").partition("MiB")[0]
    again = run(*sides, *asked, max_memory=int(size) << 20)
    assert {r.status for r in again.cases[0].rows} == {"ok"}
    nothing = run(*write(tmp_path / "b", *small), *asked, max_memory=100 << 20, classes="1=x")
    assert "over_budget" not in {r.status for r in nothing.cases[0].rows}


def test_the_whole_of_a_case_without_room_is_missing_as_its_classes_are(tmp_path):
    """It had no row: `pq` of all cases was that of the others, and nothing of it was missing."""
    board = (np.indices((2048, 2048)).sum(0) % 2).astype(np.uint8)
    square = np.zeros((64, 64), np.uint8)
    square[5:20, 5:20] = 1
    for side in ("pred", "gt"):
        build.png(tmp_path / side / "board.png", board)
        build.png(tmp_path / side / "square.png", square)
    asked = ("pq", "pq:as=pannuke", "lesion_f1")
    full = run(tmp_path / "pred", tmp_path / "gt", *asked)
    card = run(tmp_path / "pred", tmp_path / "gt", *asked, max_memory=100 << 20)
    board_rows, other = ({(r.class_, r.metric): r for r in one.rows} for one in card.cases)
    assert list(board_rows) == [(r.class_, r.metric) for r in full.cases[0].rows]
    assert {r.status for r in board_rows.values()} == {"over_budget"}
    assert other == {(r.class_, r.metric): r for r in full.cases[1].rows}
    whole = card.summary[""]["all"]["pq"]
    assert (whole.n, whole.n_missing) == (1, 1)


@pytest.mark.parametrize("base", [1 << 31, 1 << 40, (1 << 53) + 1, (1 << 63) - 200])
def test_ids_of_64_bits_are_names_too(tmp_path, base):
    rng = np.random.default_rng(3)
    truth = np.repeat(np.repeat(rng.integers(0, 9, (6, 7)), 4, 0), 5, 1)
    pred = np.where(rng.random(truth.shape) < 0.9, truth, 0)
    names = ("f1@50%", "pq", "aji", "splits", "merges", "lesion_hd95", "lesion_dice")
    small = run(*arrays(tmp_path, "s", truth, pred), *names, instances="ids")
    apart = np.where(truth > 0, truth.astype(np.uint64) + np.uint64(base), 0)
    moved = np.where(pred > 0, pred.astype(np.uint64) + np.uint64(base + 57), 0)
    kept = tmp_path / "i.csv"
    large = run(*arrays(tmp_path, "l", apart, moved), *names, instances="ids",
                output=(f"instances:{kept}",))  # fmt: skip
    for one, other in zip(small.rows, large.rows, strict=True):
        assert (one.metric, one.value) == (other.metric, pytest.approx(other.value, rel=1e-12))
    own = {row["id"] for row in large.cases[0].facts["instances"] if row["side"] == "gt"}
    assert own == {base + k for k in np.unique(truth[truth > 0]).tolist()}


def arrays(path, name, truth, pred):
    """Prediction and ground truth as .npy files."""
    return [build.npy(path / f"{name}_{side}.npy", array)
            for side, array in (("p", pred), ("g", truth))]  # fmt: skip


@pytest.mark.parametrize(("kind", "most"), [(np.float32, 1 << 24), (np.float64, 1 << 53)])
def test_ids_that_a_float_rounds_are_refused(tmp_path, kind, most):
    good = np.array([[0, 1, most, most, 0]], kind)
    card = run(*arrays(tmp_path, "a", good, good), "f1@50%", instances="ids")
    assert card.rows[0].value == 1
    bad = np.array([[0, 1, most * 2, most * 2, 0]], kind)
    card = run(*arrays(tmp_path, "b", good, bad), "f1@50%", instances="ids")
    assert "are rounded" in card.cases[0].error["message"]
