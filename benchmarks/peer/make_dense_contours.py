"""40 structures of 30 planes of 1 700 points, twice: 37 MB a side, and a small CT."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
import dicom_build as build

here = Path(sys.argv[1])
build.series(here / "ct", (32, 256, 256), (3.0, 1.0, 1.0))
angle = np.arange(1700) * 2 * np.pi / 1700
for side, moved in (("gt", 0.0), ("pred", 1.0)):
    organs = []
    for k in range(40):
        x, y = 60 + 30 * (k % 5), 60 + 20 * (k // 5)
        rings = []
        for z in range(30):
            radius = 25 + 3 * np.sin(5 * angle + k) + moved * (0.8 * np.sin(3 * angle + z) + 0.5)
            points = np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])
            rings.append(build.ring(np.round(points, 3), 3.0 * z))
        organs.append(build.Organ(f"Organ{k}", rings))
    build.rtstruct(here / side / "P" / "RS.dcm", organs)
