import json
from dataclasses import replace

import numpy as np
import pytest

from segeval.kernels.sums import NAMES
from segeval.metrics.registry import (
    load_all_metrics,
    metric_arguments,
    needed_terms,
    resolve_metric,
)
from segeval.request.grammar import parse_metric
from segeval.tallies.block import Block
from segeval.tallies.calibration_terms import ClassBinsTerm, LabelBinsTerm
from segeval.tallies.focal_terms import FocalTerm
from segeval.tallies.loss_terms import (
    BinaryCrossEntropyTerm,
    CrossEntropyTerm,
    HardCountsTerm,
    JointSumsTerm,
    LogSumsTerm,
)
from segeval.tallies.sums import Sums, SumsTally

CHANNELS, SIZE = 4, 5000
EVERY = (
    CrossEntropyTerm(),
    CrossEntropyTerm("caffe"),
    CrossEntropyTerm("clip"),
    CrossEntropyTerm("shares"),
    CrossEntropyTerm("whole"),
    LogSumsTerm(),
    JointSumsTerm(),
    HardCountsTerm(),
    BinaryCrossEntropyTerm("torch"),
    BinaryCrossEntropyTerm("keras", crossed=True),
    FocalTerm("logits", 2.0),
    LabelBinsTerm(15, "torchmetrics"),
    ClassBinsTerm(20, "monai"),
)


def exclusive(seed=0, size=SIZE, logits=False, dtype=np.float64):
    """A block of classes that exclude each other; labels in runs, some voxels ignored."""
    random = np.random.default_rng(seed)
    z = random.normal(size=(CHANNELS, size)) * 3
    p = np.exp(z) / np.exp(z).sum(axis=0)
    y = np.repeat(random.integers(0, CHANNELS, size), random.integers(1, 90, size))[:size]
    return Block(
        0,
        size,
        {0: y.astype(np.uint8)},
        {0: z.argmax(axis=0).astype(np.uint8)},
        p.astype(dtype),
        z.astype(dtype) if logits else None,
        valid=random.random(size) > 0.1,
    )


def independent(seed=0, size=SIZE, soft=False):
    """A block of classes that may overlap, against masks or shares."""
    random = np.random.default_rng(seed)
    p = random.random((CHANNELS, size))
    g = random.random((CHANNELS, size))
    hard = {c: (row >= 0.5).view(np.uint8) for c, row in enumerate(p)}
    return Block(
        0,
        size,
        {c: np.zeros(size, np.uint8) for c in range(CHANNELS)},
        hard,
        p,
        onehot=g > 0.7,
        soft=g if soft else None,
    )


def part(block, start, stop):
    """Some voxels of a block."""
    cut = {
        name: None if (a := getattr(block, name)) is None else a[..., start:stop]
        for name in ("scores", "logits", "onehot", "soft", "valid")
    }
    labels = {
        side: {c: a[start:stop] for c, a in getattr(block, side).items()}
        for side in ("truth", "pred")
    }
    return replace(block, start=start, size=stop - start, **cut, **labels)


def tallied(block, needs=EVERY, slab=None):
    """The sums of a block, read in slabs."""
    tally = SumsTally(CHANNELS, block.onehot is None and block.soft is None, needs)
    step = slab or block.size
    for start in range(0, block.size, step):
        tally.update(part(block, start, min(start + step, block.size)))
    return tally.finish([str(c) for c in range(CHANNELS)])


BLOCKS = {
    "probabilities": exclusive(),
    "float32": exclusive(dtype=np.float32),
    "logits": exclusive(logits=True),
    "masks": independent(),
    "shares": independent(soft=True),
}


def same(a, b, rtol):
    assert (a.classes, a.exclusive, a.logits, a.soft) == (b.classes, b.exclusive, b.logits, b.soft)
    assert (a.cases, a.voxels, a.valid) == (b.cases, b.voxels, b.valid)
    np.testing.assert_allclose(a.table, b.table, rtol)
    assert list(a.pieces) == list(b.pieces)
    for name, totals in a.pieces.items():
        np.testing.assert_allclose(totals, b.pieces[name], rtol, err_msg=name)


def test_a_case_by_hand():
    #         label 0    1    1 (ignored: the last)
    p = np.array([[0.75, 0.5, 0.0], [0.25, 0.5, 1.0]])
    block = Block(0, 3, {0: np.array([0, 1, 1], np.uint8)}, {0: np.array([0, 0, 1], np.uint8)}, p,
                  valid=np.array([True, True, False]))  # fmt: skip
    tally = SumsTally(2, True, [CrossEntropyTerm(), HardCountsTerm()])
    tally.update(block)
    s = tally.finish(["background", "liver"])
    assert (s.voxels, s.valid, s.g.tolist()) == (3, 2, [1, 1])
    assert s.of("pg").tolist() == [0.75, 0.5]
    assert s.of("fp").tolist() == [0.5, 0.25]
    assert s.p.tolist() == [1.25, 0.75]
    assert s.piece(CrossEntropyTerm())[:, 0].tolist() == [-np.log(0.75), -np.log(0.5)]
    assert s.piece(HardCountsTerm()).tolist() == [[1, 2], [0, 0]]  # both, prediction


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("slab", [1, 777])
def test_slab_size_changes_nothing(name, slab):
    block = part(BLOCKS[name], 0, 1500)
    same(tallied(block, slab=slab), tallied(block), 1e-12)


@pytest.mark.parametrize("name", BLOCKS)
def test_sums_read_back_as_themselves(name):
    s = tallied(BLOCKS[name])
    same(Sums.from_json(json.loads(json.dumps(s.to_json(), allow_nan=False))), s, 0)


def test_an_infinite_cost_is_kept_in_strict_json():
    block = replace(exclusive(), scores=np.eye(CHANNELS)[:, [0] * SIZE], valid=None)
    s = tallied(block, [CrossEntropyTerm()])
    assert np.isinf(s.piece(CrossEntropyTerm())[1:, 0]).all()
    kept = json.dumps(s.to_json(), allow_nan=False)
    assert np.isinf(Sums.from_json(json.loads(kept)).piece(CrossEntropyTerm())[1:, 0]).all()


def test_pooled_cases_are_one_case():
    block = exclusive(size=3000)
    cases = [tallied(part(block, 0, 1000)), tallied(part(block, 1000, 3000))]
    whole = tallied(block)
    want = replace(whole, cases=2, pieces=dict(sorted(whole.pieces.items())))
    same(Sums.pool_cases(cases), want, 1e-12)


def test_cases_of_other_classes_are_pooled_by_name():
    s = tallied(independent())
    other = replace(s, classes=("1", "0", "x", "y"))
    both = Sums.pool_cases([s, other])
    assert both.classes == ("0", "1", "2", "3", "x", "y")
    np.testing.assert_allclose(both.g, [s.g[0] + s.g[1], s.g[1] + s.g[0], *s.g[2:], *s.g[2:]])
    costs = both.piece(BinaryCrossEntropyTerm("torch"))
    np.testing.assert_allclose(
        costs[0], s.piece(BinaryCrossEntropyTerm("torch"))[[0, 1]].sum(axis=0)
    )


def test_a_block_without_probabilities_adds_nothing():
    tally = SumsTally(CHANNELS, True)
    tally.update(replace(exclusive(), scores=None))
    assert tally.finish(["a", "b", "c", "d"]).voxels == 0


def test_everything_ignored():
    s = tallied(replace(exclusive(), valid=np.zeros(SIZE, bool)))
    assert (s.voxels, s.valid) == (SIZE, 0)
    assert not s.table.any()


def test_the_scores_are_not_changed():
    block = exclusive()
    before = block.scores.copy()
    tallied(block)
    assert (block.scores == before).all()


@pytest.mark.parametrize("fortran", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_type_and_layout_change_nothing(dtype, fortran):
    # eighths: exact in every type
    random = np.random.default_rng(1)
    p = random.integers(0, 9, (CHANNELS, SIZE)) / 8
    block = replace(exclusive(), scores=p)
    turned = np.asfortranarray(p.astype(dtype)) if fortran else p.astype(dtype)
    needs = [BinaryCrossEntropyTerm("torch"), HardCountsTerm(), LabelBinsTerm(10, "torchmetrics")]
    same(tallied(replace(block, scores=turned), needs), tallied(block, needs), 1e-12)


def sequential(values):
    """A running sum in float32, as a library without wider totals has it."""
    return np.add.accumulate(values, dtype=np.float32)[-1]


def test_totals_of_float32_would_be_wrong():
    value, n = np.float32(0.1), 1 << 22
    row = np.full((1, n), value)
    block = Block(0, n, {0: np.zeros(n, np.uint8)}, {0: np.zeros(n, np.uint8)}, row,
                  onehot=np.zeros((1, n), bool))  # fmt: skip
    tally = SumsTally(1, False)
    tally.update(block)
    s = tally.finish(["1"])
    assert s.p[0] == pytest.approx(n * float(value), rel=1e-12)
    assert s.of("l2")[0] == pytest.approx(n * float(value) ** 2, rel=1e-12)
    assert abs(sequential(row[0]) / (n * float(value)) - 1) > 1e-4


def test_calibration_of_eight_million_voxels():
    """Bins that are added up in float32 are wrong here: a known library by a quarter."""
    n = 1 << 23
    step = 1 << 15
    p = np.full((2, step), np.float32(0.1))
    p[0] = np.float32(0.9)
    y = (np.arange(step) % 4 == 0).astype(np.uint8)  # a quarter of the voxels is class 1
    block = Block(0, step, {0: y}, {0: np.zeros(step, np.uint8)}, p)
    tally = SumsTally(2, True, [LabelBinsTerm(15, "torchmetrics")])
    for start in range(0, n, step):
        tally.update(replace(block, start=start))
    bins = tally.finish(["0", "1"]).piece(LabelBinsTerm(15, "torchmetrics"))
    voxels, confidence, hits = bins[bins[:, 0] > 0][0]
    assert (voxels, hits) == (n, n * 3 / 4)
    assert confidence == pytest.approx(n * float(np.float32(0.9)), rel=1e-12)
    error = confidence / n - hits / n  # 0.9 - 3 / 4
    assert error == pytest.approx(float(np.float32(0.9)) - 0.75, rel=1e-12)
    # 1 + 1 + … stops at 2^24 and 0.9 + 0.9 + … drifts long before
    wrong = float(sequential(np.full(n, np.float32(0.9)))) / n - hits / n
    assert abs(wrong / error - 1) > 0.26


@pytest.mark.parametrize("name", [n for n, d in load_all_metrics().items() if d.of == "sums"])
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_every_convention_answers(name, block):
    """No convention fails on any kind of block, and slabs change no value."""
    for word in load_all_metrics()[name].origins or [""]:
        text = f"{name}:as={word}" if word else name
        metric, definition = resolve_metric(parse_metric(text))
        needs = needed_terms(metric, definition)
        given = metric_arguments(metric, definition)
        short = part(block, 0, 900)
        whole, cut = (definition.compute(tallied(short, needs, s), **given) for s in (None, 100))
        for a, b in ((whole.classes, cut.classes), (whole.whole, cut.whole)):
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=1e-9)
        if whole.classes is not None:
            assert len(whole.classes) == CHANNELS


def test_the_table_has_a_row_for_each_name():
    assert tallied(exclusive()).table.shape == (len(NAMES), CHANNELS)
