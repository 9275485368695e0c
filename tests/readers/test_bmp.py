"""BMP read some rows at a time is what Pillow reads as a whole, however its rows are stored."""

import numpy as np
import pytest
from PIL import Image

from segeval.readers import bmp_rows, png
from segeval.runtime.errors import ReadError
from segeval.volume.read_options import ReadOptions

GREYS = np.random.default_rng(0).integers(0, 256, (37, 21)).astype(np.uint8)
COLOURS = np.random.default_rng(1).integers(0, 2, (37, 21, 3)).astype(np.uint8) * 255
TABLE = {(r, g, b): r // 255 + g // 255 * 2 + b // 255 * 4 for r in (0, 255) for g in (0, 255)
         for b in (0, 255)}  # fmt: skip


def indexed(values):
    image = Image.fromarray(values, "P")
    image.putpalette([k for k in range(256) for _ in range(3)][::-1])
    return image


KINDS = {
    "grey": lambda: Image.fromarray(GREYS),
    "black and white": lambda: Image.fromarray(GREYS > 99).convert("1"),
    "indexed": lambda: indexed(GREYS),
    "colours": lambda: Image.fromarray(COLOURS),
    "colours of 4 bytes": lambda: Image.fromarray(np.dstack([COLOURS, np.full_like(GREYS, 255)])),
}  # fmt: skip


def top_down(content: bytes) -> bytes:
    """The same picture with its first row first, which a negative height says."""
    start, height = (int.from_bytes(content[k : k + 4], "little") for k in (10, 22))
    line = (len(content) - start) // height
    rows = [content[start + k * line : start + (k + 1) * line] for k in range(height)]
    head = content[:22] + (-height).to_bytes(4, "little", signed=True) + content[26:start]
    return head + b"".join(rows[::-1])


@pytest.fixture(autouse=True)
def _few_rows(monkeypatch):
    monkeypatch.setattr(bmp_rows, "BAND", 100)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("store", [bytes, top_down])
def test_rows_are_those_of_the_whole(tmp_path, kind, store):
    path = tmp_path / "a.bmp"
    KINDS[kind]().save(path)
    path.write_bytes(store(path.read_bytes()))
    options = ReadOptions(colours=TABLE if "colours" in kind else {})
    source = png.read(path, options).channels[0].source
    parts = [part.copy() for part in source.rows()]
    assert len(parts) > 1
    assert np.array_equal(np.concatenate(parts), source())
    known = {"grey": GREYS, "indexed": GREYS, "black and white": GREYS > 99}
    table = np.array([[[0, 4], [2, 6]], [[1, 5], [3, 7]]])
    red, green, blue = np.moveaxis(COLOURS // 255, -1, 0)
    assert np.array_equal(source(), known.get(kind, table[red, green, blue]))


@pytest.mark.parametrize("kind", ["grey", "colours", "black and white"])
@pytest.mark.parametrize("store", [bytes, top_down])
def test_what_fills_up_the_last_row_may_be_missing(tmp_path, kind, store):
    """So it is for Pillow, and whoever reads the whole: no pixel is in it."""
    path = tmp_path / "a.bmp"
    KINDS[kind]().save(path)
    content = store(path.read_bytes())
    filled = -{"grey": 21, "colours": 63, "black and white": 3}[kind] % 4
    path.write_bytes(content[:-filled])
    source = (
        png.read(path, ReadOptions(colours=TABLE if kind == "colours" else {})).channels[0].source
    )
    assert np.array_equal(np.concatenate(list(source.rows())), source())
    path.write_bytes(content[: -filled - 1])
    with pytest.raises(ReadError, match="not a readable picture"):
        list(source.rows())


def test_rows_that_are_cut_off_are_refused(tmp_path):
    path = tmp_path / "a.bmp"
    KINDS["grey"]().save(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ReadError, match="not a readable picture"):
        list(png.read(path, ReadOptions()).channels[0].source.rows())


def test_a_large_one_is_said_to_take_what_its_rows_do(tmp_path, monkeypatch):
    """Pictures of 200 million pixels were refused, though no row but some are held."""
    monkeypatch.setattr(png, "LARGE", 100)
    path = tmp_path / "a.bmp"
    KINDS["grey"]().save(path)
    asked = []
    monkeypatch.setattr(png, "check_room", lambda *given: asked.append(given[2]))
    png.read(path, ReadOptions())
    assert asked[0] < 6 * 100 + png.ROWS_PIXELS * png.COLOUR_BYTES + 1


def test_a_palette_that_is_none_is_refused_by_rows_too(tmp_path):
    path = tmp_path / "a.bmp"
    KINDS["indexed"]().save(path)
    content = bytearray(path.read_bytes())
    content[46:50] = (300).to_bytes(4, "little")  # colours of the palette
    path.write_bytes(content)
    with pytest.raises(ReadError, match="palette"):
        list(png.read(path, ReadOptions()).channels[0].source.rows())
