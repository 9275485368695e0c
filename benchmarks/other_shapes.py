"""The shapes of P13 to P16 in other sizes, spacings and counts, in memory: wins and losses."""

import sys

from in_memory import judge, runs_of

SHAPES = (
    "speck", "thin tubes", "far, small", "far, large", "nearly far", "nested", "far, 2.5x1.1x0.9",
    "lesions, few", "lesions, 3x1x1", "noise 96^3", "noise 300x700, 2 labels", "picture, 4 classes",
    "picture, 1x0.3 mm", "0.8x0.8x3, 5 organs",
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(judge("other shapes, in memory", runs_of(SHAPES, rounds=1), ()))
