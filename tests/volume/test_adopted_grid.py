"""One side alone knows where its voxels lie: the other takes its grid (LAYOUTS-G4)."""

import build
import numpy as np
import pytest
from runs import run

KINDS = ("both", "one")
T, P = build.blocks(), build.blocks(seed=5)


@pytest.mark.parametrize("plain", ["pred", "gt"])
def test_a_side_without_geometry_is_measured_on_the_others_grid(tmp_path, plain):
    for side, array in (("pred", P), ("gt", T)):
        build.folder(tmp_path / "both" / side, (build.nifti, ".nii.gz"), a=array)
        (tmp_path / "one" / side).mkdir(parents=True)
        if side == plain:
            np.save(tmp_path / "one" / side / "a.npy", array)
        else:
            build.folder(tmp_path / "one" / side, (build.nifti, ".nii.gz"), a=array)
    cards = [run(p / "pred", p / "gt", "hd95", "gt_volume") for p in map(tmp_path.joinpath, KINDS)]
    both, one = ([row[1:] for row in card.rows] for card in cards)
    assert one == both
    assert {row[3] for row in both} == {"mm", "ml"}
