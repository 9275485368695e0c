"""Rules of the account that no other file has a test of its own for, through the door."""

import json

import build
import nibabel
import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import distance_transform_edt

import segeval as package
from segeval.runtime.errors import RequestError


def disc(centre, radius, shape=(24, 30)):
    y, x = np.ogrid[: shape[0], : shape[1]]
    return ((y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2).astype(np.uint8)


def ball(centre, radius, shape=(9, 16, 18), label=1):
    z, y, x = np.ogrid[: shape[0], : shape[1], : shape[2]]
    far = (z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2
    return np.where(far <= radius**2, label, 0).astype(np.uint8)


def results(here, name="o.json"):
    return json.loads((here / name).read_text())


def case_values(here):
    (case,) = results(here)["cases"]
    return case["values"]


# ACCOUNT-A2: what is left aside is said, a line a reason.


def test_account_a2_a_line_a_reason_with_three_names_and_the_full_list_in_the_json(segeval, here):
    mask = ball((4, 8, 9), 3)
    for side in ("pred", "gt"):
        for n in range(2):
            build.npy(here / side / f"k{n}.npy", mask)
    for n in range(5):  # predictions' previews, and what no rule may count
        Image.fromarray(disc((8, 9), 3) * 255).save(here / "pred" / f"preview_{n}.jpg")
    for junk in (".hidden.npy", "._k0.npy", "Thumbs.db", ".DS_Store"):
        (here / "pred" / junk).write_bytes(b"x")
    done = segeval("score", "pred", "gt", "-m", "dice", "-o", "o.json")
    assert done.status == 0
    (line,) = [line for line in done.err.splitlines() if line.startswith("left aside: ")]
    assert line.startswith("left aside: 5 files of the prediction")
    assert line.count(".jpg") == 3
    assert "and 2 more" in line
    (item,) = results(here)["inputs"]["left_aside"]
    assert sorted(item["names"]) == [f"preview_{n}.jpg" for n in range(5)]
    loud = segeval("score", "pred", "gt", "-m", "dice", "-v").err
    assert loud.count("preview_") == 5
    assert not any(junk in loud for junk in (".hidden", "._k0", "Thumbs", "DS_Store"))
    assert "left aside" not in segeval("score", "pred", "gt", "-m", "dice", "-q").err


# ACCOUNT-A7: the ignored value is no class, and a prediction that holds it misses.


@pytest.mark.parametrize("ending", [".npy", ".nii.gz", ".nrrd"])
def test_account_a7_a_prediction_of_the_ignored_value_misses_the_class(segeval, here, ending):
    truth = ball((4, 8, 9), 3)
    truth[0] = 200
    pred = np.where((truth == 1) & (np.arange(18) < 9), 200, truth).astype(np.uint8)
    write = {".npy": build.npy, ".nii.gz": build.nifti, ".nrrd": build.nrrd_file}[ending]
    write(here / f"p{ending}", pred)
    write(here / f"g{ending}", truth)
    segeval("score", f"p{ending}", f"g{ending}", "-m", "dice,recall", "--ignore-label", "200",
            "-o", "o.json")  # fmt: skip
    inside = truth[1:] == 1
    hit = int((inside & (pred[1:] == 1)).sum())
    values = case_values(here)
    assert set(values) == {"1"}
    assert values["1"]["recall"] == pytest.approx(hit / inside.sum())
    assert values["1"]["dice"] == pytest.approx(2 * hit / (hit + inside.sum()))


# ACCOUNT-A11: a picture is a picture in every format.


def flat_hausdorff(truth, pred, spacing):
    """The largest distance between border pixels, by distance maps."""
    edges = []
    for mask in (truth > 0, pred > 0):
        inner = np.pad(mask, 1)
        eroded = inner.copy()
        for axis in (0, 1):
            eroded &= np.roll(inner, 1, axis) & np.roll(inner, -1, axis)
        edges.append(mask & ~eroded[1:-1, 1:-1])
    far = [distance_transform_edt(~edge, sampling=spacing) for edge in edges]
    return max(far[1][edges[0]].max(), far[0][edges[1]].max())


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_account_a11_two_dimensions_of_nifti_are_a_picture(segeval, here, suffix):
    truth, pred = disc((12, 13), 7), disc((11, 16), 8)
    for name, mask in (("p", pred), ("g", truth)):
        image = nibabel.Nifti1Image(mask.T, np.diag([0.8, 1.25, 1.0, 1.0]))
        assert image.header["dim"][0] == 2
        nibabel.save(image, here / f"{name}{suffix}")
        Image.fromarray(mask).save(here / f"{name}.png")
    metrics = "hd:as=monai,nsd@1.5mm,masd,added_path_length"
    found = []
    for ending, more in ((suffix, ()), (".png", ("--spacing", "0.8,1.25"))):
        done = segeval("score", f"p{ending}", f"g{ending}", "-m", metrics, *more, "-o", "o.json")
        assert done.status == 0, done.err
        assert "W-one-plane" not in done.err
        found.append(case_values(here)["1"])
    assert found[0] == pytest.approx(found[1], rel=1e-7)  # 0.8 of the header is float32
    want = flat_hausdorff(truth, pred, (1.25, 0.8))
    assert found[0]["hd:as=monai"] == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize("write", [build.nifti, build.nrrd_file])
def test_account_a11_one_plane_of_a_volume_stays_a_slab_and_is_warned_of(segeval, here, write):
    ending = ".nii.gz" if write is build.nifti else ".nrrd"
    write(here / f"g{ending}", disc((12, 13), 7)[None])
    write(here / f"p{ending}", disc((12, 14), 7)[None])
    done = segeval("score", f"p{ending}", f"g{ending}", "-m", "dice,assd")
    assert (done.status, "[W-one-plane]" in done.err) == (0, True)
    assert "W-one-plane" not in segeval("score", f"p{ending}", f"g{ending}", "-m", "dice").err


# ACCOUNT-A14: one header is wrong.


@pytest.mark.parametrize("right", ["gt", "pred"])
def test_account_a14_the_other_sides_voxels_stand_on_the_right_grid(segeval, here, right):
    truth, pred = ball((4, 8, 9), 3), ball((4, 8, 10), 3)
    affines = {"gt": np.diag([-0.9, -0.9, 2.5, 1]), "pred": np.diag([-0.9, -0.9, 2.5, 1])}
    affines["pred" if right == "gt" else "gt"] = np.eye(4)  # a header that was lost
    for name, mask in (("pred", pred), ("gt", truth)):
        nibabel.save(nibabel.Nifti1Image(mask.T, affines[name]), here / f"{name}.nii")
    score = ("score", "pred.nii", "gt.nii", "-m", "dice,gt_volume", "-o", "o.json")
    done = segeval(*score)
    assert (done.status, f"--geometry {right}" in done.err) == (3, True)
    done = segeval(*score, "--geometry", right)
    assert (done.status, "[W-geometry-replaced]" in done.err) == (0, True)
    both = int(((truth > 0) & (pred > 0)).sum())
    values = case_values(here)["1"]
    assert values["dice"] == pytest.approx(2 * both / (truth.sum() + pred.sum()))
    assert values["gt_volume"] == pytest.approx(truth.sum() * 0.9 * 0.9 * 2.5 / 1000, rel=1e-6)
    assert f"geometry:{right}" in results(here)["signature"]


def test_account_a14_unequal_shapes_are_refused(segeval, here):
    build.nifti(here / "p.nii", ball((4, 8, 9), 3)[1:])
    build.nifti(here / "g.nii", ball((4, 8, 9), 3))
    done = segeval("score", "p.nii", "g.nii", "-m", "dice", "--geometry", "gt")
    assert (done.status, "--geometry gt needs sides of equal shapes" in done.err) == (3, True)


# ACCOUNT-A26: what `overall` is the mean, sd and worst of.


def test_account_a26_overall_by_hand(segeval, here):
    #    voxels hit / ground truth, with precision 1:   a: dice 2h / (h + g)
    #             k1        k2        k3
    #    1     10 / 10    5 / 15    both empty          1     0.5   -      mean 0.75
    #    2      6 / 18    9 / 9     4 / 12              0.5   1     0.5    mean 2/3
    #    3     both empty           both empty          -     -     -      no mean
    rows = {"k1": [(10, 10), (5, 15), None], "k2": [(6, 18), (9, 9), (4, 12)],
            "k3": [None, None, None]}  # fmt: skip
    for case, classes in rows.items():
        truth, pred = np.zeros((2, 60), np.uint8), np.zeros((2, 60), np.uint8)
        for label, counts in enumerate(classes, 1):
            if counts:
                start = 20 * (label - 1)
                truth[0, start : start + counts[1]] = label
                pred[0, start : start + counts[0]] = label
        build.npy(here / "gt" / f"{case}.npy", truth)
        build.npy(here / "pred" / f"{case}.npy", pred)
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", "1=a,2=b,3=c", "-o", "o.json")
    assert done.status == 0, done.err
    content = results(here)
    assert content["schema"] == "segeval.results/2"
    own = content["summary"][""]["overall"]["dice"]
    assert own["mean"] == pytest.approx((0.75 + 0.75 + 0.5) / 3)  # of the means over classes
    of_cases = np.array([0.75, 2 / 3])
    assert own["mean_of_cases"] == pytest.approx(of_cases.mean())
    assert own["sd"] == pytest.approx(of_cases.std(ddof=1))
    assert own["median"] == pytest.approx(np.median(of_cases))
    assert (own["worst"], own["worst_case"]) == (pytest.approx(2 / 3), "k2")
    assert own["best"] == pytest.approx(0.75)
    pooled = [2 * 16 / (16 + 28), 2 * 14 / (14 + 24), 2 * 4 / (4 + 12)]
    assert own["pooled"] == pytest.approx(np.mean(pooled))
    assert (own["n"], own["n_undefined"]) == (5, 4)  # values
    assert (own["n_cases"], own["n_cases_undefined"]) == (2, 1)


# ACCOUNT-A27: a gate judges the number that leads.


@pytest.mark.parametrize(("bar", "status"), [("0.62", 0), ("0.64", 1)])
def test_account_a27_a_rule_of_the_semantic_preset_means_pooled(segeval, here, bar, status):
    #    iou of class 1: 10 / 10 and 20 / 40: mean 0.75, pooled 0.6; class 0 counts beside it
    for case, (hit, size) in {"a": (10, 10), "b": (20, 40)}.items():
        truth, pred = np.zeros((10, 10), np.uint8), np.zeros((10, 10), np.uint8)
        truth.flat[:size], pred.flat[:hit] = 1, 1
        for side, mask in (("gt", truth), ("pred", pred)):
            (here / side).mkdir(exist_ok=True)
            Image.fromarray(mask).save(here / side / f"{case}.png")
    rule = f"1/iou={bar}"
    done = segeval("score", "pred", "gt", "--preset", "semantic", "--gate",
                   rule if status else "1/iou=0.6", "-q")  # fmt: skip
    assert done.status == status
    plain = segeval("score", "pred", "gt", "-m", "iou", "--gate", "1/iou=0.74", "-q")
    assert plain.status == 0  # the mean leads elsewhere
    loud = segeval("score", "pred", "gt", "--preset", "semantic", "--gate", "1/iou.mean=0.74", "-v")
    assert (loud.status, "iou.mean" in loud.err) == (0, True)


# ACCOUNT-A28: class 0 is a class like any other.


def test_account_a28_the_background_has_every_metric_when_it_is_scored(segeval, here):
    truth, pred = ball((4, 8, 9), 3), ball((4, 8, 10), 4)
    build.npy(here / "p.npy", pred)
    build.npy(here / "g.npy", truth)
    build.npy(here / "p0.npy", 1 - pred)
    build.npy(here / "g0.npy", 1 - truth)
    metrics = "dice,hd95,assd,nsd@1px,volume_difference"
    more = ("--classes", "0=rest,1=organ", "-o", "o.json")
    assert segeval("score", "p.npy", "g.npy", "-m", metrics, *more).status == 0
    rest = case_values(here)["rest"]
    segeval("score", "p0.npy", "g0.npy", "-m", metrics, "-o", "o.json")
    assert rest == pytest.approx(case_values(here)["1"])


# ACCOUNT-A35: rules add up; a run says how many were judged, and none is a failure.


def test_account_a35_gates_of_the_file_and_of_the_command_line_add_up(segeval, here):
    (here / "team.toml").write_text('[gates]\n"dice" = 0.99\n"recall" = 0.1\n')
    build.npy(here / "p.npy", ball((4, 8, 10), 3))
    build.npy(here / "g.npy", ball((4, 8, 9), 3))
    score = ("score", "p.npy", "g.npy", "-m", "dice,recall", "-c", "team.toml")
    done = segeval(*score, "--gate", "dice=0.2")
    assert (done.status, "gates: 1 of 3 missed" in done.err) == (1, True)  # 0.99 is judged too
    done = segeval(*score, "--gate", "dice=0.2", "--only-gates")
    assert done.status == 0
    assert "2 of team.toml left out by --only-gates" in done.err
    assert segeval(*score, "--only-gates").status == 2
    done = segeval(*score[:5], "--isolated", "--gate", "spleen/dice=0.1")
    assert (done.status, "nothing to judge" in done.err) == (1, True)


def test_account_a35_a_baseline_without_a_rule_it_can_judge_fails(segeval, here):
    build.npy(here / "p.npy", ball((4, 8, 10), 3))
    build.npy(here / "g.npy", ball((4, 8, 9), 3))
    segeval("score", "p.npy", "g.npy", "-m", "dice", "-o", "base.json")
    done = segeval("score", "p.npy", "g.npy", "-m", "dice", "--baseline", "base.json")
    assert (done.status, "gates: 0 of 1 missed" in done.err) == (0, True)
    done = segeval("score", "p.npy", "g.npy", "-m", "recall", "--baseline", "base.json")
    assert done.status not in (0, 5)


# ACCOUNT-A37: Python is checked as the command line is.


@pytest.mark.parametrize("choices", [
    {"threshold": 1.5}, {"kind": "shares"}, {"preset": "semantik"}, {"resample": "up"},
    {"undefined": "best"}, {"spacing": (0, 1)}, {"ignore_label": ("x",)}, {"missing": "wurst"},
    {"gates": ("dice>0.9",)}, {"jobs": -1}, {"min_size": -3}])  # fmt: skip
def test_account_a37_settings_of_python_are_checked(choices):
    mask = disc((12, 13), 7)
    with pytest.raises((RequestError, TypeError)) as caught:
        package.score(mask, mask, ["dice"], **choices)
    assert next(iter(choices)).partition("_")[0] in str(caught.value).replace("-", "_")
