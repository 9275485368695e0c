"""The main job on files that nobody here wrote: one plain command each, equal to a plain count."""

import json
import os
import subprocess
import sys

import nibabel
import numpy as np
import pytest
from paths import SHARED
from PIL import Image

DATA = SHARED / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not here")


def segeval(*arguments, cwd=None):
    """Run the command; gives (exit status, results, stderr)."""
    done = subprocess.run(
        [sys.executable, "-m", "segeval", "score", *map(str, arguments), "--format", "json"],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "CI": "true"},
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def values(results, case=0):
    """Class -> metric -> value of one case."""
    return results["cases"][case]["values"]


def plain(truth, pred, voxel_ml=None):
    """Dice, IoU and volume difference of two masks."""
    tp = int(np.count_nonzero(truth & pred))
    fp = int(np.count_nonzero(pred & ~truth))
    fn = int(np.count_nonzero(truth & ~pred))
    difference = (fp - fn) * voxel_ml if voxel_ml is not None else float(fp - fn)
    return {
        "dice": 2 * tp / (2 * tp + fp + fn),
        "iou": tp / (tp + fp + fn),
        "volume_difference": difference,
    }


def number(value):
    return value["value"] if isinstance(value, dict) else value


def agree(got, want):
    for metric, value in want.items():
        limit = {"rel": 1e-9, "abs": 1e-12} if "volume" in metric else {"rel": 1e-12, "abs": 0}
        assert number(got[metric]) == pytest.approx(value, **limit), metric


def loaded(path):
    image = nibabel.load(path)
    return np.asanyarray(image.dataobj), float(np.abs(np.linalg.det(image.affine[:3, :3]))) / 1000


def test_totalseg_ct_every_label():
    folder = DATA / "totalseg_ct"
    status, results, _ = segeval(folder / "example_seg_fast.nii.gz", folder / "example_seg.nii.gz")
    assert status == 0
    truth, ml = loaded(folder / "example_seg.nii.gz")
    pred, _ = loaded(folder / "example_seg_fast.nii.gz")
    labels = sorted((set(np.unique(truth)) | set(np.unique(pred))) - {0})
    assert list(values(results))[: len(labels)] == [str(v) for v in labels]
    for label in labels:
        agree(values(results)[str(label)], plain(truth == label, pred == label, ml))
    assert values(results)["13"]["dice"]["reason"] == "pred_empty"


def test_totalseg_ct_one_file_an_organ_against_a_label_map():
    folder = DATA / "totalseg_ct"
    names = json.loads((folder / "labels.json").read_text())
    status, results, _ = segeval(
        folder / "fast_per_organ",
        folder / "example_seg.nii.gz",
        "--classes",
        folder / "labels.json",
    )
    assert status == 0
    truth, ml = loaded(folder / "example_seg.nii.gz")
    for value, name in names.items():
        path = folder / "fast_per_organ" / f"{name}.nii.gz"
        mask = loaded(path)[0] > 0 if path.exists() else np.zeros(truth.shape, bool)
        agree(values(results)[name], plain(truth == int(value), mask, ml))
        if not path.exists():
            assert values(results)[name]["dice"]["reason"] == "class_absent"


def test_oar_two_observers():
    folder = DATA / "oar_two_observers"
    status, results, err = segeval(folder / "radiographer", folder / "oncologist")
    assert status == 0
    assert "one case" in err
    organs = sorted(p.name.removesuffix(".nii.gz") for p in (folder / "oncologist").iterdir())
    assert len(organs) == 21
    for organ in organs:
        truth, ml = loaded(folder / "oncologist" / f"{organ}.nii.gz")
        pred, _ = loaded(folder / "radiographer" / f"{organ}.nii.gz")
        agree(values(results)[organ], plain(truth > 0, pred > 0, ml))


def test_spine_mr_instances():
    folder = DATA / "spine_mr_instances"
    status, results, _ = segeval(folder / "pred.nii.gz", folder / "ref.nii.gz")
    assert status == 0
    truth, ml = loaded(folder / "ref.nii.gz")
    pred, _ = loaded(folder / "pred.nii.gz")
    labels = sorted(set(np.unique(truth)) - {0})
    assert len(labels) == 22
    for label in labels:
        agree(values(results)[str(label)], plain(truth == label, pred == label, ml))


@pytest.mark.parametrize(
    ("mask", "threshold", "missed"), [("20_perc", 0.2, 0), ("50_perc", 0.5, 7), ("90_perc", 0.9, 3)]
)
def test_prob_thresholds(mask, threshold, missed):
    folder = DATA / "prob_thresholds"
    status, results, _ = segeval(
        folder / "prob_map.nii.gz",
        folder / f"{mask}.nii.gz",
        "--kind",
        "prob",
        "--threshold",
        threshold,
    )
    assert status == 0
    truth, ml = loaded(folder / f"{mask}.nii.gz")
    share = loaded(folder / "prob_map.nii.gz")[0] / 255
    agree(values(results)["1"], plain(truth > 0, share >= threshold, ml))
    assert np.count_nonzero((truth > 0) & (share < threshold)) == missed  # as SOURCE.md says


def test_prob_thresholds_without_a_kind_are_refused():
    folder = DATA / "prob_thresholds"
    status, _, err = segeval(folder / "prob_map.nii.gz", folder / "50_perc.nii.gz")
    assert status == 3
    assert "--kind prob" in err


def picture(name):
    return DATA / "png_masks" / name


def test_palette_pngs_hold_the_index():
    status, results, _ = segeval(picture("palette/00003_gt.png"), picture("palette/00003_gt.png"))
    assert status == 0
    assert list(values(results)) == ["3"]


def test_sixteen_bit_labels_with_an_ignored_one():
    truth = np.asarray(Image.open(picture("sixteen_bit/semantic_target.png")))
    path = picture("sixteen_bit/semantic_target.png")
    status, _, err = segeval(path, path)
    assert status == 3
    assert "255" in err
    assert "--ignore-label 255" in err
    status, results, _ = segeval(path, path, "--ignore-label", 255)
    assert status == 0
    assert list(values(results)) == [str(v) for v in np.unique(truth) if v not in (0, 255)]


def test_panoptic_ids_are_labels_only_when_that_is_said():
    path = picture("sixteen_bit/panoptic_target.png")
    status, _, err = segeval(path, path, "--ignore-label", 65535)
    assert status == 3
    assert "--kind labels" in err
    status, results, _ = segeval(path, path, "--ignore-label", 65535, "--kind", "labels")
    assert status == 0
    assert "13002" in values(results)


def test_sixteen_bit_colour_is_refused():
    path = picture("sixteen_bit/synthia_rgb16_Omni_F_000000.png")
    status, _, err = segeval(path, path)
    assert status == 3
    assert "16 bits a channel" in err


def test_colours_need_a_table_and_black_and_white_is_binary(tmp_path):
    pred, truth = picture("alpha/cat_pred_class.png"), picture("alpha/cat_gt.png")
    status, _, err = segeval(pred, truth)
    assert status == 3
    assert "#ffff00" in err
    (tmp_path / "segeval.toml").write_text('[classes.cat]\ncolor = "#ffff00"\nlabel = 1\n')
    status, results, err = segeval(pred, truth, cwd=tmp_path)
    assert status == 0, err
    mask = np.asarray(Image.open(truth))[..., 0] > 0
    yellow = (np.asarray(Image.open(pred))[..., :3] == (255, 255, 0)).all(axis=-1)
    agree(values(results)["cat"], plain(mask, yellow))


def test_soft_alpha_is_refused():
    path = picture("alpha/img1_mask_1.png")
    status, _, err = segeval(path, path)
    assert status == 3
    assert "not fully opaque" in err
