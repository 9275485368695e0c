"""LabelMe JSON: the polygons, rectangles, circles and masks that a person drew on one image.

    shapes  label, shape_type, points [[x, y], …] in pixels, group_id; a mask is a PNG in base64 at
            the corner of its points

Shapes of one label and group_id are one instance. Points and lines have no area.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segeval.kernels.mask_stack import edges_of_mask
from segeval.kernels.rle import NO_EDGES, ImageShape, unite_edges
from segeval.readers.polygon_files import (
    DrawnObject,
    image_size,
    leave_without_mask,
    polygon_volume,
    read_ring,
)
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import replace
from segeval.runtime.json_text import parse_json
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

CORNERS = 72  # of a circle
WORDS = (b'"shapes"', b'"imagePath"', b'"imageData"', b'"imageHeight"')
LARGEST = 1 << 31  # pixels
POLYGONS = ("polygon", "", None)
WITHOUT_AREA = ("point", "points", "line", "linestrip")


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is LabelMe's, from its name and its first bytes."""
    return (
        path.suffix.lower() == ".json"
        and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"
        and (any(word in head for word in WORDS))
    )


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open a file as one mask a label. Raises ReadError."""
    try:
        content = parse_json(path.read_text("utf-8-sig"))
        shapes = content["shapes"]
        if not isinstance(shapes, list):
            raise TypeError("shapes is no list")
    except (KeyError, TypeError, ValueError) as problem:
        raise ReadError(
            f"not a LabelMe file ({type(problem).__name__}: {problem})", where=path
        ) from problem
    size = told_size(content)
    shape = size if size is not None else image_size(path, reading)
    bare = [f"shape {k}" for k, s in enumerate(shapes, 1) if shape_type(s) in WITHOUT_AREA]
    leave_without_mask(bare)
    objects: dict[Any, DrawnObject] = {}
    for place, entry in enumerate(shapes, 1):
        if shape_type(entry) in WITHOUT_AREA:
            continue
        made = parse_shape(entry, f"shape {place}", shape, path)
        group = entry.get("group_id")
        key = place if group is None else (str(made.label), str(group))
        if (before := objects.get(key)) is not None:
            edges = unite_edges([e for e in (before.edges, made.edges) if len(e)])
            made = replace(before, parts=(*before.parts, *made.parts), edges=edges)
        objects[key] = made
    return polygon_volume(list(objects.values()), shape, path, reading)


def shape_type(entry: Any) -> Any:
    """The type of a shape."""
    return entry.get("shape_type") if isinstance(entry, Mapping) else None


def told_size(content: Mapping[str, Any]) -> ImageShape | None:
    """The size of the image; None where the file does not say it."""
    sides = [content.get(key) for key in ("imageHeight", "imageWidth")]
    height, width = (s if isinstance(s, int) and not isinstance(s, bool) else 0 for s in sides)
    return (height, width) if height > 0 and width > 0 and height * width <= LARGEST else None


def parse_shape(entry: Any, what: str, shape: ImageShape, path: Path) -> DrawnObject:
    """One shape. Raises ReadError."""
    label = entry.get("label") if isinstance(entry, Mapping) else None
    if not isinstance(label, (str, int)) or label == "":
        raise ReadError(f"{what} has no label", where=path)
    points, form = entry.get("points"), shape_type(entry)
    score = entry.get("score")
    score = float(score) if isinstance(score, (int, float)) else math.nan
    if form == "mask":
        return DrawnObject(str(label), (), score, mask_edges(entry, what, shape, path))
    if form == "rectangle":
        ring = read_ring(rectangle(points, what, path), what, path)
    elif form == "circle":
        ring = read_ring(circle(points, what, path), what, path)
    elif form in POLYGONS:
        ring = read_ring(points, what, path)
    else:
        raise ReadError(f"{what} is of the type {form!r}, which is not read", where=path)
    return DrawnObject(str(label), ((ring,),), score, NO_EDGES)


def two_points(points: Any, what: str, path: Path) -> Floats:
    """Two points, float64 (2, 2). Raises ReadError."""
    try:
        found = np.asarray(points, np.float64)
    except (TypeError, ValueError) as problem:
        raise ReadError(f"{what} has points that are no numbers", where=path) from problem
    if found.shape != (2, 2):
        raise ReadError(f"{what} has {len(found) if found.ndim else 0} points, not 2", where=path)
    return found


def rectangle(points: Any, what: str, path: Path) -> Floats:
    """The corners of a rectangle of two opposite ones."""
    (x1, y1), (x2, y2) = two_points(points, what, path).tolist()
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])


def circle(points: Any, what: str, path: Path) -> Floats:
    """A circle of its centre and a point on it, as a polygon."""
    centre, rim = two_points(points, what, path)
    angle = 2 * math.pi * np.arange(CORNERS) / CORNERS
    radius = float(np.linalg.norm(rim - centre))
    ring: Floats = centre + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return ring


def mask_edges(entry: Mapping[str, Any], what: str, shape: ImageShape, path: Path) -> Counted:
    """The edges of a mask that is a PNG at a corner. Raises ReadError."""
    from PIL import Image

    corner = two_points(entry.get("points"), what, path)[0]
    try:
        packed = base64.b64decode(str(entry.get("mask")), validate=True)
        with Image.open(io.BytesIO(packed)) as image:
            mask = np.asarray(image) != 0
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise ReadError(f"the mask of {what} cannot be read ({problem})", where=path) from problem
    if mask.ndim != 2 or not np.isfinite(corner).all() or (np.abs(corner) > LARGEST).any():
        raise ReadError(f"the mask of {what} is no mask at a place", where=path)
    x, y = (int(v) for v in np.rint(corner))
    top, left = max(-y, 0), max(-x, 0)
    inside = mask[top : max(shape[0] - y, 0), left : max(shape[1] - x, 0)]
    if not inside.size:
        return NO_EDGES
    return edges_of_mask(inside, (max(y, 0), max(x, 0)), shape)
