"""P6: Dice and five surface metrics of one CT pair, files to JSON; against the tools themselves."""

import sys

from harness import HERE, Bar, Command, has, judge, make, measure, peers, program, show

TOOLS = {"surface-distance": "surface_distance", "pymeshmetrics": "meshmetrics", "monai": "monai"}
NAMES = ("hd", "hd95", "masd", "assd", "nsd@2mm")


def commands(folder: str, slow: tuple[str, ...]) -> list[Command]:
    """Ours in three conventions and all at once, and the tools; those of `slow` run once."""
    sides = [str(make(folder) / side / "case_00.nii.gz") for side in ("pred", "gt")]
    score = [*program(), "score", *sides, "-q", "-j", "1", "--format", "json", "-m"]
    asked = {c: [f"{name}:as={c}" for name in NAMES] for c in ("monai", "deepmind", "mesh")}
    asked["monai, deepmind and mesh"] = [name for names in asked.values() for name in names]
    found = [Command(f"segeval {c}", [*score, ",".join(["dice", *ms])]) for c, ms in asked.items()]
    for tool, module in TOOLS.items():
        if has(module):
            call = [*peers(), str(HERE / "peer" / "surface_tools.py"), tool, *sides]
            found.append(Command(tool, call, rounds=1 if tool in slow else 0))
    return found


BARS = [
    Bar("P6", "segeval monai", "surface-distance", 1 / 5),
    Bar("P6", "segeval monai", "monai", 1 / 50),
    Bar("P6", "segeval deepmind", "surface-distance", 1 / 4),
    Bar("P6", "segeval mesh", "surface-distance", 1.0),
    Bar("P6", "segeval mesh", "pymeshmetrics", 0.33),
    Bar("P6", "segeval mesh", "", 350),
    Bar("P6", "segeval monai, deepmind and mesh", "", 350),
]
if __name__ == "__main__":
    title = "P6 six metrics of 22 labels, 512 x 512 x 150"
    runs = measure(commands("ct", ("monai", "pymeshmetrics")), rounds=3)
    sys.exit(show(judge(title, runs, BARS)))
