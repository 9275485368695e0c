"""LabelMe, YOLO and GeoJSON: each a mask a class and an instance a polygon."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from runs import run

from segeval.pairing.files import list_mask_files
from segeval.readers.registry import is_polygon_file, open_volume
from segeval.runtime.errors import ReadError
from segeval.runtime.inventory import Inventory, keep_inventory, on_side
from segeval.volume import channel
from segeval.volume.read_options import ReadOptions

SIZE = (20, 30)  # height, width
READ = ReadOptions(grid=SIZE)


def corners(x, y, w, h):
    return [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]


def box(x, y, w, h):
    mask = np.zeros(SIZE, bool)
    mask[y : y + h, x : x + w] = True
    return mask


CAT, DOG = (3, 4, 6, 5), (15, 8, 10, 9)


def labelme(path, *shapes, **more):
    head = {"version": "5.4", "flags": {}, "shapes": list(shapes), "imagePath": "a.jpg"}
    content = {**head, "imageData": None, "imageHeight": SIZE[0], "imageWidth": SIZE[1], **more}
    path.write_text(json.dumps(content))
    return path


def shape(label, points, form="polygon", **more):
    return {"label": label, "points": points, "shape_type": form, "group_id": None, **more}


def yolo(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def line(number, ring, *score):
    shares = [v for x, y in ring for v in (x / SIZE[1], y / SIZE[0])]
    return " ".join(map(str, (number, *shares, *score)))


def feature(name, rings, **properties):
    told = {"classification": {"name": name}, **properties}
    closed = [[*ring, ring[0]] for ring in rings]
    polygon = {"type": "Polygon", "coordinates": closed}
    return {"type": "Feature", "properties": told, "geometry": polygon}


def geojson(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return path


def masks(volume):
    drawn = [np.zeros(SIZE, bool) if c.source is None else c.source() > 0 for c in volume.channels]
    names = volume.segments or {str(v): (k, 1) for k, v in enumerate(volume.values)}
    return {name: drawn[channel] for name, (channel, _) in names.items()}


def test_labelme_polygons_rectangles_and_groups(tmp_path):
    path = labelme(
        tmp_path / "a.json",
        shape("cat", corners(*CAT)),
        shape("dog", [[15, 8], [25, 17]], "rectangle"),
        shape("cat", corners(0, 0, 2, 2), group_id=7),
        shape("cat", corners(26, 0, 2, 2), group_id=7),
    )
    volume = open_volume(path, ReadOptions())
    assert volume.geometry.shape == SIZE
    found = masks(volume)
    assert np.array_equal(found["dog"], box(*DOG))
    assert np.array_equal(found["cat"], box(*CAT) | box(0, 0, 2, 2) | box(26, 0, 2, 2))
    assert volume.instances().masks.areas.tolist() == [30, 90, 8]  # a group is one instance
    assert volume.instances().values == ("cat", "dog", "cat")


def test_labelme_circles_and_masks(tmp_path):
    stream = io.BytesIO()
    Image.fromarray(np.array([[0, 255], [255, 255]], np.uint8)).save(stream, "PNG")
    packed = base64.b64encode(stream.getvalue()).decode()
    path = labelme(
        tmp_path / "a.json",
        shape("disc", [[10, 10], [10, 14]], "circle"),
        shape("mask", [[28, 18], [30, 20]], "mask", mask=packed),
        shape("cut", [[29, 19], [31, 21]], "mask", mask=packed),  # goes beyond the image
    )
    found = masks(open_volume(path, ReadOptions()))
    assert found["disc"].sum() == pytest.approx(np.pi * 16, rel=0.1)
    assert np.argwhere(found["mask"]).tolist() == [[18, 29], [19, 28], [19, 29]]
    assert not found["cut"].any()


def test_labelme_points_and_lines_have_no_mask(tmp_path):
    path = labelme(
        tmp_path / "a.json", shape("cat", corners(*CAT)), shape("cat", [[1, 1]], "point")
    )
    with keep_inventory(Inventory()) as kept, on_side("gt"):
        open_volume(path, ReadOptions())
    assert [(i.code, i.number) for i in kept.left_aside] == [("W-no-mask", 1)]
    assert not kept.missing()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (shape("cat", [[1, 2], [3, 4]]), "no three corners"),
        (shape("cat", [[1, "x"], [3, 4], [5, 6]]), "no numbers"),
        (shape("cat", [[1, float("nan")], [3, 4], [5, 6]]), "no place in an image"),
        (shape("", corners(*CAT)), "has no label"),
        (shape("cat", corners(*CAT), "spline"), "is not read"),
        (shape("cat", [[0, 0], [2, 2]], "mask", mask="!!"), "cannot be read"),
        (shape("cat", [[0, 0]], "rectangle"), "1 points, not 2"),
        (7, "has no label"),
    ],
)
def test_account_a33_labelme_that_cannot_be_used(tmp_path, wrong, said):
    with pytest.raises(ReadError, match=said):
        open_volume(labelme(tmp_path / "a.json", wrong), ReadOptions())


def test_labelme_without_a_size_takes_that_of_the_image(tmp_path):
    path = labelme(tmp_path / "a.json", shape("cat", corners(*CAT)), imageHeight=None)
    with pytest.raises(ReadError, match="how large its image is"):
        open_volume(path, ReadOptions())
    Image.new("RGB", SIZE[::-1]).save(tmp_path / "a.jpg")
    assert open_volume(path, ReadOptions()).geometry.shape == SIZE


def test_yolo_classes_are_numbers_from_0_or_names(tmp_path):
    path = yolo(tmp_path / "labels" / "a.txt", line(0, corners(*CAT)), line(4, corners(*DOG)))
    volume = open_volume(path, READ)
    assert volume.values == (0, 4)
    assert np.array_equal(masks(volume)["4"], box(*DOG))
    (tmp_path / "classes.txt").write_text("cat\n\n\n\ndog\n")
    assert np.array_equal(masks(open_volume(path, READ))["dog"], box(*DOG))


def test_yolo_scores_are_the_number_that_is_left_over(tmp_path):
    path = yolo(tmp_path / "a.txt", line(0, corners(*CAT), 0.75), line(0, corners(*DOG), 0.25))
    assert open_volume(path, READ).instances().scores.tolist() == [0.75, 0.25]
    strict = ReadOptions(grid=SIZE, min_score=0.5)
    assert open_volume(path, strict).instances().scores.tolist() == [0.75]


def test_yolo_an_empty_file_is_an_image_without_objects(tmp_path):
    volume = open_volume(yolo(tmp_path / "a.txt"), READ)
    assert len(volume.instances().masks) == 0
    assert volume.geometry.shape == SIZE


def test_yolo_boxes_have_no_mask(tmp_path):
    path = yolo(tmp_path / "a.txt", "0 0.5 0.5 0.2 0.2", line(1, corners(*DOG)))
    with keep_inventory(Inventory()) as kept, on_side("gt"):
        assert list(masks(open_volume(path, READ))) == ["1"]
    assert [(i.code, i.names) for i in kept.left_aside] == [("W-no-mask", ("line 1",))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 10 10 20 10 20 20", "no shares of the image"),
        ("0 nan 0.1 0.2 0.1 0.2 0.2\n", "no format that is known|no place in an image"),
        (line(0, corners(*CAT)) + "\n0.5 0 0 1 0 1 1", "no number from 0"),
        (line(0, corners(*CAT)) + "\n0 x 0 1 0 1 1", "no number"),
    ],
)
def test_account_a33_yolo_that_cannot_be_used(tmp_path, text, said):
    with pytest.raises(ReadError, match=said):
        open_volume(yolo(tmp_path / "a.txt", text), READ)


def test_geojson_holes_parts_scores_and_names(tmp_path):
    hole = corners(5, 5, 2, 2)
    many = feature("dog", [corners(*DOG)], score=0.5)
    many["geometry"] = {
        "type": "MultiPolygon",
        "coordinates": [[corners(*DOG)], [corners(0, 0, 2, 2)]],
    }
    path = geojson(tmp_path / "a.geojson", feature("cat", [corners(*CAT), hole]), many)
    volume = open_volume(path, READ)
    found = masks(volume)
    assert np.array_equal(found["cat"], box(*CAT) & ~box(5, 5, 2, 2))
    assert np.array_equal(found["dog"], box(*DOG) | box(0, 0, 2, 2))
    assert np.array_equal(volume.instances().scores, [np.nan, 0.5], equal_nan=True)


@pytest.mark.parametrize(
    "content",
    ["{", '{"type": "FeatureCollection"}', '{"type": "FeatureCollection", "features": [3]}',
     '{"type": "FeatureCollection", "features": [{"geometry": {"type": "Polygon"}}]}'],
)  # fmt: skip
def test_account_a33_geojson_that_cannot_be_used(tmp_path, content):
    (tmp_path / "a.geojson").write_text(content)
    with pytest.raises(ReadError, match=r"GeoJSON|no coordinates"):
        open_volume(tmp_path / "a.geojson", READ)


def test_account_a9_texts_and_json_beside_masks_hide_nothing(tmp_path):
    Image.fromarray(box(*CAT).astype(np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "notes.txt").write_text("7 patients\n")
    (tmp_path / "meta.json").write_text('{"EchoTime": 3}')
    (tmp_path / "empty.txt").write_text("")
    assert [f.name for f in list_mask_files(tmp_path).files] == ["a.png"]


def test_a_picture_beside_polygons_of_its_name_is_their_image(tmp_path):
    Image.fromarray(box(*CAT).astype(np.uint8)).save(tmp_path / "a.png")
    labelme(tmp_path / "a.json", shape("cat", corners(*CAT)))
    tree = list_mask_files(tmp_path)
    assert [f.name for f in tree.files] == ["a.json"]
    assert is_polygon_file(tmp_path / "a.json")


@pytest.mark.parametrize(
    "forms", [("labelme", "yolo"), ("yolo", "geojson"), ("geojson", "labelme")]
)
def test_every_form_against_every_other(tmp_path, forms):
    for side, form in zip(("pred", "gt"), forms, strict=True):
        folder = tmp_path / side
        folder.mkdir()
        for name in ("a", "b"):
            if form == "labelme":
                labelme(folder / f"{name}.json", shape("cat", corners(*CAT)),
                        shape("dog", corners(*DOG)))  # fmt: skip
            elif form == "yolo":
                yolo(folder / f"{name}.txt", line(0, corners(*CAT)), line(1, corners(*DOG)))
                (folder / "classes.txt").write_text("cat\ndog\n")
            else:
                geojson(folder / f"{name}.geojson", feature("cat", [corners(*CAT)], score=0.9),
                        feature("dog", [corners(*DOG)], score=0.8))  # fmt: skip
            Image.new("RGB", SIZE[::-1]).save(folder / f"{name}.jpg")
    card = run(tmp_path / "pred", tmp_path / "gt", "dice", "ap")
    found = card.summary[""]
    assert {name: found[name]["dice"].mean for name in ("cat", "dog")} == {"cat": 1, "dog": 1}
    if forms[0] == "geojson":
        assert found["all"]["ap"].pooled == pytest.approx(1)
    else:
        assert np.isnan(found["all"]["ap"].pooled)  # no scores


def test_more_classes_than_any_file_has_are_refused(tmp_path, monkeypatch):
    shapes = [shape(f"c{k}", corners(*CAT)) for k in range(9)]
    path = labelme(tmp_path / "a.json", *shapes)
    assert len(open_volume(path, READ).channels) == 9
    monkeypatch.setattr(channel, "MOST_CHANNELS", 8)
    with pytest.raises(ReadError, match="9 classes, and at most 8 are read"):
        open_volume(path, READ)
