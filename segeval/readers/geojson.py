"""GeoJSON: polygons with holes in pixels of one image, as QuPath and slide viewers write them.

    Feature   geometry Polygon or MultiPolygon; its class is `properties.classification.name`, or
              `properties.class`, `label`, `name`; a score is `properties.score` or `confidence`

The first ring of a polygon is its outline, the others are holes. Points and lines have no area.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segeval.readers.polygon_files import (
    DrawnObject,
    image_size,
    leave_without_mask,
    polygon_volume,
    read_ring,
)
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import ReadError
from segeval.runtime.json_text import parse_json
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

WORDS = (b'"FeatureCollection"', b'"Feature"')
CLASS = ("class", "label", "name", "objectType")
SCORE = ("score", "confidence", "probability")
UNNAMED = "object"


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is GeoJSON, from its name and its first bytes."""
    if path.suffix.lower() == ".geojson":
        return True
    return path.suffix.lower() == ".json" and any(word in head for word in WORDS)


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open a file as one mask a class. Raises ReadError."""
    try:
        content = parse_json(path.read_text("utf-8-sig"))
        listed = (
            content["features"]
            if isinstance(content, Mapping) and (content.get("type") == "FeatureCollection")
            else content
            if isinstance(content, list)
            else [content]
        )
        features = [one for one in listed if isinstance(one, Mapping)]
        if len(features) < len(listed) or any("geometry" not in one for one in features):
            raise TypeError("a feature is no object with a geometry")
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise ReadError(
            f"not a GeoJSON file ({type(problem).__name__}: {problem})", where=path
        ) from problem
    objects: list[DrawnObject] = []
    bare: list[str] = []
    for place, feature in enumerate(features, 1):
        made = parse_feature(feature, f"feature {place}", path)
        if made is None:
            bare.append(f"feature {place}")
        else:
            objects.append(made)
    leave_without_mask(bare)
    return polygon_volume(objects, image_size(path, reading), path, reading)


def parse_feature(feature: Mapping[str, Any], what: str, path: Path) -> DrawnObject | None:
    """One feature; None of one without an area. Raises ReadError."""
    geometry = feature["geometry"]
    form = geometry.get("type") if isinstance(geometry, Mapping) else None
    if form not in ("Polygon", "MultiPolygon"):
        return None
    polygons = geometry.get("coordinates")
    polygons = [polygons] if form == "Polygon" else polygons
    if not isinstance(polygons, list) or not all(isinstance(p, list) and p for p in polygons):
        raise ReadError(f"{what} has no coordinates", where=path)
    parts = tuple(tuple(ring_of(ring, what, path) for ring in polygon) for polygon in polygons)
    properties = feature.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    return DrawnObject(class_of(properties), parts, feature_score(properties))


def ring_of(ring: Any, what: str, path: Path) -> Floats:
    """A ring without its last point, which is its first again. Raises ReadError."""
    if isinstance(ring, list) and len(ring) > 3 and ring[0] == ring[-1]:
        ring = ring[:-1]
    return read_ring(ring, what, path)


def class_of(properties: Mapping[str, Any]) -> str:
    """What a feature is called."""
    told = properties.get("classification")
    if isinstance(told, Mapping):
        told = told.get("name")
    for value in (told, *(properties.get(key) for key in CLASS)):
        if isinstance(value, (str, int)) and str(value):
            return str(value)
    return UNNAMED


def feature_score(properties: Mapping[str, Any]) -> float:
    """The score of a feature; nan where it has none."""
    for key in SCORE:
        value = properties.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    return math.nan
