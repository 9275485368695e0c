"""P1: overlap of ten CT pairs, files to JSON, against inflating the files and against others."""

from pathlib import Path

from harness import HERE, Bar, Command, has, judge, make, measure, peers, program, show

folder = make("ct")
pairs = [str(folder / "pred"), str(folder / "gt")]
files = sorted(map(str, folder.glob("*/*.nii.gz")))
peer = Path(HERE, "peer")

commands = [
    Command("segeval", [*program(), "score", *pairs, "-m", "dice,iou,volume_difference",
                        "-q", "--format", "json"]),
    Command("zlib.decompress", [*program()[:0], "python3", str(peer / "inflate.py"), *files]),
]
