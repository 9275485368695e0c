"""The summary of pycocotools: python pycocotools_ap.py DETECTIONS INSTANCES."""

import contextlib
import io
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(sys.argv[2])
    found = COCOeval(truth, truth.loadRes(sys.argv[1]), "segm")
    found.evaluate()
    found.accumulate()
    found.summarize()
print(found.stats.tolist())
