"""Read a structure set and its series and draw every structure, slab by slab: FOLDER.

What the masks are worth to the scorer: every voxel of every mask is there once, in slabs.
"""

import sys
from pathlib import Path

import numpy as np

from segeval.contours.rules import Rules
from segeval.contours.structures import structures
from segeval.readers import rtstruct
from segeval.readers.series import indexed
from segeval.readers.series_matching import series_of

index = indexed(Path(sys.argv[1]))
contours = rtstruct.read(index.structures[0].path)
series, _ = series_of(contours, index.series)
made = structures(contours, series.slices(), Rules())
voxels = 0
for mask in made.drawn.values():
    slab = np.empty(8 * 512 * 512, np.uint8)
    for start in range(0, int(np.prod(mask.runs.shape)), slab.size):
        mask.runs.fill(start, slab)
        voxels += int(np.count_nonzero(slab))
print(len(made.drawn), voxels)
