"""Presets: each can be run, and each says of empty masks what its tool says."""

import json
import math

import build
import numpy as np
import pytest

from segeval.api.request_checks import requested_metrics
from segeval.cli.files import preset_names
from segeval.cli.settings_sources import CommandLineRequest, resolve_settings

# Presets whose metrics need more than label maps of one organ have tests of their own.
OTHERS = ("default", "semantic", "probability", "coco")
SURFACE = [name for name in preset_names() if name not in OTHERS]


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_a_request_that_can_be_run(here, name):
    settings = resolve_settings(
        CommandLineRequest({"preset": name}, isolated=True), {}, here
    ).settings
    assert settings.metrics
    assert requested_metrics(settings)


@pytest.mark.parametrize("name", preset_names())
def test_it_says_what_it_is(segeval, name):
    ran = segeval("config", "--preset", name)
    assert ran.status == 0
    assert ran.out.startswith("# ")


def ball(at, radius=4):
    z, y, x = np.ogrid[:16, :16, :16]
    return (z - 8) ** 2 + (y - 8) ** 2 + (x - at) ** 2 <= radius**2


def cases(path, label=1):
    """Both sides, prediction alone, ground truth alone, neither."""
    empty = np.zeros((16, 16, 16), np.uint8)
    one, other = (label * ball(at).astype(np.uint8) for at in (7, 8))
    for name, pred, gt in (
        ("both", one, other),
        ("gt_empty", one, empty),
        ("pred_empty", empty, other),
        ("both_empty", empty, empty),
    ):
        build.nifti(path / "pred" / f"{name}.nii.gz", pred)
        build.nifti(path / "gt" / f"{name}.nii.gz", gt)


def scored(segeval, here, *more):
    """Values of each case by class and metric; None for undefined ones."""
    ran = segeval("score", "pred", "gt", "-o", "r.json", "--ignore", "W-cut-structure", *more)
    assert ran.status == 0, ran.err
    found = json.loads((here / "r.json").read_text())["cases"]
    return {
        case["case"]: {
            name: {m: v if isinstance(v, float) else v["value"] for m, v in values.items()}
            for name, values in case.get("values", {}).items()
        }
        for case in found
    }


@pytest.fixture
def folders(here):
    for side in ("pred", "gt"):
        (here / side).mkdir()
    return here


@pytest.mark.parametrize("name", SURFACE)
def test_it_scores_a_folder(segeval, folders, name):
    cases(folders)
    classes = () if name.startswith("brats") else ("--classes", "1=Brain")
    found = scored(segeval, folders, "--preset", name, *classes)
    values = next(iter(found["both"].values()))
    assert len(values) > 1
    assert all(value is not None for value in values.values())


def test_brats_2023_charges_what_is_missing(segeval, folders):
    cases(folders, label=3)
    found = scored(segeval, folders, "--preset", "brats-2023")
    assert list(found["both"]) == ["whole", "core", "enhancing"]
    for case, dice, hd95 in (
        ("gt_empty", 0, 374),
        ("pred_empty", 0, 374),
        ("both_empty", 1, 0),
    ):
        for values in found[case].values():
            assert (values["dice"], values["hd95:as=deepmind"]) == (dice, hd95)


def test_regions_are_unions_of_labels(segeval, folders):
    gt = np.zeros((8, 8, 8), np.uint8)
    gt[:2], gt[2:3], gt[3:4] = 2, 1, 4  # 128 voxels of oedema, 64 of necrosis, 64 enhancing
    pred = np.where(gt == 2, 0, gt).astype(np.uint8)
    build.nifti(folders / "pred" / "a.nii.gz", pred)
    build.nifti(folders / "gt" / "a.nii.gz", gt)
    found = scored(segeval, folders, "--preset", "brats")["a"]
    assert found["whole"]["dice"] == pytest.approx(2 * 128 / (128 + 256))
    assert found["core"]["dice"] == found["enhancing"]["dice"] == 1
    one = scored(segeval, folders, "--preset", "brats", "--classes", "whole")["a"]
    assert one == {"whole": found["whole"]}


def test_the_diagonal_of_brats_images():
    # 240 x 240 x 155 voxels of 1 mm; the challenge rounds to five places
    assert math.dist((0, 0, 0), (240, 240, 155)) == pytest.approx(373.12866, abs=1e-5)


@pytest.mark.parametrize(
    ("preset", "metric", "wanted"),
    [
        ("totalsegmentator", "dice", {"gt_empty": None, "pred_empty": 0, "both_empty": None}),
        ("monai", "iou", {"gt_empty": None, "pred_empty": 0, "both_empty": None}),
        ("medpy", "dice", {"gt_empty": 0, "pred_empty": 0, "both_empty": 0}),
        ("nnunet", "dice", {"gt_empty": 0, "pred_empty": 0, "both_empty": None}),
        ("metrics-reloaded", "hd95:as=metrics-reloaded", {"gt_empty": None, "both_empty": 0}),
    ],
)
def test_empty_masks_are_those_of_the_tool(segeval, folders, preset, metric, wanted):
    cases(folders)
    found = scored(segeval, folders, "--preset", preset, "--classes", "1=Brain")
    assert {case: found[case]["Brain"][metric] for case in wanted} == wanted


def test_options_win_over_a_preset(segeval, folders):
    cases(folders, label=3)
    charges = ("--charge", "hd95.pred_empty=10mm")
    found = scored(segeval, folders, "--preset", "brats-2023", "-m", "hd95", *charges)
    assert found["pred_empty"]["whole"] == {"hd95": 10}
    assert found["gt_empty"]["whole"] == {"hd95": None}
