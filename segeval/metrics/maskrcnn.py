"""The mask loss of Mask R-CNN, from the maps of regions of interest (RoIs).

    maskrcnn       mean over RoIs and their m x m cells of the binary cross-entropy of the k-th map
    maskrcnn_rois  the RoIs that it is a mean of
    maskrcnn_accuracy, maskrcnn_false_positive, maskrcnn_false_negative: what detectron2 logs

with k the label of the RoI; its other K - 1 maps never count. What differs between the programs is
the target of a RoI, made of the mask of its instance inside the box (kernels/rois.py).
Source: He, Gkioxari, Dollar, Girshick, ICCV 2017, section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from segeval.metrics.registry import Values, metric
from segeval.tallies.rois import RoiSums


def roi_rule_terms(rule: str) -> Any:
    """What the tally has to add for a convention."""

    def rules(arguments: Mapping[str, Any]) -> tuple[str, ...]:
        return (rule,)

    return rules


def mean_roi_cost(sums: RoiSums, rule: str) -> Values:
    """The mean over RoIs; 0 without any."""
    if rule not in sums.costs:
        return Values(whole=np.nan, reason="not_kept")
    total, count = sums.costs[rule]
    return Values(whole=total / count if count else 0.0)


@metric(
    "maskrcnn", of="rois", better="lower", origin="detectron2", needs=roi_rule_terms("detectron2")
)
def detectron2(sums: RoiSums) -> Values:
    """Mask loss of detectron2: RoIAlign with the shift of half a pixel, cut at 1/2.

    formula  mean over RoIs and cells of softplus(x) - x t; t = (RoIAlign of the mask >= 1/2)
    empty    no RoI with an instance: 0
    source   detectron2 mask_rcnn_loss, BitMasks.crop_and_resize
    """
    return mean_roi_cost(sums, "detectron2")


@metric(
    "maskrcnn", of="rois", better="lower", origin="torchvision", needs=roi_rule_terms("torchvision")
)
def torchvision(sums: RoiSums) -> Values:
    """Mask loss of torchvision: RoIAlign without the shift, its soft values are the target.

    formula  mean over RoIs and cells of softplus(x) - x t; t = RoIAlign of the mask
    empty    no RoI with an instance: 0
    source   torchvision maskrcnn_loss, project_masks_on_boxes
    """
    return mean_roi_cost(sums, "torchvision")


@metric(
    "maskrcnn", of="rois", better="lower", origin="matterport", needs=roi_rule_terms("matterport")
)
def matterport(sums: RoiSums) -> Values:
    """Mask loss of the Keras program of Matterport: m points of the mask, rounded; label 0 is left out.

    formula  mean over RoIs with label > 0 and cells of -t log p - (1 - t) log(1 - p), p in [1e-7, 1 - 1e-7]
    empty    no RoI with an instance and a label > 0: 0
    source   Matterport Mask_RCNN mrcnn_mask_loss_graph; full-size masks, no mini-masks
    """  # noqa: E501 - a formula is one line
    return mean_roi_cost(sums, "matterport")


@metric("maskrcnn_rois", of="rois")
def maskrcnn_rois(sums: RoiSums) -> Values:
    """How many regions of interest have an instance, by `gt_index` or by their box.

    formula  RoIs with gt_index >= 0; without it, those whose best box IoU is at least 0.5
    empty    0
    source   He, Gkioxari, Dollar, Girshick, ICCV 2017
    """
    return Values(whole=float(sums.given + sums.matched))


cell_metric = partial(metric, of="rois", bounds=(0.0, 1.0), needs=roi_rule_terms("detectron2"))


@cell_metric("maskrcnn_accuracy", better="higher")
def mask_accuracy(sums: RoiSums) -> Values:
    """Share of the cells of the k-th maps that are right, which detectron2 logs beside its loss.

    formula  cells with (logit > 0) = target, divided by all
    empty    no RoI with an instance: 1
    source   detectron2 mask_rcnn_loss, mask_rcnn/accuracy
    """
    total, _, fp, fn = sums.cells
    return Values(whole=1 - (fp + fn) / max(total, 1))


@cell_metric("maskrcnn_false_positive", better="lower")
def mask_false_positive(sums: RoiSums) -> Values:
    """Share of the cells outside the targets that the k-th maps took in.

    formula  cells with logit > 0 and target 0, divided by those with target 0
    empty    no RoI with an instance: 0
    source   detectron2 mask_rcnn_loss, mask_rcnn/false_positive
    """
    total, inside, fp, _ = sums.cells
    return Values(whole=fp / max(total - inside, 1))


@cell_metric("maskrcnn_false_negative", better="lower")
def mask_false_negative(sums: RoiSums) -> Values:
    """Share of the cells of the targets that the k-th maps missed.

    formula  cells with logit <= 0 and target 1, divided by those with target 1
    empty    no RoI with an instance: 0
    source   detectron2 mask_rcnn_loss, mask_rcnn/false_negative
    """
    _, inside, _, fn = sums.cells
    return Values(whole=fn / max(inside, 1))
