"""YOLO text of segmentation: a line an object, `class x1 y1 x2 y2 …`, of a detection a score last.

Coordinates are shares of the image's width and height; an image without objects has an empty file.
Classes are numbers from 0. `classes.txt` or the `names` of `data.yaml`, beside the file or above
it, say what they are called.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from segeval.classes.yaml_names import parse_yaml_names
from segeval.readers.polygon_files import (
    DrawnObject,
    Label,
    image_size,
    leave_without_mask,
    polygon_volume,
    read_ring,
)
from segeval.runtime.errors import ReadError
from segeval.runtime.inventory import current
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

NUMBER = rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
LINE = re.compile(rb"\s*\d+(?:\s+" + NUMBER + rb"){4,}\s*(?:\n|\r|\Z)")
ABOVE = 3  # folders in which names are looked for
NAMES = ("classes.txt", "labels.txt", "obj.names")


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is YOLO's, from its name and its first line; an empty one is."""
    if path.suffix.lower() != ".txt" or path.name.lower() in NAMES:
        return False
    first = head.lstrip(b"\xef\xbb\xbf").lstrip()
    if len(head) >= 512 and b"\n" not in first:  # a long first line: all of it is numbers
        return re.fullmatch(rb"\d+(?:\s+" + NUMBER + rb"?)*", first.strip()[:400]) is not None
    return not first or LINE.match(first) is not None


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open a file as one mask a class. Raises ReadError."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as problem:
        raise ReadError(f"not a readable text ({problem})", where=path) from problem
    height, width = image_size(path, reading)
    objects: list[DrawnObject] = []
    boxes: list[str] = []
    for number, line in enumerate(lines, 1):
        if not (words := line.split()):
            continue
        if len(words) in (5, 6):
            boxes.append(f"line {number}")
            continue
        objects.append(parse_line(words, f"line {number}", (width, height), path))
    leave_without_mask(boxes)
    names: dict[Label, str] | None = dict(class_names(path))
    if not names and current().side == "gt":
        names = {one.label: str(one.label) for one in objects}
    return polygon_volume(objects, (height, width), path, reading, names or None)


def parse_line(words: list[str], what: str, size: tuple[int, int], path: Path) -> DrawnObject:
    """One line: class, corners, and a score where a number is left over. Raises ReadError."""
    try:
        values = np.array(words, np.float64)
    except ValueError as problem:
        raise ReadError(f"{what} holds a word that is no number", where=path) from problem
    if not values[0].is_integer() or not 0 <= values[0] < 1 << 31:
        raise ReadError(f"{what} has the class {words[0]}, which is no number from 0", where=path)
    corners, score = values[1:], float("nan")
    if len(corners) % 2:
        corners, score = corners[:-1], float(corners[-1])
    if np.isfinite(corners).all() and np.abs(corners).max(initial=0) > 2:
        raise ReadError(
            f"{what} has corners that are no shares of the image",
            where=path,
            help="x and y are divided by width and height",
        )
    ring = read_ring(corners.reshape(-1, 2) * size, what, path)
    return DrawnObject(int(values[0]), ((ring,),), score)


def class_names(path: Path) -> dict[Label, str]:
    """What classes are called; empty where nothing says it."""
    for folder in list(path.parents)[:ABOVE]:
        for name in NAMES:
            if (folder / name).is_file():
                lines = (folder / name).read_text("utf-8-sig", "replace").splitlines()
                return {k: line.strip() for k, line in enumerate(lines) if line.strip()}
        for name in ("data.yaml", "data.yml"):
            if (folder / name).is_file():
                text = (folder / name).read_text("utf-8-sig", "replace")
                if found := parse_yaml_names(text):
                    return dict(found.items())
    return {}
