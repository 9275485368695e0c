"""PNG whose pixels are inflated here: the values are Pillow's, and what is damaged is refused."""

import contextlib
import itertools
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from segeval.readers import pictures, png, png_bands
from segeval.runtime import packed_streams
from segeval.runtime.errors import ReadError
from segeval.volume.read_options import ReadOptions

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
# of Adam7: first row and column, and their steps
PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
          (1, 0, 2, 1))  # fmt: skip
PALETTE = bytes(range(256)) * 3


def chunk(kind, data):
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def written(path, colour, depth, shape, filtered, *, interlaced=0, packed=None, cut=(), extra=()):
    """Write a PNG whose filtered rows are there; `cut` says where its chunks of pixels end."""
    head = struct.pack(">IIBBBBB", shape[1], shape[0], depth, colour, 0, 0, interlaced)
    data = zlib.compress(filtered) if packed is None else packed
    ends = [0, *cut, len(data)]
    parts = [chunk(b"IHDR", head), *extra]
    parts += [chunk(b"PLTE", PALETTE[: 3 << depth])] if colour == 3 else []
    parts += [chunk(b"IDAT", data[a:b]) for a, b in itertools.pairwise(ends)]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b""))
    return path


def rows(random_, shape, colour, depth, filters=range(5)):
    """Filtered rows of anything, which are all rows that there are."""
    width = (shape[1] * CHANNELS[colour] * depth + 7) // 8
    whole = random_.choice([0, 0, 0, 1, 255], (shape[0], width + 1)).astype(np.uint8)
    whole[:, 0] = random_.choice(list(filters), shape[0])
    return whole.tobytes()


def passes(random_, shape, colour, depth):
    """The same of an interlaced picture: seven smaller ones."""
    sizes = [
        (-(-(shape[0] - y) // dy), -(-(shape[1] - x) // dx))
        for y, x, dy, dx in PASSES
        if y < shape[0] and x < shape[1]
    ]
    return b"".join(rows(random_, size, colour, depth) for size in sizes)


def ours(path):
    return png.read(path, ReadOptions()).channels[0].source()


def through_pillow(path):
    with pictures.open_image(path) as (image, _):
        return pictures.decode_picture(image)


def pillows(path):
    with Image.open(path) as image:
        return np.asarray(image)


def same(path):
    """Whether the values are those of Pillow alone, and those read in bands if they can be."""
    theirs = pillows(path)
    mine = [through_pillow(path)] + ([ours(path)] if head_of(path) is not None else [])
    return all(m.dtype == theirs.dtype and np.array_equal(m, theirs) for m in mine)


@pytest.mark.parametrize(("colour", "depth"), [(c, d) for c in DEPTHS for d in DEPTHS[c]])
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (9, 13), (40, 61)])
@pytest.mark.parametrize("interlaced", [0, 1])
def test_every_colour_type_and_depth(tmp_path, colour, depth, shape, interlaced):
    random_ = np.random.default_rng(depth)
    filtered = (passes if interlaced else rows)(random_, shape, colour, depth)
    assert same(written(tmp_path / "a.png", colour, depth, shape, filtered, interlaced=interlaced))


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize("size", [300, 700], ids=["zlib", "isal"])
def test_every_filter(tmp_path, kind, size):
    filtered = rows(np.random.default_rng(kind), (size, size), 0, 8, [kind])
    assert same(written(tmp_path / "a.png", 0, 8, (size, size), filtered))


@pytest.mark.parametrize("band", [1, 100, 5000])
@pytest.mark.parametrize("cut", [[], range(50, 900, 50)], ids=["one chunk", "many"])
def test_bands_of_any_size(tmp_path, monkeypatch, band, cut):
    monkeypatch.setattr(png_bands, "BAND", band)
    filtered = rows(np.random.default_rng(band), (60, 70), 0, 8)
    assert same(written(tmp_path / "a.png", 0, 8, (60, 70), filtered, cut=cut))
    filtered = rows(np.random.default_rng(band), (60, 70), 3, 8, [0] * 30 + [4])
    assert same(written(tmp_path / "b.png", 3, 8, (60, 70), filtered, cut=cut))


@pytest.mark.parametrize("kinds", [[0], [1], [0, 1], [1, 4]], ids=str)
@pytest.mark.parametrize("width", [1, 2, 63, 64, 65, 300])
def test_rows_that_are_differences_to_the_left(tmp_path, kinds, width):
    filtered = rows(np.random.default_rng(width), (20, width), 0, 8, kinds)
    assert same(written(tmp_path / "a.png", 0, 8, (20, width), filtered))


@pytest.mark.parametrize("above", [False, True])
@pytest.mark.parametrize("width", [1, 2, 63, 300])
@pytest.mark.parametrize("kinds", [[0], [1], [2], [3], [4], [0, 1, 2, 3, 4]], ids=str)
def test_a_few_rows_are_undone_as_pillow_undoes_them(kinds, width, above):
    r = np.random.default_rng(width)
    lines = r.integers(0, 256, (20, width + 1), np.uint8)
    lines[:, 0] = r.choice(kinds, 20)
    made = r.integers(0, 256, (20 + above, width), np.uint8)
    wanted = made.copy()
    png_bands.undo_few_rows(lines, made, above)
    png_bands.undo_row_filters(lines, wanted, above)
    np.testing.assert_array_equal(made, wanted)


def test_pillow_is_loaded_for_many_bytes_and_for_wrong_filters_alone(monkeypatch):
    monkeypatch.delitem(png_bands.sys.modules, "PIL.Image")
    monkeypatch.setattr(png_bands, "_undone", 0)
    few = np.zeros((64, 65), np.uint8)
    assert png_bands.are_few(few)
    few[5, 0] = 5
    assert not png_bands.are_few(few)
    few[5, 0] = 4
    assert png_bands.are_few(few)
    assert not png_bands.are_few(few)  # those before are counted too


def head_of(path):
    return png_bands.parse_png_head(png_bands.read_start(path))


def test_which_pictures_are_read_in_bands(tmp_path):
    path = tmp_path / "a.png"
    filtered = rows(np.random.default_rng(0), (3, 4), 0, 8)
    assert head_of(written(path, 0, 8, (3, 4), filtered)).shape == (3, 4)
    assert head_of(written(path, 3, 8, (3, 4), filtered)).palette
    animated = [chunk(b"acTL", struct.pack(">II", 1, 0))]
    far = [chunk(b"tEXt", b"a\0" + bytes(5000))]
    for colour, depth, more in (
        (0, 4, {}),
        (2, 8, {}),
        (0, 8, {"interlaced": 1}),
        (0, 8, {"extra": animated}),
        (0, 8, {"extra": far}),
    ):
        assert head_of(written(path, colour, depth, (3, 4), filtered, **more)) is None


@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize("strategy", [zlib.Z_FIXED, zlib.Z_RLE, zlib.Z_HUFFMAN_ONLY])
@pytest.mark.parametrize("window", [9, 15])
def test_every_way_of_packing(tmp_path, level, strategy, window):
    shape = (300, 400)
    packer = zlib.compressobj(level, zlib.DEFLATED, window, 9, strategy)
    packed = packer.compress(rows(np.random.default_rng(1), shape, 0, 8)) + packer.flush()
    assert same(written(tmp_path / "a.png", 0, 8, shape, b"", packed=packed))


def test_chunks_of_any_size(tmp_path):
    shape = (300, 400)
    filtered = rows(np.random.default_rng(1), shape, 3, 8)
    size = len(zlib.compress(filtered))
    for cut in ([], [1, 2, 3], [0, 0, size], range(100, size, 100), [size - 4]):
        assert same(written(tmp_path / "a.png", 3, 8, shape, filtered, cut=cut))


def test_a_picture_that_packs_a_thousandfold(tmp_path):
    assert same(written(tmp_path / "a.png", 0, 8, (3000, 3000), bytes(3001 * 3000)))


def test_chunks_beside_the_pixels(tmp_path):
    path = tmp_path / "a.png"
    image = Image.fromarray(np.eye(300, dtype=np.uint8)).convert("P")
    image.save(path, transparency=3, dpi=(72, 72))
    text = chunk(b"tEXt", b"late\0text")
    path.write_bytes(path.read_bytes().replace(chunk(b"IEND", b""), text + chunk(b"IEND", b"")))
    assert same(path)


def test_zlib_where_isal_has_no_wheel(tmp_path, monkeypatch):
    monkeypatch.setattr(packed_streams, "FEW_INFLATED", 1 << 62)
    filtered = rows(np.random.default_rng(1), (300, 400), 0, 16)
    assert same(written(tmp_path / "a.png", 0, 16, (300, 400), filtered))


# -- damaged --------------------------------------------------------------------------------------


@pytest.fixture(params=[(40, 8), (300, 8), (40, 16), (300, 16)], ids=str)
def picture(request, tmp_path):
    """A picture in several chunks, its bytes, and where its pixels begin and end in them."""
    size, depth = request.param
    filtered = rows(np.random.default_rng(2), (size, size), 0, depth)
    path = written(tmp_path / "a.png", 0, depth, (size, size), filtered, cut=[100, 200])
    raw = path.read_bytes()
    return path, raw, (raw.index(b"IDAT") - 4, raw.index(b"IEND") - 4)


def some(start, end):
    """Places among the bytes of the pixels: all that can tell something, and a few others."""
    return {*range(start, start + 250, 6), *range(end - 20, end), *range(start, end, 1997)}


def test_a_cut_anywhere_in_the_pixels_is_an_error(picture):
    path, raw, (start, end) = picture
    for length in some(start, end):
        path.write_bytes(raw[:length])
        with pytest.raises(ReadError, match="not a readable picture"):
            ours(path)


def test_a_change_anywhere_in_the_pixels_is_an_error(picture):
    path, raw, (start, end) = picture
    for at in some(start, end):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 4]) + raw[at + 1 :])
        with pytest.raises(ReadError, match="not a readable picture"):
            ours(path)


def test_a_change_anywhere_before_the_pixels_is_an_error(tmp_path):
    filtered = rows(np.random.default_rng(2), (9, 9), 3, 8)
    path = written(tmp_path / "a.png", 3, 8, (9, 9), filtered)
    raw = path.read_bytes()
    for at in range(raw.index(b"IDAT")):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 4]) + raw[at + 1 :])
        with pytest.raises(ReadError):
            ours(path)


def test_pixels_that_are_all_there_need_no_end(picture):
    path, raw, (_, end) = picture
    whole = ours(path)
    path.write_bytes(raw[:end])
    assert (ours(path) == whole).all()


@pytest.mark.parametrize("size", [40, 300])
@pytest.mark.parametrize("depth", [8, 16])
def test_pixels_that_are_wrong_in_right_chunks(tmp_path, size, depth):
    filtered = rows(np.random.default_rng(2), (size, size), 0, depth)
    packed = zlib.compress(filtered)
    line = len(filtered) // size
    wrong = {
        "do not unpack": packed[:-1] + bytes([packed[-1] ^ 1]),  # the checksum of all rows
        "before its pixels": packed[:-1],
        "truncated|39 of 40|299 of 300": zlib.compress(filtered[:-line]),
        "picture": b"",
        "unrecognized|cannot decode": zlib.compress(b"\5" + filtered[1:]),
    }
    for why, data in wrong.items():
        path = written(tmp_path / "a.png", 0, depth, (size, size), b"", packed=data)
        with pytest.raises(ReadError, match=why):
            ours(path)


@pytest.mark.parametrize("size", [40, 300])
@pytest.mark.parametrize("depth", [8, 16])
def test_bytes_behind_the_pixels_are_nobodys(tmp_path, size, depth):
    filtered = rows(np.random.default_rng(2), (size, size), 0, depth)
    packed = zlib.compress(filtered)
    for cut in ([], [len(packed)], [len(packed) - 2]):
        path = tmp_path / "a.png"
        assert same(
            written(path, 0, depth, (size, size), b"", packed=packed + b"more" * 99, cut=cut)
        )


@pytest.mark.parametrize("depth", [8, 16])
def test_rows_beyond_the_last_are_refused(tmp_path, depth):
    filtered = rows(np.random.default_rng(2), (40, 40), 0, depth)
    path = written(tmp_path / "a.png", 0, depth, (20, 40), filtered)
    with pytest.raises(ReadError, match="more pixels unpack"):
        ours(path)


@pytest.mark.parametrize("depth", [8, 16])
def test_no_pixels_at_all(tmp_path, depth):
    path = written(tmp_path / "a.png", 0, depth, (4, 4), bytes(40))
    raw = path.read_bytes()
    at = raw.index(b"IDAT") - 4
    path.write_bytes(raw[:at] + chunk(b"IEND", b""))
    with pytest.raises(ReadError, match="not a readable picture"):
        ours(path)


def test_a_size_that_no_memory_holds(tmp_path):
    path = written(tmp_path / "a.png", 0, 8, (1 << 30, 1 << 30), bytes(40))
    with pytest.raises(ReadError, match="would take 8192 MiB") as caught:
        ours(path)
    assert caught.value.status == "over_budget"


@pytest.mark.parametrize(("colour", "depth"), [(3, 4), (3, 8), (0, 8)])
def test_anything_that_begins_like_a_picture_is_read_or_refused(tmp_path, colour, depth):
    """Bytes changed at random anywhere: a picture or a ReadError, and nothing else."""
    dice = random.Random(depth)
    path = tmp_path / "a.png"
    filtered = rows(np.random.default_rng(3), (30, 30), colour, depth)
    raw = written(path, colour, depth, (30, 30), filtered).read_bytes()
    for _ in range(150):
        changed = bytearray(raw)
        for _ in range(dice.randint(1, 3)):
            changed[dice.randrange(8, len(raw))] = dice.randrange(256)
        path.write_bytes(changed)
        with contextlib.suppress(ReadError):
            ours(path)
