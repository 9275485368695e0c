"""The gate files of sample_data/gates: each loads, judges, and says where its numbers are from."""

import re
from pathlib import Path

import nibabel
import numpy as np
import pytest

GATES = Path(__file__).resolve().parents[2] / "sample_data" / "gates"
SAMPLES = GATES.parent
FILES = sorted(GATES.glob("*.toml"))
NECK = ["Bone_Mandible", "Brainstem", "Glnd_Submand_L", "Glnd_Submand_R", "Parotid_L", "Parotid_R"]


def ball(radius, off=0):
    """A ball of a radius in voxels of 1 mm, moved along the last axis."""
    z, y, x = np.mgrid[:40, :40, :40]
    return (z - 20) ** 2 + (y - 20) ** 2 + (x - 20 - off) ** 2 <= radius**2


def save(path, labels):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.Nifti1Image(labels.astype(np.uint8), np.eye(4)).to_filename(path)


def masks(folder, names, off):
    """Two folders of masks, one a structure; the prediction is moved by some voxels."""
    for name in names:
        save(folder / "gt" / "p1" / f"{name}.nii.gz", ball(12))
        save(folder / "pred" / "p1" / f"{name}.nii.gz", ball(12, off))


def labels(folder, off):
    """A label map of a kidney with its tumour, and a prediction that is moved."""
    for side, moved in (("gt", 0), ("pred", off)):
        save(folder / side / "case.nii.gz", ball(14, moved) + 1 * ball(8, moved))


DATA = {
    "tg-132": lambda folder, off: masks(folder, ["Heart", "Lung_L"], off),
    "observers-head-neck": lambda folder, off: masks(folder, NECK, off),
    "rectum-ctv": lambda folder, off: masks(folder, ["CTV"], off),
    "kits19": labels,
    "totalsegmentator": lambda folder, off: masks(folder, ["liver", "spleen"], off),
}
RULES = {
    "tg-132": 4,  # two rules, two structures
    "observers-head-neck": 18,  # three rules of six structures
    "rectum-ctv": 2,
    "kits19": 2,
    "totalsegmentator": 3,
}


def closing(result):
    return result.err.splitlines()[-1]


@pytest.mark.parametrize("name", RULES)
def test_what_is_the_same_clears_every_rule(segeval, tmp_path, name):
    DATA[name](tmp_path, 0)
    done = segeval("score", tmp_path / "pred", tmp_path / "gt", "-c", GATES / f"{name}.toml")
    assert (done.status, closing(done)) == (0, f"gates: 0 of {RULES[name]} missed")


@pytest.mark.parametrize("name", RULES)
def test_what_is_far_off_misses_every_rule(segeval, tmp_path, name):
    DATA[name](tmp_path, 14)
    done = segeval("score", tmp_path / "pred", tmp_path / "gt", "-c", GATES / f"{name}.toml")
    assert (done.status, closing(done)) == (1, f"gates: {RULES[name]} of {RULES[name]} missed")


def test_the_kidney_counts_with_its_tumour(segeval, tmp_path):
    # The tumour is called kidney: 1.0 for the union, nothing of the tumour.
    save(tmp_path / "gt" / "case.nii.gz", ball(14) + 1 * ball(8))
    save(tmp_path / "pred" / "case.nii.gz", ball(14))
    done = segeval("score", tmp_path / "pred", tmp_path / "gt", "-c", GATES / "kits19.toml")
    assert done.status == 1
    assert "FAIL tumour/dice 0 < 0.851" in done.err
    assert "PASS kidney/dice 1 >= 0.974" in done.err


def test_the_streets_of_the_samples_miss_the_rule_of_streets(segeval):
    sides = SAMPLES / "png" / "pred", SAMPLES / "png" / "gt"
    done = segeval("score", *sides, "-c", GATES / "cityscapes.toml")
    assert done.status == 1
    assert "FAIL all/miou.pooled 0.732 < 0.801" in done.err


def test_every_file_is_tried_here():
    assert {file.stem for file in FILES} == {*RULES, "cityscapes"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_says_where_its_numbers_are_from_and_each_stands_in_what_the_source_says(file):
    text = file.read_text("utf-8")
    for word in ("# Source ", "# Says ", "# Here "):
        assert word in text
    comments = " ".join(line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    said = comments.partition("Source")[2]
    known = {float(number) for number in re.findall(r"\d+\.\d+|\d+", said)}
    known |= {round(number / 100, 6) for number in known}  # 80.09 %
    for bar in re.findall(r'^".*" = "?([\d.]+)', text, re.MULTILINE):
        assert float(bar) in known, bar
