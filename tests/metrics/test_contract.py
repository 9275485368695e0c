"""What holds for every metric of slabs: JSON, halves, bounds, empty masks, documentation."""

import json
import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from runs import every

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.metrics.registry import (
    metric_arguments,
    needed_terms,
    resolve_metric,
)
from segeval.request.grammar import parse_metric
from segeval.tallies.block import Block
from segeval.tallies.count_tally import CountTally, class_counts
from segeval.tallies.sums import Sums, SumsTally

VOXELS, CHANNELS = 24, 3
ALL = every("counts") + every("sums")  # the other kinds: tests/scoring/test_tally_kinds.py
DEFINITIONS = {text: resolve_metric(parse_metric(text))[1] for text in ALL}
METRIC = pytest.mark.parametrize("text", ALL)
SHAPES = ("exclusive", "logits", "independent", "soft", "soft independent")
SHAPE = pytest.mark.parametrize("shape", SHAPES)


def shapes(text):
    """The shapes of predictions that a metric can tell apart."""
    return SHAPES if DEFINITIONS[text].of == "sums" else SHAPES[:1]


def asked(text):
    return resolve_metric(parse_metric(text))


def value(text, tally):
    metric, definition = asked(text)
    return definition.compute(tally, **metric_arguments(metric, definition))


def numbers(values):
    """All numbers of a value, the whole case's last."""
    each = [] if values.classes is None else [float(v) for v in values.classes]
    return [*each, *([] if values.whole is None else [float(values.whole)])]


def count_tally(truth, pred, part=slice(None)):
    tally = CountTally([(0, 0)])
    tally.update(Block(0, len(truth[part]), {0: truth[part]}, {0: pred[part]}))
    return tally


def counted(tally):
    targets = [
        ScoredClass(str(v), *[LabelSelector(0, frozenset([v]))] * 2) for v in range(1, CHANNELS)
    ]
    cells = tally.finish((0, 0))
    return class_counts({(0, 0): cells}, targets, (0.5, "ml"), cells)


def block(shape, truth, p, part=slice(None)):
    """A slab in one of the shapes of predictions."""
    truth, p = truth[part], p[:, part]
    masks = np.stack([truth == c for c in range(CHANNELS)])
    own, z, onehot, shares = p, None, None, None
    if "independent" not in shape:
        own = p / p.sum(axis=0)
    if shape == "logits":
        z = np.log(own)
    if "independent" in shape:
        onehot = masks
    if "soft" in shape:
        shares = (masks + np.float32(0.25)) / (1 + 0.25 * CHANNELS)
    labels = {0: own.argmax(0).astype(np.uint8)}
    if "independent" in shape:
        labels = {c: (q >= 0.5).view(np.uint8) for c, q in enumerate(own)}
    return Block(0, len(truth), {0: truth}, labels, own, z, onehot, shares)


def sum_tally(text, shape, truth, p, part=slice(None)):
    metric, definition = asked(text)
    tally = SumsTally(CHANNELS, "independent" not in shape, needed_terms(metric, definition))
    tally.update(block(shape, truth, p, part))
    return tally


NAMES = ("background", "1", "2")


def tallied(text, shape, truth, p):
    """The finished tally that a metric reads."""
    if DEFINITIONS[text].of == "counts":
        return counted(count_tally(truth, p.argmax(0).astype(np.uint8)))
    return sum_tally(text, shape, truth, p).finish(NAMES)


def random(seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, CHANNELS, VOXELS).astype(np.uint8)
    return truth, (rng.random((CHANNELS, VOXELS)) * 0.9 + 0.05).astype(np.float32)


def test_both_tallies_are_tried():
    assert {d.of for d in DEFINITIONS.values()} == {"counts", "sums"}
    assert len(ALL) > 60


@METRIC
def test_a_tally_reads_back_from_strict_json(text):
    for shape in shapes(text):
        tally = tallied(text, shape, *random())
        again = type(tally).from_json(json.loads(json.dumps(tally.to_json(), allow_nan=False)))
        assert again.to_json() == tally.to_json()
        want = numbers(value(text, tally))
        assert numbers(value(text, again)) == pytest.approx(want, rel=0, abs=0, nan_ok=True)


def within(text, values):
    """Whether numbers lie in the bounds of a metric, rounding granted."""
    low, high = DEFINITIONS[text].bounds
    slack = 1e-9
    return all(math.isnan(v) or low - slack <= v <= high + slack for v in values)


def one_label(truth_label, pred_label):
    """Random maps, or maps of one label on a side."""
    truth, p = random()
    if truth_label is not None:
        truth = np.full(VOXELS, truth_label, np.uint8)
    if pred_label is not None:
        p = np.full((CHANNELS, VOXELS), 1e-6, np.float32)
        p[pred_label] = 1
    return truth, p


@METRIC
def test_empty_masks_raise_nothing_and_break_no_bound(text):
    for shape, t, p in product(shapes(text), (0, 1, None), (0, 1, None)):
        got = numbers(value(text, tallied(text, shape, *one_label(t, p))))
        assert got
        assert within(text, got), (shape, t, p, got, DEFINITIONS[text].bounds)


@pytest.mark.parametrize("text", [t for t in ALL if DEFINITIONS[t].of == "counts"])
def test_overlap_of_nothing_to_nothing_is_undefined_or_a_size(text):
    nothing = np.zeros(VOXELS, np.uint8)
    p = np.zeros((CHANNELS, VOXELS), np.float32)
    p[0] = 1
    got = numbers(value(text, tallied(text, "exclusive", nothing, p)))
    agree = {"specificity": 1, "accuracy": 1, "false_positive_rate": 0, "pixel_accuracy": 1}
    sizes = 0 if "volume" in text and "relative" not in text else math.nan
    want = agree.get(text, math.nan if text.startswith("volumetric") else sizes)
    assert got == pytest.approx([want] * len(got), nan_ok=True)


maps = arrays(np.uint8, 12, elements=st.integers(0, CHANNELS - 1))
scores = arrays(np.float32, (CHANNELS, 12), elements=st.integers(1, 255).map(lambda n: n / 256))


@settings(max_examples=8, deadline=None)
@given(truth=maps, p=scores)
@SHAPE
def test_values_stay_within_the_bounds(shape, truth, p):
    for text in ALL:
        if DEFINITIONS[text].of == "counts" and shape != "exclusive":
            continue
        got = numbers(value(text, tallied(text, shape, truth, p)))
        assert within(text, got), (text, got)


@settings(max_examples=25, deadline=None)
@given(truth=maps, pred=maps)
def test_overlap_equals_a_plain_count(truth, pred):
    n = counted(count_tally(truth, pred))
    for place, label in enumerate((1, 2)):
        t, p = truth == label, pred == label
        tp, fp, fn = (t & p).sum(), (p & ~t).sum(), (t & ~p).sum()
        if tp + fp + fn:
            assert value("dice", n).classes[place] == pytest.approx(2 * tp / (2 * tp + fp + fn))
            assert value("iou", n).classes[place] == pytest.approx(tp / (tp + fp + fn))


@pytest.mark.parametrize("text", ALL)
def test_every_metric_says_what_it_is(text):
    doc = DEFINITIONS[text].doc
    assert doc.split("\n\n")[0].rstrip().endswith((".", "?"))
    for field in ("formula", "empty", "source"):
        assert f"\n{field} " in doc, field
    assert DEFINITIONS[text].better in ("higher", "lower", "zero", "")


@pytest.mark.parametrize("text", ALL)
def test_the_worst_value_is_a_bound(text):
    definition = DEFINITIONS[text]
    if not math.isnan(definition.worst):
        assert definition.worst in definition.bounds
        assert definition.better != ""


def test_pooled_pieces_keep_the_classes_apart():
    # two cases whose only class differs: nothing of one may be added to the other
    truth, p = random()
    made = [sum_tally("ce", "exclusive", truth, p).finish(("background", a, "z")) for a in "xy"]
    both = Sums.pool_cases(made)
    assert both.classes == ("background", "x", "z", "y")
    assert both.piece(needed_terms(*asked("ce"))[0])[1] == pytest.approx(
        made[0].piece(needed_terms(*asked("ce"))[0])[1]
    )
