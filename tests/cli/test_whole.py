"""The command on real files: what is loaded, interrupted runs, bugs, pipes."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep

import headless
import nibabel
import numpy as np
import pytest
from PIL import Image

from segeval.cli.main import COMMANDS
from segeval.metrics import registry

pytest.importorskip("segeval.readers.registry")


def masks(folder, shifts, *names):
    """Label maps of one cube, shifted along x."""
    folder.mkdir()
    for name, shift in zip(names, shifts, strict=True):
        cube = np.zeros((12, 8, 6), np.uint8)
        cube[2 + shift : 6 + shift, 2:6, 1:5] = 1
        nibabel.save(nibabel.Nifti1Image(cube, np.diag([1, 1, 3, 1])), folder / f"{name}.nii.gz")


@pytest.fixture
def pairs(here):
    """Three cases: the prediction is the ground truth, moved by 1, moved by 2 of 4 voxels."""
    masks(here / "gt", [0, 0, 0], "a", "b", "c")
    masks(here / "pred", [0, 1, 2], "a", "b", "c")
    return here


def test_dice_by_hand(segeval, pairs):
    # overlap of 4 and 4 voxels shifted by s: 2 (4 - s) / 8 = 1, 0.75, 0.5
    ran = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv", "-o", "out/all.json")
    assert ran.status == 0
    values = [line.split(",")[3] for line in ran.out.splitlines()[1:]]
    assert values == ["1.0", "0.75", "0.5"]
    assert len(json.loads((pairs / "out" / "all.json").read_text())["cases"]) == 3


def test_the_examples_of_config_and_the_gates_of_a_class(segeval, pairs):
    (pairs / "segeval.toml").write_text(
        '[classes.heart]\nlabel = 1\ngates = { dice = 0.8 }\n[gates]\n"heart/dice.worst" = 0.5\n'
    )
    ran = segeval("score", "pred", "gt", "--format", "none")
    assert ran.status == 1
    verdicts = [line for line in ran.err.splitlines() if line[:4] in ("PASS", "FAIL")]
    assert verdicts == [
        "FAIL heart/dice 0.75 < 0.8 (n=3); worst 0.5 in c",
        "PASS heart/dice.worst 0.5 >= 0.5 (n=3)",
    ]


def test_a_case_that_is_lost_is_3_and_the_others_are_written(segeval, pairs):
    (pairs / "pred" / "b.nii.gz").unlink()
    (pairs / "pred" / "c.nii.gz").write_bytes(b"no gzip")
    ran = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv", "--gate", "dice=0.1")
    assert ran.status == 3
    assert "a,1,dice,1.0" in ran.out
    assert [line for line in ran.err.splitlines() if line.startswith("error: b: ")]
    assert [line for line in ran.err.splitlines() if line.startswith("error: c: ")]
    skipped = segeval("score", "pred", "gt", "--format", "none", "--missing", "skip")
    assert skipped.status == 3
    assert "error: b: " not in skipped.err


def test_a_metric_that_raises_is_5(segeval, pairs, monkeypatch):
    def broken(_counts):
        raise ZeroDivisionError("boom")

    registry.load_all_metrics()
    dice = replace(registry.KNOWN["dice"], compute=broken)
    monkeypatch.setitem(registry.KNOWN, "dice", dice)
    ran = segeval("score", "pred", "gt", "-m", "dice,iou", "--format", "none", "-o", "r.csv")
    assert ran.status == 5
    assert "boom" in ran.err
    assert "Traceback" not in ran.err
    assert "internal_error" in (pairs / "r.csv").read_text()
    assert "in broken" in segeval("score", "pred", "gt", "-m", "dice", "-vv").err


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["nowhere", "gt"], 2),
        (["pred", "empty"], 4),
        (["pred", "gt", "-m", "dise"], 2),
        (["pred", "gt", "--gate", "gt_volume=3"], 2),
        (["pred", "gt", "--classes", "nowhere.json"], 2),
    ],
)
def test_what_cannot_be_scored(segeval, pairs, arguments, status):
    (pairs / "empty").mkdir()
    ran = segeval("score", *arguments)
    assert (ran.status, ran.out) == (status, "")
    assert ran.err.startswith("error: ")


def test_a_dry_run_is_pairs(segeval, pairs):
    assert segeval("score", "pred", "gt", "--dry-run") == segeval("pairs", "pred", "gt")
    ran = segeval("pairs", "pred", "gt", "--write", "pairs.csv")
    assert ran.status == 0
    assert [line.split()[0] for line in ran.out.splitlines()[2:]] == ["a", "b", "c"]
    again = segeval("score", "--pairs", "pairs.csv", "-m", "dice", "--format", "csv")
    direct = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv")
    assert again.out == direct.out


def test_inspect_counts_the_voxels_of_labels(segeval, pairs):
    ran = segeval("inspect", "gt")
    assert ran.status == 0
    head, _, *rows = ran.out.splitlines()
    assert head.startswith("file")
    assert len(rows) == 3
    assert "labels  12x8x6, 1 x 1 x 3 mm  1 class, voxels 1: 64" in rows[0]  # 4 x 4 x 4 voxels


def test_inspect_names_labels_as_it_is_told(segeval, pairs):
    assert "voxels heart: 64" in segeval("inspect", "gt", "--classes", "1=heart").out


def test_inspect_gives_the_range_of_probabilities(segeval, here):
    p = np.linspace(0.25, 0.75, 8, dtype=np.float32).reshape(2, 2, 2)
    nibabel.save(nibabel.Nifti1Image(p, np.eye(4)), "p.nii")
    ran = segeval("inspect", "p.nii")
    assert "prob" in ran.out
    # 8 values, evenly from 0.25 to 0.75: half of them reach 0.5
    assert "1 channel from 0.25 to 0.75; 1 class, voxels 1: 4" in ran.out


def test_inspect_looks_at_a_part_of_a_very_large_file(segeval, here, monkeypatch):
    monkeypatch.setattr("segeval.cli.inspect.MOST", 40)
    monkeypatch.setattr("segeval.cli.inspect.CHUNK", 16)
    labels = np.zeros((10, 10), np.uint8)
    labels[0, :3], labels[1, :4], labels[9] = 1, 2, 3
    Image.fromarray(labels).save(here / "a.png")
    np.save(here / "b.npy", labels.astype(np.int32))
    for name in ("a.png", "b.npy"):
        said = "2 classes, voxels 1: 3, 2: 4; of the first 40 of 100 voxels"
        assert said in segeval("inspect", name).out
    monkeypatch.setattr("segeval.cli.inspect.MOST", 100)
    assert "voxels 1: 3, 2: 4, 3: 10" in (out := segeval("inspect", "a.png").out)
    assert "of the first" not in out


def test_inspect_says_what_is_wrong(segeval, pairs):
    (pairs / "gt" / "b.nii.gz").write_bytes(b"no gzip")
    (pairs / "empty").mkdir()
    ran = segeval("inspect", "gt")
    assert ran.status == 3
    assert len([line for line in ran.out.splitlines() if "ERROR" in line]) == 1
    assert ran.err.startswith("error: gt/b.nii.gz: ")
    assert segeval("inspect", "empty").status == 4
    assert segeval("inspect", "nowhere").status == 2


def test_a_reader_that_leaves_costs_neither_files_nor_the_status(pairs):
    out, pipe = os.pipe()
    os.close(out)
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "segeval", "score", "pred", "gt", "-m", "dice", "-q"),
            *("--format", "csv", "-o", "r.csv", "--gate", "dice=0.9"),
        ],
        stdout=pipe,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(pipe)
    assert ran.returncode == 1
    assert ran.stderr == "FAIL 1/dice 0.75 < 0.9 (n=3); worst 0.5 in c\ngates: 1 of 1 missed\n"
    assert len((pairs / "r.csv").read_text().splitlines()) == 4


SLOW = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job with & ignores it
from segeval.engines import serial
work = serial.score_with_files
def slow(case, job):
    if case.id == "b" and "--resume" not in sys.argv:
        time.sleep(60)
    return work(case, job)
serial.score_with_files = slow
from segeval.__main__ import run
run()
"""


def test_an_interrupted_run_keeps_what_is_done(pairs):
    command = [sys.executable, "-c", SLOW, "score", "pred", "gt", "-o", "r.json"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    partial = pairs / "r.json.partial.jsonl"
    end = monotonic() + 30
    while monotonic() < end and not (partial.exists() and '"a"' in partial.read_text()):
        sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "interrupted: 1 of 3 cases are done; add --resume to go on" in err
    assert not (pairs / "r.json").exists()
    ran = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=True)
    assert "3 cases" in ran.stdout
    assert not partial.exists()


def test_a_pair_of_pictures_loads_only_what_it_needs(here):
    pytest.importorskip("segeval.readers.png")
    for side in ("pred", "gt"):
        Image.fromarray(np.eye(8, dtype=np.uint8)).save(f"{side}.png")
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        "sys.argv = ['segeval', 'score', 'pred.png', 'gt.png', '-q', '--format', 'json']\n"
        "from segeval.__main__ import run\n"
        "run()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"rich", "tqdm", "nibabel", "scipy", "nrrd", "pydicom", "isal", "concurrent.futures"}
    assert not heavy.intersection(ran.stderr.split())
    assert json.loads(ran.stdout)["cases"]


def examples():
    """The examples of every command that are no shell constructs."""
    commands = [import_module(module).command for module, _ in COMMANDS.values()]
    lines = [line for command in commands for line in command.examples]
    return [line for line in lines if line.startswith("segeval ") and ">" not in line]


@pytest.mark.parametrize("line", examples())
def test_an_example_of_the_help_runs_as_it_stands(segeval, here, line):
    sample = Path(__file__).resolve().parents[2] / "sample_data"
    if not sample.exists():
        pytest.skip("sample_data is not there")
    if ".pdf" in line and headless.PROGRAM is None:
        pytest.skip("no Chromium is installed")
    for name in ("pred", "gt"):
        (here / name).symlink_to(sample / "ct" / name)
    (here / "patients").symlink_to(sample / "contours" / "gt")
    for part in (1, 2) if "shard_" in line else ():  # what the lines of a job array left
        ct = "score pred gt --format none -q"
        segeval(*ct.split(), "--shard", f"{part}/2", "-o", f"shard_{part}.json")
    (here / "dataset.json").write_text('{"labels": {"background": 0, "liver": 1}}')
    if line.startswith(
        ("segeval gate", "segeval compare", "segeval report", "segeval show")
    ):  # result files of earlier runs
        ct = "score pred gt --format none -q"
        for name in (word for word in line.split() if word.endswith(".json")):
            segeval(*ct.split(), "-o", name)
    ran = segeval(*line.split()[1:])
    assert (ran.status, bool(ran.out)) == (0, True)
