"""P3: five losses of arrays in memory; against two of PyTorch and MONAI on one thread.

Each program says itself what the losses cost, without loading the arrays.
"""

import subprocess
import sys

from harness import HERE, Bar, Run, environment, has, judge, make, one_cpu, peers, show

folder = make("probabilities")
arrays = [str(folder / "pred.npy"), str(folder / "gt.npy")]
peer = HERE / "peer"
commands = {"segeval: five": [sys.executable, str(peer / "segeval_losses.py"), *arrays]}
if has("monai") and has("torch"):
    commands["torch CE + MONAI DiceLoss"] = [*peers(), str(peer / "torch_losses.py"), *arrays]


def said(argv: list[str]) -> Run:
    """The CPU seconds that a program prints."""
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment())
    return Run(float(done.stdout), 0.0)


bars = [Bar("P3", "segeval: five", "torch CE + MONAI DiceLoss", 0.5)]
if __name__ == "__main__":
    one_cpu()
    runs = {name: [said(argv) for _ in range(5)] for name, argv in commands.items()}
    title = "P3 five losses of 5 classes 256 x 256 x 128, in memory"
    sys.exit(show(judge(title, runs, bars)))
