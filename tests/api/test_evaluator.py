"""`segeval.Evaluator` in a loop against the command on the saved files (CLI-Y2)."""

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

import segeval
from segeval.reports.outputs import save_report
from segeval.request.settings import Settings
from segeval.runtime.errors import NothingToScore, RequestError
from segeval.scorecard.results import load_results

NAMES = ("p2", "p10", "p1", "lost")
METRICS = ["dice", "hd95", "nsd@2mm", "gt_volume", "ece"]
CLASSES = "1=liver,2=spleen"
SIDE = float(np.float32(0.8))  # a NIfTI header has single precision
RAS = np.array([[-SIDE, 0, 0, 3], [0, -SIDE, 0, 4], [0, 0, 2.5, 5], [0, 0, 0, 1]])


def made(seed, shape=(6, 9, 8)):
    """A label map of blobs and probabilities of three channels near to it."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.repeat(rng.integers(0, 3, (6, 3, 4)), 3, 1), 2, 2)[:, :9, :8]
    scores = rng.random((3, *shape)).astype(np.float32)
    scores[truth, *np.indices(shape)] += 0.4
    return truth.astype(np.uint8), scores / scores.sum(axis=0)


CASES = {name: made(seed) for seed, name in enumerate(NAMES)}


def image(array):
    return nibabel.Nifti1Image(array.T, RAS)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The files that a loop writes; of one case the prediction is of another size."""
    root = tmp_path_factory.mktemp("saved")
    for side in ("pred", "gt"):
        (root / side).mkdir()
    for name, (truth, scores) in CASES.items():
        nibabel.save(image(truth), root / "gt" / f"{name}.nii.gz")
        held = scores[:, :4] if name == "lost" else scores
        nibabel.save(image(held), root / "pred" / f"{name}.nii.gz")
    return root


def looped(names=NAMES, **choices):
    evaluator = segeval.Evaluator(METRICS, **{"classes": CLASSES, "kind": "prob", **choices})
    for name in names:
        truth, scores = CASES[name]
        held = scores[:, :4] if name == "lost" else scores
        evaluator.add(image(held), image(truth), name)
    return evaluator


def everything(card):
    """What has to be equal, to the last digit; as text, in which nan is nan."""
    parts = card.rows, card.summary, card.signature, card.fields, card.metrics
    return [repr(part) for part in parts]


def commanded(saved, *options):
    out = saved / "results.json"
    call = ["score", saved / "pred", saved / "gt", "-o", out, "-q", "--format", "none"]
    call += [word for metric in METRICS for word in ("-m", metric)]
    call += ["--classes", CLASSES, "--kind", "prob", "--isolated", *options]
    subprocess.run([sys.executable, "-m", "segeval", *map(str, call)], check=False, timeout=120)
    return load_results(out)


def test_a_loop_has_what_the_command_prints_from_the_saved_files(saved, tmp_path):
    card = looped().card()
    save_report(card, str(tmp_path / "loop.json"), Settings())
    assert everything(load_results(tmp_path / "loop.json")) == everything(commanded(saved))
    assert [case.case for case in card.cases] == ["lost", "p1", "p2", "p10"]
    assert card.cases[0].status == "geometry_mismatch"
    assert card.summary[""]["liver"]["dice"].n == 3
    assert card.summary[""]["liver"]["dice"].n_missing == 1
    assert not np.isnan(card.summary[""]["all"]["ece"].pooled)


def test_intervals_are_those_of_the_command(saved):
    assert everything(looped(ci=0.9, seed=3).card())[1:] == everything(
        segeval.score(saved / "pred", saved / "gt", METRICS, classes=CLASSES, kind="prob",
                      ci=0.9, seed=3)
    )[1:]  # fmt: skip


def test_the_order_of_a_loop_is_no_matter():
    assert looped(NAMES[::-1]).card() == looped().card()


def test_a_card_in_the_middle_changes_nothing():
    evaluator = looped(NAMES[:2])
    assert len(evaluator.card().cases) == 2
    for name in NAMES[2:]:
        truth, scores = CASES[name]
        evaluator.add(image(scores[:, :4] if name == "lost" else scores), image(truth), name)
    assert evaluator.compute() == looped().card()


def test_reset_begins_an_epoch():
    evaluator = looped()
    evaluator.reset()
    assert len(evaluator) == 0
    with pytest.raises(NothingToScore):
        evaluator.card()
    truth, scores = CASES["p1"]
    evaluator.add(image(scores), image(truth), "p1")
    assert evaluator.card() == looped(["p1"]).card()


def test_processes_are_joined_by_merge():
    one, two = looped(NAMES[:2]), looped(NAMES[1:])  # a sampler fills up: p10 is in both
    one.merge(pickle.loads(pickle.dumps(two)))
    assert one.card() == looped().card()
    assert len(two) == 3


def test_another_request_is_not_merged():
    with pytest.raises(RequestError) as caught:
        looped().merge(looped(threshold=0.25))
    assert caught.value.facts == ("threshold: 0.5, 0.25",)
    with pytest.raises(RequestError, match="no Evaluator"):
        looped().merge(3)


def test_it_is_pickled_and_copied_with_its_cases():
    evaluator = looped()
    assert pickle.loads(pickle.dumps(evaluator)).card() == evaluator.card()
    other = copy.deepcopy(evaluator)
    other.reset()
    assert len(evaluator) == 4
    assert repr(evaluator) == "<Evaluator of dice, hd95, nsd@2mm, gt_volume, ece: 4 cases>"


BAD = {
    "no array": object(),
    "None": None,
    "ragged": [[1, 2], [3]],
    "text": np.array([["a", "b"]] * 4),
    "another size": np.zeros((3, 4), int),
    "five axes": np.zeros((1, 1, 1, 2, 2), int),
    "NaN": np.full((4, 5), np.nan),
    "negative": np.full((4, 5), -3),
    "masked": np.ma.masked_all((4, 5)),
    "empty": np.zeros((0, 5)),
}


@pytest.mark.parametrize("side", ["pred", "gt"])
@pytest.mark.parametrize("kind", BAD)
def test_a_faulty_case_is_not_scored_and_the_loop_goes_on(side, kind):
    good = np.ones((4, 5), np.uint8)
    evaluator = segeval.Evaluator("dice")
    evaluator.add(good, good, "good")
    sides = {"pred": good, "gt": good, side: BAD[kind]}
    result = evaluator.add(**sides, case="bad")
    assert not result.scored
    assert result.error["message"]
    assert result.status != "internal_error"
    card = evaluator.card()
    assert [c.case for c in card.cases if c.scored] == ["good"]
    assert card.summary[""]["1"]["dice"].n_missing == 1
    assert card.inputs["inventory"]["case"]["unscored"] == {result.status: 1}


def test_a_bug_does_not_end_the_loop(monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("a bug")

    evaluator = segeval.Evaluator("dice")
    monkeypatch.setattr("segeval.api.arrays.score_sides", fail)
    one = np.ones((3, 3), int)
    result = evaluator.add(one, one, "a")
    assert (result.status, result.error["message"]) == (
        "internal_error",
        "ZeroDivisionError: a bug",
    )


@pytest.mark.parametrize("spacing", [(1, 2, 3), (0, 1), ("a", "b"), 3, (1, float("nan"))])
def test_a_wrong_spacing_is_a_fault_of_its_case(spacing):
    evaluator = segeval.Evaluator("dice")
    one = np.ones((3, 3), int)
    assert "spacing" in evaluator.add(one, one, "a", spacing=spacing).error["message"]


def test_a_missing_prediction():
    truth = np.ones((3, 3), int)
    for missing, status, value in (("error", "missing_prediction", None), ("worst", "ok", 0.0)):
        evaluator = segeval.Evaluator("dice", missing=missing)
        result = evaluator.add(None, truth, "a")
        assert result.status == status
        assert value is None or result.rows[0].value == value


def test_spacing_of_a_case_is_no_part_of_the_signature():
    one = np.zeros((3, 4, 5), int)
    one[1, 1:3, 1:3] = 1
    plain, spaced = segeval.Evaluator("gt_volume"), segeval.Evaluator("gt_volume")
    plain.add(one, one, "a")
    spaced.add(one, one, "a", spacing=(2, 1, 0.5))
    assert plain.card().signature == spaced.card().signature
    assert [r.value for r in spaced.card().rows] == [4 * 1.0 / 1000]


@pytest.mark.parametrize("case", [None, "", "  "])
def test_a_case_without_a_name_is_a_wrong_request(case):
    with pytest.raises(RequestError, match="name"):
        segeval.Evaluator("dice").add(np.ones((2, 2)), np.ones((2, 2)), case)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"metrics": "dcie"}, "dcie"),
        ({"metrics": "weight_decay"}, "several outputs"),
        ({"metrics": "dice", "threshold": 3}, "threshold"),
        ({"metrics": "nsd"}, "tolerance"),
    ],
)
def test_a_wrong_request_is_told_before_the_first_epoch(given, said):
    with pytest.raises(RequestError) as caught:
        segeval.Evaluator(**given)
    assert said in caught.value.message


def test_one_case_that_is_given_twice():
    truth = np.array([[1, 1, 0], [0, 1, 0]])
    evaluator = segeval.Evaluator("dice")
    evaluator.add(truth, truth, "a")
    evaluator.add(truth, truth, "a")
    assert evaluator.card().notes == ()
    evaluator.add(truth.T.reshape(truth.shape), truth, "a")
    card = evaluator.card()
    assert [r.value for r in card.rows] == [1.0]
    assert [(n.code, n.where) for n in card.notes] == [("W-case-twice", "a")]
    assert "given 2 times" in card.notes[0].text


def test_two_cases_of_one_name_are_not_scored():
    evaluator = segeval.Evaluator("dice")
    for k in (0, 1):
        truth = np.zeros((3, 4), int)
        truth[k] = 1
        evaluator.add(truth, truth, "patient 1")
    card = evaluator.card()
    assert card.cases[0].status == "ambiguous"
    assert card.cases[0].error["facts"] == [
        "first: 4x3 voxels, of them 1 4",
        "then: 4x3 voxels, of them 1 4",
    ]
    assert card.inputs["inventory"]["case"]["unscored"] == {"ambiguous": 1}


SHAPES = [
    ((4, 3, 6, 7), (4, 6, 7)),
    ((4, 3, 6, 7), (4, 1, 6, 7)),
    ((4, 1, 6, 7), (4, 1, 6, 7)),
    ((4, 6, 7), (4, 1, 6, 7)),
    ((4, 6, 7), (4, 6, 7)),
    ((4, 3, 2, 6, 7), (4, 1, 2, 6, 7)),
    ((4, 2, 6, 7), (4, 1, 2, 6, 7)),
]


@pytest.mark.parametrize(("pred", "gt"), SHAPES)
def test_a_batch(pred, gt):
    rng = np.random.default_rng(0)
    scored = len(pred) > 3 and pred[1] == 3
    preds = rng.random(pred) if scored else rng.integers(0, 3, pred)
    preds = preds / preds.sum(axis=1, keepdims=True) if scored else preds
    gts = rng.integers(0, 3, gt)
    evaluator, single = segeval.Evaluator("dice"), segeval.Evaluator("dice")
    evaluator.update(preds, gts, ["a", "b", "c", "d"])
    for name, one, two in zip("abcd", preds, gts, strict=True):
        flat = two.reshape([n for k, n in enumerate(two.shape) if k or n > 1])
        single.add(one if scored else one.reshape(flat.shape), flat, name)
    assert evaluator.card() == single.card()
    assert all(case.scored for case in single.card().cases)


def test_a_batch_of_lists_and_of_spacings():
    one, two = np.ones((3, 4), int), np.ones((5, 6), int)
    evaluator = segeval.Evaluator("gt_volume")
    evaluator.update([one, two], (one, two), iter(["a", "b"]), spacings=np.array([[1, 2], [1, 1]]))
    assert [r.value for r in evaluator.card().rows] == [24, 30]


def test_a_batch_has_as_many_of_each():
    with pytest.raises(RequestError) as caught:
        segeval.Evaluator("dice").update(np.ones((2, 3, 3)), np.ones((2, 3, 3)), ["a"])
    assert "2 preds" in caught.value.facts
    assert "1 cases" in caught.value.facts


def test_many_cases_are_kept_on_disk():
    evaluator = segeval.Evaluator("dice")
    one = np.ones((2, 2), int)
    for k in range(3000):
        evaluator.add(one, one, f"case {k}")
    assert not hasattr(evaluator._cases._lines._file, "getvalue")  # no longer in memory
    card = evaluator.card()
    assert card.summary[""]["1"]["dice"].n == 3000
    assert [c.case for c in card.cases[:3]] == ["case 0", "case 1", "case 2"]


def test_the_results_of_a_loop_are_a_result_file(tmp_path):
    import jsonschema

    out = tmp_path / "loop.json"
    save_report(looped().card(), str(out), Settings())
    schema = Path(segeval.__file__).parent / "data" / "results.schema.json"
    jsonschema.validate(json.loads(out.read_text()), json.loads(schema.read_text()))
