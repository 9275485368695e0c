"""Run every benchmark, or those that are named, and write docs/performance.md.

python benchmarks/all.py [p1_overlap …]    ends with 1 where a bar was missed
"""

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
    "pictures",
    "p8_wide",
    "p9_cases",
    "p10_contours",
    "p12_dask",
    "p13_far",
    "p14_lesions",
    "p15_flat",
    "p16_ct",
    "other_shapes",
    "p17_specks",
    "p18_depths",
    "p22_noise",
    "p23_pairing",
    "p25_compare",
    "p21_large_pictures",
    "p24_estimates",
    "p19_contours",
    "p6_surfaces",
    "p6b_surfaces",
    "surfaces",
    "memory",
    "n1_spine",
    "n2_lesions",
    "n3_cells",
    "n5_tumours",
    "n4_coco",
    "n6_topology",
    "p11_gate",
    "history",
)

if __name__ == "__main__":
    wanted = sys.argv[1:] or SCRIPTS
    done = {name: subprocess.run([sys.executable, HERE / f"{name}.py"]) for name in wanted}
    subprocess.run([sys.executable, HERE / "page.py"], check=True)
    missed = [name for name, process in done.items() if process.returncode]
    print("\nevery bar was cleared" if not missed else f"\nmissed: {', '.join(missed)}")
    sys.exit(bool(missed))
