"""Pairs of label maps in memory that surfaces are measured on: near, far, thin, many, flat.

pair(NAME)   truth, pred (unsigned integers) and the spacing, made from a seed
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.uint8]
Spacing = tuple[float, ...]
Pair = tuple[Labels, Labels, Spacing]


def balls(
    shape: tuple[int, ...],
    centres: NDArray[np.float64],
    radii: NDArray[np.float64],
    flat: float = 1,
) -> Labels:
    """Balls of one label; `flat` is how much flatter they are along the first axis, in voxels."""
    mask = np.zeros(shape, np.uint8)
    for centre, radius in zip(centres, radii, strict=True):
        half = np.full(len(shape), float(radius))
        half[0] = max(half[0] / flat, 0.6)
        low = np.maximum(np.floor(centre - half), 0).astype(int)
        high = np.minimum(np.ceil(centre + half) + 1, shape).astype(int)
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        grid = np.ogrid[box]
        away = sum(((g - c) / h) ** 2 for g, c, h in zip(grid, centre, half, strict=True))
        mask[box] |= away <= 1
    return mask


def two_balls(
    apart: float, radius: float = 35, spacing: Spacing = (1.0, 1.0, 1.0), speck: int = 0
) -> Pair:
    """Two balls whose centres lie so many voxels apart along the last axis."""
    flat = spacing[0] / spacing[-1]
    size = int(2 * radius + 10 + 2 * speck)
    shape = (int(2 * radius / flat) + 10 + 2 * speck, size, size + int(apart))
    centre = np.array([shape[0] / 2, size / 2, size / 2])
    sides = [
        balls(shape, centre[None] + [0, 0, move], np.array([radius]), flat) for move in (0, apart)
    ]
    if speck:
        sides[1][2:5, 2:5, 2:5] = 1
    return sides[0], sides[1], spacing


def tubes(seed: int = 3, size: int = 192, many: int = 12, width: int = 3) -> Pair:
    """Thin tubes that wind through a cube, the second beside the first."""
    rng = np.random.default_rng(seed)
    sides = [np.zeros((size,) * 3, np.uint8) for _ in range(2)]
    ball = np.argwhere(np.ones((2 * width + 1,) * 3)) - width
    ball = ball[(ball**2).sum(axis=1) <= width * width]
    for _ in range(many):
        place, way = rng.uniform(20, size - 20, 3), rng.normal(size=3)
        for _ in range(size):
            way = way / np.linalg.norm(way) + rng.normal(0, 0.1, 3)
            place = np.clip(place + way / np.linalg.norm(way), width + 2, size - width - 3)
            for side, beside in zip(sides, (0, 1), strict=True):
                side[tuple((np.rint(place).astype(int) + beside + ball).T)] = 1
    return sides[0], sides[1], (1.0, 1.0, 1.0)


def lesions(
    seed: int = 4, shape: tuple[int, ...] = (128, 224, 224), many: int = 120,
    spacing: Spacing = (1.0, 1.0, 1.0), low: float = 2.0, high: float = 6.0,
) -> Pair:  # fmt: skip
    """Many small lesions; one in six is missed, one in six is spurious."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(8, np.array(shape) - 8, (many, len(shape)))
    radii = rng.uniform(low, high, many)
    own = np.arange(many)
    moved = centres + rng.normal(0, 1, centres.shape)
    flat = spacing[0] / spacing[-1]
    truth = balls(shape, centres[own % 6 != 0], radii[own % 6 != 0], flat)
    pred = balls(shape, moved[own % 6 != 1], radii[own % 6 != 1] * 1.05, flat)
    return truth, pred, spacing


def noise(shape: tuple[int, ...] = (512, 512), labels: int = 5, seed: int = 5) -> Pair:
    """Random labels, both sides on their own."""
    rng = np.random.default_rng(seed)
    truth, pred = (rng.integers(0, labels + 1, shape).astype(np.uint8) for _ in range(2))
    return truth, pred, (1.0,) * len(shape)


def smooth_labels(
    shape: tuple[int, ...], labels: int, width: float, seed: int = 6, spacing: Spacing = ()
) -> Pair:
    """Regions of labels whose borders wander by a few voxels between the sides."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    rng = np.random.default_rng(seed)
    spacing = spacing or (1.0,) * len(shape)
    sigma = width * spacing[-1] / np.array(spacing)
    fields = [
        gaussian_filter(rng.standard_normal(shape).astype(np.float32), sigma) for _ in range(labels)
    ]
    truth = np.argmax(fields, axis=0).astype(np.uint8)
    grid = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in shape), indexing="ij")
    push = [gaussian_filter(rng.standard_normal(shape).astype(np.float32), sigma) for _ in shape]
    moved = [g + 2 * p / p.std() for g, p in zip(grid, push, strict=True)]
    pred = map_coordinates(truth, moved, order=0, mode="nearest")
    return truth, pred.astype(np.uint8), spacing


def organs(
    shape: tuple[int, ...], labels: int, spacing: Spacing, seed: int = 7, apart: float = 1.5,
    low: float = 18, high: float = 42,
) -> Pair:  # fmt: skip
    """Ellipsoids with bumps, a label each, moved a little in the prediction; radii in voxels."""
    rng = np.random.default_rng(seed)
    flat = spacing[0] / spacing[-1]
    truth, pred = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for label in range(1, labels + 1):
        radius = rng.uniform(low, high)
        half = radius * rng.uniform(0.7, 1.2, 3) / np.array([flat, 1, 1])
        centre = rng.uniform(half + 3, np.array(shape) - half - 3)
        waves, phase = rng.normal(size=(4, 3)) * 3, rng.uniform(0, 6, 4)
        for side, move in ((truth, 0.0), (pred, 1.0)):
            own = centre + move * rng.normal(0, apart, 3) / np.array([flat, 1, 1])
            box = tuple(
                slice(max(int(c - 1.4 * h) - 1, 0), int(c + 1.4 * h) + 2)
                for c, h in zip(own, half, strict=True)
            )
            grid = np.ogrid[
                tuple(slice(b.start, min(b.stop, n)) for b, n in zip(box, shape, strict=True))
            ]
            u = [(g - c) / h for g, c, h in zip(grid, own, half, strict=True)]
            away = np.sqrt(u[0] ** 2 + u[1] ** 2 + u[2] ** 2)
            bumps = sum(
                0.05 * np.sin(w[0] * u[0] + w[1] * u[1] + w[2] * u[2] + p + 0.3 * move)
                for w, p in zip(waves, phase, strict=True)
            )
            side[box][away < 1 + bumps] = label
    return truth, pred, spacing


def ct(seed: int = 8, labels: int = 11, specks: bool = False) -> Pair:
    """Organs in a CT 512 x 512 x 150; with a few voxels far from each."""
    truth, pred, spacing = organs((150, 512, 512), labels, (3.0, 0.8, 0.8), seed, low=30, high=85)
    if specks:
        rng = np.random.default_rng(9)
        for label in range(1, labels + 1):
            z, y, x = rng.integers(2, np.array(pred.shape) - 4)
            pred[z : z + 2, y : y + 2, x : x + 2] = label
    return truth, pred, spacing


SHAPES: dict[str, Callable[[], Pair]] = {
    "near": lambda: two_balls(2),
    "far": lambda: two_balls(70),
    "speck": lambda: two_balls(2, speck=40),
    "thin tubes": tubes,
    "lesions": lesions,
    "noise 512x512": noise,
    "picture": lambda: smooth_labels((1024, 2048), 19, 24),
    "1x1x5, 8 organs": lambda: organs((40, 256, 256), 8, (5.0, 1.0, 1.0)),
    "1x1x5, far": lambda: two_balls(70, spacing=(5.0, 1.0, 1.0)),
    "CT, 11 labels": ct,
    "CT, far specks": lambda: ct(specks=True),
    "104 labels": lambda: organs((400, 300, 300), 104, (1.0, 1.0, 1.0), low=10, high=32),
    # the same kinds in other sizes, spacings and counts
    "far, small": lambda: two_balls(40, radius=12),
    "far, large": lambda: two_balls(200, radius=60),
    "nearly far": lambda: two_balls(18, radius=30),
    "nested": lambda: (*nested(), (1.0, 1.0, 1.0)),
    "far, 2.5x1.1x0.9": lambda: two_balls(60, spacing=(2.5, 1.1, 0.9)),
    "lesions, few": lambda: lesions(seed=14, many=25),
    "lesions, 3x1x1": lambda: lesions(14, (64, 256, 256), 200, (3.0, 1.0, 1.0)),
    "noise 96^3": lambda: noise((96, 96, 96), 1),
    "noise 64^3": lambda: noise((64, 64, 64), 1, 20),
    "blobs": lambda: smooth_labels((128, 128, 128), 2, 2, 21),
    "blobs 1x1x5": lambda: smooth_labels((40, 180, 180), 2, 3, 22, (5.0, 1.0, 1.0)),
    "sparse": lambda: sparse((128, 128, 128), 23),
    "noise 300x700, 2 labels": lambda: noise((300, 700), 2, 15),
    "picture, 4 classes": lambda: smooth_labels((600, 800), 4, 40, 16),
    "picture, 1x0.3 mm": lambda: smooth_labels((512, 1024), 10, 24, 17, (1.0, 0.3)),
    "0.8x0.8x3, 5 organs": lambda: organs((60, 320, 320), 5, (3.0, 0.8, 0.8), 18),
}  # fmt: skip


def sparse(shape: tuple[int, ...], seed: int) -> Pair:
    """One voxel in fifty, here and there."""
    sides = np.random.default_rng(seed).random((2, *shape)) < 0.02
    return sides[0].astype(np.uint8), sides[1].astype(np.uint8), (1.0,) * len(shape)


def nested() -> tuple[Labels, Labels]:
    """A ball inside a ball."""
    one, other = (
        balls((130, 130, 130), np.array([[65.0, 65, 65]]), np.array([r])) for r in (55.0, 18.0)
    )
    return one, other


def pair(name: str) -> Pair:
    """A pair by its name in SHAPES."""
    return SHAPES[name]()
