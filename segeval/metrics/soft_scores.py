"""Scores of probabilities: overlap with sums for counts, and the correlation of soft counts.

soft_dice  2 I / (P + G)                         I = sum p g, P = sum p, G = sum g
soft_iou   sum min(p, g) / sum max(p, g)
mcc_loss   1 - Matthews correlation of soft counts
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from segeval.metrics.option_types import number_option
from segeval.metrics.overlap import ratio_or_nan
from segeval.metrics.overlap_losses import soft_counts
from segeval.metrics.registry import Values, metric
from segeval.tallies.loss_terms import HardCountsTerm
from segeval.tallies.sums import Sums


def _hard_terms(_: Mapping[str, Any]) -> tuple[Any, ...]:
    return (HardCountsTerm(),)


@metric("soft_dice", of="sums", better="higher", origin="soft", bounds=(0.0, 1.0))
def soft_dice(s: Sums) -> Values:
    """Dice of probabilities, no smoothing and no threshold.

    formula  2 I / (P + G)
    empty    both empty: undefined; one empty: 0
    ignored  in no sum
    source   Dice, Ecology 26(3), 1945, with sums for counts
    """
    return Values(ratio_or_nan(2 * s.of("pg"), s.p + s.g))


@metric(
    "soft_dice",
    of="sums",
    better="higher",
    origin="vnet_caffe",
    bounds=(0.0, 1.0),
    needs=_hard_terms,
)
def vnet_caffe(s: Sums) -> Values:
    """The SCORE that V-Net's Caffe layer prints: Dice of the label map that the maximum gives.

    formula  2 |A and B| / (|A| + |B| + 1e-5)
    empty    0
    ignored  in no sum
    source   V-Net's Caffe layer, forward pass
    """
    both, pred = s.piece(HardCountsTerm()).T
    return Values(2 * both / (pred + s.g + 1e-5))


@metric("soft_iou", of="sums", better="higher", origin="minmax", bounds=(0.0, 1.0))
def soft_iou(s: Sums) -> Values:
    """Intersection over union of probabilities: smaller over larger value of every voxel.

    formula  sum min(p, g) / sum max(p, g)
    empty    both empty: undefined; one empty: 0
    ignored  in no sum
    source   Ruzicka, Biologia 13, 1958
    """
    size, apart = s.p + s.g, s.of("l1")
    return Values(ratio_or_nan(size - apart, size + apart))


@metric(
    "mcc_loss",
    of="sums",
    better="lower",
    origin="smp",
    options={"eps": number_option("1e-5")},
    bounds=(0.0, 2.0),
)
def mcc_loss(s: Sums, eps: float) -> Values:
    """Matthews correlation loss of segmentation_models_pytorch, from soft counts.

    formula  1 - (tp tn - fp fn) / sqrt((tp + fp)(tp + fn)(tn + fp)(tn + fn)), eps on each count
    empty    defined
    ignored  in no sum
    source   segmentation_models_pytorch.losses.MCCLoss
    """
    tp, fp, fn = soft_counts(s, "product")
    tn = s.valid - tp - fp - fn + eps
    tp, fp, fn = tp + eps, fp + eps, fn + eps
    scale = np.sqrt(tp + fp) * np.sqrt(tp + fn) * np.sqrt(tn + fp) * np.sqrt(tn + fn)
    return Values(1 - (tp * tn - fp * fn) / scale)
