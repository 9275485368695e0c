"""Dice of every label of the pairs in two folders (PRED GT), with SimpleITK."""

import json
import sys
from pathlib import Path

import SimpleITK

SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
pred, truth = map(Path, sys.argv[1:])
found = {}
for path in sorted(truth.glob("*.nii.gz")):
    here, there = SimpleITK.ReadImage(str(path)), SimpleITK.ReadImage(str(pred / path.name))
    labels = SimpleITK.LabelShapeStatisticsImageFilter()
    labels.SetComputePerimeter(False)
    labels.Execute(here)
    measure = SimpleITK.LabelOverlapMeasuresImageFilter()
    measure.Execute(here, there)
    found[path.name] = {n: measure.GetDiceCoefficient(n) for n in labels.GetLabels()}
print(json.dumps(found))
