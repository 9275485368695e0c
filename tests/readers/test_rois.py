import numpy as np
import pytest
import regions_build as build
from oracles.read import expected, inputs

from segeval.readers import npy, rois
from segeval.readers.registry import open_volume
from segeval.runtime.errors import ReadError
from segeval.volume.read_options import ReadOptions

BOXES = [[1.2, 1.6, 7.9, 8.1], [4, 3, 11, 9], [0, 0, 5, 5]]
HERE = ReadOptions(grid=(10, 12))


def drawn(volume):
    return [v.source().astype(bool) for v in volume.channels]


def test_it_claims_the_archive_of_rois_alone(tmp_path):
    path = build.rois(tmp_path / "a.npz", BOXES, [1, 2, 1])
    head = path.read_bytes()[:512]
    assert rois.claims(path, head)
    np.savez(tmp_path / "b.npz", logits=np.zeros((2, 3)))
    assert not rois.claims(tmp_path / "b.npz", (tmp_path / "b.npz").read_bytes()[:512])
    assert not rois.claims(path, b"\x93NUMPY")
    assert npy.claims(path, head)  # the next that is asked


def test_a_channel_a_label(tmp_path):
    volume = open_volume(build.rois(tmp_path / "a.npz", BOXES, [1, 2, 1]), HERE)
    assert volume.values == (1, 2)
    assert [v.stored for v in volume.channels] == [(10, 12), (10, 12)]
    assert len(volume.regions.labels) == 3


@pytest.mark.parametrize("rule", ["detectron2", "torchvision", "matterport"])
def test_the_union_of_the_masks_of_the_libraries(tmp_path, rule):
    x, want = inputs("maskrcnn_infer_k3"), expected("maskrcnn_infer_k3")
    arrays = {"masks": x["logits_q"] / 8}
    path = build.rois(tmp_path / "a.npz", x["boxes"], x["labels"], **arrays)
    height, width = x["image_size"].tolist()
    volume = rois.read(path, ReadOptions(grid=(height, width), paste=rule))
    short = {"detectron2": "d2", "torchvision": "tv", "matterport": "mt"}[rule]
    masks, open_ = (
        np.unpackbits(want[f"{short}_{name}.value"], axis=-1, count=width).astype(bool)
        for name in ("mask", "dont_care")
    )
    for label, mask in zip(volume.values, drawn(volume), strict=True):
        own = x["labels"] == label
        sure = ~open_[own].any(axis=0)
        assert np.array_equal(mask[sure], masks[own].any(axis=0)[sure])


def test_low_scores_are_not_pasted(tmp_path):
    path = build.rois(tmp_path / "a.npz", BOXES, [1, 2, 1], scores=np.array([0.9, 0.2, 0.5]))
    volume = rois.read(path, ReadOptions(grid=(10, 12), min_score=0.5))
    assert volume.values == (1,)
    assert volume.regions.below == 1
    assert len(volume.regions.labels) == 3  # the loss is of all


def test_no_roi_is_no_channel(tmp_path):
    volume = rois.read(build.rois(tmp_path / "a.npz", [], []), HERE)
    assert volume.values == ()
    assert [v.source for v in volume.channels] == [None]  # a mask without voxels


def test_label_0_has_two_readings(tmp_path):
    path = build.rois(tmp_path / "a.npz", BOXES, [0, 2, 1])
    with pytest.raises(ReadError, match="label 0: the background, or the first class") as caught:
        rois.read(path, HERE)
    assert "--roi-offset 1" in caught.value.help
    assert rois.read(path, ReadOptions(grid=(10, 12), roi_offset=1)).values == (1, 2, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": np.array([1, 2])}, "do not fit each other"),
        ({"masks": np.zeros((3, 2, 7, 6))}, "do not fit each other"),
        ({"gt_index": np.zeros(2, int)}, "do not fit each other"),
        ({"labels": np.array([1, 2, 3])}, "labels from 1 to 3 of 3 maps"),
        ({"labels": np.array([1.0, 2, 2])}, "no whole numbers"),
        ({"masks": np.zeros((3, 3, 7, 7), np.uint8)}, "uint8 are no logits"),
        ({"masks": np.full((3, 3, 7, 7), 0.5)}, "look like probabilities"),
        ({"boxes": np.full((3, 4), np.nan)}, "12 values of boxes are not finite"),
        ({"boxes": np.array([None] * 3)}, "not a readable .npz"),
    ],
)
def test_arrays_that_are_no_rois(tmp_path, change, message):
    arrays = {"masks": build.logits(3), "boxes": np.array(BOXES), "labels": np.array([1, 2, 1])}
    np.savez(tmp_path / "a.npz", **arrays | change)
    with pytest.raises(ReadError, match=message):
        rois.read(tmp_path / "a.npz", HERE)


def test_half_a_file(tmp_path):
    path = build.rois(tmp_path / "a.npz", BOXES, [1, 2, 1])
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(ReadError, match="not a readable"):
        open_volume(path, HERE)


def test_without_an_image_or_scores(tmp_path):
    path = build.rois(tmp_path / "a.npz", BOXES, [1, 2, 1])
    with pytest.raises(ReadError, match="there is no image"):
        rois.read(path, ReadOptions())
    with pytest.raises(ReadError, match=r"--min-score 0\.5 of a file without scores"):
        rois.read(path, ReadOptions(grid=(10, 12), min_score=0.5))
