"""Decoding label PNG of the kinds that P5 does not have; against Pillow."""

import sys

from harness import HERE, Bar, Command, judge, make, measure, show

folder = make("pictures")
peer = HERE / "peer"
kinds = {
    "left": "rows as OpenCV writes them",
    "unfiltered": "rows of palette pictures",
    "colours": "three channels",
    "deep": "16 bits",
}
commands, bars = [], []
for kind, what in kinds.items():
    for name, script in (("segeval", "segeval_decode.py"), ("Pillow", "decode.py")):
        call = [sys.executable, str(peer / script), str(folder / kind)]
        commands.append(Command(f"{name}: {what}", call))
    bars.append(Bar("pictures", f"segeval: {what}", f"Pillow: {what}", 1))

if __name__ == "__main__":
    title = "pictures 50 label PNG 2048 x 1024, decoded"
    sys.exit(show(judge(title, measure(commands), bars)))
