"""Average precision of scored instances, against the programs of COCO, LVIS and Cityscapes."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from detections_build import cityscapes, plain_side, tables
from hypothesis import given
from hypothesis import strategies as st
from oracles.instance_records import agrees, arrays, content, name_of, records

from segeval.kernels.average_precision import reach_thresholds
from segeval.metrics.matched_detections import AREAS, MatchRule, match_data_set
from segeval.metrics.registry import metric_arguments, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.tallies.detections import (
    Detections,
    DetectionTally,
    ImageFacts,
    ScoredClasses,
    pool_tables,
)

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "coco_instances"
SUMMARY = (
    "ap", "ap@50%", "ap@75%", "ap:area=small", "ap:area=medium", "ap:area=large",
    "ar:max=1", "ar:max=10", "ar", "ar:area=small", "ar:area=medium", "ar:area=large",
)  # fmt: skip
LVIS = {
    "AP": "ap:as=lvis", "AP50": "ap@50%:as=lvis", "AP75": "ap@75%:as=lvis",
    "APs": "ap:as=lvis:area=small", "APm": "ap:as=lvis:area=medium",
    "APl": "ap:as=lvis:area=large", "APr": "ap:as=lvis:group=r", "APc": "ap:as=lvis:group=c",
    "APf": "ap:as=lvis:group=f", "AR@300": "ar:as=lvis", "ARs@300": "ar:as=lvis:area=small",
    "ARm@300": "ar:as=lvis:area=medium", "ARl@300": "ar:as=lvis:area=large",
}  # fmt: skip
CITYSCAPES = {24: "person", 26: "car", 33: "bicycle"}


def value(s, text, class_=None):
    metric, definition = resolve_metric(parse_metric(text))
    found = definition.compute(s, **metric_arguments(metric, definition))
    return found.whole if class_ is None else found.classes[list(s.names).index(class_)]


def summary(s, **words):
    extra = "".join(f":{key}={word}" for key, word in words.items())
    return [value(s, text + extra) for text in SUMMARY]


def coco(case):
    if case != "real_coco":
        return content(case)["coco_gt"], content(case)["coco_dt"]
    if not DATA.exists():
        pytest.skip("shared/data is not here")
    names = ("gt_dataset.json", "dt_dataset.json")
    return tuple(json.loads((DATA / name).read_text()) for name in names)


def expected(s, record, truth):
    """What a record asks for."""
    params = record["params"]
    if "category_id" in params:
        names = {c["id"]: str(c["name"]) for c in truth["categories"]}
        own = names[params["category_id"]]
        return [value(s, text, own) for text in ("ap", "ap@50%", "ar")]
    percent = range(50, 100, 5)
    special = {
        "by_threshold": lambda: [value(s, f"ap@{t}%") for t in percent],
        "recall_by_threshold": lambda: [value(s, f"ar@{t}%") for t in percent],
        "faster_segm": lambda: summary(s),
        "bbox": lambda: summary(s, hit="box"),
        "class_agnostic": lambda: summary(s, classes="union"),
        "faster_boundary": lambda: summary(s, hit="boundary"),
        "max_dets_3": lambda: [value(s, "ap:max=3")] + [value(s, f"ar:max={k}") for k in (1, 2, 3)],
    }
    return special.get(record["id"], lambda: value(s, record["convention"]))()


@pytest.mark.parametrize("pair", records("coco_main", "coco_plain", "real_coco"), ids=name_of)
def test_instances_a1_a2_values_of_pycocotools_and_faster_coco_eval(pair):
    case, record = pair
    truth, pred = coco(case)
    s = tables(truth, pred, union=True, boundary=True)
    if record["id"] != "matches_50":
        assert agrees(expected(s, record, truth), record)
        return
    m = match_data_set(s, MatchRule("mask", (Fraction(1, 2),)))
    own = m.class_ == s.numbers.index(record["params"]["category_id"])
    hit, counted = m.hit[0, 0][own], m.counted[0, 0][own]
    got = [[h, not c, score] for h, c, score in zip(hit, counted, m.score[own], strict=True)]
    assert got == [[row[2] > 0, bool(row[3]), row[4]] for row in record["value"]]


def test_instances_a2_boundary_ap_is_ap_by_boundaries():
    s = tables(*coco("coco_main"), boundary=True)
    assert value(s, "boundary_ap@50%") == value(s, "ap@50%:hit=boundary")
    assert value(s, "boundary_ap") < value(s, "ap")


@pytest.mark.parametrize("pair", records("coco_edges"), ids=name_of)
def test_instances_a1_ties_duplicates_crowds_and_limits(pair):
    scene = content("coco_edges")["scenes"][pair[1]["id"]]
    assert agrees(summary(tables(scene["coco_gt"], scene["coco_dt"])), pair[1])


@pytest.mark.parametrize("pair", records("lvis_federated"), ids=name_of)
def test_instances_a3_values_of_lvis(pair):
    case, record = pair
    s = tables(content(case)["coco_gt"], content(case)["coco_dt"])
    assert agrees(value(s, LVIS[record["params"]["what"]]), record)


@pytest.mark.parametrize("pair", records("cityscapes_instances"), ids=name_of)
def test_instances_a4_values_of_cityscapes(pair):
    case, record = pair
    s = cityscapes(arrays(case), content(case)["detections"], CITYSCAPES)
    own = record["params"].get("class")
    if record["id"].startswith("thresholds"):
        got = [value(s, f"ap@{t}%:as=cityscapes", own) for t in range(50, 100, 5)]
    elif own:
        got = [value(s, text, own) for text in ("ap:as=cityscapes", "ap@50%:as=cityscapes")]
    else:
        got = value(s, record["convention"])
    assert agrees(got, record)


def test_a_case_is_kept_and_read_again():
    s = tables(*coco("coco_main"), union=True, boundary=True)
    again = Detections.from_json(json.loads(json.dumps(s.to_json())))
    for text in (*SUMMARY, "boundary_ap", "ap:classes=union", "ap:as=lvis", "ap:as=cityscapes"):
        assert value(again, text) == value(s, text)


def test_images_follow_their_numbers_whatever_shard_they_were_in():
    truth, pred = coco("coco_main")  # with tied scores, so that the order of images decides

    def part(images):
        return tables({**truth, "images": images}, pred)

    each = [part([image]) for image in truth["images"]]
    whole = value(tables(truth, pred), "ap")
    assert value(pool_tables(each[::-1]), "ap") == whole
    assert value(pool_tables([pool_tables(each[4:]), pool_tables(each[:4])]), "ap") == whole


def test_instances_a7_without_scores_there_is_no_curve():
    truth, pred = coco("coco_plain")
    s = tables(truth, [{k: v for k, v in mark.items() if k != "score"} for mark in pred])
    metric, definition = resolve_metric(parse_metric("ap"))
    found = definition.compute(s, **metric_arguments(metric, definition))
    assert found.reason == "no_scores"
    assert np.isnan(found.whole)


@given(st.integers(1, 99), st.integers(1, 40), st.integers(0, 40))
def test_instances_t2_a_tie_at_the_threshold_is_one(percent, union, shared):
    exact = Fraction(min(shared, union), union) - Fraction(percent, 100)
    pair = [np.array([n]) for n in (min(shared, union), union)]
    t = [Fraction(percent, 100)]
    assert reach_thresholds(*pair, t, tie=True)[0, 0] == (exact >= 0)
    assert reach_thresholds(*pair, t, tie=False)[0, 0] == (exact > 0)


def one_class(truth, pred, scores):
    """The tables of one image with one class."""
    shape = truth[0].shape
    tally = DetectionTally(ScoredClasses(("a",), (1,), ("",)))
    sides = (
        plain_side(truth, [0] * len(truth), [0] * len(truth), shape),
        plain_side(pred, [0] * len(pred), [0] * len(pred), shape, scores),
    )
    return tally.finish(ImageFacts(None, 0, 0, 0), *sides)


def test_by_hand_one_found_one_false_one_missed():
    a, b, c = (np.zeros((6, 8), bool) for _ in range(3))
    a[:2, :2] = b[4:, 4:] = c[:2, 4:6] = True
    s = one_class([a, b], [c, a], [0.9, 0.5])
    # false first (precision 0), then a hit: precision 1/2 up to recall 1/2: 51 of 101 recalls
    assert value(s, "ap") == pytest.approx(51 * 0.5 / 101)
    assert value(s, "ar") == 0.5
    assert value(s, "ar:max=1") == 0


def test_instances_section_8_empty_sides():
    a = np.zeros((6, 8), bool)
    a[:2, :2] = True
    assert value(one_class([a], [], []), "ap") == 0
    nothing = plain_side([], [], [], a.shape)
    tally = DetectionTally(ScoredClasses(("a",), (1,), ("",)))
    alone = tally.finish(
        ImageFacts(None, 0, 0, 0), nothing, plain_side([a], [0], [0], a.shape, [0.5])
    )
    assert np.isnan(value(alone, "ap"))
    assert np.isnan(value(alone, "ap:as=cityscapes"))
    assert set(AREAS) == {"all", "small", "medium", "large"}
