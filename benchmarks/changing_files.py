"""Files that are written while a run reads them, in every engine, and `--resume` after it.

    python benchmarks/changing_files.py [--runs 20] [--engines single pooled sharded dask]

Half of the predictions are written again and again, in place, in two parts, or by another file that
takes their name, between two versions whose Dice is known. A case has the value of one of both, or
it is `unreadable`; never another value, and none is lost. Then the writing ends, and the run is
resumed: every case has the value of the file as it lies there.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from interrupts import ENGINES

CASES = 24
SHAPE = (24, 96, 96)
VERSIONS = (1, 2)


def volume(number: int, version: int) -> bytes:
    """A file of labels: of the truth (version 0), or of a version that it is compared with."""
    made = np.zeros(SHAPE, np.uint8)
    made[2:20, 10 : 60 + number, 10:60] = 1
    if version:
        made[:, : 20 * version] = 0
        made[:, 80 - 10 * version :] = 1
    file = tempfile.SpooledTemporaryFile(1 << 24)  # noqa: SIM115 - of one function
    np.save(file, made)
    file.seek(0)
    return file.read()


def nifti(raw: bytes) -> bytes:
    """The same labels packed."""
    from bombs import nifti_header

    voxels = np.frombuffer(raw, np.uint8)[-int(np.prod(SHAPE)) :]
    return gzip.compress(nifti_header(SHAPE[::-1]) + voxels.tobytes(), 1)


class Writer(threading.Thread):
    """Writes files until it is told to end; `held` says which version each one has at last."""

    def __init__(self, files: dict[Path, tuple[bytes, bytes]], seed: int) -> None:
        super().__init__()
        self.files, self.rng, self.ends = files, np.random.default_rng(seed), threading.Event()
        self.held = dict.fromkeys(files, 0)
        self.writes = 0

    def run(self) -> None:
        """Write, at random."""
        paths = list(self.files)
        while not self.ends.is_set():
            path = paths[int(self.rng.integers(len(paths)))]
            self.held[path] = which = int(self.rng.integers(2))
            write(path, self.files[path][which], int(self.rng.integers(3)))
            self.writes += 1
            time.sleep(float(self.rng.exponential(0.01)))


def write(path: Path, content: bytes, how: int) -> None:
    """Write a file: over what it holds, in two parts from its beginning, or under another name."""
    if how == 2:
        fresh = path.with_name(f".{path.name}")
        fresh.write_bytes(content)
        os.replace(fresh, path)
        return
    with path.open("r+b" if how == 0 else "wb") as file:
        file.write(content[: len(content) // 2])
        file.flush()
        time.sleep(0.002)
        file.write(content[len(content) // 2 :])
        file.truncate()


def score(folder: Path, engine: str, address: str, *more: str) -> dict[str, object]:
    """Run an engine over the folder; the value of each case, or its status."""
    own = {"single": [()], "pooled": [("-j", "2")], "dask": [("--scheduler", address)],
           "sharded": [("--shard", "1/2"), ("--shard", "2/2")]}[engine]  # fmt: skip
    found: dict[str, object] = {}
    for number, words in enumerate(own):
        output = folder / f"r{number}.json"
        sides = [str(folder / "p"), str(folder / "g")]
        asked = [*sides, "-m", "dice", "--format", "none", "-q", "-o", str(output), *words, *more]
        ran = subprocess.run(
            [sys.executable, "-m", "segeval", "score", *asked], capture_output=True, text=True,
        )  # fmt: skip
        if ran.returncode not in (0, 3):
            raise AssertionError(f"{engine}: status {ran.returncode}: {ran.stderr[-500:]}")
        for case in json.loads(output.read_text())["cases"]:
            scored = case["status"] == "ok"
            found[case["case"]] = case["values"]["1"]["dice"] if scored else case["status"]
    return found


@contextmanager
def cluster_of(engine: str) -> Iterator[str]:
    """The address of a Dask cluster of this machine; "" for an engine without one."""
    if engine != "dask":
        yield ""
        return
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def try_engine(engine: str, runs: int, seed: int, folder: Path, address: str) -> int:
    """Score while files change, and resume; how many cases were wrong."""
    names = [f"c{n:02}" for n in range(CASES)]
    files: dict[Path, tuple[bytes, bytes]] = {}
    for number, name in enumerate(names):
        suffix, pack = (".npy", bytes) if number % 2 else (".nii.gz", nifti)
        one, other = (pack(volume(number, version)) for version in VERSIONS)
        for side in ("p", "g"):
            (folder / side).mkdir(exist_ok=True)
        (folder / "g" / f"{name}{suffix}").write_bytes(pack(volume(number, 0)))
        files[folder / "p" / f"{name}{suffix}"] = one, other
    known = []
    for which in range(2):
        for path, content in files.items():
            path.write_bytes(content[which])
        known.append(score(folder, engine, address))
    changing = dict(list(files.items())[: CASES // 2])
    seen, wrong, writes = Counter[str](), 0, 0
    for run in range(runs):
        for output in folder.glob("r*.json*"):
            output.unlink()
        writer = Writer(changing, seed + run)
        writer.start()
        try:
            found = score(folder, engine, address)
        finally:
            writer.ends.set()
            writer.join()
        writes += writer.writes
        after = score(folder, engine, address, "--resume")
        last = {path.name.partition(".")[0]: which for path, which in writer.held.items()}
        fresh = {path.name.partition(".")[0]: path.read_bytes() == files[path][1] for path in files}
        for name in names:
            right = [values[name] for values in known]
            value = found.get(name)
            seen["unreadable" if value == "unreadable" else "a value"] += 1
            if value not in (*right, "unreadable"):
                wrong += 1
                print(f"{engine}: run {run}, {name}: {value!r}, expected {right}", flush=True)
            if after.get(name) != right[fresh[name]]:
                wrong += 1
                print(f"{engine}: run {run}, {name} resumed: {after.get(name)!r}, expected "
                      f"{right[fresh[name]]!r} ({last.get(name)})", flush=True)  # fmt: skip
    print(f"{engine:8} {runs} runs of {CASES} cases, {writes} writes: {dict(seen)}; {wrong} wrong",
          flush=True)  # fmt: skip
    return wrong


def main() -> int:
    """Try the engines; 1 if something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=ENGINES)
    asked = parser.parse_args()
    wrong = 0
    for engine in asked.engines:
        with tempfile.TemporaryDirectory() as place, cluster_of(engine) as address:
            wrong += try_engine(engine, asked.runs, asked.seed, Path(place), address)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
