"""The sample data is what its script makes, stays small, and holds what its README says."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from PIL import Image

SAMPLES = Path(__file__).resolve().parents[1] / "sample_data"
SCRIPTS = [SAMPLES / "make.py", SAMPLES / "make_contours.py"]
ORGANS = 6
PANCREAS, KIDNEY_RIGHT = 6, 4


def files(folder: Path) -> dict[str, bytes]:
    kinds = (".gz", ".png", ".json", ".dcm")
    found = sorted(p for p in folder.rglob("*") if p.suffix in kinds)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}


def pixels(path: Path) -> object:
    if path.suffix == ".dcm":  # every element but those that name the version of pydicom
        return str(pydicom.dcmread(path)).splitlines()
    if path.suffix == ".png":
        with Image.open(path) as image:
            return np.asarray(image)
    return np.asarray(nibabel.load(path).dataobj)


def case(side: str, name: str) -> np.ndarray:
    return pixels(SAMPLES / "ct" / side / f"{name}.nii.gz")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The data made twice, each time by a new process."""
    folders = tmp_path_factory.mktemp("once"), tmp_path_factory.mktemp("again")
    for folder in folders:
        for script in SCRIPTS:
            subprocess.run([sys.executable, str(script), str(folder)], check=True)
    return folders


def test_the_same_seed_gives_the_same_bytes(made):
    once, again = made
    assert files(once)
    assert files(once) == files(again)


def test_the_files_are_those_of_the_script(made):
    # Values, not bytes: another build of zlib packs the same picture differently.
    fresh = files(made[0])
    assert fresh.keys() == files(SAMPLES).keys()
    for name in fresh:
        if not name.endswith(".json"):
            assert np.array_equal(pixels(made[0] / name), pixels(SAMPLES / name)), name


def test_all_of_it_is_well_below_500_kb():
    assert sum(map(len, files(SAMPLES).values())) < 350_000


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_does_not_need_what_it_is_to_test(script):
    assert "import segeval" not in script.read_text("utf-8")
    assert "from segeval" not in script.read_text("utf-8")


def test_one_patient_has_no_right_kidney_and_one_pancreas_is_missed():
    assert KIDNEY_RIGHT not in case("gt", "case_02")
    assert KIDNEY_RIGHT not in case("pred", "case_02")
    assert PANCREAS in case("gt", "case_03")
    assert PANCREAS not in case("pred", "case_03")


def test_what_is_found_overlaps_as_a_fair_model_does():
    for name in ("case_01", "case_02", "case_03"):
        truth, pred = case("gt", name), case("pred", name)
        for label in range(1, ORGANS + 1):
            t, p = truth == label, pred == label
            if t.any() and p.any():
                assert 0.7 < 2 * (t & p).sum() / (t.sum() + p.sum()) < 0.97, (name, label)


def test_probabilities_sum_to_one_exactly():
    for path in sorted((SAMPLES / "prob" / "pred").glob("*.nii.gz")):
        assert (pixels(path).astype(float).sum(axis=-1) == 1).all()


def test_every_street_has_pixels_that_nobody_labelled():
    for path in sorted((SAMPLES / "png" / "gt").glob("*.png")):
        assert (pixels(path) == 255).any()
        assert not (pixels(SAMPLES / "png" / "pred" / path.name) == 255).any()


def test_a_softmax_in_steps_keeps_its_sum():
    spec = importlib.util.spec_from_file_location("make", SAMPLES / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    #        three equal shares of 1024 steps: 341 + 341 + 341 = 1023, so one of them gets 342
    shares = make.softmax(np.zeros((3, 1)))
    assert sorted((shares[:, 0] * 1024).tolist()) == [341, 341, 342]
