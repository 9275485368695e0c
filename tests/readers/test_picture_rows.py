"""Pictures of every kind, row by row: the labels of the whole picture, in little memory."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from segeval.readers import png, png_bands, tiff_rows, tiff_strips
from segeval.readers.registry import open_volume
from segeval.readers.tiff_strips import TiffSamples, TiffStrips
from segeval.runtime.errors import ReadError
from segeval.runtime.memory_budget import MIB
from segeval.volume.read_options import ReadOptions

SHAPE = (61, 37)
COLOURS = {(0, 0, 0): 0, (255, 0, 0): 1, (0, 9, 255): 2, (3, 3, 3): 300}


@pytest.fixture(autouse=True)
def small_bands(monkeypatch):
    """Pictures of some bands, which are read by rows whatever their size."""
    monkeypatch.setattr(png_bands, "BAND", 200)
    monkeypatch.setattr(tiff_rows, "BAND", 200)
    monkeypatch.setattr(tiff_strips, "BAND", 200)
    monkeypatch.setattr(png, "LARGE", 0)


def labels(most, seed=0):
    rng = np.random.default_rng(seed)
    made = rng.integers(0, most, SHAPE).astype(np.uint8)
    made[5:40, 6:20] = most - 1  # so that rows are filtered in several ways
    return made


def coloured(mode):
    table = np.array(list(COLOURS), np.uint8)[labels(len(COLOURS))]
    if mode == "RGBA":
        return np.dstack([table, np.full(SHAPE, 255, np.uint8)])
    return table


def picture(mode):
    if mode in ("RGB", "RGBA"):
        return Image.fromarray(coloured(mode), mode)
    if mode == "LA":
        return Image.fromarray(np.dstack([labels(9), np.full(SHAPE, 255, np.uint8)]), "LA")
    if mode == "1":
        return Image.fromarray(labels(2).astype(bool))
    made = Image.fromarray(labels(16))
    if mode == "P":
        made.putpalette(list(range(48)))
    return made


def rows_and_whole(path, **more):
    volume = open_volume(path, ReadOptions(colours=COLOURS, **more))
    source = volume.channels[0].source
    bands = [band.copy() for band in source.rows()]
    assert len(bands) > 1
    assert {band.dtype for band in bands} == {volume.channels[0].dtype}
    return source, np.concatenate(bands), source()


PNGS = {
    "RGB": {}, "RGBA": {}, "LA": {}, "1": {}, "L": {}, "P": {},
    "P of 4 bits": {"bits": 4}, "P of 2 bits": {"bits": 2}, "P of 1 bit": {"bits": 1},
}  # fmt: skip


@pytest.mark.parametrize("kind", PNGS)
def test_png(tmp_path, kind):
    picture(kind.split()[0]).save(tmp_path / "a.png", **PNGS[kind])
    _, rows, whole = rows_and_whole(tmp_path / "a.png")
    np.testing.assert_array_equal(rows, whole)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_greys_of_few_bits(tmp_path, depth):
    values = labels(1 << depth)
    columns = -(-SHAPE[1] * depth // 8) * 8 // depth
    padded = np.pad(values, ((0, 0), (0, columns - SHAPE[1])))
    parts = padded.reshape(SHAPE[0], -1, 8 // depth)
    packed = sum(parts[..., i].astype(np.uint8) << 8 - depth * (i + 1) for i in range(8 // depth))
    content = zlib.compress(b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in packed))

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", SHAPE[1], SHAPE[0], depth, 0, 0, 0, 0)
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
                                     + chunk(b"IDAT", content) + chunk(b"IEND", b""))  # fmt: skip
    _, rows, whole = rows_and_whole(tmp_path / "a.png")
    np.testing.assert_array_equal(rows, whole)
    np.testing.assert_array_equal(rows, values)


TIFFS = {
    "LZW": ("L", {"compression": "tiff_lzw"}, TiffStrips),
    "LZW of colours": ("RGB", {"compression": "tiff_lzw"}, TiffStrips),
    "deflate of colours": ("RGB", {"compression": "tiff_deflate"}, TiffSamples),
    "colours, plain": ("RGB", {}, TiffSamples),
    "colours with alpha": ("RGBA", {}, TiffSamples),
    "1 bit": ("1", {}, TiffStrips),
    "fax": ("1", {"compression": "group4"}, TiffStrips),
    "palette, LZW": ("P", {"compression": "tiff_lzw"}, TiffStrips),
}


@pytest.mark.parametrize("rows", [7, SHAPE[0]])
@pytest.mark.parametrize("kind", TIFFS)
def test_tiff(tmp_path, kind, rows):
    mode, how, reader = TIFFS[kind]
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[278] = rows
    try:
        picture(mode).save(tmp_path / "a.tif", tiffinfo=tags, **how)
    except NotImplementedError:  # Pillow before 11 writes plain pixels in one strip
        pytest.skip("this Pillow writes no strips of plain pixels")
    volume = open_volume(tmp_path / "a.tif", ReadOptions(colours=COLOURS))
    source = volume.channels[0].source
    assert isinstance(source.pixels, reader)
    found = np.concatenate([band.copy() for band in source.rows()])
    assert found.dtype == volume.channels[0].dtype
    np.testing.assert_array_equal(found, source())


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("predictor", [False, True])
def test_a_strip_as_large_as_the_picture_is_decoded_some_rows_at_a_time(
    tmp_path, compression, predictor
):
    tifffile = pytest.importorskip("tifffile")
    values = labels(200).astype(np.uint16) * 300
    if predictor and not compression:
        pytest.skip("nothing to predict")
    tifffile.imwrite(tmp_path / "a.tif", values, compression=compression, rowsperstrip=SHAPE[0],
                     **({"predictor": True} if predictor else {}))  # fmt: skip
    _, rows, whole = rows_and_whole(tmp_path / "a.tif")
    np.testing.assert_array_equal(rows, values)
    np.testing.assert_array_equal(whole, values)


def test_a_damaged_strip_is_an_error_by_rows_too(tmp_path):
    picture("RGB").save(tmp_path / "a.tif", compression="tiff_deflate")
    data = bytearray((tmp_path / "a.tif").read_bytes())
    source = open_volume(tmp_path / "a.tif", ReadOptions(colours=COLOURS)).channels[0].source
    place, count = source.pixels.page.offsets[0], source.pixels.page.counts[0]
    data[place + count - 2] ^= 1  # of the checksum
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(ReadError, match="not a readable picture"):
        list(source.rows())


def test_colours_decide_together(tmp_path):
    grey = np.full((*SHAPE, 3), 7, np.uint8)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    source, rows, whole = rows_and_whole(tmp_path / "grey.png")
    assert (rows == 7).all()
    assert (whole == 7).all()
    grey[-1, -1] = 1, 2, 3  # the last pixel of all
    Image.fromarray(grey).save(tmp_path / "strange.png")
    source = open_volume(tmp_path / "strange.png", ReadOptions(colours=COLOURS)).channels[0].source
    for read in (source, lambda: list(source.rows())):
        with pytest.raises(
            ReadError, match=f"{SHAPE[0] * SHAPE[1]} of {SHAPE[0] * SHAPE[1]}"
        ) as caught:
            read()
        assert caught.value.facts[0] == f"#070707: {SHAPE[0] * SHAPE[1] - 1}"
    _, rows, whole = rows_and_whole(tmp_path / "strange.png", unlisted=65000)
    np.testing.assert_array_equal(rows, whole)
    assert (rows == 65000).all()


def test_one_soft_pixel_is_found_by_rows(tmp_path):
    values = coloured("RGBA")
    values[-1, 0, 3] = 250
    Image.fromarray(values, "RGBA").save(tmp_path / "a.png")
    source = open_volume(tmp_path / "a.png", ReadOptions(colours=COLOURS)).channels[0].source
    with pytest.raises(ReadError, match="1 of 2257 pixels are not fully opaque"):
        list(source.rows())


def interlaced(path):
    """Pillow writes none: a head that says so is enough to be refused by its size."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((4000, 4000), np.uint8)).save(file, "png")
    data = bytearray(file.getvalue())
    data[28] = 1
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path.write_bytes(data)


def test_what_is_decoded_as_a_whole_has_to_fit(tmp_path):
    interlaced(tmp_path / "a.png")
    with pytest.raises(ReadError, match="4000 x 4000 pixels would take 46 MiB") as caught:
        open_volume(tmp_path / "a.png", ReadOptions(room=50 * MIB))
    assert (caught.value.status, caught.value.help) == ("over_budget", "--max-memory 142MiB")
    open_volume(tmp_path / "a.png", ReadOptions(room=92 * MIB))
