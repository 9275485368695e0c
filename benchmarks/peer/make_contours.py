"""Make a CT series of 200 slices 512 x 512 and a structure set of 30 structures: FOLDER.

Files are built as the tests build theirs; the pixels are empty.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
import dicom_build as build

SPACING, ORIGIN, SLICES = (2.5, 0.977, 0.977), (-250.0, -250.0, -250.0), 200


def organ(rng, number):
    """The body, or an organ with a wavy outline: vertices about a millimetre apart."""
    body = number == 0
    radius = 180.0 if body else rng.uniform(8, 60)
    centre = np.zeros(2) if body else rng.uniform(-100, 100, 2)
    half, middle = (245, 100) if body else (min(radius, 100), rng.integers(50, 150))
    rings = []
    for plane in range(SLICES):
        share = abs(plane - middle) * SPACING[0] / half
        size = radius if body else radius * np.sqrt(max(0.0, 1 - share**2))
        if share >= 1 or size < 1:
            continue
        angle = np.linspace(0, 2 * np.pi, max(20, int(2 * np.pi * size)), endpoint=False)
        away = size * (1 + 0.05 * np.sin(5 * angle))
        points = np.round(centre + away[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1), 2)
        image = (f"{build.SERIES}.{plane + 1}",)
        rings.append(build.ring(points, ORIGIN[2] + SPACING[0] * plane, images=image))
    return build.Organ(f"organ{number}", rings)


if __name__ == "__main__":
    folder, rng = Path(sys.argv[1]), np.random.default_rng(0)
    build.series(folder / "ct", (SLICES, 512, 512), SPACING, ORIGIN, pixels=True)
    build.rtstruct(folder / "RS.dcm", [organ(rng, number) for number in range(30)])
