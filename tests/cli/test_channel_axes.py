"""`--channel-axis` holds for every format, its error shows all axes, and its use is seen
(ACCOUNT-A16, A31)."""

import json

import nibabel
import nrrd
import numpy as np
import pytest
import SimpleITK
from PIL import Image

TRUTH = np.zeros((6, 8, 10), np.uint8)
TRUTH[1:4, 2:6, 3:8] = 1
GUESS = np.roll(TRUTH, 1, 2)
STACK = np.stack([GUESS, 2 * GUESS, 0 * GUESS])


def npy(path, array):
    np.save(path, array)


def plain_nrrd(path, array):
    nrrd.write(str(path), array, index_order="C")


def nifti(path, array):
    nibabel.save(nibabel.Nifti1Image(array.T, np.diag([-1.0, -1, 1, 1])), path)


def metaimage(path, array):
    image = SimpleITK.GetImageFromArray(array, isVector=False)
    SimpleITK.WriteImage(image, str(path))


def pages(path, array):
    first, *others = [Image.fromarray(page) for page in array]
    first.save(path, save_all=True, append_images=others)


def score(segeval, here, *words):
    done = segeval("score", "pred", "gt", "-m", "dice", "-o", "r.json", *words)
    return done, json.loads((here / "r.json").read_text())["cases"]


def write(here, writer, suffix, pred, gt):
    for side, array in (("pred", pred), ("gt", gt)):
        (here / side).mkdir()
        writer(here / side / f"a{suffix}", array)


@pytest.mark.parametrize("axis", [0, 3])
@pytest.mark.parametrize(
    ("writer", "suffix"), [(npy, ".npy"), (plain_nrrd, ".nrrd"), (nifti, ".nii.gz")]
)
@pytest.mark.parametrize("both", [True, False])
def test_account_a16_an_axis_of_one_channel(segeval, here, writer, suffix, axis, both):
    place = axis if writer is npy else 3 - axis
    sides = [np.expand_dims(array, place) for array in (GUESS, TRUTH)]
    write(here, writer, suffix, sides[0], sides[1] if both else TRUTH)
    done, cases = score(segeval, here, "--channel-axis", str(axis))
    assert (done.status, "W-no-effect" in done.err) == (0, False), done.err
    assert cases[0]["values"]["1"]["dice"] == pytest.approx(0.8)


def test_the_axis_of_files_without_channels_has_no_effect(segeval, here):
    write(here, nifti, ".nii.gz", GUESS, TRUTH)
    assert (
        "--channel-axis: no file has channels" in score(segeval, here, "--channel-axis", "0")[0].err
    )


@pytest.mark.parametrize(
    ("writer", "suffix", "axis", "told"),
    [
        (npy, ".npy", 0, "axes 3x6x8x10, of which axis 0 is"),
        (plain_nrrd, ".nrrd", 3, "axes 10x8x6x3, of which axis 3 is"),
        (nifti, ".nii.gz", 3, "axes 10x8x6x3, of which axis 3 is"),
        (metaimage, ".mha", 3, "axes 10x8x6x3, of which axis 3 is"),
    ],
)
def test_account_a16_axes_stand_as_they_are_counted(segeval, here, writer, suffix, axis, told):
    write(here, writer, suffix, STACK, STACK)
    done, _ = score(segeval, here, "--channel-axis", str(axis))
    assert (done.status, told in done.err) == (3, True), done.err
    framed, cases = score(segeval, here, "--channel-axis", str(axis), "--frames")
    assert (framed.status, len(cases)) == (0, 3), framed.err


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_account_a16_an_inner_axis_of_a_plain_nrrd(segeval, here, axis):
    stack = np.moveaxis(np.stack([GUESS, 0 * GUESS]), 0, 3 - axis)
    write(here, plain_nrrd, ".nrrd", stack, stack)
    refused = score(segeval, here)[0]
    assert (refused.status, "--channel-axis" in refused.err) == (3, True)
    done, cases = score(segeval, here, "--channel-axis", str(axis))
    assert (done.status, set(cases[0]["values"])) == (0, {"1", "2"}), done.err


def test_account_a16_pages_are_axis_0(segeval, here):
    write(here, pages, ".tif", STACK[:, 2], STACK[:, 2])
    done, _ = score(segeval, here, "--channel-axis", "0")
    assert "axes 3x8x10, of which axis 0 is" in done.err
