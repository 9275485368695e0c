"""P15, P15b: noise and a picture in 2-D, and eight organs in thick slices, in memory."""

import sys

from in_memory import judge, runs_of

BARS = (
    ("P15", "noise 512x512", "mesh", "exacta mesh", 0.25),
    ("P15", "picture", "mesh", "exacta mesh", 0.9),
    ("P15b", "1x1x5, 8 organs", "mesh", "exacta mesh", 1.0),
)

if __name__ == "__main__":
    runs = runs_of(("noise 512x512", "picture", "1x1x5, 8 organs"))
    sys.exit(judge("P15 pictures and thick slices, in memory", runs, BARS))
