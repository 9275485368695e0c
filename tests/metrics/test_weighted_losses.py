"""Losses with a weight for each voxel: against sums written out, and everything around the maps."""

import build
import nibabel
import numpy as np
import pytest
from runs import only, run

import segeval

RNG = np.random.default_rng(11)
SHAPE = (5, 6, 7)
LABELS = RNG.integers(0, 3, SHAPE).astype(np.uint8)
LOGITS = RNG.normal(0, 2, (3, *SHAPE)).astype(np.float32)
WEIGHTS = RNG.uniform(0, 4, SHAPE).astype(np.float32)


def own_costs(logits=LOGITS, labels=LABELS):
    """-log softmax of the label of each voxel, in the plainest way."""
    z = logits.astype(np.float64)
    logs = z - np.log(np.exp(z).sum(axis=0))
    return -np.take_along_axis(logs, labels[None].astype(int), 0)[0]


def written(path, weights=WEIGHTS, scores=LOGITS, labels=LABELS, name="a"):
    """Folders of predictions, ground truths and maps; gives their paths."""
    for side in ("pred", "gt", "w"):
        (path / side).mkdir(exist_ok=True)
    np.savez(path / "pred" / f"{name}.npz", logits=scores)
    build.npy(path / "gt" / f"{name}.npy", labels)
    if weights is not None:
        build.npy(path / "w" / f"{name}.npy", weights)
    return path / "pred", path / "gt", str(path / "w")


def numbers(card):
    return {(row.class_, row.metric): row.value for row in only(card).rows}


@pytest.mark.parametrize("ignored", [(), (2,)])
def test_weighted_ce_is_the_sum_written_out(tmp_path, ignored):
    pred, gt, maps = written(tmp_path)
    texts = ("weighted_ce", "weighted_ce:divide=weights")
    card = run(pred, gt, *texts, weight_maps=maps, background=True, ignore_label=ignored)
    found, w, cost = numbers(card), WEIGHTS.astype(np.float64), own_costs()
    keep = ~np.isin(LABELS, ignored)
    for name, where in [("0", LABELS == 0), ("1", LABELS == 1), ("all", keep)]:
        total = (w * cost)[where].sum()
        assert found[name, texts[0]] == pytest.approx(total / where.sum(), rel=1e-12)
        assert found[name, texts[1]] == pytest.approx(total / w[where].sum(), rel=1e-12)
    plain = numbers(run(pred, gt, "ce", background=True, ignore_label=ignored))
    ones = str(build.npy(tmp_path / "ones.npy", np.ones(SHAPE, np.uint8)))
    same = numbers(run(pred / "a.npz", gt / "a.npy", "weighted_ce", weight_maps=ones,
                       background=True, ignore_label=ignored))  # fmt: skip
    for name in ("0", "1", "all"):
        assert same[name, "weighted_ce"] == pytest.approx(plain[name, "ce"], rel=1e-12)


@pytest.mark.parametrize("logits", [True, False])
def test_weighted_bce_is_that_of_pytorch(tmp_path, logits):
    z = RNG.normal(0, 2, SHAPE)
    g = (LABELS == 1).astype(np.uint8)
    p = (1 / (1 + np.exp(-z))).astype(np.float32)
    scores = z.astype(np.float32) if logits else p
    pred = build.npy(tmp_path / "p.npy", scores)
    gt, maps = build.npy(tmp_path / "g.npy", g), str(build.npy(tmp_path / "w.npy", WEIGHTS))
    kind = {"kind": "logits"} if logits else {"kind": "prob"}
    card = run(pred, gt, "weighted_bce", weight_maps=maps, classes="1=x", **kind)
    x = scores.astype(np.float64)
    cost = (
        np.maximum(x, 0) - x * g + np.log1p(np.exp(-np.abs(x)))
        if logits
        else -np.where(g == 1, np.log(x), np.log1p(-x))
    )
    wanted = (WEIGHTS.astype(np.float64) * cost).mean()
    assert numbers(card)["x", "weighted_bce"] == pytest.approx(wanted, rel=1e-7)
    assert numbers(card)["all", "weighted_bce"] == pytest.approx(wanted, rel=1e-7)


def test_eight_bit_probabilities_are_not_counted_without_their_places(tmp_path):
    codes = RNG.integers(1, 255, (20, 30)).astype(np.uint8)
    truth = (RNG.random((20, 30)) < 0.4).astype(np.uint8)
    weights = RNG.uniform(0, 2, (20, 30)).astype(np.float32)
    maps = str(build.npy(tmp_path / "w.npy", weights))
    sides = build.png(tmp_path / "p.png", codes), build.png(tmp_path / "g.png", truth)
    card = run(*sides, "weighted_bce", "bce", weight_maps=maps, kind="prob", classes="1=x")
    p = codes / 255.0
    cost = -np.where(truth == 1, np.log(p), np.log1p(-p))
    assert numbers(card)["x", "weighted_bce"] == pytest.approx((weights * cost).mean(), rel=1e-6)
    assert numbers(card)["x", "bce"] == pytest.approx(cost.mean(), rel=1e-6)


def test_a_map_is_turned_onto_the_grid_of_its_case_and_scaled(tmp_path):
    pred = build.nifti(tmp_path / "p.nii.gz", LOGITS)
    gt = build.nifti(tmp_path / "g.nii.gz", LABELS)
    straight = build.nifti(tmp_path / "w.nii.gz", WEIGHTS)
    wanted = numbers(run(pred, gt, "weighted_ce", weight_maps=str(straight), kind="logits"))
    image = nibabel.load(straight)
    turned = image.as_reoriented([[2, -1], [0, 1], [1, -1]])
    nibabel.save(turned, tmp_path / "turned.nii.gz")
    found = run(pred, gt, "weighted_ce", weight_maps=str(tmp_path / "turned.nii.gz"), kind="logits")
    assert numbers(found) == wanted
    eighths = np.rint(WEIGHTS * 8).astype(np.int16)
    scaled = nibabel.Nifti1Image(eighths.T, image.affine)
    scaled.header.set_slope_inter(0.125, 0)
    nibabel.save(scaled, tmp_path / "scaled.nii.gz")
    plain = build.nifti(tmp_path / "plain.nii.gz", (eighths / 8).astype(np.float32))
    two = [numbers(run(pred, gt, "weighted_ce", weight_maps=str(one), kind="logits"))
           for one in (plain, tmp_path / "scaled.nii.gz")]  # fmt: skip
    assert two[0].keys() == two[1].keys()
    assert list(two[1].values()) == pytest.approx(list(two[0].values()), rel=1e-12)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (np.where(LABELS == 1, -1.0, 1.0), "a weight is -1"),
        (np.where(LABELS == 1, np.nan, 1.0), "a weight is nan"),
        (np.where(LABELS == 1, np.inf, 1.0), "a weight is inf"),
        (np.ones((5, 6, 8)), "8x6x5 against 7x6x5"),
        (np.ones((2, *SHAPE)), "2 channels"),
    ],
)
def test_a_map_that_is_none_is_a_fault_of_its_case(tmp_path, weights, said):
    pred, gt, maps = written(tmp_path, weights)
    written(tmp_path, name="b")
    card = run(pred, gt, "weighted_ce", weight_maps=maps)
    bad, good = card.cases
    assert (bad.case, good.case, good.status) == ("a", "b", "ok")
    error = bad.error
    told = " ".join([error["message"], *error["facts"]])
    assert said in told
    assert bad.status != "ok"


def test_a_case_without_a_map_and_a_map_without_a_case_are_said(tmp_path):
    pred, gt, maps = written(tmp_path)
    written(tmp_path, None, name="b")
    build.npy(tmp_path / "w" / "stray.npy", WEIGHTS)
    card = run(pred, gt, "weighted_ce", weight_maps=maps)
    assert card.cases[0].status == "ok"
    assert card.cases[1].error["message"] == "there is no map of weights"
    met = card.inputs["inventory"]["weight map"]
    assert met["found"] == 2
    assert met["scored"] == 1
    assert met["left_aside"] == {"of no ground truth": 1}


def test_no_map_no_scores_other_channels_each_have_their_reason(tmp_path):
    pred, gt, maps = written(tmp_path)
    reasons = {row.reason for row in run(pred, gt, "weighted_ce").cases[0].rows}
    assert reasons == {"no_weight_map"}
    reasons = {row.reason for row in run(gt, gt, "weighted_ce", weight_maps=maps).cases[0].rows}
    assert reasons == {"no_probabilities"}
    reasons = {row.reason for row in run(pred, gt, "weighted_bce", weight_maps=maps).cases[0].rows}
    assert reasons == {"exclusive_channels"}


def test_pooled_shards_and_processes(tmp_path):
    for k in range(4):
        own = RNG.integers(0, 3, SHAPE).astype(np.uint8)
        pred, gt, maps = written(tmp_path, WEIGHTS + k, LOGITS + k % 2, own, f"c{k}")
    asked = {"weight_maps": maps, "background": True}
    one, two = (run(pred, gt, "weighted_ce", **asked, jobs=jobs) for jobs in (1, 2))
    assert [case.rows for case in one.cases] == [case.rows for case in two.cases]
    table = np.sum([case.tallies["weighted"]["table"] for case in one.cases], axis=0)
    pooled = one.summary[""]["1"]["weighted_ce"].pooled
    assert pooled == pytest.approx(table[1, 0] / table[1, 2], rel=1e-12)


def test_python_takes_the_folder(tmp_path):
    pred, gt, maps = written(tmp_path)
    card = segeval.score(pred, gt, metrics="weighted_ce", weight_maps=maps)
    wanted = (WEIGHTS.astype(np.float64) * own_costs()).mean()
    assert numbers(card)["all", "weighted_ce"] == pytest.approx(wanted, rel=1e-12)
