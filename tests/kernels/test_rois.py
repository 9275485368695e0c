import numpy as np
import pytest

from segeval.kernels.rois import (
    count_mask_cells,
    mask_box,
    match_boxes,
    paste_map,
    roi_target,
    select_maps,
    threshold_map,
)

FULL = np.ones((20, 30), np.uint8)


@pytest.mark.parametrize("rule", ["torchvision", "detectron2", "matterport"])
def test_a_box_inside_a_mask_is_full(rule):
    np.testing.assert_allclose(roi_target(FULL, (4, 3, 17, 15), 7, rule), 1)


@pytest.mark.parametrize("rule", ["torchvision", "detectron2", "matterport"])
def test_a_box_beside_a_mask_is_empty(rule):
    mask = FULL.copy()
    mask[:, :20] = 0
    assert not roi_target(mask, (2, 2, 15, 15), 7, rule).any()


def test_soft_values_are_kept_by_torchvision_alone():
    mask = np.zeros((8, 8), np.uint8)
    mask[:, 4:] = 1
    soft = roi_target(mask, (0, 0, 8, 8), 2, "torchvision")
    # 4 samples a cell, at columns 0.5 1.5 2.5 3.5: the last lies half way into the mask
    assert soft[0, 0] == (0 + 0 + 0 + 0.5) / 4
    assert set(np.unique(roi_target(mask, (0, 0, 8, 8), 2, "detectron2"))) <= {0, 1}


def test_only_the_map_of_the_label_counts():
    maps = np.arange(2 * 3).reshape(2, 3, 1, 1)
    assert select_maps(maps, np.array([2, 0])).ravel().tolist() == [2, 3]
    assert select_maps(maps[:, :1], np.array([2, 0])).ravel().tolist() == [0, 3]  # class-agnostic


def test_statistics_by_hand():
    #                        wrong: the second (positive missed) of 4
    logits, truth = np.array([1.0, -1.0, -1.0, -1.0]), np.array([1.0, 1.0, 0.0, 0.0])
    assert count_mask_cells(logits, truth) == (4, 2, 0, 1)


@pytest.mark.parametrize("rule", ["detectron2", "matterport", "torchvision"])
def test_a_sure_map_fills_its_box(rule):
    rows, columns, patch = paste_map(np.ones((28, 28)), (5, 4, 15, 10), (20, 30), rule)
    mask = np.zeros((20, 30), bool)
    mask[rows, columns] = threshold_map(patch, rule)
    assert mask[4:10, 5:15].all()
    # torchvision: the grown box 4.6 3.8 15.4 10.2, cut to 4 3 15 10, is 12 x 8 pixels
    assert mask.sum() == (12 * 8 if rule == "torchvision" else 10 * 6)


@pytest.mark.parametrize("rule", ["detectron2", "matterport", "torchvision"])
@pytest.mark.parametrize("box", [(-5, -5, 5, 5), (25, 15, 40, 30), (50, 50, 60, 60)])
def test_a_box_beyond_the_image_is_cut_off(rule, box):
    rows, columns, patch = paste_map(np.ones((4, 4)), box, (20, 30), rule)
    assert np.zeros((20, 30))[rows, columns].shape == patch.shape


def test_the_best_box_by_hand():
    boxes = np.array([[0.0, 0, 4, 4], [0, 0, 2, 4], [9, 9, 10, 10], [5, 5, 5, 5]])
    others = np.array([[0.0, 0, 4, 3], [0, 0, 3, 4], [5, 5, 5, 5]])
    # IoU: 12 / 16 of both, the first of equals; 6 / 14 and 8 / 12; none; none of a point
    assert match_boxes(boxes, others).tolist() == [0, 1, -1, -1]
    assert match_boxes(boxes, others[:0]).tolist() == [-1] * 4
    assert match_boxes(boxes[:0], others).tolist() == []


def test_the_box_around_a_mask():
    mask = np.zeros((6, 8), bool)
    assert mask_box(mask) == (0, 0, 0, 0)
    mask[2, 3] = mask[4, 6] = True
    assert mask_box(mask) == (3, 2, 7, 5)
