"""Read a structure set and its series and draw every structure, slab by slab: FOLDER.

What the masks are worth to the scorer: every voxel of every mask is there once, in slabs.
"""

import sys
from pathlib import Path

import numpy as np

from segeval.contours.rules import DrawingRules
from segeval.contours.structures import draw_structures
from segeval.readers import rtstruct
from segeval.readers.series import index_dicom
from segeval.readers.series_matching import match_series

index = index_dicom(Path(sys.argv[1]))
contours = rtstruct.read(index.structures[0].path)
series, _ = match_series(contours, index.series)
made = draw_structures(contours, series.slices(), DrawingRules())
voxels = 0
for mask in made.drawn.values():
    slab = np.empty(8 * 512 * 512, np.uint8)
    for start in range(0, int(np.prod(mask.runs.shape)), slab.size):
        mask.runs.fill(start, slab)
        voxels += int(np.count_nonzero(slab))
print(len(made.drawn), voxels)
