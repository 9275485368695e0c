"""Small files that unpack to something large: the short form of `benchmarks/bombs.py`."""

import importlib.util
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("bombs", ROOT / "benchmarks" / "bombs.py")
bombs = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(bombs)

SHORT = (
    "png, colours", "png, grey of 1 bit", "png, interlaced", "png, one row", "tiff, LZW of colours",
    "tiff, tags that point at themselves", "gif", "bmp, run lengths", "npz, a header of 2 GiB",
    "npz, RoIs of 2 GiB", "nifti, gzip in gzip", "dicom, a deflated text of 4 GiB",
    "coco, many polygons", "json, objects", "toml",
)  # fmt: skip


@pytest.mark.parametrize("name", SHORT)
def test_a_small_file_takes_little(name):
    good, line = bombs.try_bomb(name, 8)
    assert good, line


def test_the_script_says_what_does_harm(monkeypatch):
    monkeypatch.setattr(bombs, "MOST_BYTES", 1)
    good, line = bombs.try_bomb("gif", 8)
    assert not good
    assert "BOMB" in line
