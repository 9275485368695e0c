"""P1: overlap of ten CT pairs, files to JSON; against inflating the files, and against others."""

import sys

from harness import HERE, Bar, Command, has, judge, make, measure, peers, program, show

folder = make("ct")
sides = [str(folder / "pred"), str(folder / "gt")]
files = sorted(map(str, folder.glob("*/*.nii.gz")))

commands = [
    Command("segeval", [*program(), "score", *sides, "-q", "--format", "json"]),
    Command("zlib.decompress", [sys.executable, str(HERE / "peer" / "inflate.py"), *files]),
]
if has("SimpleITK"):
    script = str(HERE / "peer" / "simpleitk_overlap.py")
    commands.append(Command("SimpleITK", [*peers(), script, *sides], rounds=2))
if has("nnunetv2"):
    script = str(HERE / "peer" / "nnunet_evaluation.py")
    commands.append(Command("nnU-Net", [*peers(), script, *sides, "22"], rounds=1))

bars = [
    Bar("P1", "segeval", "zlib.decompress", 0.5),
    Bar("P1", "segeval", "SimpleITK", 1 / 8),
    Bar("P1", "segeval", "nnU-Net", 1 / 40),
    Bar("P1", "segeval", "", 100),
]
if __name__ == "__main__":
    title = "P1 overlap of ten CT pairs 512 x 512 x 150, 22 labels"
    sys.exit(show(judge(title, measure(commands), bars)))
