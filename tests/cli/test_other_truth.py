"""A baseline remembers where its ground truth lies, not only how much there is (ACCOUNT-A36)."""

import json

import build
import dicom_build
import numpy as np
import pytest
from PIL import Image

from segeval.grid.geometry import Geometry

A = np.zeros((6, 8, 10), np.uint8)
A[1:4, 2:5, 2:6] = 1
A[4:, 5:7, 3:8] = 2
MOVED = np.roll(A, 1, axis=2)  # as many voxels of each class, elsewhere
GRID = Geometry(A.shape, (3.0, 1.0, 1.0), (0.0, 0.0, 0.0), ((0, 0, 1.0), (0, 1.0, 0), (1.0, 0, 0)))


def nifti(root, array):
    return build.nifti(root / "c.nii.gz", array, GRID)


def plain_nifti(root, array):
    return build.nifti(root / "c.nii", array.astype(np.int16), GRID)


def float_nifti(root, array):
    return build.nifti(root / "c.nii.gz", array.astype(np.float32), GRID)


def class_files(root, array):
    (root / "c").mkdir()
    for value, name in ((1, "liver"), (2, "spleen")):
        build.nifti(root / "c" / f"{name}.nii.gz", (array == value).astype(np.uint8), GRID)


def nrrd(root, array):
    return build.nrrd_file(root / "c.nrrd", array, GRID)


def picture(root, array):
    return build.png(root / "c.png", array.max(0))


def stack(root, array):
    masks = np.stack([array == 1, array == 2]).astype(np.uint8)
    return build.stack(root / "c.nii.gz", masks, GRID)


def polygons(root, array):
    shapes = []
    for value, name in ((1, "liver"), (2, "spleen")):
        rows, columns = np.nonzero((array == value).max(0))
        (top, bottom), (left, right) = ((v.min(), v.max() + 1) for v in (rows, columns))
        corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
        points = [[int(x), int(y)] for x, y in corners]
        shapes.append({"label": name, "points": points, "shape_type": "polygon"})
    content = {"shapes": shapes, "imageHeight": 8, "imageWidth": 10, "imagePath": "x.jpg"}
    (root / "c.json").write_text(json.dumps(content))


FORMS = [polygons, nifti, plain_nifti, float_nifti, class_files, nrrd, picture, stack]


def write(here, name, form, array):
    (here / name).mkdir()
    form(here / name, array)
    return name


@pytest.fixture(params=FORMS, ids=lambda form: form.__name__)
def trees(request, here):
    """A prediction, a ground truth, and another one of equal volumes."""
    for name, array in (("pred", A), ("gt", A), ("other", MOVED)):
        write(here, name, request.param, array)
    return here


def judged(segeval, gt, *words, pred="pred"):
    return segeval("score", pred, gt, "-m", "dice", "--baseline", "base.json", "--gate", "*/dice=0",
                   *words)  # fmt: skip


@pytest.mark.parametrize("sides", [("gt", "other"), ("other", "gt")])
def test_account_a36_another_truth_of_equal_volumes_is_not_judged(segeval, trees, sides):
    assert segeval("score", "pred", sides[0], "-m", "dice", "-o", "base.json").status == 0
    same = judged(segeval, sides[0])
    assert "other_truth" not in same.err
    done = judged(segeval, sides[1])
    assert (done.status, "other_truth" in done.err) == (3, True), done.err
    assert "in other places" in done.err
    allowed = judged(segeval, sides[1], "--allow-different-truth")
    worse = int(sides[1] == "other")
    assert (allowed.status, "W-different-truth" in allowed.err) == (worse, True)


@pytest.mark.parametrize("trees", FORMS[1:], indirect=True, ids=lambda form: form.__name__)
def test_account_a36_metrics_and_memory_do_not_make_it_another_truth(segeval, trees):
    words = ("-o", "base.json", "-m", "dice,iou,ce:as=torch")
    assert segeval("score", "pred", "gt", *words, "--max-memory", "300MB").status in (0, 3)
    kept = json.loads((trees / "base.json").read_text())["cases"][0]["gt_checksums"]
    assert kept
    segeval("score", "pred", "gt", "-m", "hd95", "-o", "again.json")
    assert json.loads((trees / "again.json").read_text())["cases"][0]["gt_checksums"] == kept


def test_account_a36_the_same_truth_in_other_bytes_is_the_same(segeval, here):
    write(here, "pred", nifti, A)
    write(here, "gt", nifti, A)
    write(here, "packed", nrrd, A)
    write(here, "wide", plain_nifti, A)
    segeval("score", "pred", "gt", "-m", "dice", "-o", "base.json")
    for other in ("packed", "wide"):
        done = judged(segeval, other)
        assert (done.status, "other_truth" in done.err) == (0, False), done.err


@pytest.mark.parametrize("first", [1, 255])
def test_account_a36_white_is_one(segeval, here, first):
    mask = (A == 1).max(0).astype(np.uint8)
    for name, value in (("pred", 1), ("gt", first), ("same", 256 - first)):
        write(here, name, picture, mask[None] * np.uint8(value))
    segeval("score", "pred", "gt", "-m", "dice", "-o", "base.json")
    done = judged(segeval, "same")
    assert (done.status, "other_truth" in done.err) == (0, False), done.err


def test_account_a36_what_no_class_stands_for_may_change(segeval, here):
    other = A.copy()
    other[A == 2] = 0
    other[0, :2, :10] = 2
    for name, array in (("pred", A), ("gt", A), ("other", other)):
        write(here, name, nifti, array)
    words = ("--classes", "1=liver")
    segeval("score", "pred", "gt", "-m", "dice", "-o", "base.json", *words)
    done = judged(segeval, "other", *words)
    assert (done.status, "other_truth" in done.err) == (0, False), done.err
    assert (other == 2).sum() == (A == 2).sum()
    segeval("score", "pred", "gt", "-m", "dice", "-o", "base.json")
    assert judged(segeval, "other").status == 3


def test_account_a36_the_truth_is_known_on_its_own_grid(segeval, here):
    """Predictions on two other grids, to which the ground truth is resampled."""
    write(here, "gt", nifti, A)
    write(here, "other", nifti, MOVED)
    for name, spacing in (("pred", 1.5), ("finer", 1.0)):
        (here / name).mkdir()
        grid = Geometry(
            (int(18 / spacing), 8, 10), (spacing, 1.0, 1.0), GRID.origin, GRID.directions
        )
        build.nifti(here / name / "c.nii.gz", np.repeat(A, int(3 / spacing), axis=0), grid)
    words = ("--resample", "pred", "--resample-loss", "accept")
    segeval("score", "pred", "gt", "-m", "dice", "-o", "base.json", *words)
    done = judged(segeval, "other", *words)
    assert (done.status, "other_truth" in done.err) == (3, True), done.err
    done = judged(segeval, "gt", *words, pred="finer")
    assert "other_truth" not in done.err


def test_account_a36_the_order_of_the_prediction_does_not_matter(segeval, here):
    import nibabel

    write(here, "gt", nifti, A)
    write(here, "pred", nifti, A)
    (here / "turned").mkdir()
    image = nibabel.load(here / "pred" / "c.nii.gz")
    turned = image.as_reoriented([[2, -1], [0, 1], [1, -1]])
    nibabel.save(turned, here / "turned" / "c.nii.gz")
    segeval("score", "pred", "gt", "-m", "dice", "-o", "base.json")
    segeval("score", "turned", "gt", "-m", "dice", "-o", "again.json")
    kept = [json.loads((here / name).read_text())["cases"][0]["gt_checksums"]
            for name in ("base.json", "again.json")]  # fmt: skip
    assert kept[0] == kept[1] != {}


def test_account_a36_contours_of_equal_area_elsewhere(segeval, here):
    for name, shift in (("pred", 0), ("gt", 0), ("other", 2)):
        folder = here / name / "P1"
        rings = [dicom_build.square(2.5 + shift, 6.5 + shift, z) for z in (0, 1, 2)]
        dicom_build.series(folder, (3, 12, 12), patient="ID1")
        dicom_build.rtstruct(folder / "RS.dcm", [dicom_build.Organ("Heart", rings)], patient="ID1",
                             uid=f"1.2.{shift}")  # fmt: skip
    assert segeval("score", "pred", "gt", "-m", "dice", "-o", "base.json").status == 0
    done = judged(segeval, "other")
    assert (done.status, "other_truth" in done.err) == (3, True), done.err
    assert judged(segeval, "gt").status == 0


def test_account_a36_a_palette_is_no_other_truth(segeval, here):
    write(here, "pred", picture, A)
    write(here, "gt", picture, A)
    (here / "same").mkdir()
    image = Image.fromarray(A.max(0))
    image.putpalette([0, 0, 0, 250, 0, 0, 0, 250, 0])
    image.save(here / "same" / "c.png")
    segeval("score", "pred", "gt", "-m", "dice", "-o", "base.json")
    done = judged(segeval, "same")
    assert (done.status, "other_truth" in done.err) == (0, False), done.err


@pytest.mark.parametrize("command", [["show"], ["report", "-o", "r.html"], ["compare", "r.json"]])
def test_a_run_that_judged_nothing_is_read_again(segeval, here, command):
    for name, array in (("pred", A), ("gt", A), ("other", MOVED)):
        write(here, name, nifti, array)
    segeval("score", "pred", "gt", "-m", "dice", "-o", "base.json")
    done = segeval(
        "score", "pred", "other", "-m", "dice", "--baseline", "base.json", "-o", "r.json"
    )
    assert done.status == 3
    assert "another ground truth in 1 case\n" in done.err
    read = segeval(command[0], "r.json", *command[1:])
    assert (read.status, "damaged" in read.err) == (0, False), read.err
