"""N2: 59 lesions in 512 x 512 x 150, components; against `dice` alone, and panoptica."""

import sys

from harness import HERE, Bar, Command, has, judge, make, measure, peers, program, show

folder = make("lesions")
sides = [str(folder / side / "lesions.nii.gz") for side in ("pred", "gt")]
out = ["-q", "--format", "json"]
asked = "pq,lesion_recall,lesion_precision,lesion_f1,lesion_dice,lesion_fp_volume"
split = ["--instances", "components", "-m"]
far = f"{asked},lesion_hd95:as=panoptica"
commands = [
    Command("segeval", [*program(), "score", *sides, *split, asked, *out]),
    Command("segeval, HD95 too", [*program(), "score", *sides, *split, far, *out]),
    Command("segeval, dice", [*program(), "score", *sides, "-m", "dice", *out]),
]
if has("panoptica"):
    script = str(HERE / "peer" / "panoptica_scores.py")
    commands.append(Command("panoptica", [*peers(), script, "components", *sides], rounds=2))
    more = [*peers(), script, "components", *sides, "hd95"]
    commands.append(Command("panoptica, HD95 too", more, rounds=2))

bars = [
    Bar("N2", "segeval", "segeval, dice", 2.5),
    Bar("N2", "segeval", "panoptica", 1 / 12),
    Bar("N2", "segeval, HD95 too", "panoptica, HD95 too", 1 / 6),
    Bar("N2", "segeval", "", 100),
]
if __name__ == "__main__":
    title = "N2 59 lesions in 512 x 512 x 150"
    sys.exit(show(judge(title, measure(commands), bars)))
