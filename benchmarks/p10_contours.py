"""P10: 30 structures on 200 slices 512 x 512; against dcmrtstruct2nii and plastimatch.

`segeval convert` writes packed masks, the others plain ones; `draw` is what scoring does: read,
rasterise and see every voxel of every mask once, in slabs.
"""

import shutil
import subprocess
import sys
import tempfile

from harness import DATA, HERE, Bar, Command, has, judge, measure, peers, program, show

peer, folder = HERE / "peer", DATA / "contours"
if not (folder / "RS.dcm").exists():
    subprocess.run([sys.executable, str(peer / "make_contours.py"), str(folder)], check=True)

out = tempfile.mkdtemp(prefix="segeval-p10-")
commands = [
    Command("segeval draw", [sys.executable, str(peer / "draw_contours.py"), str(folder)]),
    Command("segeval convert", [*program(), "convert", f"{folder}/RS.dcm", f"{out}/segeval", "-q"]),
]
others = {}
if has("dcmrtstruct2nii"):
    script = str(peer / "dcmrtstruct2nii_all.py")
    others["dcmrtstruct2nii"] = [*peers(), script, str(folder), f"{out}/dcmrtstruct2nii"]
if shutil.which("plastimatch"):
    others["plastimatch"] = [
        "plastimatch", "convert", "--input", f"{folder}/RS.dcm", "--referenced-ct", f"{folder}/ct",
        "--output-prefix", f"{out}/plastimatch", "--prefix-format", "nii",
    ]  # fmt: skip
commands += [Command(name, argv, rounds=1) for name, argv in others.items()]
bars = [Bar("P10", mine.name, "", 300) for mine in commands[:2]]
bars += [Bar("P10", mine.name, name, 0.2) for mine in commands[:2] for name in others]

if __name__ == "__main__":
    status = show(judge("P10 30 structures, 512 x 512 x 200", measure(commands, rounds=3), bars))
    shutil.rmtree(out)
    sys.exit(status)
