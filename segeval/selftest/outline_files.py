"""The plane of the boxes as outlines, in the files of tools that draw."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from segeval.selftest.shapes import BOX, BOXES, NUMBERS, SHAPE

PICTURE = "plane.png"


def box_outline(side: str) -> list[tuple[float, float]]:
    """The outline of the moved box, x and y along the edges of its pixels."""
    _, (top, bottom), (left, right) = BOXES[side][BOX]
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def write_coco(path: Path, side: str) -> None:
    """A data set of COCO with one polygon."""
    outline = box_outline(side)
    (left, top), (right, bottom) = outline[0], outline[2]
    number = NUMBERS[BOX]
    content = {
        "images": [{"id": 1, "file_name": PICTURE, "width": SHAPE[2], "height": SHAPE[1]}],
        "categories": [{"id": number, "name": BOX}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": number,
                "iscrowd": 0,
                "segmentation": [[float(v) for point in outline for v in point]],
                "bbox": [left, top, right - left, bottom - top],
                "area": (right - left) * (bottom - top),
            }
        ],
    }
    path.write_text(json.dumps(content), "utf-8")


def write_labelme(path: Path, side: str) -> None:
    """A file of LabelMe with one polygon."""
    content = {
        "version": "5.0.0",
        "flags": {},
        "shapes": [{"label": BOX, "points": box_outline(side), "shape_type": "polygon"}],
        "imagePath": PICTURE,
        "imageHeight": SHAPE[1],
        "imageWidth": SHAPE[2],
    }
    path.write_text(json.dumps(content), "utf-8")


DRAWN: Mapping[str, Callable[[Path, str], None]] = {
    "COCO": write_coco,
    "LabelMe": write_labelme,
}
