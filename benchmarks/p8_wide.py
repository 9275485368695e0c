"""P8: five losses of 105 classes from a .nii of 3 GB, in 128 MiB; against reading the file."""

import sys

from harness import HERE, Bar, Command, judge, make, measure, program, show

folder = make("wide")
pair = [str(folder / "pred.nii"), str(folder / "gt.nii.gz")]
asked = ["--kind", "prob", "-m", "ce,dice_loss,brier,l2,ece", "-q", "--format", "json"]
score = [*program(), "score", *pair, *asked, "--max-memory", "128MiB"]

commands = [
    Command("segeval --max-memory 128MiB", score),
    Command("reading", [sys.executable, str(HERE / "peer" / "read.py"), *pair]),
]
bars = [
    Bar("P8", "segeval --max-memory 128MiB", "", 128),
    Bar("P8", "segeval --max-memory 128MiB", "reading", 4),
]
if __name__ == "__main__":
    title = "P8 five losses of 105 classes 192 x 192 x 192 (3 GB), from .nii"
    sys.exit(show(judge(title, measure(commands, rounds=3), bars)))
