"""P5b: losses of 8-bit probability PNG; against decoding the pictures."""

import sys

from harness import HERE, Bar, Command, judge, make, measure, program, show

folder = make("shades")
sides = [str(folder / "pred"), str(folder / "gt")]
asked = ["--kind", "prob", "-m", "bce,l2,dice_loss,ece"]

commands = [
    Command("segeval", [*program(), "score", *sides, *asked, "-q", "--format", "json"]),
    Command("Pillow decoding", [sys.executable, str(HERE / "peer" / "decode.py"), *sides]),
]
bars = [Bar("P5b", "segeval", "Pillow decoding", 1.35)]
if __name__ == "__main__":
    title = "P5b 100 pairs of 8-bit probability PNG 2048 x 1024: BCE, L2, Dice loss, ECE"
    sys.exit(show(judge(title, measure(commands), bars)))
