"""IoU of 19 classes and their mean over the pairs in two folders (PRED GT), with torchmetrics."""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchmetrics.classification import MulticlassJaccardIndex

torch.set_num_threads(1)
pred, truth = map(Path, sys.argv[1:])
index = MulticlassJaccardIndex(19, average="none", ignore_index=255)
for path in sorted(truth.glob("*.png")):
    sides = [np.array(Image.open(folder / path.name)) for folder in (pred, truth)]
    index.update(*(torch.from_numpy(side).to(torch.int64) for side in sides))
print(index.compute().tolist())
