"""Lists of masks as Cityscapes wants predictions: `mask.png class score` a line (INSTANCES-A4)."""

import json

import build
import numpy as np
import pytest
from oracles.instance_records import agrees, arrays, content, records
from runs import problem, run

from segeval.readers.registry import open_volume
from segeval.runtime.errors import ReadError
from segeval.volume.read_options import ReadOptions

NAMES = "24=person,26=car,33=bicycle"


def masks(path, lines, shape=(6, 8)):
    """A list, and the pictures that it names."""
    for place, name in enumerate(line.split()[0] for line in lines):
        mask = np.zeros(shape, np.uint8)
        mask[place : place + 3, 1:5] = 255
        build.png(path.parent / name, mask)
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_line_is_an_instance_with_a_score(tmp_path):
    path = masks(tmp_path / "a.txt", ["m/0.png 26 0.5", "m/1.png 26 1e-1", "m/2.png 24 0.75"])
    volume = open_volume(path, ReadOptions())
    found = volume.instances()
    assert volume.values == (24, 26)
    assert found.values == (26, 26, 24)
    assert found.scores.tolist() == [0.5, 0.1, 0.75]
    assert found.masks.areas.tolist() == [12, 12, 12]
    assert [int(c.source().sum()) for c in volume.channels] == [12, 16]  # those of cars overlap


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("m/0.png 26", "line 2 is no mask"),
        ("m/0.png car 0.5", "line 2 is no mask"),
        ("m/0.png 26 nan", "line 2 is no mask"),
        ("/tmp/0.png 26 0.5", "outside the folder"),
        ("../0.png 26 0.5", "outside the folder"),
        ("m/none.png 26 0.5", "not a readable picture"),
    ],
)
def test_a_damaged_list(tmp_path, line, said):
    path = masks(tmp_path / "a.txt", ["m/0.png 26 0.5"])
    path.write_text(path.read_text() + line)
    with pytest.raises(ReadError, match=said):
        open_volume(path, ReadOptions())


def test_masks_of_two_sizes_and_of_colours(tmp_path):
    path = masks(tmp_path / "a.txt", ["0.png 26 0.5", "1.png 26 0.5"])
    build.png(tmp_path / "1.png", np.ones((5, 8), np.uint8))
    with pytest.raises(ReadError, match="8 x 5 pixels, another of 8 x 6"):
        open_volume(path, ReadOptions())
    build.png(tmp_path / "1.png", np.ones((6, 8, 3), np.uint8))
    with pytest.raises(ReadError, match="several channels"):
        open_volume(path, ReadOptions())


def cityscapes(folder):
    """The oracle's arrays as files."""
    case = "cityscapes_instances"
    for scene, listed in content(case)["detections"].items():
        build.png(folder / "gt" / f"{scene}.png", arrays(case)[f"gt_{scene}"])
        drawn = np.unpackbits(arrays(case)[f"pred_{scene}"], axis=-1)[..., :120]
        lines = []
        for place, (mask, class_, score) in enumerate(listed):
            build.png(folder / "pred" / "masks" / f"{scene}_{place}.png", drawn[mask])
            lines.append(f"masks/{scene}_{place}.png {class_} {score}\n")
        (folder / "pred" / f"{scene}.txt").write_text("".join(lines))
    return folder / "pred", folder / "gt"


@pytest.mark.parametrize("void", [(0,), (0, 1, 2, 3)])
def test_values_of_cityscapes_from_its_files(tmp_path, void):
    card = run(
        *cityscapes(tmp_path), "ap:as=cityscapes", "ap@50%:as=cityscapes",
        instances="1000", classes=NAMES, ignore_label=void,
    )  # fmt: skip
    for _, record in records("cityscapes_instances"):
        own = record["params"].get("class", "overall")
        if not record["id"].startswith("thresholds"):
            pooled = [card.summary[""][own][m].pooled for m in card.metrics]
            got = pooled if own != "overall" else pooled["50" in record["id"]]
            assert agrees(got, record), record["id"]


def test_a_list_beside_instances_of_coco(tmp_path):
    marks = [
        {"id": 1, "image_id": 1, "category_id": 26, "iscrowd": 0, "area": 12,
         "segmentation": [[1, 0, 5, 0, 5, 3, 1, 3]]}
    ]  # fmt: skip
    image = {"id": 1, "height": 6, "width": 8, "file_name": "a.png"}
    named = [{"id": 26, "name": "car"}]
    truth = tmp_path / "g.json"
    truth.write_text(json.dumps({"images": [image], "categories": named, "annotations": marks}))
    path = masks(tmp_path / "a.txt", ["m/0.png 26 0.5", "m/1.png 26 0.4"])
    card = run(path, truth, "f1@50%", "ap", instances="")
    assert card.summary[""]["car"]["f1@50%"].pooled == 2 / 3
    (tmp_path / "g").mkdir()
    other = run(truth, path, "f1@50%", instances="", classes="26=car")
    assert other.cases[0].status == "ok", problem(other)
