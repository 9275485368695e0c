"""P16: a CT 512 x 512 x 150 of 11 labels, in memory."""

import sys

from in_memory import judge, runs_of

BARS = (
    ("P16", "CT, 11 labels", "monai", "exacta voxels", 0.25),
    ("P16", "CT, 11 labels", "mesh", "exacta mesh", 0.8),
)

if __name__ == "__main__":
    runs = runs_of(("CT, 11 labels",), rounds=2)
    sys.exit(judge("P16 a CT of 11 labels, in memory", runs, BARS))
