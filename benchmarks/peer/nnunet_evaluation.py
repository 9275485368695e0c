"""nnU-Net's own evaluation of the pairs in two folders (PRED GT) with labels 1..N."""

import sys
import tempfile
from pathlib import Path

from nnunetv2.evaluation.evaluate_predictions import compute_metrics_on_folder_simple

if __name__ == "__main__":  # it starts processes, which read this file again
    pred, truth, labels = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        compute_metrics_on_folder_simple(
            truth, pred, range(1, int(labels) + 1), str(Path(folder, "summary.json")), 1
        )
