"""PRED and GT on the command line: in order, by name, twice, swapped (CLI-U9, ACCOUNT-A6, A32)."""

import json
import shlex

import build
import numpy as np
import pytest

NII = (build.nifti, ".nii.gz")


@pytest.fixture
def sides(here):
    """Two folders whose names say nothing."""
    for name, shift in (("one", 1), ("two", 0)):
        maps = {c: np.roll(build.ball(), shift, 1) for c in ("a", "b")}
        build.folder(here / name, NII, **maps)
    return here


def test_cli_u9_two_paths_without_a_command_are_answered_with_one(segeval, sides):
    done = segeval("one", "two", "-m", "dice", "--gate", "1/dice=0.1")
    assert done.status == 2
    (line,) = [w for w in done.err.splitlines() if "help:" in w]
    words = shlex.split(line.partition("help: segeval ")[2])  # ACCOUNT-A31: it works as it stands
    assert segeval(*words).status == 0


def test_cli_u9_pairs_takes_every_option_that_decides_the_pairing(segeval, sides):
    from segeval.cli.pairs import command

    own = {name for param in command.params for name in param.opts}
    for option in (
        *("--layout", "--pair-regex-pred", "--pair-regex-gt", "--pairs", "--classes", "--strict"),
        *("--images", "--case-key", "--pred-select", "--gt-select", "--shard", "--pred", "--gt"),
    ):
        assert option in own


@pytest.mark.parametrize(
    "words",
    [
        ["--pred", "one", "--gt", "two"],
        ["--gt", "two", "--pred", "one"],
        ["two", "--pred", "one"],
        ["one", "--gt", "two"],
    ],
)
def test_account_a32_sides_can_be_named(segeval, sides, words):
    plain = segeval("score", "one", "two", "-m", "precision", "--format", "csv")
    assert segeval("score", *words, "-m", "precision", "--format", "csv").out == plain.out


def test_a_side_that_is_given_twice_is_refused(segeval, sides):
    done = segeval("score", "one", "two", "--pred", "one")
    assert (done.status, "--pred names a side" in done.err) == (2, True)


@pytest.mark.parametrize("option", ["--threshold", "--missing", "--pred", "--layout"])
def test_account_a6_an_option_of_one_value_is_given_once(segeval, sides, option):
    done = segeval("score", "one", "two", option, "0.5", option, "0.6")
    assert (done.status, f"{option} is given twice" in done.err) == (2, True)


def test_account_a6_list_options_add_up(segeval, sides):
    done = segeval("score", "one", "two", "-m", "dice", "-m", "iou,precision", "--format", "csv")
    metrics = {line.split(",")[2] for line in done.out.splitlines()[1:]}
    assert (done.status, metrics) == (0, {"dice", "iou", "precision"})


SIGNS = {
    "plans": lambda here: (here / "two" / "plans.json").write_text("{}"),
    "arguments": lambda here: (here / "two" / "predict_from_raw_data_args.json").write_text("{}"),
    "folder": lambda here: (here / "two").rename(here / "my_predictions"),
    "files": lambda here: [p.rename(p.with_name(f"{p.name[0]}_gt.nii.gz"))
                           for p in (here / "one").iterdir()],
}  # fmt: skip


@pytest.mark.parametrize("sign", SIGNS)
def test_account_a32_swapped_sides_are_warned_of_with_the_reason(segeval, sides, sign):
    SIGNS[sign](sides)
    gt = "my_predictions" if sign == "folder" else "two"
    wrong = segeval("score", "one", gt, "-m", "dice")
    assert (wrong.status, "[W-swapped-sides]" in wrong.err) == (0, True)
    right = segeval("score", gt, "one", "-m", "dice")
    assert (right.status, "swapped" in right.err) == (0, False)
    assert segeval("score", "one", gt, "--error", "W-swapped-sides").status == 3


def test_account_a32_signs_that_contradict_each_other_say_nothing(segeval, sides):
    for side in ("one", "two"):
        (sides / side / "plans.json").write_text("{}")
    assert "swapped" not in segeval("score", "one", "two").err


@pytest.mark.parametrize("ending", [".png", ".npy", ".nii.gz"])
@pytest.mark.parametrize("ignored", [(255,), (254, 255), (200,)])
def test_account_a32_the_ignored_value_in_the_prediction_alone(segeval, here, ending, ignored):
    for side in ("labelled", "bare"):
        (here / side).mkdir()
        for case in "abc":
            mask = np.zeros((6, 8), np.uint8)
            mask[1:4, 2:6] = 1
            if side == "labelled" and case != "a":
                mask[5, :4], mask[5, 4:] = ignored[0], ignored[-1]
            path = here / side / f"{case}{ending}"
            (build.nifti(path, mask[None]) if ending == ".nii.gz" else
             build.png(path, mask) if ending == ".png" else build.npy(path, mask))  # fmt: skip
    words = ("-m", "dice", "--ignore-label", ",".join(map(str, ignored)))
    wrong = segeval("score", "labelled", "bare", *words, "-o", "o.json")
    assert (wrong.status, "[W-swapped-sides]" in wrong.err) == (0, True)
    assert f"holds the ignored value {', '.join(map(str, ignored))}" in wrong.err
    right = segeval("score", "bare", "labelled", *words, "-o", "o.json")
    assert (right.status, "swapped" in right.err) == (0, False)
    content = json.loads((here / "o.json").read_text())
    own = content["inputs"]["inventory"]["gt label"]
    assert own == {"found": 5, "scored": 3, "left_aside": {"left out by request": 2}}
    left = [item for item in content["inputs"]["left_aside"] if item["kind"] == "label"]
    assert len(left) == 1  # not one a case
    both = segeval("score", "labelled", "labelled", *words)
    assert "W-swapped" not in both.err
