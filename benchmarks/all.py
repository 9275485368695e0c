"""Run every benchmark and say at the end which bars were missed: python benchmarks/all.py"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = (
    "p1_overlap",
    "p2_labels",
    "p5_png",
    "p7_startup",
    "p7b_small",
    "p3_memory",
    "p4_packed",
    "p5b_shades",
    "p8_wide",
    "p10_contours",
    "p6_surfaces",
    "p6b_surfaces",
    "surfaces",
    "memory",
)

if __name__ == "__main__":
    done = {name: subprocess.run([sys.executable, HERE / f"{name}.py"]) for name in SCRIPTS}
    missed = [name for name, process in done.items() if process.returncode]
    print("\nevery bar was cleared" if not missed else f"\nmissed: {', '.join(missed)}")
    sys.exit(bool(missed))
