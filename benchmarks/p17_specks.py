"""P17: surfaces of a CT of 11 labels with a few voxels far from each, files to JSON: 350 MB."""

import sys

from harness import Bar, Command, judge, measure, program, show
from p6_surfaces import NAMES
from p24_estimates import files

HOW = ("mesh", "deepmind", "monai")


def commands() -> list[Command]:
    """A run of each convention."""
    score = [*program(), "score", *files("CT, far specks"), "-q", "-j", "1", "--format", "json"]
    asked = {how: ",".join(["dice", *(f"{name}:as={how}" for name in NAMES)]) for how in HOW}
    return [Command(f"segeval {how}", [*score, "-m", names]) for how, names in asked.items()]


if __name__ == "__main__":
    title = "P17 a CT 512 x 512 x 150 with far specks, 11 labels"
    bars = [Bar("P17", f"segeval {how}", "", 350) for how in HOW]
    sys.exit(show(judge(title, measure(commands(), rounds=3), bars)))
