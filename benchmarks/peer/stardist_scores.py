"""stardist's matching on folders of PNG: stardist_scores.py PRED GT THRESHOLDS"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from stardist.matching import matching

pred, truth = (sorted(Path(folder).glob("*.png")) for folder in sys.argv[1:3])
levels = np.linspace(0.5, 0.95, 10) if sys.argv[3] == "10" else [0.5]
for one, other in zip(pred, truth, strict=True):
    maps = [np.asarray(Image.open(path)).astype(np.int32) for path in (other, one)]
    for level in levels:
        print(matching(*maps, thresh=level))
