"""N3: 3025 cells, 2048 x 2048; against decoding the pictures, and stardist."""

import sys

from harness import HERE, Bar, Command, has, judge, make, measure, peers, program, show

folder = make("nuclei")
sides = [str(folder / "pred"), str(folder / "gt")]
peer = HERE / "peer"
asked = ["--instances", "ids", "-m", "pq,aji,aji_plus,cell_ap"]
commands = [
    Command("segeval", [*program(), "score", *sides, *asked, "-q", "--format", "json"]),
    Command("Pillow decoding", [sys.executable, str(peer / "decode.py"), *sides]),
]
if has("stardist.matching"):
    script = [*peers(), str(peer / "stardist_scores.py"), *sides]
    commands.append(Command("stardist, one threshold", [*script, "1"], rounds=2))
    commands.append(Command("stardist, ten", [*script, "10"], rounds=2))

bars = [
    Bar("N3", "segeval", "Pillow decoding", 2.2),
    Bar("N3", "segeval", "stardist, one threshold", 1 / 6),
    Bar("N3", "segeval", "stardist, ten", 1 / 11),
]
if __name__ == "__main__":
    title = "N3 3025 cells in 2048 x 2048"
    sys.exit(show(judge(title, measure(commands), bars)))
