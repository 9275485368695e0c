"""P4 and P8b: five losses from .nii.gz; against inflating it, and against whole arrays."""

import sys

from harness import HERE, Bar, Command, judge, make, measure, program, show

folder = make("probabilities")
packed = [str(folder / "pred.nii.gz"), str(folder / "gt.nii.gz")]
asked = ["--kind", "prob", "-m", "ce,dice_loss,brier,l2,ece", "-q", "--format", "json"]
score = [*program(), "score", *packed, *asked]
peer = HERE / "peer"

commands = [
    Command("segeval", score),
    Command("segeval --max-memory 32MiB", [*score, "--max-memory", "32MiB"]),
    Command("zlib.decompress", [sys.executable, str(peer / "inflate.py"), *packed]),
    Command("get_fdata, arrays", [sys.executable, str(peer / "whole_arrays.py"), *packed], "", 2),
]
bars = [
    Bar("P4", "segeval", "zlib.decompress", 1.5),
    Bar("P4", "segeval", "get_fdata, arrays", 1 / 5),
    Bar("P8b", "segeval --max-memory 32MiB", "", 100),
    Bar("P8b", "segeval --max-memory 32MiB", "segeval", 2.2),
]
if __name__ == "__main__":
    title = "P4 five losses of 5 classes 256 x 256 x 128, from .nii.gz"
    sys.exit(show(judge(title, measure(commands), bars)))
