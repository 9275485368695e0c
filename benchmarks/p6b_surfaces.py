"""P6b: the same as P6 with 104 labels in one pair."""

import sys

from harness import Bar, judge, measure, show
from p6_surfaces import commands

BARS = [
    Bar("P6b", "segeval monai", "surface-distance", 1 / 6),
    Bar("P6b", "segeval mesh", "surface-distance", 1.0),
    Bar("P6b", "segeval mesh", "", 350),
]
if __name__ == "__main__":
    ours = commands("labels104", ())
    runs = measure([c for c in ours if c.name not in ("monai", "pymeshmetrics")], rounds=2)
    sys.exit(show(judge("P6b six metrics of 104 labels, 300 x 300 x 400", runs, BARS)))
