"""Lesions of BraTS 2023 against a slow form: whole volumes, a pass a lesion (INSTANCES-L1)."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).parent))

from instance_build import components_of

from segeval.metrics.registry import metric_arguments, resolve_metric
from segeval.request.grammar import parse_metric

NEAR = np.ones((3, 3, 3))
ELEMENT = ndimage.generate_binary_structure(3, 2)  # 18 neighbours


def swell(mask, steps):
    return ndimage.binary_dilation(mask, ELEMENT, iterations=steps) if steps else mask


def slow_scores(truth, pred, spacing, steps, limit):
    """Dice, and how many lesions are kept, found, and how many predictions are false."""
    lesions = ndimage.label(swell(truth, steps), NEAR)[0] * truth
    parts, many = ndimage.label(pred, NEAR)
    used, kept = set(), []
    for number in set(np.unique(lesions).tolist()) - {0}:
        lesion = lesions == number
        own = set(np.unique(parts[swell(lesion, steps)]).tolist()) - {0}
        used |= own
        if lesion.sum() * np.prod(spacing) > limit:
            union = np.isin(parts, sorted(own))
            dice = 2 * (lesion & union).sum() / (lesion.sum() + union.sum())
            kept.append((dice, bool(own)))
    false = many - len(used)
    every = len(kept) + false
    score = sum(dice for dice, _ in kept) / every if every else 1.0
    return score, len(kept), sum(hit for _, hit in kept), false


def draw(seed):
    """Specks and blobs, a prediction that mostly lies on them; sometimes a side is empty."""
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(3, 14, 3))

    def specks(share):
        made = rng.random(shape) < share
        return ndimage.binary_dilation(made) if rng.random() < 0.6 else made

    truth = specks(rng.choice([0.004, 0.02, 0.05]))
    pred = (truth & (rng.random(shape) < 0.8)) | specks(0.01)
    truth &= rng.random() > 0.1
    pred &= rng.random() > 0.1
    return truth, pred, tuple(float(s) for s in rng.choice([0.5, 1.0, 2.0, 3.0], 3))


@pytest.mark.parametrize("seed", range(25))
def test_instances_l1_lesions_are_those_of_the_slow_form(seed):
    truth, pred, spacing = draw(seed)
    found = components_of(truth.astype(np.uint8), pred.astype(np.uint8), spacing=spacing)
    for steps in (0, 1, 3):
        for limit in (0, 2, 50):
            text = f"lesion_dice:as=brats-2023:dilation={steps}:limit={limit}mm3"
            metric, definition = resolve_metric(parse_metric(text))
            (score,) = definition.compute(found, **metric_arguments(metric, definition)).classes
            joined = found.join_lesions(0, steps, float(limit))
            hit = sum(len(own) > 0 for own in joined.parts)
            false = len(joined.table.overlaps.pred) - len(joined.kept)
            want = slow_scores(truth, pred, spacing, steps, limit)
            assert (score, len(joined.kept), hit, false) == (pytest.approx(want[0]), *want[1:])
            centres = joined.table.centres
            assert [len(side) for side in centres] == [len(joined.kept), len(joined.kept) + false]
