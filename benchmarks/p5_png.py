"""P5: 200 pairs of label PNG with 19 classes; against decoding them, and against torchmetrics."""

import sys

from harness import HERE, Bar, Command, has, judge, make, measure, peers, program, show

folder = make("streets")
sides = [str(folder / "pred"), str(folder / "gt")]
peer = HERE / "peer"

commands = [
    Command(
        "segeval",
        [*program(), "score", *sides, "--preset", "semantic", "-q", "--format", "json"],
    ),
    Command("Pillow decoding", [sys.executable, str(peer / "decode.py"), *sides]),
]
if has("torchmetrics"):
    script = str(peer / "torchmetrics_iou.py")
    commands.append(Command("torchmetrics", [*peers(), script, *sides], rounds=1))

bars = [
    Bar("P5", "segeval", "Pillow decoding", 1.15),
    Bar("P5", "segeval", "torchmetrics", 1 / 4),
]
if __name__ == "__main__":
    title = "P5 200 pairs of PNG 2048 x 1024, 19 classes"
    sys.exit(show(judge(title, measure(commands, rounds=3), bars)))
