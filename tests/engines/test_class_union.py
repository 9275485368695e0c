"""The classes of a run are those of its cases, under one name each (ACCOUNT-A4, ACCOUNT-A10)."""

import build
import numpy as np
import pytest
from runs import run

from segeval.engines.merge import merge_scorecards
from segeval.request.grammar import parse_charge
from segeval.scorecard.results import result_lines

NII, NPY = (build.nifti, ".nii.gz"), (build.npy, ".npy")
METRICS = (
    *("dice", "iou", "volume_difference", "specificity", "mcc", "accuracy", "balanced_accuracy"),
    *("hd95", "masd", "nsd@2mm", "ce", "dice_loss", "betti0_error", "skeleton_length_difference"),
)


def text(card):
    return "".join(result_lines(card))


def map_of(*values, shape=(6, 9, 8), seed=0):
    """A label map with these values and background."""
    r = np.random.default_rng(seed)
    a = np.zeros(shape, np.uint8)
    for value in values:
        a[tuple(r.integers(0, n - 3) for n in shape)] = value
        z, y, x = (int(r.integers(0, n - 3)) for n in shape)
        a[z : z + 3, y : y + 3, x : x + 3] = value
    return a


@pytest.fixture
def sides(tmp_path):
    """Cases with other classes each, one of them with none."""
    truth = {"a": (1, 2), "b": (), "c": (3,), "d": (1, 2, 3), "e": (2,)}
    pred = {"a": (1,), "b": (), "c": (3, 2), "d": (1, 2, 3), "e": ()}
    for side, held, seed in (("gt", truth, 0), ("pred", pred, 50)):
        files = {n: map_of(*v, seed=seed + i) for i, (n, v) in enumerate(held.items())}
        build.folder(tmp_path / side, NII, **files)
    return tmp_path / "pred", tmp_path / "gt"


def values(card):
    """What every row says, but for what belongs to whole cases."""
    rows = (row for row in card.rows if row.class_ != "all")
    return {(r.case, r.class_, r.metric): (repr(r.value), r.unit, r.status, r.reason) for r in rows}


@pytest.mark.parametrize("choices", [{}, {"undefined": "worst"}])
@pytest.mark.parametrize("charge", ["", "dice.both_empty=1", "hd95.both_empty=7mm"])
def test_account_a4_every_row_is_that_of_a_run_with_a_class_list(sides, choices, charge):
    if charge:
        choices = {**choices, "charges": (parse_charge(charge),)}
    listed = run(*sides, *METRICS, classes="1=1,2=2,3=3", **choices)
    found = run(*sides, *METRICS, **choices)
    assert values(found) == values(listed)
    assert len(values(found)) == 5 * 3 * len(METRICS)
    assert [c.classes for c in found.cases] == [("1", "2", "3")] * 5
    for name in ("1", "2", "3"):
        for metric in METRICS:
            mine, theirs = found.summary[""][name][metric], listed.summary[""][name][metric]
            assert repr(mine) == repr(theirs), (name, metric)


def softmaxed(labels, channels, seed):
    """Probabilities whose largest channel is the label."""
    r = np.random.default_rng(seed)
    p = r.random((channels, *labels.shape)) * 0.2
    np.put_along_axis(p, labels[None].astype(int), 1.0, 0)
    return (p / p.sum(0)).astype(np.float32)


def test_account_a4_in_maps_of_probabilities_too(tmp_path):
    truth = {"a": (1, 2), "b": (), "c": (3,)}
    maps = {n: map_of(*v, seed=i) for i, (n, v) in enumerate(truth.items())}
    build.folder(tmp_path / "gt", NPY, **maps)
    soft = {n: softmaxed(map_of(*truth[n][:1], seed=i), 5, i) for i, n in enumerate(truth)}
    build.folder(tmp_path / "pred", NPY, **soft)
    sides = tmp_path / "pred", tmp_path / "gt"
    metrics = ("dice", "dice_loss", "ce", "lovasz_loss", "brier")
    listed = run(*sides, *metrics, classes="1=1,2=2,3=3", channel_axis=0)
    found = run(*sides, *metrics, channel_axis=0)
    assert values(found) == values(listed)
    assert {c.classes for c in found.cases} == {("1", "2", "3")}  # no case has class 4


def test_account_a4_one_channel_is_a_class_whatever_it_holds(tmp_path):
    shape = (6, 8, 8)
    build.folder(tmp_path / "gt", NPY, a=np.zeros(shape, np.uint8), b=np.zeros(shape, np.uint8))
    low = np.full(shape, 0.25, np.float32)
    build.folder(tmp_path / "pred", NPY, a=low, b=low)
    card = run(tmp_path / "pred", tmp_path / "gt", "bce", "dice")
    assert [c.classes for c in card.cases] == [("1",), ("1",)]
    assert card.summary[""]["all"]["bce"].mean == pytest.approx(-np.log(0.75), rel=1e-6)
    assert card.summary[""]["1"]["dice"].n_undefined == 2


@pytest.mark.parametrize("count", [2, 7])
def test_shards_are_joined_when_they_are_merged_and_not_before(sides, count):
    whole = run(*sides, *METRICS)
    parts = [
        (f"{k}.json", run(*sides, *METRICS, shard=f"{k}/{count}")) for k in range(1, count + 1)
    ]
    assert not any(case.joined for _, card in parts for case in card.cases)
    assert text(merge_scorecards(parts)) == text(whole)
    assert all(case.joined for case in whole.cases if case.case != "d")


def test_results_of_two_runs_are_joined_anew(sides, tmp_path):
    one = run(*sides, "dice", "accuracy")
    for side in ("pred", "gt"):
        build.folder(tmp_path / "more" / side, NII, f=map_of(7))
    other = run(tmp_path / "more" / "pred", tmp_path / "more" / "gt", "dice", "accuracy")
    both = merge_scorecards([("1.json", one), ("2.json", other)])
    assert {case.classes for case in both.cases} == {("1", "2", "3", "7")}
    assert not index_missing(both)


def index_missing(card):
    from segeval.scorecard.row_index import index_rows

    return index_rows(card.cases).inventory.missing()


def test_a_run_that_is_resumed_with_other_cases_has_their_classes(sides, tmp_path):
    from runs import settings

    from segeval.api.run import score_paths

    out = tmp_path / "out.json"
    score = lambda resume: score_paths(  # noqa: E731
        *sides, settings("dice", "volume_difference", resume=resume), None, str(out)
    )
    out.write_text(text(score(False)))
    build.folder(tmp_path / "gt", NII, f=map_of(9))
    build.folder(tmp_path / "pred", NII, f=map_of(9))
    assert text(score(True)) == text(score(False))
    out.write_text(text(score(False)))
    for side in ("gt", "pred"):
        (tmp_path / side / "f.nii.gz").unlink()
    assert text(score(True)) == text(score(False))


def organ_folders(tmp_path, names):
    """A folder a case with one organ's file, spelt in several ways; wrong in the later half."""
    for side in ("gt", "pred"):
        for i, name in enumerate(names):
            wrong = side == "pred" and i >= len(names) // 2
            shape = {name: build.ball(radius=1.0 if wrong else 3.0), "Cord": build.ball()}
            build.folder(tmp_path / side / f"c{i}", NII, **shape)
    return tmp_path / "pred", tmp_path / "gt"


@pytest.mark.parametrize(
    ("names", "called"),
    [
        (("OpticNerve_R", "OpticNrv_R", "opticnrv r", "OpticNerve-R"), "OpticNrv_R"),
        (("my organ", "MyOrgan", "my_organ", "my-organ"), "my organ"),
    ],
)
def test_account_a10_files_that_are_one_structure_are_one_class(tmp_path, names, called):
    card = run(*organ_folders(tmp_path, names), "dice", "volume_difference")
    assert set(card.summary[""]) == {called, "Cord", "overall"}
    assert card.summary[""][called]["dice"].n == 4
    assert 0 < card.summary[""][called]["dice"].worst < 0.5
    for case in card.cases:
        assert set(case.classes) == set(case.gt_voxels) == {called, "Cord"}
        assert set(case.tallies["counts"]["classes"]) == {called, "Cord"}


def test_account_a10_two_files_of_one_structure_are_an_error_of_it_alone(tmp_path):
    sides = organ_folders(tmp_path, ("Eye_L", "Eye_L"))
    build.folder(sides[1] / "c0", NII, **{"eye-l": build.ball()})
    card = run(*sides, "dice")
    by_case = {(r.case, r.class_): r.status for r in card.rows}
    assert by_case["c0", "Eye_L"] == "two_structures"
    assert by_case["c0", "Cord"] == by_case["c1", "Eye_L"] == "ok"
    fault = card.cases[0].faults["Eye_L"]
    assert {"Eye_L", "eye-l"} <= set(fault["facts"])
    exact = run(*sides, "dice", classes="Eye_L,Cord")  # what the help says
    assert {r.status for r in exact.rows} == {"ok"}
