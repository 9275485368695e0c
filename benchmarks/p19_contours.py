"""P19: `contour_apl` of 40 structures of 1 700 points a plane, files to result.

Beside it stands the command that reads and draws the same structures (`dice`), the floor. The
bar is a share of that, since what held every edge against every other is gone.
"""

import subprocess
import sys

from harness import DATA, HERE, Bar, Command, judge, measure, program, show

folder = DATA / "dense_contours"
if not (folder / "gt" / "P" / "RS.dcm").exists():
    script = str(HERE / "peer" / "make_dense_contours.py")
    subprocess.run([sys.executable, script, str(folder)], check=True)

paths = [str(folder / name) for name in ("pred", "gt")]
score = [*program(), "score", *paths, "--images", str(folder / "ct"), "--format", "none", "-q"]
commands = [
    Command("segeval contour_apl", [*score, "-m", "contour_apl@1mm"]),
    Command("segeval dice", [*score, "-m", "dice"]),
]
bars = [Bar("P19", "segeval contour_apl", "segeval dice", 2.5)]

if __name__ == "__main__":
    sys.exit(show(judge("P19 40 structures of 40 MB a side", measure(commands, rounds=3), bars)))
