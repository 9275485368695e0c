"""ACCOUNT-A36: the voxels of the ground truth are those of its own grid, whatever the case's."""

import nibabel as nib
import numpy as np
import pytest

from segeval.api.run import score_paths
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings

TRUTH = np.zeros((12, 10, 6), np.uint8)
TRUTH[2:7, 2:8, 1:5] = 1  # 5 * 6 * 4 = 120
TRUTH[8:11, 3:6, 2:4] = 2  # 3 * 3 * 2 = 18


def save(path, array, finer=1):
    """An image of so many voxels along x and y for one of the ground truth's."""
    affine = np.diag([1 / finer, 1 / finer, 3.0, 1.0])
    affine[:2, 3] = -0.5 + 0.5 / finer
    big = np.kron(array, np.ones((finer, finer, 1), np.uint8))
    path.parent.mkdir(exist_ok=True)
    nib.save(nib.Nifti1Image(big, affine), path)


@pytest.mark.parametrize("finer", [1, 2, 3])
@pytest.mark.parametrize("resample", ["pred", "gt"])
def test_resampling_changes_no_voxel_of_the_ground_truth(tmp_path, finer, resample):
    save(tmp_path / "gt" / "a.nii.gz", TRUTH)
    save(tmp_path / "pred" / "a.nii.gz", np.roll(TRUTH, 1, 0), finer)
    settings = Settings(metrics=(parse_metric("dice"),), resample=resample)
    card = score_paths(tmp_path / "pred", tmp_path / "gt", settings)
    assert card.cases[0].gt_voxels == {"1": 120, "2": 18}


def test_an_ignored_label_is_no_class_there_either(tmp_path):
    truth = TRUTH.copy()
    truth[0] = 9
    save(tmp_path / "gt" / "a.nii.gz", truth)
    save(tmp_path / "pred" / "a.nii.gz", TRUTH, 2)
    settings = Settings(metrics=(parse_metric("dice"),), resample="pred", ignore_label=(9,))
    card = score_paths(tmp_path / "pred", tmp_path / "gt", settings)
    assert card.cases[0].gt_voxels == {"1": 120, "2": 18}
