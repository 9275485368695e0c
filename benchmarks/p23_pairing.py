"""P23: pairing of very many cases, what a shard of them costs, and memory for a million.

    python benchmarks/p23_pairing.py [200000]      cases; 20 000 is the short form

Names of two kinds: of the case alone, and with a role at the end of each side. What a case costs is
CPU of all cases against a quarter of them, so that start-up is in neither; memory of a million goes
on from those two. A shard scores 2 000 of the cases, one in a hundred of 200 000.
"""

import io
import subprocess
import sys
from pathlib import Path
from statistics import median

from harness import DATA, Bar, Command, Result, program, run, show

SHORT, OWN, ROUNDS = 20_000, 2000, 3
MILLION = 1_000_000
FORMS = {"case": "case_{0:06}", "role": "case_{0:06}_{1}"}
PAIR = """
import sys
from pathlib import Path
from segeval.pairing.pair import pair_paths
from segeval.request.settings import Settings
pair_paths(Path(sys.argv[1], "pred"), Path(sys.argv[1], "gt"), Settings())
"""


def crowd(cases: int, form: str = "case", classes: int = 3) -> Path:
    """Pairs of pictures of 32 x 32 pixels; made by a process of its own, as `harness` says why."""
    folder = DATA / f"crowd_{form}_{cases}{'' if classes == 3 else f'_{classes}'}"
    if not (folder / "done").exists():
        asked = [str(folder), form, str(cases), str(classes)]
        subprocess.run([sys.executable, str(Path(__file__)), "make", *asked], check=True)
        (folder / "done").touch()
    return folder


def make_crowd(folder: Path, form: str, cases: int, classes: int) -> None:
    """Write fifty pairs again and again."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    contents: dict[str, list[bytes]] = {"gt": [], "pred": []}
    for _ in range(50):
        truth = rng.integers(0, classes + 1, (8, 8)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
        pred = np.where(rng.random(truth.shape) < 0.1, 0, truth).astype(np.uint8)
        for side, array in (("gt", truth), ("pred", pred)):
            Image.fromarray(array).save(file := io.BytesIO(), "png")
            contents[side].append(file.getvalue())
    for side, pictures in contents.items():
        (folder / side).mkdir(parents=True, exist_ok=True)
        for k in range(cases):
            name = FORMS[form].format(k, side)
            (folder / side / f"{name}.png").write_bytes(pictures[k % len(pictures)])


def main() -> int:
    """Measure, print, and give the exit status."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else SHORT
    few = cases // 4
    commands = [
        Command(f"pairing {many} ({form})", [sys.executable, "-c", PAIR, str(crowd(many, form))])
        for form in FORMS
        for many in (cases, few)
    ]
    sides = [str(crowd(cases) / side) for side in ("pred", "gt")]
    asked = ["-m", "dice,iou,volume_difference", "-q", "--format", "none"]
    shard = f"shard of {OWN} of {cases}"
    call = [*program(), "score", *sides, *asked, "--shard", f"1/{cases // OWN}"]
    commands.append(Command(shard, [*call, "-o", str(DATA / "shard.json")]))
    runs = {command.name: [run(command) for _ in range(ROUNDS)] for command in commands}
    cpu = {name: median(one.cpu for one in found) for name, found in runs.items()}
    peaks = {name: max(one.peak for one in found) for name, found in runs.items()}
    bars = []
    for form in FORMS:
        all_, some = (f"pairing {many} ({form})" for many in (cases, few))
        each = 1000 * (cpu[all_] - cpu[some]) / (cases - few)
        grown = (peaks[all_] - peaks[some]) / (cases - few)
        bars += [
            (Bar("P23", f"ms a case, {form}", "pairing", 0.02), each),
            (Bar("P23", f"MB of a million, {form}", "pairing", 300),
             peaks[all_] + grown * (MILLION - cases)),
        ]  # fmt: skip
    bars.append((Bar("P23", "s", shard, 3), cpu[shard]))
    return show(Result(f"P23 pairing of {cases} pairs of PNG 32 x 32", runs, bars))


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make_crowd(Path(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:]))
    else:
        sys.exit(main())
