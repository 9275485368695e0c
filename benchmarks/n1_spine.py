"""N1: vertebrae and discs, 512 x 512 x 17, 22 ids; against `dice` alone, and panoptica."""

import sys

from harness import HERE, Bar, Command, has, judge, make, measure, peers, program, show

folder = make("spine")
sides = [str(folder / side / "spine.nii.gz") for side in ("pred", "gt")]
out = ["-q", "--format", "json"]
ids = ["--instances", "ids", "-m", "pq,f1@50%,lesion_dice"]
commands = [
    Command("segeval", [*program(), "score", *sides, *ids, *out]),
    Command("segeval, dice", [*program(), "score", *sides, "-m", "dice", *out]),
]
if has("panoptica"):
    script = str(HERE / "peer" / "panoptica_scores.py")
    commands.append(Command("panoptica", [*peers(), script, "ids", *sides], rounds=2))

bars = [Bar("N1", "segeval", "segeval, dice", 1.5), Bar("N1", "segeval", "panoptica", 1 / 10)]
if __name__ == "__main__":
    title = "N1 vertebrae and discs 512 x 512 x 17, 22 ids"
    sys.exit(show(judge(title, measure(commands), bars)))
