"""Make the sample data: a few small cases that look like real ones, from a seed.

    python sample_data/make.py [FOLDER]        the folder of this script, unless another is given

    ct/      three CT label maps of six organs; the prediction is the truth with moved borders. It
             misses the pancreas of case_03, and case_02 has no right kidney on either side
    prob/    two cases of softmax probabilities (background, liver, lesion) with their label maps
    png/     three street scenes as palette PNG: eight classes, and 255 where nobody labelled

Nothing here knows segeval. The same seed gives the same bytes on the same machine.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import nibabel
import numpy as np
from PIL import Image

SEED = 20240229
SHAPE = (96, 80, 40)  # x, y, z
SPACING = (3.0, 3.0, 5.0)  # mm
ORIGIN = (-144.0, -160.0, -420.0)  # RAS mm of the first voxel

# Centre and half axes in mm from the middle of the body, x to the patient's left, y to the back.
ORGANS = {
    "liver": ((-48, -6, -12), (76, 62, 58)),
    "spleen": ((86, 34, 2), (26, 34, 40)),
    "kidney_left": ((58, 44, -50), (24, 22, 42)),
    "kidney_right": ((-56, 46, -56), (24, 22, 42)),
    "heart": ((16, -34, 72), (52, 44, 34)),
    "pancreas": ((26, 4, -32), (46, 13, 14)),
}
# How far a border of the prediction strays, and how far the organ is moved: mm.
SKILL = {
    "liver": (2.0, 1.0),
    "spleen": (2.0, 1.5),
    "kidney_left": (1.5, 1.0),
    "kidney_right": (1.5, 1.0),
    "heart": (3.0, 2.5),
    "pancreas": (1.5, 1.5),
}


def main() -> None:
    """Write everything into the folder that is named, or beside this script."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    rng = np.random.default_rng(SEED)
    make_ct(folder / "ct", rng)
    make_probabilities(folder / "prob", rng)
    make_streets(folder / "png", rng)


# -- shapes -------------------------------------------------------------------------------------


def coordinates(shape: tuple[int, ...], spacing: tuple[float, ...]) -> list[np.ndarray]:
    """Millimetres from the middle of the grid along each axis, ready to broadcast."""
    axes = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)]
    return np.meshgrid(*axes, indexing="ij", sparse=True)


def waves(rng: np.random.Generator, points: list[np.ndarray], length: float) -> np.ndarray:
    """Smooth noise of standard deviation 1: a few plane waves of about that length in mm."""
    total = 0.0
    for _ in range(9):
        direction = rng.normal(size=len(points))
        direction *= 2 * np.pi / length / np.linalg.norm(direction) * rng.uniform(0.6, 1.6)
        phase = sum(k * x for k, x in zip(direction, points, strict=True))
        total = total + np.cos(phase + rng.uniform(0, 2 * np.pi))
    return total * np.sqrt(2 / 9)


def depth(points: list[np.ndarray], centre: Iterable[float], half: Iterable[float]) -> np.ndarray:
    """About how many mm a point lies inside an ellipsoid; negative outside."""
    half = np.array(tuple(half), float)
    parts = zip(points, centre, half, strict=True)
    radius = np.sqrt(sum(((x - c) / h) ** 2 for x, c, h in parts))
    return (1 - radius) * half.min()


# -- CT -----------------------------------------------------------------------------------------


def make_ct(folder: Path, rng: np.random.Generator) -> None:
    """Three cases with six organs, and their predictions."""
    labels = {"background": 0} | {name: place for place, name in enumerate(ORGANS, 1)}
    removed, missed = {"case_02": "kidney_right"}, {"case_03": "pancreas"}
    for case in ("case_01", "case_02", "case_03"):
        truth, pred = ct_case(rng, removed.get(case, ""), missed.get(case, ""))
        write_nifti(folder / "gt" / f"{case}.nii.gz", truth)
        write_nifti(folder / "pred" / f"{case}.nii.gz", pred)
    content = {"channel_names": {"0": "CT"}, "labels": labels, "file_ending": ".nii.gz"}
    (folder / "gt" / "dataset.json").write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def ct_case(rng: np.random.Generator, removed: str, missed: str) -> tuple[np.ndarray, np.ndarray]:
    """The label maps of a patient: what is there, and what a model makes of it.

    removed  an organ that the patient has no more
    missed   an organ that the model does not see
    """
    points = coordinates(SHAPE, SPACING)
    truth, pred = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    size = rng.uniform(0.92, 1.06)
    for label, (name, (centre, half)) in enumerate(ORGANS.items(), 1):
        here = np.array(centre) * size + rng.normal(0, 2, 3)
        strays, moves = SKILL[name]
        moved = here + rng.normal(0, moves, 3)
        shape = rng.normal(0, 0.03, 3) + size
        lumps = waves(rng, points, 90) * 0.09 * min(half)
        error = waves(rng, points, 45) * strays
        if name != removed:
            truth[depth(points, here, half * shape) + lumps > 0] = label
        if name not in (removed, missed):
            pred[depth(points, moved, half * shape) + lumps + error > 0] = label
    return truth, pred


def write_nifti(path: Path, array: np.ndarray, spacing: tuple[float, ...] = SPACING) -> None:
    """Write an array (x, y, z[, channel]) with its place in the patient."""
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = ORIGIN
    image = nibabel.Nifti1Image(array, affine)
    image.header.set_xyzt_units("mm")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(image.to_bytes(), 9, mtime=0))


# -- probabilities ------------------------------------------------------------------------------


def make_probabilities(folder: Path, rng: np.random.Generator) -> None:
    """Two cases of a softmax over background, liver and lesion: sure, and not always right."""
    shape, spacing = (40, 36, 20), (5.0, 5.0, 7.5)
    for case in ("case_01", "case_02"):
        truth, scores = probability_case(rng, shape, spacing)
        write_nifti(folder / "gt" / f"{case}.nii.gz", truth, spacing)
        write_nifti(folder / "pred" / f"{case}.nii.gz", scores, spacing)
    labels = {"background": 0, "liver": 1, "lesion": 2}
    content = {"channel_names": {"0": "CT"}, "labels": labels, "file_ending": ".nii.gz"}
    (folder / "gt" / "dataset.json").write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def probability_case(
    rng: np.random.Generator, shape: tuple[int, ...], spacing: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """A label map (x, y, z) and scores (x, y, z, 3) that sum to 1."""
    points = coordinates(shape, spacing)
    liver = depth(points, rng.normal(0, 4, 3), (72, 60, 52)) + waves(rng, points, 70) * 5
    lesion = depth(points, rng.normal((-20, -10, 0), 8, 3), (30, 26, 30)) + waves(rng, points, 40)
    truth = np.zeros(shape, np.uint8)
    truth[liver > 0] = 1
    truth[(liver > 0) & (lesion > 0)] = 2
    liver = liver + waves(rng, points, 45) * 2.5 + 0.8
    lesion = lesion + waves(rng, points, 35) * 1.5
    logits = np.stack([-liver, liver, np.minimum(liver, liver / 2 + 4) + 2 * lesion]) / 4
    return truth, np.moveaxis(softmax(logits), 0, -1)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the first axis, in steps of 1/1024: they pack well and sum to 1."""
    share = np.exp(logits - logits.max(axis=0))
    steps = np.round(share / share.sum(axis=0) * 1024)
    top = np.expand_dims(steps.argmax(axis=0), 0)
    rest = 1024 - steps.sum(axis=0, keepdims=True)
    np.put_along_axis(steps, top, np.take_along_axis(steps, top, 0) + rest, 0)
    return (steps / 1024).astype(np.float32)


# -- street scenes ------------------------------------------------------------------------------

IGNORED = 255
STREET = {  # label value of Cityscapes' training ids, and its colour
    "road": (0, (128, 64, 128)),
    "sidewalk": (1, (244, 35, 232)),
    "building": (2, (70, 70, 70)),
    "pole": (5, (153, 153, 153)),
    "vegetation": (8, (107, 142, 35)),
    "sky": (10, (70, 130, 180)),
    "person": (11, (220, 20, 60)),
    "car": (13, (0, 0, 142)),
}
LABEL = {name: value for name, (value, _) in STREET.items()}


def make_streets(folder: Path, rng: np.random.Generator) -> None:
    """Three pictures, and what a model sees in them."""
    for number in (1, 2, 3):
        scene = street(rng)
        truth = painted(scene, rng, 0.0)
        truth[57:] = IGNORED  # the bonnet of the car that carries the camera
        pred = painted(scene, rng, 1.2)
        write_png(folder / "gt" / f"street_{number:02}.png", truth)
        write_png(folder / "pred" / f"street_{number:02}.png", pred)


def street(rng: np.random.Generator) -> list[tuple[str, tuple[float, ...]]]:
    """Things from back to front: boxes (left, top, right, bottom) in pixels."""

    def row(name: str, lefts: Iterable[float], top: tuple[float, float], width: float, foot: float):
        return [(name, (left, rng.uniform(*top), left + width, foot)) for left in lefts]

    return [
        ("sky", (0, 0, 128, 64)),
        *row("building", range(-8, 128, 29), (6, 20), 26, 40),
        *row("vegetation", rng.uniform(0, 110, 3), (14, 22), 20, 38),
        ("sidewalk", (-10, 36, 138, 64)),
        ("road", (-10, 42, 138, 90)),
        *row("pole", rng.uniform(4, 120, 2), (12, 14), 2, 44),
        *row("person", rng.uniform(4, 118, 3), (31, 33), 4, 46),
        *row("car", rng.uniform(2, 100, 3), (37, 40), 20, 50),
    ]


def painted(
    things: list[tuple[str, tuple[float, ...]]], rng: np.random.Generator, strays: float
) -> np.ndarray:
    """A label picture; borders are rounded, and stray by some pixels in a prediction."""
    y, x = points = np.meshgrid(np.arange(64.0), np.arange(128.0), indexing="ij")
    picture = np.full((64, 128), LABEL["sky"], np.uint8)
    for name, (left, top, right, bottom) in things:
        wobble = waves(rng, points, 14) * strays if strays else 0.0
        inside = np.minimum.reduce([x - left, right - x, y - top, bottom - y])
        picture[inside + np.minimum(wobble, 1.5) > 0] = LABEL[name]
    return picture


def write_png(path: Path, labels: np.ndarray) -> None:
    """Write a palette picture: its values are the labels, the palette only colours them."""
    image = Image.fromarray(labels)
    palette = np.zeros((256, 3), np.uint8)
    for value, colour in STREET.values():
        palette[value] = colour
    image.putpalette(palette.tobytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, optimize=True)


if __name__ == "__main__":
    main()
