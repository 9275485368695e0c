"""Each file is read once, whatever the metrics are: bytes are counted where they leave the file."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import build
import numpy as np
import pytest

import segeval
from segeval.request.settings import Settings

EVERYTHING = ("dice", "miou", "volume_difference", "ce", "dice_loss", "brier", "ece", "hd95")
ENDS = 5 << 16  # headers, and both ends of a file, twice; with what a buffer takes beyond
SHAPE = (24, 160, 160)


def key(path: Path) -> str:
    """The side and the name of a file."""
    return f"{path.parent.name}/{path.name}"


class Counting(io.FileIO):
    """A file that says how much was read of it."""

    def __init__(self, path: Path, read: Counter[str]) -> None:
        super().__init__(path, "rb")
        self._path, self._read = key(path), read

    def readinto(self, buffer):
        count = super().readinto(buffer)
        self._read[self._path] += count or 0
        return count

    def read(self, size=-1):
        content = super().read(size)
        self._read[self._path] += len(content or b"")
        return content

    def readall(self):
        content = super().readall()
        self._read[self._path] += len(content)
        return content


@pytest.fixture
def read(monkeypatch):
    """Bytes read of each file, by its side and name."""
    found: Counter[str] = Counter()

    def counted(plain):
        def opened(path, mode="r", buffering=-1, *rest, **given):
            if mode != "rb" or not isinstance(path, Path):
                return plain(path, mode, buffering, *rest, **given)
            file = Counting(path, found)
            return file if buffering == 0 else io.BufferedReader(file, max(buffering, 1 << 13))

        return opened

    monkeypatch.setattr(Path, "open", counted(Path.open))
    monkeypatch.setattr("builtins.open", counted(open))
    return found


def written(folder, write, suffix):
    """A ball in noise that does not pack: no file is small beside its ends."""
    rng = np.random.default_rng(5)
    truth = build.ball(SHAPE, radius=9.0, label=2).astype(np.uint16)
    p = rng.random((3, *SHAPE), np.float32) + 4 * (truth == np.arange(3)[:, None, None, None])
    build.folder(folder / "pred", (write, suffix), case=(p / p.sum(axis=0)).astype(np.float32))
    gt = suffix.removesuffix(".gz")
    build.folder(folder / "gt", (write, gt), case=truth)
    return folder / "pred", folder / "gt"


@pytest.mark.parametrize(
    ("write", "suffix", "unit"),
    [(build.nifti, ".nii", "mm"), (build.nifti, ".nii.gz", "mm"), (build.npy, ".npy", "px")],
)
def test_each_file_is_read_once_whatever_the_metrics_are(tmp_path, read, write, suffix, unit):
    pred, gt = written(tmp_path, write, suffix)
    read.clear()
    card = segeval.score(pred, gt, [*EVERYTHING, f"nsd@1{unit}"], settings=Settings(jobs=1))
    (case,) = card.cases
    values = {row.metric for row in case.rows if np.isfinite(row.value)}
    assert values == {*EVERYTHING, f"nsd@1{unit}"}
    for path in (*pred.iterdir(), *gt.iterdir()):
        size = path.stat().st_size
        assert size - ENDS <= read[key(path)] <= size + ENDS, path


def test_a_picture_is_decoded_once(tmp_path, read):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 5, (2, 1500, 1500)).astype(np.uint8)
    for side, array in zip(("pred", "gt"), noise, strict=True):
        build.folder(tmp_path / side, (build.png, ".png"), street=array)
    read.clear()
    segeval.score(tmp_path / "pred", tmp_path / "gt", ["dice", "miou"])
    for path in tmp_path.glob("*/street.png"):
        size = path.stat().st_size
        assert size <= read[key(path)] <= size + ENDS, path
