"""The Python face: arrays and paths in, a Scorecard out."""

import os

import build
import numpy as np
import pytest
from runs import bce, ce, dice, run, settings, sigmoids, soft

import segeval
from segeval.api.request_checks import requested_metrics
from segeval.api.run import score_paths
from segeval.engines.choice import available_cores
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, GeometryError, NothingToScore, ReadError, RequestError

T, P = build.blocks(), build.blocks(seed=5)
NII = (build.nifti, ".nii.gz")


def values(card, metric="dice"):
    (case,) = card.cases
    return {r.class_: r.value for r in case.rows if r.metric == metric}


def test_two_label_maps():
    card = segeval.score(P, T, ["dice", "gt_volume"], spacing=(3, 2, 1))
    assert values(card) == {str(v): pytest.approx(dice(v == T, v == P)) for v in (1, 2, 3)}
    assert values(card, "gt_volume")["1"] == pytest.approx((T == 1).sum() * 0.006)
    assert card.summary[""]["1"]["dice"].mean == values(card)["1"]


def test_arrays_without_spacing_are_counted_in_voxels():
    for arrays, unit in (((P, T), "voxels"), ((P[0], T[0]), "px")):
        card = segeval.score(*arrays, ["gt_volume"])
        assert {r.unit for r in card.cases[0].rows} == {unit}


def test_classes_by_name():
    card = segeval.score(P, T, ["dice"], classes="2=liver,1=spleen,3=x")
    assert list(values(card)) == ["liver", "spleen", "x"]
    assert values(card)["liver"] == pytest.approx(dice(T == 2, P == 2))
    assert values(
        segeval.score(P, T, ["dice"], classes=["2=liver", "1=a", "3=x"])
    ) == pytest.approx(
        {"liver": values(card)["liver"], "a": values(card)["spleen"], "x": values(card)["x"]}
    )


def test_probabilities_of_channels():
    p, q = soft(4), sigmoids(3)
    assert values(segeval.score(p, T, ["ce"]), "ce")["all"] == pytest.approx(ce(T, p), rel=1e-6)
    card = segeval.score(q, T, ["bce"], settings=Settings(activation="none"))
    assert values(card, "bce")["2"] == pytest.approx(bce(T == 2, q[1]), rel=1e-6)
    logits = segeval.score(np.log(p), T, ["ce"], settings=Settings(kind="logits"))
    assert values(logits, "ce")["all"] == pytest.approx(ce(T, p), rel=1e-6)


def test_channels_on_another_axis():
    p = soft(4)
    card = segeval.score(np.moveaxis(p, 0, 2), T, ["ce"], settings=Settings(channel_axis=2))
    assert values(card, "ce")["all"] == pytest.approx(ce(T, p), rel=1e-6)
    with pytest.raises(RequestError):
        segeval.score(p, T, ["ce"], settings=Settings(channel_axis=4))


@pytest.mark.parametrize(
    "change",
    [
        np.asfortranarray,
        lambda a: a[:, ::-1][:, ::-1],
        lambda a: a.astype(">i4"),
        lambda a: a.astype(np.int64),
        lambda a: a.astype(np.float64),
        lambda a: a.tolist(),
    ],
)
def test_any_array_of_the_same_numbers(change):
    want = values(segeval.score(P, T, ["dice"]))
    assert values(segeval.score(change(P), change(T), ["dice"])) == want


def test_masks_of_bool():
    card = segeval.score(P == 1, T == 1, ["dice"])
    assert values(card) == {"1": pytest.approx(dice(T == 1, P == 1))}


def test_arrays_are_not_changed():
    p = soft(4)
    before = p.copy(), T.copy()
    segeval.score(p, T, ["ce", "dice", "ece", "l2"])
    assert (p == before[0]).all()
    assert (before[1] == T).all()


def test_an_ignored_label_and_other_choices():
    card = segeval.score(P, T, ["dice"], settings=Settings(ignore_label=(3,), background=True))
    valid = T != 3
    assert values(card)["0"] == pytest.approx(dice((T == 0) & valid, (P == 0) & valid))


@pytest.mark.parametrize(
    ("pred", "gt", "error"),
    [
        (P[:3], T, GeometryError),
        (P[0], T, RequestError),
        (P[:, :3], T, GeometryError),
        (P[None, None], T, RequestError),
        (P.astype(np.float32) + 0.5, T, ReadError),
        (np.full(T.shape, np.nan), T, ReadError),
        (P.astype(np.int16) - 1, T, ReadError),
        (P.astype(str), T, RequestError),
        (P, T.astype(object), RequestError),
        (P, T[None], RequestError),
        (P[0, 0], T[0, 0], RequestError),
        (P[:0], T[:0], RequestError),
        (P, "gt.nii", RequestError),
    ],
)
def test_arrays_that_make_no_case(pred, gt, error):
    with pytest.raises(error) as caught:
        segeval.score(pred, gt, ["dice"])
    assert isinstance(caught.value, CaseError | RequestError)
    assert caught.value.message


@pytest.mark.parametrize(
    ("metrics", "choices", "said"),
    [
        (["dcie"], {}, "dcie"),
        ([], {}, "no metric"),
        (["dice"], {"spacing": (1, 1)}, "spacing"),
        (["dice"], {"spacing": (1, 0, 1)}, "spacing"),
        (["dice"], {"settings": Settings(threshold=0)}, "threshold"),
        (["dice"], {"settings": Settings(threshold=1.5)}, "threshold"),
        (["dice"], {"settings": Settings(kind="logits", activation="none")}, "activation"),
    ],
)
def test_a_request_that_makes_no_sense(metrics, choices, said):
    with pytest.raises(RequestError) as caught:
        segeval.score(P, T, metrics, **choices)
    assert said in caught.value.message


def test_paths_are_those_of_the_command(tmp_path):
    for side, array in (("pred", P), ("gt", T)):
        build.folder(tmp_path / side, NII, a=array, b=array)
    card = segeval.score(tmp_path / "pred", str(tmp_path / "gt"), ["dice"])
    assert [c.case for c in card.cases] == ["a", "b"]
    assert card == run(tmp_path / "pred", tmp_path / "gt", "dice")


def test_a_wrong_request_opens_no_file(tmp_path):
    with pytest.raises(RequestError, match="dcie"):
        segeval.score(tmp_path / "nothing", tmp_path / "nowhere", ["dcie"])


def test_an_empty_folder_has_nothing_to_score(tmp_path):  # M5
    build.folder(tmp_path / "gt", NII, a=T)
    (tmp_path / "pred").mkdir()
    with pytest.raises(NothingToScore) as caught:
        score_paths(tmp_path / "pred", tmp_path / "gt", settings())
    assert caught.value.exit_status == 4


def test_a_metric_that_is_asked_for_twice_is_computed_once():
    chosen = settings("dice", "fbeta@1", "fbeta", "dice")
    assert [str(m) for m, _ in requested_metrics(chosen)] == ["dice", "fbeta"]
    assert segeval.score(P, T, ["dice", "dice"]).metrics == ("dice",)
    assert parse_metric("fbeta@1") != parse_metric("fbeta")


class Watching:
    """Someone who wants to know how far the work is."""

    def __init__(self):
        self.said = []

    def paired(self, pairing):
        self.said.append(len(pairing.cases))

    def waits(self, text):
        self.said.append(text)

    def scored(self, result, done, total):
        self.said.append((result.case, done, total))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_watcher_hears_of_every_case(tmp_path, jobs):
    for side, array in (("pred", P), ("gt", T)):
        build.folder(tmp_path / side, NII, a=array, b=array)
    watch = Watching()
    score_paths(tmp_path / "pred", tmp_path / "gt", settings(jobs=jobs), watch)
    assert watch.said[0] == 2
    assert [said[1:] for said in watch.said[1:]] == [(1, 2), (2, 2)]
    assert {said[0] for said in watch.said[1:]} == {"a", "b"}


def test_cores():
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    "classes", [{1: "liver", 2: "spleen"}, {"1": "liver", "2": "spleen"}, {"liver": 1, "spleen": 2}]
)
def test_classes_may_be_a_mapping_either_way_round(classes):
    map_ = np.uint8([[0, 1], [2, 2]])
    card = segeval.score(map_, map_, "dice", classes=classes)
    assert card.cases[0].classes == ("liver", "spleen")


def test_cases_of_a_list_that_changes_are_of_one_version_of_it(tmp_path):
    """The file of all images is written to after the first one is scored."""
    import regions_build as regions

    shape, names = (12, 16), ("a.png", "b.png", "c.png")
    square = regions.runs(regions.square(shape, (2, 8), (3, 9)))
    marks = [regions.annotation(i, i, 1, square) for i in (1, 2, 3)]
    sides = [regions.coco(tmp_path / f"{side}.json", shape, marks, images=names) for side in "pg"]

    class Writer:
        def paired(self, pairing): ...
        def waits(self, text): ...
        def scored(self, result, done, total):
            if done == 1:
                regions.coco(sides[1], shape, marks[:2], images=names)

    card = score_paths(*sides, settings("dice"), Writer())
    assert [case.status for case in card.cases] == ["ok", "unreadable", "unreadable"]
    assert "the file changed while" in card.cases[1].error["message"]
    assert [c.status for c in score_paths(*sides, settings("dice")).cases][:2] == ["ok", "ok"]
