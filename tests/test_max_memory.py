"""`--max-memory` is kept: what is resident is measured, of all processes, as the kernel counts it.

Run on cases that would take several times the budget if they were read whole.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import build
import numpy as np
import pytest
from runs import run, settings

from segeval.engines.choice import choose_engine
from segeval.runtime.memory_budget import (
    DEFAULT_BUDGET,
    MIB,
    PROCESS_BYTES,
    PROGRAM_BYTES,
    affordable_processes,
    case_budget,
    process_budget,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SHAPE = (40, 110, 110)
GRID = build.Geometry(SHAPE, (3.0, 1.0, 1.0), (0.0, 0.0, 0.0), build.GRID.directions)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A label map of odd organs and the probabilities of five classes: 16 MB of float32 a case."""
    folder = tmp_path_factory.mktemp("memory")
    truth, pred = (organs(seed) for seed in (0, 1))
    p = np.random.default_rng(2).dirichlet(np.ones(5), SHAPE).astype(np.float32)
    for name in "ab":
        for side, array in (("gt", truth), ("labels", pred), ("prob", np.moveaxis(p, -1, 0))):
            (folder / side).mkdir(exist_ok=True)
            build.nifti(folder / side / f"{name}.nii", array, GRID)
    return folder


def organs(seed):
    """Four rough balls."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(SHAPE, np.uint8)
    place = np.indices(SHAPE)
    for label, x in enumerate((22, 44, 66, 88), 1):
        away = sum((i - c) ** 2 for i, c in zip(place, (20, 55, x), strict=True))
        labels[away + rng.normal(0, 30, SHAPE) < 400] = label
    return labels


def family(pid):
    """A process and those that it started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *(one for child in children for one in family(int(child)))]


def resident(pid):
    """Bytes that only this process has, and its part of those that several have."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)


def high_water(pid):
    """The largest resident memory that a process had so far."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)


def peak(*arguments, alone=True):
    """Status, stderr and the largest resident memory of a run.

    alone  one process, whose own peak is exact; else the sum of all is looked at often
    """
    command = [sys.executable, "-m", "segeval", "score", *map(str, arguments), "--format", "none"]
    most = 0
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(command, stderr=said) as child:
        while child.poll() is None:
            now = high_water(child.pid) if alone else sum(map(resident, family(child.pid)))
            most = max(most, now)
            time.sleep(0.003)
        said.seek(0)
        return child.returncode, said.read(), most


LABELS, PROB = ("labels", "gt"), ("prob", "gt")
SURFACES = "dice,hd95,hd95:as=deepmind,nsd@2mm:as=monai,hd:as=itk"
KEPT = "ce,topk_ce,lovasz_loss,hausdorff_dt_loss"


@pytest.mark.parametrize(
    ("sides", "metrics", "budget", "status"),
    [
        (LABELS, "dice,iou,volume_difference", 64, 0),
        (PROB, "ce,dice_loss,brier,ece", 80, 0),
        (LABELS, SURFACES, 80, 3),
        (LABELS, SURFACES, 400, 0),
        (PROB, KEPT, 120, 3),
        (PROB, KEPT, 260, 0),
    ],
)
def test_a_run_stays_within_its_budget(data, sides, metrics, budget, status):
    pair = [data / side / "a.nii" for side in sides]
    answered, said, most = peak(*pair, "-m", metrics, "--max-memory", f"{budget}MiB")
    assert (answered, most < budget * MIB) == (status, True), f"{most / MIB:.0f} MiB, {said}"
    assert ("would take" in said) == (status == 3)


def test_the_budget_is_of_all_processes_together(data):
    sides = [data / "labels", data / "gt"]
    budget = ("--max-memory", "400MiB")
    status, said, most = peak(*sides, "-m", SURFACES, "-j", "2", *budget, alone=False)
    assert (status, most < 400 * MIB) == (0, True), f"{most / MIB:.0f} MiB, {said}"


@pytest.mark.parametrize("budget", [75 * MIB, 400 * MIB])
def test_what_is_over_the_budget_does_not_depend_on_the_processes(data, budget):  # O4
    sides, asked = (data / "labels", data / "gt"), ("dice", "hd95")
    cards = [run(*sides, *asked, max_memory=budget, jobs=jobs) for jobs in (1, 2)]
    assert cards[0].cases == cards[1].cases
    lost = [row.class_ for row in cards[0].cases[0].rows if row.status == "over_budget"]
    assert bool(lost) == (budget < 80 * MIB)


def test_a_class_over_the_budget_is_said_with_its_size_and_the_rest_goes_on(data, tmp_path):
    output = tmp_path / "out.json"
    sides = [data / side / "a.nii" for side in LABELS]
    status, said, _ = peak(*sides, "-m", "dice,hd95", "--max-memory", "60MiB", "-o", output)
    assert status == 3
    assert "a/1: would take " in said
    assert "--max-memory is 60 MiB" in said
    content = json.loads(output.read_text())
    values = content["cases"][0]["values"]["1"]
    assert values["dice"] > 0.5
    assert values["hd95"] == {"value": None, "status": "over_budget", "reason": ""}
    statistic = content["summary"][""]["1"]["hd95"]
    assert (statistic["n"], statistic["n_undefined"], statistic["n_missing"]) == (0, 0, 1)
    # what the help says is enough for the class
    size = said.partition("help: --max-memory ")[2].partition(",")[0]
    assert "a/1: would take " not in peak(*sides, "-m", "hd95", "--max-memory", size)[1]


@pytest.mark.parametrize(
    "metric",
    ["hd95", "hd95:as=deepmind", "hd:as=itk", "hd95:as=meshmetrics", "biou@2mm", "betti0_error"],
)
def test_what_is_named_is_enough_and_not_much_more(data, metric):
    pair = [data / side / "a.nii" for side in LABELS]
    _, said, _ = peak(*pair, "-m", metric, "--max-memory", "51MiB")
    named = max(int(part.partition("MiB")[0]) for part in said.split("help: --max-memory ")[1:])
    status, said, most = peak(*pair, "-m", metric, "--max-memory", f"{named}MiB")
    assert (status, most / MIB < named < 1.7 * most / MIB) == (0, True), f"{named}, {most / MIB}"


def test_only_a_small_budget_buys_a_second_pass_and_the_log_says_so(data, tmp_path):
    log = tmp_path / "log.txt"
    asked = (data / "labels", data / "gt", "-m", SURFACES, "-j", "2", "--log-file", log)
    twice = "2 cases need more memory than one of several processes has of --max-memory: read a"
    status, said, _ = peak(*asked, "--max-memory", "240MiB", alone=False)
    assert (status, twice in said, twice in log.read_text()) == (0, True, True)
    for more in (("--max-memory", "700MiB"), ()):
        status, said, _ = peak(*asked, *more, alone=False)
        assert (status, "second time" in said + log.read_text()) == (0, False)


def test_any_number_of_processes_is_started_where_no_budget_is_given(capsys):
    said = []
    with choose_engine(settings(jobs=64), said.append) as ready:
        assert ready.keywords["jobs"] == 64
    with choose_engine(settings(jobs=64, max_memory=DEFAULT_BUDGET), said.append) as ready:
        assert ready.keywords["jobs"] == 7
    assert said == ["--max-memory is enough for 7 of 64 processes; 4160MiB is for all of them"]


def test_shares():
    assert case_budget(PROGRAM_BYTES) == case_budget(0) == 0
    assert case_budget(PROGRAM_BYTES + 5) == 5
    assert process_budget(300, 2) == 100
    assert [affordable_processes(n * PROCESS_BYTES) for n in (0, 1, 2, 3, 9)] == [1, 1, 1, 2, 8]


def test_more_processes_than_the_budget_is_enough_for(data, capsys):
    said = []
    with choose_engine(settings(jobs=8, max_memory=3 * PROCESS_BYTES), said.append):
        pass
    assert said == ["--max-memory is enough for 2 of 8 processes; 576MiB is for all of them"]


def test_instances_of_noise_are_refused_and_not_kept(tmp_path):
    """Every second voxel is a run: 4 million of them would take 576 MiB."""
    board = (np.indices((2048, 2048)).sum(0) % 2).astype(np.uint8)
    np.save(tmp_path / "a.npy", board)
    sides = [tmp_path / "a.npy"] * 2
    answered, said, most = peak(*sides, "-m", "pq", "--instances", "components")
    assert (answered, most < 160 * MIB) == (3, True), f"{most / MIB:.0f} MiB, {said}"
    needed = int(re.search(r"--max-memory (\d+)MiB, or fewer metrics", said)[1])
    options = ("--instances", "components", "--max-memory", f"{needed}MiB")
    answered, said, most = peak(*sides, "-m", "pq", *options)
    assert (answered, needed / 1.5 < most / MIB < needed) == (0, True), f"{most / MIB:.0f} MiB"
