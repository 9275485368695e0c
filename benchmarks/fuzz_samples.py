"""Good inputs that fuzzing begins with: of each kind that a reader or a table has.

`seeds_of(target)` gives the content of files, as `fuzz_guided.py` packs them: what is inside a
.gz, the cases of a journal without its first line.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "tests" / "fuzz_seeds"
for place in (ROOT / "tests", ROOT / "benchmarks"):
    sys.path.append(str(place))
SHAPE = (3, 6, 7)
ARRAYS = ("nii", "nii.gz", "nrrd", "npy", "npz", "png", "tif", "bmp", "zip", "gzip")
PACKED = {"gzip": ".nii.gz", "zip": ".npz", "nii.gz": ".nii", "npz": ".npy"}


def seeds_of(target: str) -> list[bytes]:
    """Good inputs of a target, made here, and those that were found."""
    made = [array_file(target)] if target in ARRAYS else []
    made += MAKERS[target]() if target in MAKERS else []
    return made + [path.read_bytes() for path in sorted((SEEDS / target).glob("*"))]


def array_file(target: str) -> bytes:
    """Labels in a format of arrays or pictures."""
    import fuzz

    suffix = PACKED.get(target, f".{target}")
    write, shape = fuzz.FORMATS[suffix]
    small = SHAPE[-len(shape) :]
    return content(
        lambda path: write(path, np.random.default_rng(0).integers(0, 3, small).astype(np.uint8)),
        suffix,
    )


def content(write: Callable[[Path], object], suffix: str) -> bytes:
    """The bytes of a file that something writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a{suffix}")
        write(path)
        return path.read_bytes()


def text(made: Any) -> bytes:
    """JSON."""
    return json.dumps(made).encode()


# -- files of DICOM -------------------------------------------------------------------------------


def dicom() -> list[bytes]:
    """Segmentations of each type, a structure set and a slice of an image, small."""
    import dicom_build as build
    from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

    mask = np.zeros((4, 5), np.uint8)
    mask[1:3, 1:4] = 1
    shots = [build.Shot(mask, (0, 0, z), segment) for segment in (1, 2) for z in (0, 2)]
    plain = [build.Shot(mask, (0, 0, z)) for z in (0, 2)]
    ways: list[dict[str, Any]] = [
        {}, {"undefined": True}, {"type": "FRACTIONAL", "fraction": "PROBABILITY"},
        {"syntax": DeflatedExplicitVRLittleEndian}, {"type": "FRACTIONAL", "syntax": RLELossless},
    ]  # fmt: skip
    made = [
        content(lambda path, w=way: build.seg(path, shots, ["a", "b"], **w), ".dcm") for way in ways
    ]
    made.append(content(lambda p: build.seg(p, plain, ["", "a"], type="LABELMAP"), ".dcm"))
    organs = [build.Organ("Heart", [build.square(1, 4, z) for z in (0, 2)]), build.Organ("Lung")]
    made.append(content(lambda p: build.rtstruct(p, organs), ".dcm"))
    made.append(image_slice(build))
    return made


def image_slice(build: Any) -> bytes:
    """A slice of a CT."""
    with tempfile.TemporaryDirectory() as folder:
        series = build.series(Path(folder), (1, 4, 5), pixels=True)
        return bytes(next(series.glob("*.dcm")).read_bytes())


# -- other volumes and pictures -------------------------------------------------------------------


def freesurfer() -> list[bytes]:
    """A FreeSurfer volume, as it is packed."""
    import nibabel

    array = np.random.default_rng(0).integers(0, 3, SHAPE).astype(np.uint8)
    return [bytes(nibabel.MGHImage(array.T, np.eye(4)).to_bytes())]


def metaimage() -> list[bytes]:
    """A MetaImage."""
    head = (
        b"ObjectType = Image\nNDims = 3\nDimSize = 4 3 2\nElementType = MET_UCHAR\n"
        b"ElementSpacing = 1 1 2\nElementDataFile = LOCAL\n"
    )
    return [head + bytes(24)]


def picture(form: str, **how: Any) -> bytes:
    """A picture through Pillow."""
    from PIL import Image

    array = np.random.default_rng(0).integers(0, 3, SHAPE[1:]).astype(how.pop("dtype", np.uint8))
    file = io.BytesIO()
    Image.fromarray(np.dstack([array] * 3) if how.pop("colours", False) else array).save(
        file, form, **how
    )
    return file.getvalue()


def tiffs() -> list[bytes]:
    """TIFF packed in several ways."""
    ways = ("tiff_lzw", "tiff_adobe_deflate", "packbits", "group4")
    plain = [picture("TIFF", compression=way) for way in ways[:3]]
    return [*plain, picture("TIFF", colours=True), picture("TIFF", dtype=np.uint16)]


def pngs() -> list[bytes]:
    """PNG of colours and of 16 bits."""
    return [picture("PNG", colours=True), picture("PNG", dtype=np.uint16)]


def regions() -> list[bytes]:
    """Regions of interest of a mask head."""
    import regions_build

    return [content(lambda p: regions_build.rois(p, [[1, 1, 5, 4], [0, 0, 3, 3]], [1, 2]), ".npz")]


# -- lists of objects -----------------------------------------------------------------------------

BOX = [[2, 2], [10, 2], [10, 10], [2, 10]]
COCO = {
    "images": [{"id": 1, "file_name": "a.png", "height": 20, "width": 24}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": [2, 2, 8, 8],
         "segmentation": [[2, 2, 10, 2, 10, 10, 2, 10]], "score": 0.5},
        {"id": 2, "image_id": 1, "category_id": 1, "iscrowd": 1,
         "segmentation": {"size": [20, 24], "counts": [50, 40, 390]}},
        {"id": 3, "image_id": 1, "category_id": 1,
         "segmentation": {"size": [20, 24], "counts": "WX10o0N"}},
    ],
    "categories": [{"id": 1, "name": "cat"}],
}  # fmt: skip


def labelme() -> list[bytes]:
    """A LabelMe file of each shape."""
    head = {"version": "5.4", "flags": {}, "imagePath": "a.jpg", "imageData": None,
            "imageHeight": 20, "imageWidth": 24}  # fmt: skip
    pixels = base64.b64encode(picture("PNG")).decode()

    def shape(form: str, points: list[list[int]], **more: Any) -> dict[str, Any]:
        return {"label": "cat", "points": points, "shape_type": form, "group_id": None, **more}

    shapes = [
        shape("polygon", BOX), shape("rectangle", BOX[::2]), shape("circle", BOX[:2]),
        shape("mask", [[2, 2], [8, 7]], mask=pixels), shape("point", BOX[:1], group_id=1),
    ]  # fmt: skip
    return [text(head | {"shapes": shapes})]


def geojson() -> list[bytes]:
    """A GeoJSON file."""
    polygon = {"type": "Polygon", "coordinates": [[*BOX, BOX[0]]]}
    many = {"type": "MultiPolygon", "coordinates": [[[*BOX, BOX[0]]]]}
    told = {"classification": {"name": "cat"}}
    features = [{"type": "Feature", "properties": told, "geometry": g} for g in (polygon, many)]
    return [text({"type": "FeatureCollection", "features": features})]


def yolo() -> list[bytes]:
    """YOLO's text."""
    return [b"0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n1 0.2 0.2 0.9 0.2 0.9 0.9 0.87\n"]


# -- results, tables and settings -----------------------------------------------------------------


@cache
def results() -> tuple[bytes, ...]:
    """Result files of runs: overlap, distances, scores, instances; a shard."""
    from segeval.cli.entry import run_command_line

    rng = np.random.default_rng(0)
    asks = (
        ["-m", "dice,hd95:as=monai,iou", "--spacing", "1,1", "--gate", "dice=0.5"],
        ["-m", "dice", "--shard", "1/2"],
        ["-m", "pq,f1@50%", "--instances", "components"],
    )
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for side in ("p", "g"):
            Path(folder, side).mkdir()
            for name in "ab":
                np.save(Path(folder, side, f"{name}.npy"), rng.integers(0, 3, (6, 8), np.uint8))
        for number, ask in enumerate(asks):
            out = Path(folder, f"{number}.json")
            words = ["score", f"{folder}/p", f"{folder}/g", *ask, "-o", str(out)]
            run_command_line([*words, "--format", "none", "-q"])
            found.append(out.read_bytes().replace(folder.encode(), b"."))
    return tuple(found)


def journals() -> list[bytes]:
    """The cases of result files, one a line."""
    lines = (json.dumps(case) for made in results() for case in json.loads(made)["cases"])
    return [line.encode() + b"\n" for line in lines]


MAKERS: dict[str, Callable[[], list[bytes]]] = {
    "dcm": dicom,
    "mgz": freesurfer,
    "mha": metaimage,
    "tif": tiffs,
    "png": pngs,
    "gif": lambda: [picture("GIF")],
    "rois": regions,
    "coco": lambda: [text(COCO), text(COCO["annotations"])],
    "labelme": labelme,
    "geojson": geojson,
    "yolo": yolo,
    "results": lambda: list(results()),
    "many results": lambda: list(results()),
    "journal": journals,
    "toml": lambda: [
        b'metrics = ["dice", "hd95"]\nthreshold = 0.5\n[classes.liver]\nlabel = 1\n'
        b"[gates]\ndice = 0.5\n"
    ],
    "table": lambda: [b"case,pred,gt\na,p/a.png,g/a.png\nb,p/b.png,g/b.png\n"],
    "rows": lambda: [b'{"case": "a", "pred": "p/a.png", "gt": "g/a.png"}\n'],
    "classes": lambda: [b'{"labels": {"background": 0, "liver": 1, "tumour": [1, 2]}}'],
    "class table": lambda: [b"value,name\n1,liver\n2,tumour\n"],
    "class text": lambda: [b"1: person\n2: car\n", b"cat:10,20,30::\n", b"1 liver 255 0 0 0\n",
                           b'1 255 0 0 1.0 1 1 "liver"\n'],
}  # fmt: skip
