"""N6: clDice and Betti errors of two vessel trees, 300 x 300 x 300; against scikit-image."""

import sys

from harness import HERE, Bar, Command, has, judge, make, measure, peers, program, show

folder = make("vessels")
files = [str(folder / side / "vessels.nii.gz") for side in ("pred", "gt")]
betti = "betti0_error,betti1_error,betti2_error,euler_error"
asked = ["--format", "json", "-q"]

commands = [
    Command("clDice", [*program(), "score", *files, "-m", "cldice", *asked]),
    Command("Betti errors", [*program(), "score", *files, "-m", betti, *asked]),
]
if has("skimage"):
    script = str(HERE / "peer" / "topology.py")
    commands += [
        Command(name, [*peers(), script, name, *files], rounds=3)
        for name in ("skeletonize", "label and euler_number")
    ]
bars = [
    Bar("N6", "clDice", "skeletonize", 1.1),
    Bar("N6", "Betti errors", "label and euler_number", 0.5),
]
if __name__ == "__main__":
    title = "N6 topology of two vessel trees, 300 x 300 x 300"
    sys.exit(show(judge(title, measure(commands, rounds=3), bars)))
