"""An interrupted run goes on where it was, and gives the bytes of one that was not."""

import json
import os
import re
from contextlib import nullcontext

import build
import numpy as np
import pytest
from runs import settings

from segeval.api import run as run_module
from segeval.api.run import score_paths
from segeval.engines import serial
from segeval.engines.resume import Journal
from segeval.scorecard.results import result_lines

NII = (build.nifti, ".nii.gz")
NAMES = ("a", "b", "c")


@pytest.fixture
def sides(tmp_path):
    build.folder(tmp_path / "gt", NII, **{n: build.blocks(seed=i) for i, n in enumerate(NAMES)})
    build.folder(
        tmp_path / "pred", NII, **{n: build.blocks(seed=9 + i) for i, n in enumerate(NAMES)}
    )
    return tmp_path / "pred", tmp_path / "gt"


@pytest.fixture
def scored(monkeypatch):
    """The cases that were scored, in order; `fail` names one at which the run is broken off."""

    class Scored(list):
        fail = ""

    found = Scored()

    def run(cases, job):
        for case, result in zip(cases, serial.run(cases, job), strict=True):
            if case.id == found.fail:
                raise KeyboardInterrupt
            found.append(case.id)
            yield result

    monkeypatch.setattr(run_module, "choose_engine", lambda settings, say: nullcontext(run))
    return found


def go(sides, tmp_path, *metrics, **choices):
    """A run with a journal; gives the text of its results."""
    card = score_paths(*sides, settings(*metrics, **choices), None, str(tmp_path / "out.json"))
    return "".join(result_lines(card))


def finish(tmp_path, text):
    """Write the output as the command does."""
    (tmp_path / "out.json").write_text(text)
    Journal(tmp_path / "out.json", {}).done()


def interrupted(sides, tmp_path, scored, at="c", *metrics, **choices):
    scored.fail = at
    with pytest.raises(KeyboardInterrupt):
        go(sides, tmp_path, *metrics, **choices)
    scored.fail = ""
    scored.clear()


METRICS = ("dice", "precision", "volume_difference", "pixel_accuracy")


def test_an_interrupted_run_goes_on_to_the_same_bytes(sides, tmp_path, scored):  # O3, O4
    whole = go(sides, tmp_path, *METRICS)
    interrupted(sides, tmp_path, scored, "c", *METRICS)
    assert go(sides, tmp_path, *METRICS, resume=True) == whole
    assert scored == ["c"]


def test_losses_are_kept_with_all_their_digits(tmp_path, scored):
    build.folder(tmp_path / "gt", NII, a=build.blocks(), b=build.blocks(seed=1))
    noise = np.random.default_rng(0).random(build.GRID.shape, np.float32)
    build.folder(tmp_path / "pred", NII, a=noise, b=np.round(noise))  # of whole: infinite losses
    sides = tmp_path / "pred", tmp_path / "gt"
    whole = go(sides, tmp_path, "bce", "ece", "l2", "dice_loss", classes="1=x,2=y,3=z")
    interrupted(
        sides, tmp_path, scored, "b", "bce", "ece", "l2", "dice_loss", classes="1=x,2=y,3=z"
    )
    kept = go(sides, tmp_path, "bce", "ece", "l2", "dice_loss", classes="1=x,2=y,3=z", resume=True)
    assert kept == whole
    assert scored == ["b"]


def test_a_finished_output_is_taken_as_it_is(sides, tmp_path, scored):
    whole = go(sides, tmp_path)
    finish(tmp_path, whole)
    scored.clear()
    assert go(sides, tmp_path, resume=True) == whole
    assert scored == []


def test_without_resume_everything_is_scored(sides, tmp_path, scored):
    interrupted(sides, tmp_path, scored)
    go(sides, tmp_path)
    assert scored == list(NAMES)


@pytest.mark.parametrize("side", [0, 1])
def test_a_changed_file_is_scored_again(sides, tmp_path, scored, side):  # O3
    interrupted(sides, tmp_path, scored)
    build.nifti(sides[side] / "a.nii.gz", build.blocks(seed=33))
    text = go(sides, tmp_path, resume=True)
    assert scored == ["a", "c"]
    assert text == go(sides, tmp_path)


@pytest.mark.parametrize(
    "choices", [{"background": True}, {"ignore_label": (3,)}, {"classes": "1=x,2=y,3=z"}]
)
def test_other_settings_are_scored_again(sides, tmp_path, scored, choices):  # O3
    interrupted(sides, tmp_path, scored)
    go(sides, tmp_path, resume=True, **choices)
    assert scored == list(NAMES)


def test_another_metric_is_scored_again(sides, tmp_path, scored):
    interrupted(sides, tmp_path, scored)
    go(sides, tmp_path, "iou", resume=True)
    assert scored == list(NAMES)


def test_unsigned_settings_are_not_asked(sides, tmp_path, scored):
    interrupted(sides, tmp_path, scored)
    go(sides, tmp_path, resume=True, jobs=1, digits=7, quiet=True)
    assert scored == ["c"]


@pytest.mark.parametrize("cut", [1, 40])
def test_a_cut_last_line_is_tolerated(sides, tmp_path, scored, cut):
    whole = go(sides, tmp_path)
    interrupted(sides, tmp_path, scored)
    journal = Journal(tmp_path / "out.json", {}).path
    journal.write_text(journal.read_text()[:-cut])
    assert go(sides, tmp_path, resume=True) == whole
    # without its newline alone the line is whole
    assert scored == (["c"] if cut == 1 else ["b", "c"])


def other_digit(found):
    return found[1] + (b"7" if found[2] != b"7" else b"3")


DAMAGE = {
    "a digit of a value": lambda line: re.sub(rb'("dice": 0\.)(\d)', other_digit, line),
    "a digit of a count": lambda line: re.sub(rb'("gt_voxels": .*?: )(\d)', other_digit, line),
    "a lost sector": lambda line: line[:200] + bytes(64) + line[264:],
    "no checksum": lambda line: line[: line.rindex(b', "check"')] + b"}\n",
    "the end of another": lambda line: line[:-60] + line,
}  # fmt: skip


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_line_is_scored_again(sides, tmp_path, scored, how):
    whole = go(sides, tmp_path)
    interrupted(sides, tmp_path, scored)
    journal = Journal(tmp_path / "out.json", {}).path
    head, *lines = journal.read_bytes().splitlines(keepends=True)
    damaged = DAMAGE[how](lines[0])
    assert damaged != lines[0]
    journal.write_bytes(head + damaged + lines[1])
    assert go(sides, tmp_path, resume=True) == whole
    assert scored == ["a", "c"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("name", ["out.json", "out.json.partial.jsonl"])
@pytest.mark.parametrize("kind", ["a pipe", "a device"])
def test_what_is_no_file_is_not_read_for_what_is_done(sides, tmp_path, scored, name, kind):
    path = tmp_path / name
    os.mkfifo(path) if kind == "a pipe" else path.symlink_to("/dev/zero")
    go(sides, tmp_path, resume=True)
    assert scored == list(NAMES)


def test_a_cut_output_is_no_output(sides, tmp_path, scored):
    whole = go(sides, tmp_path)
    finish(tmp_path, whole[:-30])
    scored.clear()
    assert go(sides, tmp_path, resume=True) == whole
    assert scored == list(NAMES)


def test_a_case_that_could_not_be_scored_is_tried_again(sides, tmp_path, scored):
    (sides[0] / "b.nii.gz").write_bytes(b"damaged")
    text = go(sides, tmp_path)
    finish(tmp_path, text)
    build.nifti(sides[0] / "b.nii.gz", build.blocks())
    scored.clear()
    assert '"unreadable"' not in go(sides, tmp_path, resume=True)
    assert scored == ["b"]


def test_a_prediction_that_comes_later_is_scored(sides, tmp_path, scored):
    (sides[0] / "b.nii.gz").rename(tmp_path / "later")
    finish(tmp_path, go(sides, tmp_path, missing="worst"))
    (tmp_path / "later").rename(sides[0] / "b.nii.gz")
    scored.clear()
    go(sides, tmp_path, missing="worst", resume=True)
    assert scored == ["b"]


def table(tmp_path, spacing, group="x"):
    """A table of two cases without a spacing of their own."""
    for name in "pq":
        build.png(tmp_path / f"{name}.png", build.blocks()[0])
    rows = [f"case,pred,gt,spacing,group\n{n},p.png,q.png,{spacing},{group}\n" for n in "1"]
    path = tmp_path / "pairs.csv"
    path.write_text("".join(rows))
    return str(path)


@pytest.mark.parametrize("change", [('"2,2"', "x"), ('"1,1"', "y")])
def test_another_spacing_or_group_in_the_table_is_another_case(tmp_path, scored, change):
    asked = {"pairs": table(tmp_path, '"1,1"')}
    first = go((tmp_path, tmp_path), tmp_path, "gt_volume", **asked)
    finish(tmp_path, first)
    scored.clear()
    again = {"pairs": table(tmp_path, *change), "resume": True}
    assert go((tmp_path, tmp_path), tmp_path, "gt_volume", **again) != first
    assert scored == ["1"]


def test_the_journal_begins_with_the_settings_and_has_a_line_a_case(sides, tmp_path, scored):
    interrupted(sides, tmp_path, scored)
    text = Journal(tmp_path / "out.json", {}).path.read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    assert rows[0]["numbers"] >= 1
    assert [row["case"] for row in rows[1:]] == ["a", "b"]


def test_a_finished_run_leaves_no_journal(sides, tmp_path, scored):
    finish(tmp_path, go(sides, tmp_path))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["gt", "out.json", "pred"]
    assert scored == list(NAMES)


@pytest.mark.parametrize("length", [236, 250])
def test_an_output_of_the_longest_name_is_resumed(sides, tmp_path, scored, length):
    name = "r" * length + ".json"
    whole = "".join(result_lines(score_paths(*sides, settings("dice"), None, str(tmp_path / name))))
    (tmp_path / name).unlink(missing_ok=True)
    scored.clear()
    scored.fail = "c"
    with pytest.raises(KeyboardInterrupt):
        score_paths(*sides, settings("dice"), None, str(tmp_path / name))
    scored.fail = ""
    scored.clear()
    card = score_paths(*sides, settings("dice", resume=True), None, str(tmp_path / name))
    assert "".join(result_lines(card)) == whole
    assert scored == ["c"]


def test_a_finished_file_whose_value_was_changed_is_scored_again(sides, tmp_path, scored):
    whole = go(sides, tmp_path, *METRICS)
    before = json.loads(whole)["cases"][1]["values"]["all"]["pixel_accuracy"]
    finish(tmp_path, whole.replace(str(before), str(before)[:-1] + "7"))
    assert (tmp_path / "out.json").read_text() != whole
    scored.clear()
    assert go(sides, tmp_path, *METRICS, resume=True) == whole
    assert scored == list(NAMES)
    finish(tmp_path, json.dumps(json.loads(whole)))  # laid out anew: nobody knows what else
    scored.clear()
    assert go(sides, tmp_path, *METRICS, resume=True) == whole
    assert scored == list(NAMES)
