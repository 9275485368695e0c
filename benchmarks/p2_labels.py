"""P2: overlap of ten pairs with 104 labels; against SimpleITK, and against one label."""

import sys

from harness import HERE, Bar, Command, has, judge, make, measure, peers, program, show


def scored(what: str) -> list[str]:
    """The two folders of a set."""
    folder = make(what)
    return [str(folder / "pred"), str(folder / "gt")]


many, one = scored("labels104"), scored("labels1")
commands = [
    Command("segeval, 104 labels", [*program(), "score", *many, "-q", "--format", "json"]),
    Command("segeval, one label", [*program(), "score", *one, "-q", "--format", "json"]),
]
if has("SimpleITK"):
    script = str(HERE / "peer" / "simpleitk_overlap.py")
    commands.append(Command("SimpleITK, 104 labels", [*peers(), script, *many], rounds=2))

bars = [
    Bar("P2", "segeval, 104 labels", "segeval, one label", 1.5),
    Bar("P2", "segeval, 104 labels", "SimpleITK, 104 labels", 1 / 4),
    Bar("P2", "segeval, 104 labels", "", 100),
]
if __name__ == "__main__":
    title = "P2 overlap of ten pairs 300 x 300 x 400"
    sys.exit(show(judge(title, measure(commands), bars)))
