"""P13, P13b: surfaces far apart, in memory: against exacta, surface-distance, mikan."""

import sys

from in_memory import judge, runs_of

SHAPES = ("far", "1x1x5, far", "near")
BARS = (
    ("P13", "far", "mesh", "exacta mesh", 1.0),
    ("P13", "1x1x5, far", "mesh", "exacta mesh", 1.0),
    ("P13b", "far", "deepmind", "surface-distance", 0.8),
    ("P13b", "far", "deepmind", "exacta surfels", 1.0),
    ("P13b", "far", "monai", "exacta voxels", 1.0),
)

if __name__ == "__main__":
    sys.exit(judge("P13 surfaces far apart, and near, in memory", runs_of(SHAPES), BARS))
