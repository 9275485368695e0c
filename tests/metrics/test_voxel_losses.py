"""Losses that keep every voxel: the values of their libraries, and what they say of memory."""

import numpy as np
import pytest
from oracles.read import inputs, records

from segeval.kernels.softmax import softmax
from segeval.metrics.registry import metric_arguments, needed_terms, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.tallies.block import Block
from segeval.tallies.voxels import LOADED_BYTES, LossMemory, VoxelTally

PLENTY = 1 << 30


NO_WORK = (LossMemory(),)


def kept(item, needs=NO_WORK, budget=PLENTY, parts=2):
    """The voxels of a case: z or p (channels, *space), y or g, valid; read in parts."""
    values = item.get("z", item.get("p"))
    flat = values.reshape(len(values), -1)
    shape, size = values.shape[1:], flat.shape[1]
    tally = VoxelTally(len(flat), "y" in item, shape, budget, needs)
    step = -(-size // parts)
    for start in range(0, size, step):
        part = slice(start, min(start + step, size))
        valid, g, soft = (item.get(name) for name in ("valid", "g", "soft"))
        tally.update(
            Block(
                start,
                part.stop - start,
                {0: item["y"].reshape(-1)[part]} if "y" in item else {},
                {},
                softmax(flat[:, part]) if "z" in item else flat[:, part],
                flat[:, part] if "z" in item else None,
                None if g is None else g.reshape(len(flat), -1)[:, part],
                None if soft is None else soft.reshape(len(flat), -1)[:, part],
                None if valid is None else valid.reshape(-1)[part],
            )
        )
    return tally.finish([str(c) for c in range(len(flat))], range(len(flat)))


def value(text, item, **how):
    """What a metric says of one case."""
    metric, definition = resolve_metric(parse_metric(text))
    voxels = kept(item, needed_terms(metric, definition), **how)
    return definition.compute(voxels, **metric_arguments(metric, definition))


def found(*conventions):
    """The records of some conventions."""
    return [r for r in records() if r.convention in conventions]


def mean(text, x):
    """The mean over the cases of a batch of labels and logits."""
    pairs = zip(x["logits"], x["labels"], strict=True)
    return np.mean([value(text, {"z": z, "y": y}).whole for z, y in pairs])


@pytest.mark.parametrize("r", found("monai.hausdorff_dt"), ids=lambda r: r.id)
def test_hausdorff_of_the_library(r):
    background = "yes" if r.params.get("include_background") else "no"
    text = f"hausdorff_dt_loss:alpha={r.params['alpha']}:background={background}"
    assert mean(text, inputs(r.case)) == pytest.approx(float(r.want), rel=max(r.rtol, 1e-9))


@pytest.mark.parametrize(
    "r", [r for r in found("monai.soft_cldice") if not r.want.shape], ids=lambda r: r.id
)
def test_cldice_of_the_library(r):
    background = "yes" if r.params.get("include_background", True) else "no"
    text = f"cldice_loss:rounds={r.params['iter']}:background={background}"
    assert mean(text, inputs(r.case)) == pytest.approx(float(r.want), rel=max(r.rtol, 1e-9))


@pytest.mark.parametrize(
    "r",
    [r for r in found("smp.lovasz") if r.params["per_image"] and r.params.get("mode") is None]
    + [r for r in found("smp.lovasz") if r.params["per_image"] and r.params.get("mode")],
    ids=lambda r: f"{r.case}-{r.id}",
)
def test_lovasz_of_the_library(r):
    x = inputs(r.case)
    if r.params.get("mode") == "multilabel":
        items = [{"z": z, "g": g == 1} for z, g in zip(x["logits"], x["target"], strict=True)]
    else:
        ignored = r.params.get("ignore_index", 255)
        pairs = zip(x["logits"], x["labels"], strict=True)
        items = [{"z": z, "y": y, "valid": y != ignored} for z, y in pairs]
    got = np.mean([value("lovasz_loss", item).whole for item in items])
    assert got == pytest.approx(float(r.want), rel=max(r.rtol, 1e-9))


@pytest.mark.parametrize("r", found("nnunet.topk"), ids=lambda r: r.id)
def test_topk_of_the_library(r):
    x = inputs(r.case)
    z = np.moveaxis(x["logits"], 1, 0)  # the library sorts the batch as a whole: one long case
    item = {"z": np.ascontiguousarray(z), "y": x["labels"]}
    item["valid"] = x["labels"] != r.params["ignore_index"]
    got = value(f"topk_ce@{r.params['k_percent']}%", item).whole
    assert got == pytest.approx(float(r.want), rel=max(r.rtol, 1e-9))


P = np.array([[[0.9, 0.4, 0.2, 0.7]], [[0.1, 0.6, 0.8, 0.3]]])  # two channels of 1 x 4
Y = np.array([[0, 1, 0, 0]])


def test_topk_by_hand():
    """Costs are -log of 0.9, 0.6, 0.2, 0.7; half of four voxels is two: 0.2 and 0.6."""
    want = -(np.log(0.2) + np.log(0.6)) / 2
    assert value("topk_ce@50%", {"p": P, "y": Y}).whole == pytest.approx(want)


def test_topk_counts_ignored_voxels_as_free():
    """The half is still two voxels; one of the two others is 0.2, and only 0.9 is left beside."""
    valid = np.array([[True, False, True, False]])
    want = -(np.log(0.2) + np.log(0.9)) / 2
    item = {"p": P, "y": np.where(valid, Y, 99), "valid": valid}
    assert value("topk_ce@50%", item).whole == pytest.approx(want)


def test_lovasz_of_hard_errors_is_the_jaccard_loss():
    """Class 1: true at voxel 1, predicted at 1 and 2: 1 - 1/2. Class 0: true 3, hit 2: 1 - 2/3."""
    hard = (P >= 0.5).astype(float)
    got = value("lovasz_loss", {"p": hard, "y": Y})
    np.testing.assert_allclose(got.classes, [1 / 3, 1 / 2])
    assert got.whole == pytest.approx(5 / 12)


def test_ignored_voxels_make_no_difference_to_any_loss():
    rng = np.random.default_rng(3)
    z, y = rng.normal(0, 2, (3, 5, 6)), rng.integers(0, 3, (5, 6))
    valid = rng.random((5, 6)) < 0.7
    for name in ("topk_ce", "lovasz_loss", "hausdorff_dt_loss", "cldice_loss"):
        other = np.where(valid, z, rng.normal(0, 9, z.shape))
        one = value(name, {"z": z, "y": np.where(valid, y, 7), "valid": valid})
        two = value(name, {"z": other, "y": np.where(valid, y, 200), "valid": valid})
        assert one.whole == two.whole


@pytest.mark.parametrize("name", ["topk_ce", "lovasz_loss", "hausdorff_dt_loss", "cldice_loss"])
def test_how_it_was_read_makes_no_difference(name):
    rng = np.random.default_rng(4)
    item = {"z": rng.normal(0, 2, (3, 5, 6)), "y": rng.integers(0, 3, (5, 6))}
    assert value(name, item, parts=1).whole == value(name, item, parts=7).whole


@pytest.mark.parametrize("name", ["topk_ce@50%", "lovasz_loss", "hausdorff_dt_loss", "cldice_loss"])
def test_over_the_budget_nothing_is_kept(name):
    item = {"p": P.astype(np.float32), "y": Y}
    metric, definition = resolve_metric(parse_metric(name))
    (memory,) = needed_terms(metric, definition)
    # 4 voxels, each 2 channels of 4 bytes, a label of 2 and a mark of 1; and what the loss takes
    size = 4 * (2 * 4 + 2 + 1 + memory.voxel + 2 * memory.value)
    budget = size + LOADED_BYTES
    voxels = kept(item, (memory,), budget=budget - 1)
    assert (voxels.size(memory), voxels.needed(memory)) == (size, budget)
    assert not voxels.values.size
    short = value(name, item, budget=budget - 1)
    assert (np.isnan(short.whole), short.reason) == (True, "over_budget")
    assert np.isfinite(value(name, item, budget=budget).whole)


def test_what_cannot_be_had_says_why():
    masks = {"p": P, "g": P > 0.5}
    assert value("topk_ce", masks).reason == "independent_channels"
    assert value("lovasz_loss", masks).reason == "no_logits"
    assert value("cldice_loss", {"p": P, "soft": P}).reason == "soft_reference"
