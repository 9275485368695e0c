"""N5: a case of BraTS 2023, three regions, lesion by lesion; against its rule by whole volumes.

The official script writes tables of its own; `peer/brats_volumes.py` is the rule
as it states it, a pass over the volume for every lesion, with SciPy.
"""

import sys

from harness import HERE, Bar, Command, has, judge, make, measure, peers, program, show

folder = make("tumours")
sides = [str(folder / side / "tumours.nii.gz") for side in ("pred", "gt")]
asked = ["-m", "lesion_dice:as=brats-2023,lesion_hd95:as=brats-2023"]
regions = ["--classes", "1+2+3=WT,1+3=TC,3=ET"]
commands = [
    Command("segeval", [*program(), "score", *sides, *asked, *regions, "-q", "--format", "json"])
]
if has("scipy") and has("nibabel"):
    script = str(HERE / "peer" / "brats_volumes.py")
    commands.append(Command("whole volumes", [*peers(), script, *sides], rounds=1))

bars = [Bar("N5", "segeval", "whole volumes", 1 / 20)]
if __name__ == "__main__":
    title = "N5 BraTS 2023, three regions, 15 tumours in 240 x 240 x 155"
    sys.exit(show(judge(title, measure(commands), bars)))
