"""Whose panoptic quality: what each program counts, leaves out and adds."""

from __future__ import annotations

from segeval.runtime.frozen import frozen
from segeval.tallies.instance_sides import AUTO, PANOPTICA


@frozen
class PanopticConvention:
    """Whose panoptic quality.

    tie           hit or miss: whether `=` counts
    match         the rule where pairs are not unique
    both_voids    void of the prediction is left out of the union and of FN
    void, crowd   a prediction with more than half in them is no FP
    divisors      what is added 1e-6 to: "", sq, all
    needs_truth   an image without references of a class has no FP of it
    connectivity  of components
    """

    tie: str = "miss"
    match: str = "optimal"
    both_voids: bool = False
    void: bool = False
    crowd: bool = False
    divisors: str = ""
    needs_truth: bool = False
    connectivity: str = AUTO


CONVENTIONS = {
    "coco": PanopticConvention(void=True, crowd=True),
    "deeplab2": PanopticConvention(void=True),
    "torchmetrics": PanopticConvention(void=True, both_voids=True),
    "hovernet": PanopticConvention(match="optimal-sum", divisors="sq"),
    "pannuke": PanopticConvention(match="optimal-sum", divisors="sq", needs_truth=True),
    "monai": PanopticConvention(match="optimal-sum", divisors="all"),
    "stardist": PanopticConvention(tie="hit"),
    "panoptica": PanopticConvention(tie="hit", match="greedy", connectivity=PANOPTICA),
    "metrics-reloaded": PanopticConvention(match="greedy"),
}


PLAIN = "a + b - n, of all voxels"


# What each says of itself: the union of a pair, FP and FN that are left out, the mean, and whose.
SAYS = {
    "coco": (
        "a + b - n, without the part of the prediction in void",
        "FP with more than half in void and the crowd of its class; crowds are no FN",
        "over classes that either side has; counts are those of the data set (pooled)",
        "panopticapi; Kirillov et al., CVPR 2019",
    ),
    "deeplab2": (
        "as coco",
        "FP with more than half in void; over a crowd it is one",
        "as coco",
        "deeplab2; Kirillov et al., CVPR 2019",
    ),
    "torchmetrics": (
        "a + b - n, without what either has in void of the other",
        "FP with more than half in void; FN with more than half under predicted void",
        "as coco; stuff=modified: sum of every IoU over the references (Porzi et al., CVPR 2019)",
        "torchmetrics",
    ),
    "hovernet": (PLAIN, "none", "sq has TP + 1e-6 below", "Graham et al., MedIA 58, 2019"),
    "pannuke": (
        PLAIN,
        "all of a class in an image without references of it",
        "over classes, then images, tissues (mPQ); classes=union is bPQ; sq has TP + 1e-6 below",
        "Gamper et al., arXiv 2003.10778",
    ),
    "monai": (PLAIN, "none", "1e-6 is added to each divisor", "MONAI compute_panoptic_quality"),
    "stardist": (PLAIN, "none", "of one class; images or pooled", "Weigert et al., WACV 2020"),
    "panoptica": (
        PLAIN,
        "none; parts of one reference (match=many, merge) are one prediction",
        "each class alone; components have 26 neighbours, in pictures 4",
        "Kofler et al., arXiv 2312.02608",
    ),
    "metrics-reloaded": (
        PLAIN,
        "none",
        "each class alone; sq of nothing is 0",
        "Maier-Hein et al., Nat. Methods 21, 2024",
    ),
}
