"""Which file is the image of a case: never a mask, and the name that says most (REPORT-T23)."""

import os
import shutil

import build
import numpy as np
import pytest

from segeval.pairing.cases import Case, CaseFiles
from segeval.reports.pictures.case_images import CaseImages
from segeval.runtime.errors import ReadError


def case_of(folder, name, *files, pred=None):
    """A case of files below a folder; the prediction is of the same names elsewhere."""
    sides = [CaseFiles(folder, {"": folder / files[0]})]
    if len(files) > 1:
        sides = [CaseFiles(folder, {f: folder / f for f in files})]
    other = folder.parent / "pred"
    return Case(name, CaseFiles(other, {"": other / files[0]}) if pred is None else pred, *sides)


def fill(folder, *names):
    """Files that are all different."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"{path}".encode())


@pytest.mark.parametrize(
    ("image", "others"),
    [
        ("p7_0000.nii.gz", ["p7.nii.gz", "p7_0001.nii.gz"]),
        ("p7_ct.nii.gz", ["p7.nii.gz", "p7_seg.nii.gz"]),
        ("p7_image.nrrd", ["p7.nrrd", "p7_label.nrrd"]),
        ("p7_img.mha", ["p7.mha", "p7_mask.mha"]),
        ("p7_0000.nii.gz", ["p7_ct.nii.gz", "p7.nii.gz", "p70_0000.nii.gz"]),
        ("p7.nii.gz", ["p7_gt.nii.gz", "p7_pred.nii.gz"]),
        ("scans/p7.nii.gz", ["p7_seg.nii.gz", "p8.nii.gz"]),
        ("imagesTr/p7.nii.gz", ["extra/p7.nii.gz"]),
        ("p7/t1.nii.gz", ["p7/flair.nii.gz", "p7/other.nii.gz", "p7/a_seg.nii.gz"]),
    ],
)
def test_report_t23_of_several_files_the_name_decides(tmp_path, image, others):
    fill(tmp_path / "images", image, *others)
    fill(tmp_path / "gt", "p7.nii.gz")
    case = case_of(tmp_path / "gt", "p7", "p7.nii.gz")
    assert CaseImages(tmp_path / "images", [case]).find(case) == tmp_path / "images" / image


@pytest.mark.parametrize("image", ["p7_0000.nii.gz", "p7_ct.nii.gz", "sub/p7_img.nii.gz"])
def test_report_t23_a_mask_of_the_run_is_never_the_image(tmp_path, image):
    folder = tmp_path / "gt"
    fill(folder, "p7.nii.gz", image)
    case = case_of(folder, "p7", "p7.nii.gz")
    assert CaseImages(folder, [case]).find(case) == folder / image
    (folder / image).unlink()
    with pytest.raises(ReadError, match=r"p7\.nii\.gz of --images is a mask of this run"):
        CaseImages(folder, [case]).find(case)


def test_report_t23_nor_is_a_link_to_one_or_a_copy(tmp_path):
    fill(tmp_path / "gt", "p7.nii.gz")
    case = case_of(tmp_path / "gt", "p7", "p7.nii.gz")
    for kind in (os.link, os.symlink, shutil.copy):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        kind(tmp_path / "gt" / "p7.nii.gz", folder / "p7_0000.nii.gz")
        with pytest.raises(ReadError, match="is a mask"):
            CaseImages(folder, [case]).find(case)


def test_report_t23_class_files_and_the_image_in_one_folder(tmp_path):
    folder = tmp_path / "gt"
    fill(folder, "p7/Aorta.nii.gz", "p7/liver.nii.gz", "p7/scan.nii.gz", "p8/zebra.nii.gz")
    case = case_of(folder, "p7", "p7/Aorta.nii.gz", "p7/liver.nii.gz")
    assert CaseImages(folder, [case]).find(case) == folder / "p7/scan.nii.gz"
    fill(folder, "p7/another.nii.gz")
    with pytest.raises(ReadError, match="could be the image of the case"):
        CaseImages(folder, [case]).find(case)
    fill(folder, "p7/ct.nii.gz")
    assert CaseImages(folder, [case]).find(case) == folder / "p7/ct.nii.gz"


def test_report_t23_the_files_of_another_case_are_its_own(tmp_path):
    names = ("img", "img_0000", "img_0001")
    fill(tmp_path / "gt", *(f"{name}.png" for name in names))
    fill(tmp_path / "images", *(f"{name}.jpg" for name in names))
    cases = [case_of(tmp_path / "gt", name, f"{name}.png") for name in names]
    images = CaseImages(tmp_path / "images", cases)
    assert [images.find(case).name for case in cases] == [f"{name}.jpg" for name in names]


def test_report_t23_a_frame_whose_first_is_not_scored_has_its_own_image(tmp_path):
    fill(tmp_path / "gt", "img_0001.png")
    fill(tmp_path / "images", "img_0000.jpg", "img_0001.jpg")
    case = case_of(tmp_path / "gt", "img_0001", "img_0001.png")
    assert CaseImages(tmp_path / "images", [case]).find(case).name == "img_0001.jpg"


def test_report_t23_a_volume_is_no_preview(tmp_path):
    fill(tmp_path / "gt", "p7.nii.gz")
    fill(tmp_path / "images", "p7.png", "p7.txt", "p7.json", "p7.nii", ".p7_ct.nii")
    case = case_of(tmp_path / "gt", "p7", "p7.nii.gz")
    assert CaseImages(tmp_path / "images", [case]).find(case).name == "p7.nii"


def test_report_t23_dicom_slices_are_no_image_file(tmp_path):
    fill(tmp_path / "images", "p7/IM001.dcm", "p7/IM002.dcm", "p7/IM003")
    fill(tmp_path / "gt", "p7.nii.gz")
    case = case_of(tmp_path / "gt", "p7", "p7.nii.gz")
    assert CaseImages(tmp_path / "images", [case]).find(case) is None


def test_report_t23_what_is_named_like_the_mask_is_looked_into(tmp_path):
    (tmp_path / "gt").mkdir()
    (tmp_path / "images").mkdir()
    build.nifti(tmp_path / "gt" / "p7_seg.nii.gz", build.blocks())
    case = case_of(tmp_path / "gt", "p7_seg", "p7_seg.nii.gz")
    build.nifti(tmp_path / "images" / "p7_seg.nii.gz", build.blocks(seed=3))
    with pytest.raises(ReadError, match=r"p7_seg\.nii\.gz of --images is a mask"):
        CaseImages(tmp_path / "images", [case]).find(case)
    shape = build.blocks().shape
    scan = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    build.nifti(tmp_path / "images" / "p7_seg.nii.gz", scan)
    assert CaseImages(tmp_path / "images", [case]).find(case).name == "p7_seg.nii.gz"
