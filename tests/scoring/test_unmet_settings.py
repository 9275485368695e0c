"""ACCOUNT-A1, A2: what was asked for and had nothing to do is said, once, and never else."""

import build
import numpy as np
import pytest
from advice.dicom import patient
from advice.driver import invoke
from advice.files import organ, pair

import segeval


@pytest.fixture
def said(tmp_path, monkeypatch):
    """The settings that a run says to be without effect, by what follows `score`."""
    monkeypatch.chdir(tmp_path)

    def run(command, pred=None, gt=None, make=None):
        (make or pair(organ(1) if pred is None else pred, organ(1, 2) if gt is None else gt))(
            tmp_path
        )
        done = invoke(
            f"score p.npy g.npy -m dice {command}".split() if make is None else command.split()
        )
        assert done.status == 0, done.err
        lines = [line for line in done.err.splitlines() if line.endswith("[W-no-effect]")]
        return [
            line.removeprefix("warning: 1 setting without effect (")[: -len(") [W-no-effect]")]
            for line in lines
        ]

    return run


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--remap-gt 77=1", "--remap-gt 77=1: no ground truth holds 77"),
        ("--remap-gt 2=1,300=1", "--remap-gt 300=1: no ground truth holds 300"),
        ("--remap-pred 2=1", "--remap-pred 2=1: no prediction holds 2"),
        ("--ignore-label 9", "--ignore-label 9: no ground truth holds it"),
        ("--ignore-label=-5,2", "--ignore-label -5: no ground truth holds it"),
        ("--alias zz=yy", '--alias "zz=yy": no file calls a structure so'),
        ("--alias x=1a", '--alias "x=1a": no file calls a structure so; did you mean 1?'),
        ("--channel-axis 0", "--channel-axis: no file has channels"),
        ("--threshold 0.3", "--threshold: no side holds scores"),
        ("--activation sigmoid", "--activation: no side holds scores"),
        ("--min-score 0.3", "--min-score: no prediction has regions or detections with scores"),
        ("--roi-offset 1", "--roi-offset: no prediction is of regions of interest"),
        ("--rt-grid 2", "--rt-grid: no side holds contours"),
        ("--rt-overlap union", "--rt-overlap: no side holds contours"),
        ("--images .", "--images: no case has contours that lie on one of its series"),
        ("--gt-select a", "--gt-select: no side is of structure sets"),
        ("--min-size 5px", "--min-size: no metric is of instances"),
        ("--unlisted ignore", "--unlisted: no class of the list has a colour"),
        ("--charge hd95.pred_empty=3", "--charge hd95.pred_empty=3: hd95 is not asked for"),
    ],
)  # fmt: skip
def test_a2_a_setting_that_nothing_was_there_for(said, option, text):
    assert said(option) == [text]


@pytest.mark.parametrize(
    "option",
    ["", "--remap-gt 2=1", "--ignore-label 2", "--remap-gt 2=255 --ignore-label 255",
     "--ignore-label=2,1", "--remap-gt cityscapes-train-ids --ignore-label 255",
     "--preset semantic", "--spacing 1,1,1",
     "--charge dice.both_empty=1"],
)  # fmt: skip
def test_what_has_an_effect_is_not_said(said, option):
    assert said(option) == []


def test_a_label_of_floats_and_of_wide_integers_is_met(said):
    assert said("--remap-gt 2=1", gt=organ(1, 2).astype(np.float32)) == []
    assert said("--remap-gt 300=1", gt=organ(1, 300)) == []
    assert said("--remap-gt 3=1", gt=organ(1, 300)) == ["--remap-gt 3=1: no ground truth holds 3"]


def test_one_case_that_has_it_is_enough(said, tmp_path):
    def make(here):
        for name, labels in (("a", (1, 2)), ("b", (1,))):
            build.npy(here / "pred" / f"{name}.npy", organ(1))
            build.npy(here / "gt" / f"{name}.npy", organ(*labels))

    assert said("score pred gt -m dice --remap-gt 2=1", make=make) == []
    assert said("score pred gt -m dice --remap-gt 3=1 -j 2", make=make) == [
        "--remap-gt 3=1: no ground truth holds 3"
    ]


def test_contours_use_their_options_and_aliases(said):
    make = patient()
    assert said("score pred gt -m dice --rt-grid 2 --alias Heart=heart2", make=make) == [
        '--alias "Heart=heart2": no file calls a structure so; did you mean Heart?'
    ]


def test_a_table_of_a_class_that_no_case_has(said, tmp_path):
    (tmp_path / "segeval.toml").write_text(
        '[classes.Hart]\ntolerance = "1mm"\n[classes.2]\ntolerance = "2mm"\n'
    )
    assert said("") == ["[classes.Hart]: no case has such a class"]


def test_shards_say_nothing_and_merge_does(said, tmp_path):
    assert said("--remap-gt 77=1 --shard 1/1 -o s.json") == []
    done = invoke(["merge", "s.json", "-o", "all.json"])
    assert "--remap-gt 77=1: no ground truth holds 77" in done.err


def test_python_has_it_in_the_results():
    card = segeval.score(organ(1), organ(1), "dice", remap_gt={7: 1})
    assert card.cases[0].facts["unmet"] == ["--remap-gt 7=1: no ground truth holds 7"]
