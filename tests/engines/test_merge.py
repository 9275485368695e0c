"""Shards together are one run: the same bytes, or a refusal that says what is wrong."""

from dataclasses import replace

import build
import numpy as np
import pytest
from runs import run, soft

from segeval.engines.merge import merge_scorecards, signature_differences
from segeval.runtime.errors import RequestError
from segeval.scorecard.card import Scorecard
from segeval.scorecard.results import result_lines

NII = (build.nifti, ".nii.gz")
NAMES = ("a1", "a2", "a10", "b", "c", "d", "e")
METRICS = ("dice", "precision", "volume_difference", "pixel_accuracy", "hd95", "ce", "ece")


@pytest.fixture
def sides(tmp_path):
    """Seven cases of probabilities; one is damaged, one has no prediction."""
    truth = {n: build.blocks(seed=i) for i, n in enumerate(NAMES)}
    build.folder(tmp_path / "gt", NII, **truth)
    build.folder(tmp_path / "pred", NII, **{n: soft(4, seed=i) for i, n in enumerate(NAMES)})
    (tmp_path / "pred" / "b.nii.gz").write_bytes(b"damaged")
    (tmp_path / "pred" / "c.nii.gz").unlink()
    build.nifti(tmp_path / "pred" / "extra.nii.gz", build.blocks())
    return tmp_path / "pred", tmp_path / "gt"


def shards(sides, count, *metrics, **choices):
    """The result of every shard."""
    return [
        (f"{part}.json", run(*sides, *metrics, shard=f"{part}/{count}", **choices))
        for part in range(1, count + 1)
    ]


def text(card):
    return "".join(result_lines(card))


@pytest.mark.parametrize("count", [1, 3, 20])
def test_shards_in_any_order_are_one_run(sides, count):  # O2, O4
    whole = run(*sides, *METRICS)
    parts = shards(sides, count, *METRICS)
    assert len(whole.cases) == len(NAMES)
    assert text(merge_scorecards(parts)) == text(merge_scorecards(parts[::-1])) == text(whole)


def test_a_shard_says_which_it_is_and_keeps_its_gates(sides):
    from segeval.request.grammar import parse_gate

    (_, card), *_ = shards(sides, 2, "dice", gates=(parse_gate("iou=0.5"),))
    inventory = card.shard["inventory"]
    assert card.shard == {"part": 1, "of": 2, "gates": ["iou=0.5"], "inventory": inventory}
    assert card.metrics == ("dice", "iou")
    assert card.gates == ()


def refused(files, **choices):
    with pytest.raises(RequestError) as problem:
        merge_scorecards(files, **choices)
    return "\n".join(problem.value.lines())


def test_missing_shards_are_named(sides):
    said = refused(shards(sides, 5, "dice")[1:4])
    assert "2 of 5 shards missing: 1/5, 5/5" in said


def test_a_shard_twice_is_named(sides):
    parts = shards(sides, 2, "dice")
    said = refused([*parts, ("again.json", parts[0][1])])
    assert "shard 1/2 is there twice: 1.json and again.json" in said


def test_shards_of_other_files_are_refused(sides):
    parts = shards(sides, 2, "dice")
    build.nifti(sides[1] / "new.nii.gz", build.blocks())
    late = shards(sides, 2, "dice")
    said = refused([parts[0], late[1]])
    assert "not shards of one run" in said
    assert "of 7 cases" in said
    assert "of 8 cases" in said
    assert "not shards of one run" in refused([parts[0], ("whole.json", run(*sides, "dice"))])


def test_other_settings_are_refused_with_the_fields(sides):  # R5
    one, other = shards(sides, 2, "dice"), shards(sides, 2, "dice", "fbeta@2", background=True)
    said = refused([one[0], other[1]])
    assert "1.json and 2.json were scored under different settings" in said
    assert "  metrics fbeta@2: none, fbeta@2" in said
    assert "  background: False, True" in said
    card = merge_scorecards([one[0], other[1]], allow_different=True)
    assert [note.code for note in card.notes if note.where == "2.json"] == ["W-different-settings"]
    assert card.metrics == ("dice", "fbeta@2")


def test_runs_over_other_folders_are_joined(tmp_path):
    for place, names in (("x", ("a", "b")), ("y", ("c",))):
        for side in ("gt", "pred"):
            files = {n: build.blocks(seed=len(side) + ord(n)) for n in names}
            build.folder(tmp_path / place / side, NII, **files)
    files = [(p, run(tmp_path / p / "pred", tmp_path / p / "gt", "dice")) for p in "yx"]
    card = merge_scorecards(files)
    assert [case.case for case in card.cases] == ["a", "b", "c"]
    assert card.inputs["pairing"] == "paired 1 of 1 case by path; paired 2 of 2 cases by path"
    statistic = card.summary[""]["1"]["dice"]
    each = [case.rows[0].value for case in card.cases]
    assert statistic.n == 3
    assert statistic.mean == pytest.approx(np.mean(each), abs=1e-15)


def test_a_case_in_two_files_is_named(sides):
    whole = run(*sides, "dice")
    said = refused([("one.json", whole), ("two.json", replace(whole, cases=whole.cases[:2]))])
    assert "2 cases are in two files" in said
    assert "  a1: one.json and two.json" in said


def test_differences_go_into_what_is_nested():
    one = {"metrics": {"dice": "dice"}, "threshold": 0.5}
    other = {"metrics": {"dice": "dice", "iou": "iou"}, "threshold": 0.6}
    assert list(signature_differences(one, other)) == [
        "metrics iou: none, iou",
        "threshold: 0.5, 0.6",
    ]
    assert list(signature_differences(one, dict(one))) == []


def test_an_empty_shard_is_no_error(sides):
    empty = [card for _, card in shards(sides, 20, "dice") if not card.cases]
    assert empty
    assert all(isinstance(card, Scorecard) and card.summary == {"": {}} for card in empty)
