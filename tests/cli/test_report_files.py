"""`segeval report` finds files again by what they hold, and says truly why it does not (T24)."""

import gzip
import json
import os
import re
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest

CONTOURS = Path(__file__).resolve().parents[2] / "sample_data" / "contours"
SHAPE = (30, 24, 16)  # x, y, z
AFFINE = np.diag([1.0, 1.0, 3.0, 1.0])
OBLIQUE = AFFINE @ np.array([[0.8, -0.6, 0, 0], [0.6, 0.8, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])


def write(path, array, affine=AFFINE):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(array, affine), path)


def box(*at):
    """A mask of one box."""
    made = np.zeros(SHAPE, np.uint8)
    made[tuple(slice(a, b) for a, b in at)] = 1
    return made


@pytest.fixture
def run(segeval, here):
    """Two scored cases of raw and of packed files, with images beside."""
    for name, ending in (("a", ".nii.gz"), ("b", ".nii")):
        truth = box((8, 20), (8, 16), (4, 12))
        write(here / "gt" / f"{name}{ending}", truth)
        write(here / "pred" / f"{name}{ending}", np.roll(truth, 2, axis=0))
        scan = np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)
        write(here / "images" / f"{name}_0000.nii.gz", scan)
    assert segeval("score", "pred", "gt", "-o", "r.json", "-q", "--format", "none").status == 0
    return segeval


def pictures(segeval, *more):
    """How many pictures the page has, and what it says of those that it has not."""
    done = segeval("report", "r.json", *more)
    assert done.status == 0, done.err
    text = Path("report.html").read_text("utf-8")
    said = [re.sub("<[^>]+>", "", one) for one in re.findall(r'<p class="remark">(.*?)</p>', text)]
    return text.count('<figure class="picture">'), said


@pytest.mark.parametrize("how", [shutil.copy, shutil.copyfile, shutil.copy2])
def test_report_t24_copies_are_the_files_that_were_scored(run, here, how):
    for side in ("pred", "gt"):
        shutil.copytree(here / side, here / "copy" / side, copy_function=how)
        for path in (here / "copy" / side).iterdir():
            if how is shutil.copyfile:
                os.utime(path, (1, 1))
        shutil.rmtree(here / side)
    many, said = pictures(run, "--pred", "copy/pred", "--gt", "copy/gt")
    assert (many, said) == (2, [])


def test_report_t24_a_ground_truth_that_is_packed_anew_is_the_same(run, here):
    content = gzip.decompress((here / "gt/a.nii.gz").read_bytes())
    (here / "gt/a.nii.gz").write_bytes(gzip.compress(content, 1, mtime=77))
    assert pictures(run)[0] == 2


@pytest.mark.parametrize("side", ["gt", "pred"])
@pytest.mark.parametrize("name", ["a.nii.gz", "b.nii"])
def test_report_t24_the_side_that_changed_is_named(run, here, side, name):
    state = (here / side / name).stat()
    write(here / side / name, box((7, 19), (8, 16), (4, 12)))  # as many voxels elsewhere
    os.utime(here / side / name, ns=(state.st_atime_ns, state.st_mtime_ns + 5))
    many, said = pictures(run)
    word = {"gt": "ground truth", "pred": "prediction"}[side]
    assert many == 1
    assert f"1 × the {word} changed since it was scored: {name[0]}" in said


def test_report_t24_what_lies_between_the_ends_of_a_raw_file_is_counted(segeval, here):
    shape = (80, 80, 60)  # far more than both ends
    truth = np.zeros(shape, np.uint8)
    truth[30:50, 30:50, 20:40] = 1
    write(here / "gt/a.nii", truth)
    write(here / "pred/a.nii", np.roll(truth, 2, axis=0))
    segeval("score", "pred", "gt", "-o", "r.json", "-q", "--format", "none")
    assert pictures(segeval)[0] == 1
    other = np.roll(truth, 2, axis=0)
    other[40:45, 40:42, 30] = 0
    write(here / "pred/a.nii", other)
    many, said = pictures(segeval)
    assert many == 0
    assert "1 × the prediction changed since it was scored: a" in said


def test_results_without_stamps_are_judged_by_their_counts(run, here):
    content = json.loads(Path("r.json").read_text())
    for case in content["cases"]:
        assert set(case.pop("stamps")) == {"gt", "pred"}
    Path("r.json").write_text(json.dumps(content))
    for path in here.glob("*/?.nii*"):
        os.utime(path, (1, 1))
    assert pictures(run)[0] == 2
    write(here / "gt/b.nii", box((8, 20), (8, 15), (4, 12)))
    many, said = pictures(run)
    assert many == 1
    assert "1 × the ground truth changed since it was scored: b" in said


def test_report_t24_other_images_change_nothing_of_a_mask(run, here):
    (here / "other").mkdir()
    assert pictures(run, "--images", "other")[0] == 2
    assert pictures(run, "--images", "images") == (
        2,
        ["image a_0000.nii.gz", "image b_0000.nii.gz"],
    )


def test_resume_still_goes_by_the_time_of_change(run, here):
    os.utime(here / "pred/b.nii", (1, 1))
    before = json.loads(Path("r.json").read_text())
    run("score", "pred", "gt", "-o", "r.json", "-q", "--format", "none", "--resume")
    after = json.loads(Path("r.json").read_text())
    prints = [[case["fingerprint"] for case in of["cases"]] for of in (before, after)]
    assert prints[0][0] == prints[1][0]
    assert prints[0][1] != prints[1][1]
    assert [c["stamps"] for c in before["cases"]] == [c["stamps"] for c in after["cases"]]


def test_report_t24_the_images_of_the_run_are_remembered(run, here):
    run("score", "pred", "gt", "-o", "out/r.json", "--images", "images", "-q", "--format", "none")
    roots = json.loads(Path("out/r.json").read_text())["inputs"]["roots"]
    assert roots == {"pred": "../pred", "gt": "../gt", "images": "../images"}
    done = run("report", "out/r.json")
    assert (done.status, done.err) == (0, "")
    assert Path("report.html").read_text("utf-8").count('<p class="remark">image <bdi>') == 2
    (here / "images").rename(here / "moved")
    done = run("report", "out/r.json")
    assert done.status == 0
    assert re.fullmatch(
        r"warning: 2 pictures without an image: the folder of images is not there "
        r"\(.*images\); --images DIR names where it is now \[W-no-picture\]\n", done.err
    )  # fmt: skip
    assert Path("report.html").read_text("utf-8").count('<figure class="picture">') == 2
    done = run("report", "out/r.json", "--images", "moved")
    assert (done.status, done.err) == (0, "")


def test_report_t24_the_table_of_pairs_is_remembered(run, here):
    Path("t.csv").write_text("case,pred,gt\nx,pred/a.nii.gz,gt/a.nii.gz\ny,pred/b.nii,gt/b.nii\n")
    assert run("score", "--pairs", "t.csv", "-o", "r.json", "-q", "--format", "none").status == 0
    assert json.loads(Path("r.json").read_text())["inputs"]["roots"] == {"pairs": "t.csv"}
    assert pictures(run) == (2, [])
    Path("t.csv").rename("u.csv")
    done = run("report", "r.json")
    assert "the table of pairs is not there (t.csv); --pairs FILE names where it is now" in done.err
    assert pictures(run, "--pairs", "u.csv") == (2, [])
    assert run("report", "r.json", "--error-maps", "maps").status == 2
    run("report", "r.json", "--error-maps", "maps", "--pairs", "u.csv")
    assert sorted(path.name for path in Path("maps").iterdir()) == ["x.nii.gz", "y.nii"]


def test_report_t24_contours_that_are_drawn_on_other_images_are_said_to_be(segeval, here):
    for side in ("pred", "gt"):
        shutil.copytree(CONTOURS / side, here / side)
    (here / "ct").mkdir()
    for path in sorted(here.glob("*/**/*.dcm")):
        import pydicom

        if pydicom.dcmread(path, stop_before_pixels=True).Modality == "CT":
            shutil.move(path, here / "ct" / path.name)
    score = ("score", "pred", "gt", "-o", "r.json", "--format", "none", "-q", "-m", "dice")
    assert segeval(*score, "--images", "ct").status == 0
    many, said = pictures(segeval)
    assert many == 5
    assert set(said) == {"image CT series of 18 slices"}
    (here / "ct").rename(here / "away")
    many, said = pictures(segeval)
    assert many == 0
    assert any("the contours are drawn on other images than when they were scored" in one
               for one in said), said  # fmt: skip
    assert pictures(segeval, "--images", "away")[0] == 5


@pytest.mark.parametrize(
    ("image", "affine", "said"),
    [
        (
            np.zeros((8, 8, 8), np.float32),
            OBLIQUE,
            "image and masks are on different grids (image 8x8x8",
        ),
        (
            np.full(SHAPE, np.nan, np.float32),
            AFFINE,
            "the image holds no number where the structure lies",
        ),
        (None, AFFINE, "a_0000.nii.gz: "),
    ],
)
def test_the_reason_for_a_picture_without_its_image_is_true(run, here, image, affine, said):
    path = here / "images/a_0000.nii.gz"
    path.write_bytes(b"no image at all") if image is None else write(path, image, affine)
    many, found = pictures(run, "--images", "images")
    assert many == 2
    assert "image b_0000.nii.gz" in found
    assert any(one.startswith(f"1 × masks without the image: {said}") for one in found), found


def test_an_image_that_may_not_be_read_is_called_so(run, here):
    path = here / "images/a_0000.nii.gz"
    path.unlink()
    path.symlink_to(here / "nowhere")
    _, found = pictures(run, "--images", "images")
    assert any("a_0000.nii.gz" in one and "no such file" in one.lower() for one in found), found


def test_report_t23_the_folder_of_the_ground_truth_may_hold_the_images(run, here):
    for path in (here / "images").iterdir():
        shutil.move(path, here / "gt" / path.name)
    many, said = pictures(run, "--images", "gt")
    assert (many, said) == (2, ["image a_0000.nii.gz", "image b_0000.nii.gz"])
    for path in (here / "gt").glob("*_0000*"):
        path.unlink()
    many, said = pictures(run, "--images", "gt")
    assert many == 2
    assert "1 × masks without the image: a.nii.gz of --images is a mask of this run: a" in said


def test_frames_of_a_series_have_pictures(segeval, here):
    series = np.stack([box((8, 20), (8, 16), (4, 12)), box((6, 20), (8, 16), (4, 12))], axis=3)
    write(here / "gt/a.nii.gz", series)
    write(here / "pred/a.nii.gz", np.roll(series, 1, axis=0))
    done = segeval("score", "pred", "gt", "--frames", "-o", "r.json", "-q", "--format", "none")
    assert done.status == 0
    assert pictures(segeval)[0] == 2


def test_pictures_of_flat_files_of_any_format(segeval, here):
    truth = np.zeros((40, 50), np.uint8)
    truth[10:20, 10:30] = 1
    for side, array in (("gt", truth), ("pred", np.roll(truth, 2, axis=0))):
        write(here / side / "a.nii.gz", array, np.eye(4))
    image = np.arange(2000, dtype=np.float32).reshape(40, 50)
    write(here / "images/a_0000.nii.gz", image, np.eye(4))
    segeval("score", "pred", "gt", "-o", "r.json", "-q", "--format", "none")
    many, said = pictures(segeval, "--images", "images")
    assert (many, said) == (1, ["image a_0000.nii.gz"])


def test_the_name_of_an_image_is_text(segeval, here):
    truth = box((8, 20), (8, 16), (4, 12))
    for place, array in (("gt/<i>x", truth), ("pred/<i>x", np.roll(truth, 1, axis=0)),
                         ("images/<i>x_ct", np.arange(truth.size, dtype=np.float32))):  # fmt: skip
        write(here / f"{place}.nii.gz", array.reshape(SHAPE))
    segeval("score", "pred", "gt", "-o", "r.json", "-q", "--format", "none")
    assert pictures(segeval, "--images", "images")[0] == 1
    text = Path("report.html").read_text("utf-8")
    assert "image <bdi>&lt;i&gt;x_ct.nii.gz</bdi>" in text
    assert "<i>" not in text
