"""The short form of benchmarks/: counts and wide ratios that hold on a busy machine, no seconds."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path
from time import process_time

import build
import numpy as np
import pytest

import segeval
from segeval.kernels.counts import pair_counts
from segeval.request.settings import Settings

# What scoring two pictures must not load: libraries, and what of segeval is for other work.
IDLE = (
    *("scipy", "nibabel", "nrrd", "pydicom", "rich", "tqdm", "igl", "isal"),
    *(
        "segeval.dicom",
        "segeval.contours",
        "segeval.kernels.distances",
    ),
    *("segeval.metrics.surface", "segeval.tallies.surface", "segeval.readers.series"),
)
LOADED = """
import sys
from segeval.cli.entry import run_command_line
run_command_line(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
"""


@pytest.fixture
def pair(tmp_path):
    rng = np.random.default_rng(0)
    truth = np.repeat(np.repeat(rng.integers(0, 9, (8, 8)), 8, 0), 8, 1).astype(np.uint8)
    for side, array in (("gt", truth), ("pred", np.roll(truth, 1, 1))):
        build.folder(tmp_path / side, (build.png, ".png"), street=array)
    return tmp_path / "pred", tmp_path / "gt"


def test_two_pictures_load_nothing_that_is_for_other_work(pair):
    call = ["score", *map(str, pair), "--format", "json", "--isolated"]
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *call], capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.splitlines()[-1].split())
    assert {"segeval.api", "segeval.readers.png_bands"} <= loaded
    assert loaded.intersection(IDLE) == set()


# What a start does without, beside what scoring itself needs none of: a third of its time (P7b).
SPARED = (
    *("dataclasses", "tomllib", "locale", "logging", "difflib", "unicodedata", "numpy.typing"),
    *("tempfile", "PIL", "PIL.Image", "shlex", "filecmp", "segeval.gates.rules"),
    *(f"segeval.cli.{name}" for name in ("codes", "show", "tables")),
    *(f"segeval.pairing.{name}" for name in ("images", "keys", "patients", "shards", "table")),
    *(f"segeval.scoring.{name}" for name in ("box", "classwise", "roisides", "surfaces")),
    *(f"segeval.tallies.{name}" for name in ("part", "slab", "sums", "voxels")),
    *(f"segeval.{name}" for name in ("gate", "merging", "resume", "statistics", "upsampling")),
    *("segeval.classes.tolerances", "segeval.kernels.rois", "segeval.reports.table_model"),
)
STARTED = """
import atexit, gc, sys
before = set(sys.modules)
from segeval.__main__ import run
def collections():
    return gc.get_stats()[-1]["collections"]  # through all that there is
seen = collections()
def told():
    made = *(set(sys.modules) - before),
    print(collections() - seen, gc.get_freeze_count() > 10_000, *made, file=sys.stderr)
atexit.register(told)
run()
"""


def test_p7b_a_start_loads_little_and_is_not_looked_through(pair):
    files = [str(side / "street.png") for side in pair]
    call = ["score", *files, "--preset", "semantic", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-c", STARTED, *call], capture_output=True, text=True, check=True
    )
    collections, frozen, *loaded = done.stderr.splitlines()[-1].split()
    assert (collections, frozen) == ("0", "True")
    assert "segeval.readers.png" in loaded
    assert set(loaded).intersection(SPARED) == set()


def test_a_small_case_takes_few_steps(pair):
    def scored():
        return segeval.score(*pair, ["dice", "iou", "volume_difference"], settings=Settings(jobs=1))

    scored()  # what is loaded once is loaded
    steps = 0

    def count(_frame, event, _of):
        nonlocal steps
        steps += event == "call"

    sys.setprofile(count)
    try:
        card = scored()
    finally:
        sys.setprofile(None)
    assert card.cases[0].status == "ok"
    assert steps < 8000, steps  # calls of Python functions; 4 942 when this was written


def cpu(work, rounds=5):
    """The least CPU of some rounds, which others on the machine disturb least."""
    taken = []
    for _ in range(rounds):
        start = process_time()
        work()
        taken.append(process_time() - start)
    return min(taken)


def test_runs_cost_less_than_voxels():
    labels = np.repeat(np.arange(4096) % 23, 512).astype(np.uint8)
    pred = np.roll(labels, 100)

    def voxels():
        return np.bincount(labels.astype(np.intp) * 23 + pred)

    assert cpu(lambda: pair_counts(labels, pred)) < cpu(voxels)


def test_many_labels_cost_as_much_as_one():
    many = np.repeat(np.arange(4096) % 104, 512).astype(np.uint8)
    one = (many > 0).astype(np.uint8) * np.repeat(np.arange(4096) % 2, 512).astype(np.uint8)
    few, all_of_them = (
        cpu(lambda m=m: pair_counts(m, np.roll(m, 9)), rounds=7) for m in (one, many)
    )
    assert all_of_them < 4 * few


def resident(folder: Path, planes: int) -> int:
    """KB that scoring a pair of label maps of so many planes has resident at its peak."""
    shape = (planes, 256, 256)
    labels = np.repeat(np.arange(planes * 256) % 7, 256).reshape(shape).astype(np.uint8)
    for side in ("gt", "pred"):
        build.folder(folder / side, (build.nifti, ".nii.gz"), case=labels)
    del labels
    gc.collect()
    code = (
        "import resource, sys\nfrom segeval.cli.entry import run_command_line\n"
        "run_command_line(sys.argv[1:])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    call = ["score", str(folder / "pred"), str(folder / "gt"), "-q", "--format", "none"]
    # A shell between: what this process had resident would be counted as the child's (Linux).
    line = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", code, *call]
    return int(subprocess.run(line, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss in KB")
def test_a_longer_label_map_takes_no_more_memory(tmp_path):
    small = resident(tmp_path / "small", 64)
    large = resident(tmp_path / "large", 640)  # 42 MB a side
    assert large < small + 8 * 1024
