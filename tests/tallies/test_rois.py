import json

import numpy as np
import pytest

from segeval.tallies.rois import RULES, RoiSums, RoiTally
from segeval.volume.instances import Instances, RoiMasks

SHAPE = (12, 14)


def mask(rows, columns):
    """A rectangle over the image."""
    made = np.zeros(SHAPE, np.uint8)
    made[slice(*rows), slice(*columns)] = 1
    return lambda: made


TWO = Instances(
    (mask((2, 6), (3, 8)), mask((5, 11), (6, 13))), np.array([[3.0, 2, 8, 6], [6, 5, 13, 11]]), {}
)


def rois(boxes, labels, gt_index=None, fill=None):
    """RoIs with random maps, or with maps of one logit."""
    shape = (len(boxes), 3, 4, 4)
    maps = np.random.default_rng(0).normal(0, 2, shape) if fill is None else np.full(shape, fill)
    which = None if gt_index is None else np.array(gt_index)
    return RoiMasks(maps, np.array(boxes, float).reshape(-1, 4), np.array(labels, int), None, which)


def tallied(regions, rules=RULES):
    tally = RoiTally(rules)
    tally.update(regions, TWO)
    return tally


def test_a_logit_of_0_costs_log_2():
    found = tallied(rois([[3, 2, 8, 6]], [1], [0], fill=0.0)).finish()
    for rule in RULES:
        assert found.costs[rule] == (pytest.approx(np.log(2)), 1)


def test_only_the_map_of_the_label_counts():
    one = rois([[3, 2, 8, 6]], [1], [0])
    others = one.logits.copy()
    others[:, [0, 2]] = 99.0
    two = RoiMasks(others, one.boxes, one.labels, None, one.gt_index)
    assert tallied(one).finish() == tallied(two).finish()


def test_rois_are_matched_by_their_best_box():
    # IoU of the first: 4 x 4 / (16 + 20 - 16) = 0.8; of the second: none; of the third: 1
    found = tallied(rois([[3, 2, 7, 6], [0, 0, 2, 2], [6, 5, 13, 11]], [1, 1, 2])).finish()
    assert (found.given, found.matched, found.unmatched) == (0, 2, 1)
    same = tallied(rois([[3, 2, 7, 6], [0, 0, 2, 2], [6, 5, 13, 11]], [1, 1, 2], [0, -1, 1]))
    assert same.finish().costs == found.costs
    assert (same.finish().given, same.finish().unmatched) == (2, 1)


def test_matterport_leaves_label_0_out():
    found = tallied(rois([[3, 2, 8, 6], [6, 5, 13, 11]], [0, 1], [0, 1])).finish()
    assert [found.costs[rule][1] for rule in RULES] == [2, 2, 1]


def test_no_roi():
    assert tallied(rois([], [])).finish() == RoiSums(dict.fromkeys(RULES, (0.0, 0)))


def test_parts_make_the_whole():
    boxes, labels, which = [[3, 2, 8, 6], [6, 5, 13, 11]], [1, 2], [0, 1]
    whole = rois(boxes, labels, which)
    parts = [
        tallied(RoiMasks(*(a[i : i + 1] for a in (whole.logits, whole.boxes, whole.labels)), None,
                         whole.gt_index[i : i + 1]))
        for i in (0, 1)
    ]  # fmt: skip
    joined = RoiSums.pool_cases([part.finish() for part in parts])
    for rule, (total, count) in tallied(whole).finish().costs.items():
        assert joined.costs[rule] == (pytest.approx(total, rel=1e-14), count)


@pytest.mark.parametrize("total", [1.25, np.inf])
def test_strict_json_and_back(total):
    found = RoiSums({"detectron2": (total, 3)}, 1, 2, 3)
    assert RoiSums.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found
