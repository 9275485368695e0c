"""One pass: how a case is cut into slabs changes nothing, and files are read together or apart."""

import re
from pathlib import Path

import build
import numpy as np
import pytest
from runs import every, only, run, sigmoids, soft

from segeval.classes.class_list import LabelSelector
from segeval.grid.geometry import Geometry
from segeval.opening.open_side import OpenSide
from segeval.runtime.errors import ReadError
from segeval.scoring import slab_pass
from segeval.scoring.paired_blocks import (
    Plan,
    black_and_white,
    check_range,
    label_map,
    reference_shares,
)
from segeval.scoring.slab_pass import channel_groups
from segeval.tallies import slab as slabs
from segeval.volume.channel import Channel
from segeval.volume.value_stream import ReadAs, SideSlab
from segeval.volume.volume import Volume

T, P = build.blocks(), build.blocks(seed=5)
M, S = soft(4), sigmoids(3)
NII = (build.nifti, ".nii.gz")


def labels(path):
    return build.nifti(path / "p.nii.gz", P), build.nifti(path / "g.nii.gz", T), {}


def class_files(path):
    for side, array in (("pred", P), ("gt", T)):
        organs = {"liver": array == 1, "spleen": array > 1, "pancreas": array == 3}
        build.folder(path / side / "c", NII, **{n: m.astype(np.uint8) for n, m in organs.items()})
    return path / "pred", path / "gt", {}


def exclusive(path):
    truth = T.copy()
    truth[0, 0, :3] = 9
    pred = build.stack(path / "p.nii.gz", M)
    return pred, build.nifti(path / "g.nii.gz", truth), {"ignore_label": (9,)}


def logits(path):
    pred = build.npz(path / "p.npz", np.log(M), "logits")
    return pred, build.nifti(path / "g.nii", T), {}


def independent(path):
    pred = build.npy(path / "p.npy", np.moveaxis(S, 0, -1))
    return pred, build.nifti(path / "g.nii", T), {"activation": "none"}


def shared(path):
    pred, truth = build.stack(path / "p.nii", M), build.stack(path / "g.nii", soft(4, seed=2))
    return pred, truth, {"gt_kind": "prob"}


CASES = (labels, class_files, exclusive, logits, independent, shared)


@pytest.mark.parametrize("build_case", CASES)
@pytest.mark.parametrize("voxels", [1, 7, 50])
def test_slabs_change_nothing(tmp_path, monkeypatch, build_case, voxels):
    pred, truth, choices = build_case(tmp_path)
    metrics = every() if build_case not in (labels, class_files) else every("counts")
    # Bare, they need a length.
    metrics = [re.sub("(nsd|biou)", r"\1@2mm", text) for text in metrics]
    whole = only(run(pred, truth, *metrics, **choices))
    for name in ("LABELS_AT_A_TIME", "SCORES_AT_A_TIME", "BYTES_AT_A_TIME"):
        monkeypatch.setattr(slab_pass, name, voxels)
    monkeypatch.setattr(slabs, "MOST", max(1, voxels // 2))
    monkeypatch.setattr(slabs, "LEAST", 1)
    cut = only(run(pred, truth, *metrics, **choices))
    assert cut.tallies["counts"] == whole.tallies["counts"]
    for a, b in zip(cut.rows, whole.rows, strict=True):
        assert (a.class_, a.metric, a.status, a.reason) == (b.class_, b.metric, b.status, b.reason)
        assert a.value == pytest.approx(b.value, rel=1e-12, abs=1e-12, nan_ok=True), a.metric


def test_every_shape_of_case_has_a_number(tmp_path):
    for number, build_case in enumerate(CASES):
        (path := tmp_path / str(number)).mkdir()
        pred, truth, choices = build_case(path)
        case = only(run(pred, truth, "dice", "l2", **choices))
        assert any(np.isfinite(row.value) for row in case.rows)


def opened(channels, *names, dtype="u1"):
    """A side of some channels; with names, of that many files."""
    made = Channel(lambda: np.zeros((1, 1, 2), dtype), np.dtype(dtype), (1, 1, 2))
    volume = Volume(Geometry((1, 1, 2)), (made,) * channels, Path("a"))
    return OpenSide(volume, {name: LabelSelector(i) for i, name in enumerate(names)})


HARD = (ReadAs("labels"), ReadAs("auto"))


def test_class_files_are_read_pair_by_pair():
    sides = opened(3, "a", "b", "c"), opened(2, "b", "c")
    found = channel_groups(*sides, Plan(((0, -1), (1, 0), (2, 1)), HARD))
    assert found == [
        (frozenset([0]), frozenset()),
        (frozenset([1]), frozenset([0])),
        (frozenset([2]), frozenset([1])),
    ]


def test_channels_that_share_a_file_are_read_together():
    sides = opened(1), opened(2, "b", "c")
    (group,) = channel_groups(*sides, Plan(((0, 0), (0, 1)), HARD))
    assert group == (frozenset([0]), frozenset([0, 1]))


def test_pairs_that_are_joined_by_a_third_are_read_together():
    sides = opened(2, "a", "b"), opened(2, "a", "b")
    (group,) = channel_groups(*sides, Plan(((0, 0), (1, 1), (1, 0)), HARD))
    assert group == (frozenset([0, 1]), frozenset([0, 1]))


@pytest.mark.parametrize(
    "sides", [(opened(2), opened(2)), (opened(2, "a", "b"), opened(2, "a", "b", dtype="f4"))]
)
def test_stacks_and_scores_need_all_of_their_channels(sides):
    (group,) = channel_groups(*sides, Plan(((0, 0), (1, 1)), HARD))
    assert group == (frozenset([0, 1]), frozenset([0, 1]))


def test_a_label_beyond_the_channels():
    check_range(np.uint8([0, 2]), 3, None)
    check_range(np.uint8([0, 9]), 3, np.array([True, False]))  # it is ignored
    with pytest.raises(ReadError, match="label 9 and the prediction has 3 channels"):
        check_range(np.uint8([0, 9]), 3, None)


PLAN = Plan(((0, 0),), HARD)


def test_masks_become_labels_by_hand():
    #                       mask 0 1 0 0     mask 0 0 1 1      labels 0 1 2 2
    two = SideSlab({0: np.uint8([0, 1, 0, 0]), 1: np.uint8([0, 0, 1, 1])})
    assert label_map(two, 3, PLAN).tolist() == [0, 1, 2, 2]
    onehot = SideSlab({0: np.uint8([1, 1, 0, 0]), 1: np.uint8([0, 0, 1, 1])})
    assert label_map(onehot, 2, PLAN).tolist() == [0, 0, 1, 1]
    with pytest.raises(ReadError, match="no label map for 2 channels"):
        label_map(two, 2, PLAN)  # the first voxel has none of them


def test_black_and_white_by_hand():
    assert black_and_white(np.uint8([0, 255, 255])).tolist() == [0, 1, 1]


def test_shares_by_hand():
    soft_truth = SideSlab({0: np.uint8([0]), 1: np.uint8([1])}, np.float32([[0.2], [0.7]]))
    plan = Plan(((0, 0),), HARD, onehot=(LabelSelector(1), LabelSelector(-1), LabelSelector(0)))
    assert reference_shares(soft_truth, 3, plan).tolist() == [
        [np.float32(0.7)],
        [0],
        [np.float32(0.2)],
    ]
    assert reference_shares(SideSlab({0: np.uint8([0])}), 3, plan) is None
