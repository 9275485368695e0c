"""P14: many small lesions, some missed, some spurious, in memory."""

import sys

from in_memory import judge, runs_of

BARS = (
    ("P14", "lesions", "mesh", "exacta mesh", 1.0),
    ("P14", "lesions", "monai", "mikan", 0.85),
)

if __name__ == "__main__":
    sys.exit(judge("P14 many small lesions, in memory", runs_of(("lesions",)), BARS))
