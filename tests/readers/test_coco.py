import json

import numpy as np
import pytest
import regions_build as build
from paths import SHARED

from segeval.readers import coco
from segeval.readers.registry import open_volume
from segeval.runtime.errors import ReadError
from segeval.volume.volume import ReadOptions

SHAPE = (10, 12)
A, B = build.square(SHAPE, (1, 5), (2, 6)), build.square(SHAPE, (4, 9), (3, 9))
REAL = SHARED / "data" / "coco_instances"


def masks(volume):
    return [np.zeros(SHAPE, bool) if v.source is None else v.source() == 1 for v in volume.channels]


def two(path, **more):
    """Two overlapping cars, one by runs and one as a polygon, and no dog."""
    polygon = [[3, 4, 9, 4, 9, 9, 3, 9]]
    marks = [build.annotation(1, 1, 1, build.runs(A)), build.annotation(2, 1, 1, polygon, **more)]
    return build.coco(path, SHAPE, marks)


def test_a_channel_a_category(tmp_path):
    volume = open_volume(two(tmp_path / "a.json"), ReadOptions())
    assert volume.segments == {"car": (0, 1), "dog": (1, 1)}
    assert np.array_equal(masks(volume)[0], A | B)
    assert not masks(volume)[1].any()


def test_instances_stay_apart(tmp_path):
    found = open_volume(two(tmp_path / "a.json"), ReadOptions()).regions
    assert [np.array_equal(mask(), want) for mask, want in zip(found.masks, (A, B), strict=True)]
    assert found.boxes.tolist() == [[2, 1, 6, 5], [3, 4, 9, 9]]
    assert found.names == {1: "car", 2: "dog"}


def test_a_box_that_is_given(tmp_path):
    found = open_volume(two(tmp_path / "a.json", bbox=[1, 2, 3, 4]), ReadOptions()).regions
    assert found.boxes[1].tolist() == [1, 2, 4, 6]


def test_a_crowd_is_a_mask_and_no_instance(tmp_path):
    volume = open_volume(two(tmp_path / "a.json", iscrowd=1), ReadOptions())
    assert len(volume.regions.masks) == 1
    assert np.array_equal(masks(volume)[0], A | B)
    assert [note.code for note in volume.notes] == ["N-crowds"]


def test_detections_with_a_score(tmp_path):
    path = tmp_path / "d.json"
    marks = [
        build.annotation(1, 7, 2, build.runs(A), score=0.9),
        build.annotation(2, 7, 1, build.runs(B), score=0.3),
        build.annotation(3, 8, 1, build.runs(B), score=0.9),
    ]
    path.write_text(json.dumps(marks))
    volume = open_volume(path, ReadOptions(grid=SHAPE, member="7"))
    assert volume.values == (1, 2)
    assert np.array_equal(masks(volume)[1], A)
    assert open_volume(path, ReadOptions(grid=SHAPE, member="7", min_score=0.5)).values == (2,)
    with pytest.raises(ReadError, match="do not say how large"):
        open_volume(path, ReadOptions())


@pytest.mark.parametrize(
    "content", ["{", "{}", '{"images": [], "annotations": 3, "categories": []}', '[{"id": 1}]']
)
def test_no_coco_file(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ReadError, match="not a COCO file"):
        open_volume(tmp_path / "a.json", ReadOptions(grid=SHAPE, member="1"))


def test_runs_of_another_image(tmp_path):
    marks = [build.annotation(5, 1, 1, build.runs(np.ones((3, 3), bool)))]
    with pytest.raises(ReadError, match="annotation 5 cannot be drawn"):
        open_volume(build.coco(tmp_path / "a.json", SHAPE, marks), ReadOptions())


def test_which_image(tmp_path):
    path = build.coco(tmp_path / "a.json", SHAPE, [], images=("x/1.jpg", "2.jpg"))
    with pytest.raises(ReadError, match="holds 2 images"):
        open_volume(path, ReadOptions())
    assert open_volume(path, ReadOptions(member="2.jpg")).geometry.shape == SHAPE


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data is not here")
def test_polygons_of_a_real_file_fill_their_boxes():
    path = REAL / "gt_dataset.json"
    for name, image in coco.parse_coco(path).images.items():
        volume = open_volume(path, ReadOptions(member=name))
        shape = (image["height"], image["width"])
        assert volume.geometry.shape == shape
        for mask, box in zip(volume.regions.masks, volume.regions.boxes, strict=True):
            drawn = np.array(coco.mask_box(mask()))
            assert np.abs(drawn - box).max() <= 2
