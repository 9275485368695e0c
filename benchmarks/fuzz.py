"""Damage files of every format and see that each is the problem of its own case, and no more.

    python benchmarks/fuzz.py [--seed 0] [--rounds 50] [--real FOLDER …]

A round makes a folder of cases, damages one file of every other case, scores it in a process of its
own, and holds that

    nothing is a traceback, no status is 1 (a gate's) or 5 (a bug)
    every damaged case is in the results, and every other case is scored
    no run takes longer than LIMIT seconds or more than MEMORY of resident memory

What went wrong is printed with the seed of its round, so that `--seed N --rounds 1` shows it again.
`tests/test_fuzz.py` runs a few rounds a format.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

LIMIT, MEMORY = 60, 512 << 20  # seconds, and bytes: the default of --max-memory
BROKEN = 8  # damaged cases a round, beside as many that are not
METRICS = ("dice", "dice,hd95,volume_difference", "dice,ce,ece")
REAL = ("--rt-bad-contour", "skip")
RNG = np.random.Generator


# -- what files are made of ---------------------------------------------------------------------


def labels(rng: RNG, shape: tuple[int, ...] = (6, 20, 24)) -> np.ndarray:
    """Three blocks, not in the same place twice."""
    made = np.zeros(shape, np.uint8)
    for label in (1, 2, 3):
        a, b = rng.integers(0, 10, 2)
        made[..., a : a + 9, b : b + 9] = label
    return made


def nifti(path: Path, array: np.ndarray) -> None:
    """Write (z, y, x)."""
    import nibabel

    nibabel.save(nibabel.Nifti1Image(array.T, np.diag([1.0, 1.0, 3.0, 1.0])), path)


def nrrd(path: Path, array: np.ndarray) -> None:
    """Write (z, y, x)."""
    import nrrd as library

    space = {"space": "left-posterior-superior", "space directions": np.diag([1.0, 1.0, 3.0]),
             "space origin": [0.0, 0.0, 0.0]}  # fmt: skip
    library.write(str(path), array, space, index_order="C")


def picture(path: Path, array: np.ndarray) -> None:
    """Write (y, x)."""
    from PIL import Image

    Image.fromarray(array).save(path)


def npy(path: Path, array: np.ndarray) -> None:
    """Write an array."""
    np.save(path, array)


def npz(path: Path, array: np.ndarray) -> None:
    """Write one-hot probabilities."""
    np.savez_compressed(
        path, probabilities=np.eye(4, dtype=np.float32)[array].transpose(3, 0, 1, 2)
    )


FORMATS: dict[str, tuple[Callable[[Path, np.ndarray], None], tuple[int, ...]]] = {
    ".nii": (nifti, (6, 20, 24)),
    ".nii.gz": (nifti, (6, 20, 24)),
    ".nrrd": (nrrd, (6, 20, 24)),
    ".seg.nrrd": (nrrd, (6, 20, 24)),
    ".npy": (npy, (6, 20, 24)),
    ".npz": (npz, (6, 20, 24)),
    ".png": (picture, (20, 24)),
    ".tif": (picture, (20, 24)),
    ".bmp": (picture, (20, 24)),
}


def made(folder: Path, suffix: str, rng: RNG, names: Sequence[str] = ("a", "b", "c")) -> None:
    """A folder of predictions and one of ground truth, in one format; arrays against NIfTI."""
    write, shape = FORMATS[suffix]
    other = ".nii.gz" if suffix in (".npy", ".npz") else suffix
    for side in ("pred", "gt"):
        (folder / side).mkdir(parents=True)
        for name in names:
            array = labels(rng, shape)
            if side == "pred":
                write(folder / side / f"{name}{suffix}", array)
            else:
                FORMATS[other][0](folder / side / f"{name}{other}", array)


# -- what is done to them -----------------------------------------------------------------------


def truncated(data: bytearray, rng: RNG) -> bytearray:
    """Cut off anywhere."""
    return data[: int(rng.integers(0, max(1, len(data))))]


def emptied(data: bytearray, rng: RNG) -> bytearray:
    """Nothing is left."""
    return bytearray()


def flipped(data: bytearray, rng: RNG) -> bytearray:
    """A few bits of the header are others."""
    for _ in range(int(rng.integers(1, 9))):
        place = int(rng.integers(0, min(len(data), 600)))
        data[place] ^= 1 << int(rng.integers(0, 8))
    return data


def scrambled(data: bytearray, rng: RNG) -> bytearray:
    """A run of bytes anywhere is noise."""
    start = int(rng.integers(0, len(data)))
    for place in range(start, min(len(data), start + int(rng.integers(1, 64)))):
        data[place] = int(rng.integers(0, 256))
    return data


def maximal(data: bytearray, rng: RNG) -> bytearray:
    """A number of the header is as large as it can be: sizes, offsets, counts."""
    width = int(rng.choice([2, 4, 8]))
    start = int(rng.integers(0, max(1, min(len(data), 600) - width)))
    data[start : start + width] = rng.choice([b"\xff", b"\x7f"]) * width
    return data


def grown(data: bytearray, rng: RNG) -> bytearray:
    """Bytes follow that do not belong there."""
    return data + rng.bytes(int(rng.integers(1, 4096)))


def doubled(data: bytearray, rng: RNG) -> bytearray:
    """The file twice in a row."""
    return data + data


DAMAGE = (truncated, emptied, flipped, scrambled, maximal, grown, doubled)


def unpacked_damage(path: Path, rng: RNG) -> None:
    """Damage what is inside of a .nii.gz, which is packed again: its checksum is right."""
    import gzip

    inside = bytearray(gzip.decompress(path.read_bytes()))
    path.write_bytes(gzip.compress(bytes(DAMAGE[int(rng.integers(2, 5))](inside, rng))))


def resuffixed(path: Path, rng: RNG) -> None:
    """The content is that of another format than the name says."""
    suffix = str(rng.choice(list(FORMATS)))
    write, shape = FORMATS[suffix]
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder, f"other{suffix}")
        write(other, labels(rng, shape))
        shutil.copy(other, path)


def damaged(path: Path, rng: RNG) -> str:
    """Damage a file; gives how."""
    how = int(rng.integers(0, len(DAMAGE) + 2))
    if how == len(DAMAGE):
        resuffixed(path, rng)
        return "resuffixed"
    if how > len(DAMAGE) and path.name.endswith(".gz"):
        unpacked_damage(path, rng)
        return "inside"
    damage = DAMAGE[how % len(DAMAGE)]
    path.write_bytes(damage(bytearray(path.read_bytes()), rng))
    return damage.__name__


# -- what must come of it -----------------------------------------------------------------------


def high_water(pid: int) -> int:
    """The largest resident memory that a process had so far, bytes; 0 where nobody counts."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)


def scored(folder: Path, *options: str) -> tuple[int, str, dict[str, str]]:
    """Status, stderr, and the status of each case. Raises TimeoutError and MemoryError."""
    command = [sys.executable, "-m", "segeval", "score", str(folder / "pred"), str(folder / "gt"),
               "--isolated", "--format", "json", "-v", *options]  # fmt: skip
    start = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, stdout=out, stderr=said)
        while child.poll() is None:
            late, large = time.monotonic() - start > LIMIT, high_water(child.pid) > MEMORY
            if late or large:
                child.kill()
                child.wait()
                raise TimeoutError(f"more than {LIMIT} s") if late else MemoryError(f"> {MEMORY}")
            time.sleep(0.01)
        out.seek(0)
        said.seek(0)
        text = out.read()
        cases = json.loads(text)["cases"] if text else []
        return (
            child.returncode,
            said.read().decode("utf-8", "replace"),
            {case["case"]: case["status"] for case in cases},
        )


def wrong(folder: Path, broken: dict[str, str], good: Sequence[str], *options: str) -> str:
    """What is wrong with the answer to a folder; "" if nothing is.

    broken  the damaged cases, and how
    """
    try:
        status, said, cases = scored(folder, *options)
    except (TimeoutError, MemoryError) as problem:
        return f"{type(problem).__name__}: {problem}"
    if status not in (0, 3):
        return f"status {status}: {said[-1500:]}"
    bugs = [f"{case}: {broken.get(case)}" for case, s in cases.items() if s == "internal_error"]
    if "Traceback" in said or bugs:
        return f"a bug: {bugs} {said[-3000:]}"
    if lost := {case: cases.get(case) for case in good if cases.get(case) != "ok"}:
        return f"not scored, though nothing is wrong with them: {lost} {said[-800:]}"
    if gone := [case for case in broken if case not in cases]:
        return f"not in the results: {gone}"
    if status == 0 and any(found != "ok" for found in cases.values()):
        return f"status 0, and {cases}"
    return ""


def one_round(seed: int, suffix: str) -> str:
    """A round on made files; what went wrong."""
    rng = np.random.default_rng([seed, list(FORMATS).index(suffix)])
    names = [f"case_{number:02}" for number in range(2 * BROKEN)]
    with tempfile.TemporaryDirectory(prefix="segeval-fuzz-") as place:
        folder = Path(place)
        made(folder, suffix, rng, names)
        broken = {}
        for name in names[::2]:
            side = str(rng.choice(["pred", "gt"]))
            how = damaged(next((folder / side).glob(f"{name}.*")), rng)
            broken[name] = f"{side} {how}"
        metrics = str(rng.choice(METRICS))
        found = wrong(folder, broken, names[1::2], "-m", metrics)
    return f"--seed {seed} --only {suffix} ({metrics}): {found}\n  {broken}" if found else ""


def real_round(seed: int, path: Path) -> str:
    """A round on copies of a real file, each in a folder of its own; what went wrong."""
    rng = np.random.default_rng([seed, *path.name.encode()])
    names = [f"case_{number:02}" for number in range(2 * BROKEN)]
    with tempfile.TemporaryDirectory(prefix="segeval-fuzz-") as place:
        folder = Path(place)
        broken = {}
        for name in names:
            for side in ("pred", "gt"):
                (folder / side / name).mkdir(parents=True)
                shutil.copy(path, folder / side / name / path.name)
        for name in names[::2]:
            side = str(rng.choice(["pred", "gt"]))
            broken[name] = f"{side} {damaged(folder / side / name / path.name, rng)}"
        # All of the rest is scored where the file as it is can be.
        _, _, cases = scored(folder, "-m", "dice", *REAL)
        good = [name for name in names[1::2] if cases.get(name) == "ok"]
        found = wrong(folder, broken, good, "-m", "dice", *REAL)
    return f"--seed {seed} --real {path}: {found}\n  {broken}" if found else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Go on to the end, print what went wrong; 1 if anything did."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="of the first round")
    parser.add_argument("--rounds", type=int, default=10, help="for each format or file")
    parser.add_argument("--only", choices=FORMATS, help="one format")
    parser.add_argument("--real", type=Path, nargs="*", default=[], help="files to damage as well")
    asked = parser.parse_args(arguments)
    rounds = [
        (one_round, seed, suffix)
        for seed in range(asked.seed, asked.seed + asked.rounds)
        for suffix in ([asked.only] if asked.only else [] if asked.real else FORMATS)
    ]
    rounds += [
        (real_round, seed, path)
        for path in asked.real
        for seed in range(asked.seed, asked.seed + asked.rounds)
    ]
    failed = 0
    for go, seed, what in rounds:
        if found := go(seed, what):
            failed += 1
            print(found, flush=True)
    print(f"{len(rounds)} rounds of {BROKEN} damaged files, {failed} with a fault")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
