"""Memory: a large probability map and a long label map, from files that are packed and not."""

import sys

from harness import HERE, Bar, Command, judge, make, measure, program, show

folder, long = make("probabilities"), make("long")
score = [*program(), "score", "-q", "--format", "json"]
asked = ["-m", "dice,iou,ce,bce,l2,dice_loss"]


def probabilities(suffix: str) -> Command:
    """The case of 5 classes, 168 MB of float32."""
    pair = [str(folder / f"pred{suffix}"), str(folder / "gt.nii.gz")]
    return Command(f"5 classes from {suffix}", [*score, *pair, "--kind", "prob", *asked])


pair = [str(long / side / "case_00.nii.gz") for side in ("pred", "gt")]
packed = [str(folder / "pred.nii.gz")]
commands = [
    probabilities(".nii"),
    probabilities(".nii.gz"),
    Command("label maps 512 x 512 x 900", [*score, *pair]),
    Command("zlib.decompress of .nii.gz", [sys.executable, str(HERE / "peer/inflate.py"), *packed]),
]
bars = [
    Bar("", "5 classes from .nii", "", 200),
    Bar("", "5 classes from .nii.gz", "", 200),
    Bar("", "label maps 512 x 512 x 900", "", 100),
]
if __name__ == "__main__":
    runs = measure(commands, rounds=2)
    sys.exit(show(judge("memory of single cases, however large", runs, bars)))
