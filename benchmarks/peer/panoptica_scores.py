"""panoptica on a pair of files: panoptica_scores.py ids|components PRED GT [hd95]"""

import sys

import nibabel
import numpy as np
from panoptica import (
    ConnectedComponentsInstanceApproximator,
    InputType,
    Metric,
    NaiveThresholdMatching,
    Panoptica_Evaluator,
)

how, *files = sys.argv[1:4]
pred, truth = (nibabel.load(file) for file in files)
arrays = [np.asarray(image.dataobj).astype(np.uint8) for image in (pred, truth)]
metrics = [Metric.DSC, Metric.IOU] + ([Metric.HD95] if "hd95" in sys.argv else [])
evaluator = Panoptica_Evaluator(
    expected_input=InputType.UNMATCHED_INSTANCE if how == "ids" else InputType.SEMANTIC,
    instance_approximator=ConnectedComponentsInstanceApproximator() if how != "ids" else None,
    instance_matcher=NaiveThresholdMatching(matching_threshold=0.5),
    instance_metrics=metrics,
    global_metrics=[],
)
result = evaluator.evaluate(*arrays, voxelspacing=tuple(map(float, pred.header.get_zooms())))
print(result["ungrouped"].to_dict())
