"""Lesion candidates against picai_eval, MONAI and grand-challenge-metrics, and by hand."""

import json

import build
import numpy as np
import pytest
from oracles.instance_records import agrees, arrays, content, name_of, records
from runs import run

from segeval.grid.geometry import Geometry
from segeval.kernels.froc import (
    CAMELYON,
    LUNA16,
    case_auroc,
    curve_points,
    interpolate_sensitivities,
    nearest_in_order,
)
from segeval.metrics.candidates import picai_outcomes, read_percent
from segeval.metrics.registry import metric_arguments, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.tallies.block import Block
from segeval.tallies.candidates import Candidates, CandidateTally, CaseCandidates


def tally(confidence, lesions, spacing=None, slab=1 << 30, valid=None):
    """The candidates of one case, seen slab by slab."""
    made = CandidateTally(1, Geometry(confidence.shape, spacing))
    flat, truth = confidence.ravel(), lesions.ravel() > 0
    for start in range(0, flat.size, slab):
        part = slice(start, start + slab)
        made.update(
            Block(
                start,
                len(flat[part]),
                {},
                {},
                scores=flat[part][None],
                onehot=truth[part][None],
                valid=None if valid is None else valid.ravel()[part],
            )
        )
    return made.finish(["lesion"], [0])


def picai(slab=1 << 30):
    maps = arrays("lesion_picai")
    return Candidates.pool_cases(
        [tally(maps[f"det_{k}"], maps[f"gt_{k}"], slab=slab) for k in range(5)]
    )


def value(s, text):
    metric, definition = resolve_metric(parse_metric(text))
    return float(definition.compute(s, **metric_arguments(metric, definition)).classes[0])


@pytest.mark.parametrize("pair", records("lesion_picai"), ids=name_of)
def test_instances_a5_a6_values_of_picai_eval(pair):
    record = pair[1]
    params = record["params"]
    extra = "ignore" if params["allow_unmatched_candidates_with_minimal_overlap"] else "fp"
    percent, s = f"{params['min_overlap'] * 100:g}%", picai()
    name = record["id"].split("_")[0]
    if name.startswith("case"):
        hit, score = picai_outcomes(s.cases[0][params["case"]], read_percent(percent), extra)
        got = sorted(zip(hit.tolist(), score.tolist(), strict=True))
        assert np.allclose(np.array(got, float), np.array(record["value"])[:, :2], rtol=1e-6)
        return
    ap = value(s, f"lesion_ap@{percent}:extra={extra}")
    got = {
        "ap": lambda: ap,
        "auroc": lambda: value(s, "case_auroc"),
        "score": lambda: (ap + value(s, "case_auroc")) / 2,
        "counts": lambda: [len(s.cases[0]), sum(len(c.lesion) for c in s.cases[0])],
        "froc": lambda: value(
            s, f"froc@{params['fp_per_case']}:as=picai:extra={extra}:over={percent}"
        ),
    }[name]()
    assert agrees(got, record)


def lands():
    """What each point of the FROC scenes hits, with the labels that are left out."""
    points = arrays("lesion_points")
    for k in range(3):
        mask, at = points[f"froc_mask_{k}"], points[f"froc_coords_{k}"]
        excluded = {1: [5]}.get(k, [])
        hit, score = mask[at[:, 0], at[:, 1]], points[f"froc_probs_{k}"].astype(float)
        best = [
            max(score[hit == i], default=0.0) if i not in excluded else 0.0
            for i in range(1, mask.max() + 1)
        ]
        yield np.array(best), score[hit == 0], mask.max() - len(excluded)


@pytest.mark.parametrize("pair", records("lesion_points"), ids=name_of)
def test_instances_a6_points_and_curves_of_monai_and_grand_challenge(pair):
    record = pair[1]
    params, points = record["params"], arrays("lesion_points")
    if record["convention"].startswith("f1"):
        gt, pred = (points[f"pts_{side}_{params['scene']}"] for side in ("gt", "pred"))
        apart = np.linalg.norm(gt[:, None] - pred[None], axis=2)
        assert agrees(nearest_in_order(apart, params["radius_mm"]), record)
        return
    scenes = list(lands())
    if "scene" in params:
        best, false, count = scenes[params["scene"]]
        parts = {"fp": np.sort(false), "tp": best, "targets": count}
        assert agrees(parts[record["id"].split("_")[1]], record)
        return
    found, false, count = (np.concatenate([np.atleast_1d(s[k]) for s in scenes]) for k in range(3))
    curve = curve_points(found, false, int(count.sum()), 3, lowest=False)
    if record["id"] == "froc_curve":
        assert agrees(curve, record)
        return
    rates = {6: CAMELYON, 7: LUNA16}[len(params["rates"])]
    for lowest in (False, True):  # a missed lesion is the lowest here, so both are the same
        curve = curve_points(found, false, int(count.sum()), 3, lowest)
        assert agrees(interpolate_sensitivities(curve, rates).mean(), record)


def test_instances_a5_what_overlaps_too_little_pulls_no_pair_away():
    """Two candidates of one lesion; a sliver of the better one lies in another lesion.

    IoU 14/76 and 6/40 with the lesion of 35 px, and 3/55 with that of 3: the better one is the
    lesion's, though with the sliver the sum of all three would be larger the other way.
    """
    score, size, lesion = np.array([0.4, 0.6]), np.array([55, 11]), np.array([35, 3])
    pair = np.array([[0, 0, 14], [0, 1, 3], [1, 0, 6]])
    case = CaseCandidates(score, size, np.array([0, 0]), lesion, pair, np.zeros((0, 2), np.int64))
    hit, confidence = picai_outcomes(case, read_percent("10%"), "fp")
    assert sorted(zip(hit.tolist(), confidence.tolist(), strict=True)) == [
        (False, 0.6), (True, 0.0), (True, 0.4)
    ]  # fmt: skip
    # Where that sliver is enough, all three may pair, and most pairs are two.
    hit, confidence = picai_outcomes(case, read_percent("5%"), "fp")
    assert sorted(confidence[hit].tolist()) == [0.4, 0.6]


@pytest.mark.parametrize("slab", [1, 7, 24, 500])
def test_slabs_change_no_candidate(slab):
    assert picai(slab).to_json() == picai().to_json()


def test_what_is_kept_reads_back():
    s = picai()
    again = Candidates.from_json(json.loads(json.dumps(s.to_json())))
    assert again.to_json() == s.to_json()
    for text in ("lesion_ap", "froc", "froc:as=luna16", "froc@1:as=picai", "case_auroc"):
        assert value(again, text) == value(s, text)


def row(*parts):
    return np.array([parts], np.float32)


def test_by_hand_a_candidate_of_each_kind():
    #            lesion 1 (3 px)    lesion 2, missed    nothing
    lesions = row(1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0)
    scored = row(0, 0.4, 0.9, 0, 0, 0, 0, 0, 0, 0, 0.5, 0, 0)
    s = tally(scored, lesions)
    (case,) = s.cases[0]
    assert case.score.tolist() == pytest.approx([0.9, 0.5])
    assert case.size.tolist() == [2, 1]
    assert case.lesion.tolist() == [3, 2]
    assert case.pair.tolist() == [[0, 0, 2]]
    assert case.lands.tolist() == [0, -1]  # its centre 1.5 is nearest to voxel 2
    # recall 1/2 at precision 1, then a false one; the missed lesion comes in at precision 0
    assert value(s, "lesion_ap") == pytest.approx(0.5)
    assert value(s, "lesion_ap@70%") == 0  # IoU 2/3 is not enough
    assert value(s, "froc@1") == pytest.approx(0.5)
    assert value(s, "froc@0.5:as=picai") == 0.5
    assert np.isnan(value(s, "case_auroc"))


def test_instances_a6_the_radius_of_a_lesion_is_that_of_a_disc_as_large():
    lesions = np.zeros((9, 9), np.uint8)
    lesions[3:6, 3:6] = 1  # 9 px of 4 mm2: a disc of 3.39 mm
    for place, near in (((4, 4), True), ((4, 5), True), ((4, 6), False)):
        scored = np.zeros((9, 9), np.float32)
        scored[place] = 0.5
        (case,) = tally(scored, lesions, (2.0, 2.0)).cases[0]
        assert bool(len(case.near)) == near


def test_ignored_voxels_are_in_no_candidate_and_no_lesion():
    lesions, scored = row(1, 1, 0, 0), row(0.5, 0.5, 0, 0.7)
    (case,) = tally(scored, lesions, valid=row(1, 0, 1, 0) > 0).cases[0]
    assert (case.size.tolist(), case.lesion.tolist()) == ([1], [1])


def test_ties_of_cases_count_half():
    positive = np.array([True, True, False])
    assert case_auroc(positive, np.array([0.5, 0.9, 0.5])) == 0.75


def test_instances_a5_from_files_in_cases_and_shards(tmp_path):
    maps = arrays("lesion_picai")
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
    for k in range(5):
        build.nifti(tmp_path / "pred" / f"c{k}.nii.gz", maps[f"det_{k}"])
        build.nifti(tmp_path / "gt" / f"c{k}.nii.gz", maps[f"gt_{k}"])
    names = ("lesion_ap", "case_auroc", "froc@1:as=picai", "froc@2:as=picai")
    card = run(tmp_path / "pred", tmp_path / "gt", *names, kind="prob")
    (found,) = (of for name, of in card.summary[""].items() if name != "overall")
    want = {r["id"]: r for _, r in records("lesion_picai")}
    ids = ("ap_0.1_allow", "auroc_0.1_allow", "froc_1_0.1_allow", "froc_2_0.1_allow")
    for name, id_ in zip(names, ids, strict=True):
        assert agrees(found[name].pooled, want[id_])
        assert found[name].n == 5  # cases that were pooled


def test_every_record_of_the_scenes_is_tried():
    assert len(content("lesion_picai")["expected"]) == 42
    assert len(content("lesion_points")["expected"]) == 20


def test_instances_a6_f1_by_centres_is_that_of_the_instances(tmp_path):
    truth, pred = np.zeros((12, 30), np.uint8), np.zeros((12, 30), np.uint8)
    truth[2:5, 2:5], truth[2:5, 12:15] = 1, 2  # centres at (3, 3) and (3, 13)
    pred[2:5, 5:8], pred[2:5, 6:9], pred[8:11, 20:23] = 1, 2, 3
    pred[2:5, 5:8] = 1  # centres at (3, 6), (3, 8) of what is left, and far away
    files = [build.npy(tmp_path / f"{name}.npy", a) for name, a in (("p", pred), ("g", truth))]
    name = "f1@3px:as=grand-challenge"
    card = run(*files, name, "f1@3px", instances="ids")
    (row,) = (r for r in card.cases[0].rows if r.metric == name)
    assert row.value == pytest.approx(2 * 1 / (2 + 3))  # one within 3 px; two false, one missed
