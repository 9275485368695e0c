"""P7b: one small PNG pair to JSON, against the imports that it cannot do without."""

import sys

from harness import Bar, Command, judge, make, measure, program, show

folder = make("small")
pair = [str(folder / side / "street_000.png") for side in ("pred", "gt")]
imports = [sys.executable, "-c", "import click, numpy, PIL.Image"]

commands = [
    Command("segeval", [*program(), "score", *pair, "--preset", "semantic", "--format", "json"]),
    Command("import click, numpy, PIL", imports),
]
bars = [Bar("P7b", "segeval", "import click, numpy, PIL", 1.3)]
if __name__ == "__main__":
    runs = measure(commands, rounds=25)
    sys.exit(show(judge("P7b one pair of PNG 64 x 64 to JSON", runs, bars)))
