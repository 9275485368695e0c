"""P10: 30 structures on 200 slices 512 x 512, drawn; against dcmrtstruct2nii and plastimatch."""

import shutil
import subprocess
import sys
import tempfile

from harness import DATA, HERE, Bar, Command, has, judge, measure, peers, show

peer, folder = HERE / "peer", DATA / "contours"
if not (folder / "RS.dcm").exists():
    subprocess.run([sys.executable, str(peer / "make_contours.py"), str(folder)], check=True)

out = tempfile.mkdtemp(prefix="segeval-p10-")
commands = [Command("segeval", [sys.executable, str(peer / "draw_contours.py"), str(folder)])]
bars = [Bar("P10 peak", "segeval", "", 300)]
if has("dcmrtstruct2nii"):
    script = str(peer / "dcmrtstruct2nii_all.py")
    commands.append(Command("dcmrtstruct2nii", [*peers(), script, str(folder), out], rounds=1))
    bars.append(Bar("P10", "segeval", "dcmrtstruct2nii", 0.2))
if shutil.which("plastimatch"):
    argv = ["plastimatch", "convert", "--input", f"{folder}/RS.dcm",
            "--referenced-ct", f"{folder}/ct", "--output-prefix", f"{out}/plastimatch",
            "--prefix-format", "nii"]  # fmt: skip
    commands.append(Command("plastimatch", argv, rounds=1))
    bars.append(Bar("P10", "segeval", "plastimatch", 0.2))

if __name__ == "__main__":
    status = show(judge("P10 30 structures, 512 x 512 x 200", measure(commands, rounds=3), bars))
    shutil.rmtree(out)
    sys.exit(status)
