"""TIFF, strip by strip: types, packings, tiles, bands, byte orders, the axes of ImageJ and OME."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from runs import dice, problem, run, values

from segeval.readers import tiff
from segeval.readers.registry import open_volume
from segeval.runtime.errors import ReadError, RequestError
from segeval.volume.align import read_whole_channel
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions

LABELS = np.random.default_rng(0).integers(0, 200, (37, 53)).astype(np.uint8)


def write(  # noqa: C901 - the whole format in one place
    path, pages, order="<", packing=1, rows=None, tile=None, planar=False, predictor=1,
          description="", big=False, reduced=(), photometric=1):  # fmt: skip
    """Write pages (y, x) or (y, x, samples): a TIFF made from its tags."""
    mark = b"II" if order == "<" else b"MM"
    start = (f"{order}2sHHHQ", mark, 43, 8, 0, 0) if big else (f"{order}2sHI", mark, 42, 0)
    out = bytearray(struct.pack(*start))
    last = 8 if big else 4
    word = "Q" if big else "I"
    for number, page in enumerate(pages):
        height, width = page.shape[:2]
        stack = page.reshape(height, width, -1)
        planes = [stack[..., [s]] for s in range(stack.shape[2])] if planar else [stack]
        tall, wide = tile or (rows or height, width)
        blocks = []
        for plane in planes:
            for y in range(0, height, tall):
                for x in range(0, width, wide):
                    block = plane[y : y + tall, x : x + wide]
                    if tile:
                        full = np.zeros((tall, wide, plane.shape[2]), plane.dtype)
                        full[: block.shape[0], : block.shape[1]] = block
                        block = full
                    if predictor == 2:
                        block = np.diff(block, axis=1, prepend=np.zeros_like(block[:, :1]))
                    raw = block.astype(block.dtype.newbyteorder(order)).tobytes()
                    if predictor == 3:
                        big_bytes = block.astype(block.dtype.newbyteorder(">")).tobytes()
                        cut = np.frombuffer(big_bytes, np.uint8).reshape(
                            block.shape[0], -1, block.dtype.itemsize
                        )
                        flat = cut.transpose(0, 2, 1).reshape(block.shape[0], -1, plane.shape[2])
                        flat = np.diff(flat, axis=1, prepend=np.zeros_like(flat[:, :1]))
                        raw = flat.astype(np.uint8).tobytes()
                    blocks.append(zlib.compress(raw) if packing == 8 else raw)
        offsets = []
        for raw in blocks:
            offsets.append(len(out))
            out += raw + b"\0" * (len(raw) % 2)
        kind = {"u": 1, "i": 2, "f": 3}[page.dtype.kind]
        tags = [(254, word, int(number in reduced)), (256, "I", width), (257, "I", height),
                (258, "H", [page.dtype.itemsize * 8] * stack.shape[2]), (259, "H", packing),
                (262, "H", photometric), (277, "H", stack.shape[2]), (284, "H", 1 + planar),
                (317, "H", predictor), (339, "H", [kind] * stack.shape[2])]  # fmt: skip
        if tile:
            tags += [(322, "I", wide), (323, "I", tall), (324, word, offsets),
                     (325, word, [len(b) for b in blocks])]  # fmt: skip
        else:
            tags += [(273, word, offsets), (278, "I", tall), (279, word, [len(b) for b in blocks])]
        if description and not number:
            tags.append((270, "s", description.encode() + b"\0"))
        entries = []
        for tag, letter, value in sorted(tags):
            if letter == "s":
                raw, count = value, len(value)
            else:
                numbers = value if isinstance(value, list) else [value]
                raw, count = struct.pack(f"{order}{len(numbers)}{letter}", *numbers), len(numbers)
            room = 8 if big else 4
            if len(raw) > room:
                at = len(out)
                out += raw + b"\0" * (len(raw) % 2)
                raw = struct.pack(f"{order}{word}", at)
            code = {"H": 3, "I": 4, "Q": 16, "s": 2}[letter]
            entries.append(struct.pack(f"{order}HH{word}{room}s", tag, code, count, raw))
        struct.pack_into(f"{order}{word}", out, last, len(out))
        out += struct.pack(f"{order}{'Q' if big else 'H'}", len(entries)) + b"".join(entries)
        last = len(out)
        out += bytes(8 if big else 4)
    path.write_bytes(out)
    return path


def opened(path, **reading):
    volume = open_volume(path, ReadOptions(**reading))
    return volume, [read_whole_channel(c, volume.geometry) for c in volume.channels]


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("how", [
    {}, {"packing": 8}, {"rows": 5, "packing": 8, "predictor": 2}, {"tile": (16, 32)},
    {"big": True}, {"tile": (16, 16), "packing": 8}])  # fmt: skip
def test_every_type_in_every_packing(tmp_path, dtype, order, how):
    if "predictor" in how and dtype[0] == "f":
        how = how | {"predictor": 3}
    array = (LABELS // 2).astype(dtype)
    volume, [found] = opened(write(tmp_path / "a.tif", [array], order, **how))
    assert (found == array).all()
    assert volume.picture


@pytest.mark.parametrize(
    "compression", ["raw", "tiff_deflate", "tiff_adobe_deflate", "packbits", "tiff_lzw"]
)
@pytest.mark.parametrize("mode", ["L", "P", "I;16", "F", "1", "I"])
def test_the_values_are_those_of_pillow(tmp_path, compression, mode):
    image = {
        "I;16": lambda: Image.fromarray(LABELS.astype(np.uint16) * 300),
        "F": lambda: Image.fromarray((LABELS / 256).astype(np.float32)),
        "I": lambda: Image.fromarray(LABELS.astype(np.int32) * 9),
    }.get(mode, lambda: Image.fromarray(LABELS))()
    if mode == "P":
        image.putpalette(list(range(256)) * 3)
    if mode == "1":
        image = image.point(lambda v: v > 99).convert("1")
    image.save(tmp_path / "a.tif", compression=compression)
    _, [found] = opened(tmp_path / "a.tif")
    assert (found == np.asarray(image)).all()


@pytest.mark.parametrize("planar", [False, True])
def test_float_bands_are_channels(tmp_path, planar):
    scores = np.random.default_rng(1).dirichlet(np.ones(3), (20, 30)).astype(np.float32)
    truth = scores.argmax(-1).astype(np.uint8)
    write(tmp_path / "p.tif", [scores], planar=planar)
    Image.fromarray(truth).save(tmp_path / "g.png")
    card = run(tmp_path / "p.tif", tmp_path / "g.png", "dice")
    assert values(card) == {"1": 1.0, "2": 1.0}


def test_a_stack_of_imagej_is_a_volume(tmp_path):
    pages = [np.roll(LABELS, n) for n in range(6)]
    text = "ImageJ=1.53\nimages=6\nchannels=2\nslices=3\nhyperstack=true\n"
    volume, found = opened(write(tmp_path / "a.tif", pages, description=text))
    assert volume.geometry.shape == (3, *LABELS.shape)
    assert (found[0] == np.stack(pages[::2])).all()
    assert (found[1] == np.stack(pages[1::2])).all()


def test_a_large_file_of_imagej_describes_one_page(tmp_path):
    pages = np.concatenate([np.roll(LABELS, n) for n in range(4)])
    path = write(tmp_path / "a.tif", [pages], description="ImageJ=1.53\nimages=4\nslices=4\n")
    raw = bytearray(path.read_bytes())
    at = raw.index(struct.pack("<HHI", 257, 4, 1)) + 8
    struct.pack_into("<I", raw, at, LABELS.shape[0])
    path.write_bytes(raw)
    volume, [found] = opened(path)
    assert volume.geometry.shape == (4, *LABELS.shape)
    assert (found.reshape(-1) == pages.reshape(-1)).all()


@pytest.mark.parametrize("order", ["XYZCT", "XYCZT"])
def test_the_axes_of_ome(tmp_path, order):
    pages = [np.roll(LABELS, n) for n in range(6)]
    text = (
        f'<?xml version="1.0"?><OME><Image><Pixels DimensionOrder="{order}" SizeX="53" SizeY="37" '
        'SizeZ="3" SizeC="2" SizeT="1" PhysicalSizeX="500" PhysicalSizeY="0.25" '
        'PhysicalSizeYUnit="mm" PhysicalSizeZ="2000"/></Image></OME>'
    )
    volume, found = opened(write(tmp_path / "a.ome.tif", pages, description=text))
    assert volume.geometry.spacing == (2.0, 0.25, 0.5)
    want = [pages[:3], pages[3:]] if order == "XYZCT" else [pages[::2], pages[1::2]]
    assert all((f == np.stack(w)).all() for f, w in zip(found, want, strict=True))


def test_overviews_are_left_aside(tmp_path):
    from segeval.runtime.inventory import Inventory, keep_inventory

    pages = [LABELS, LABELS[::2, ::2], LABELS[::4, ::4]]
    with keep_inventory(Inventory()) as kept:
        _, [found] = opened(write(tmp_path / "a.tif", pages, reduced=(1,)))
    assert (found == LABELS).all()
    assert [(item.number, item.reason) for item in kept.left_aside] == [
        (2, "of lower resolution (overviews)")
    ]
    assert not kept.missing()


def test_pages_are_frames_on_request(tmp_path):
    write(tmp_path / "g.tif", [LABELS % 3, LABELS % 4])
    write(tmp_path / "p.tif", [np.roll(LABELS % 3, 1), LABELS % 4])
    sides = tmp_path / "p.tif", tmp_path / "g.tif"
    status, text = problem(run(*sides, "dice"))
    assert (status, "--frames" in text) == ("unreadable", True)
    card = run(*sides, "dice", frames=True)
    assert [case.case for case in card.cases] == ["g@t00", "g@t01"]
    first = {row.class_: row.value for row in card.cases[0].rows}
    right = dice(LABELS % 3 == 2, np.roll(LABELS % 3, 1) == 2)
    assert first["2"] == pytest.approx(right, abs=1e-12)
    assert all(row.value == 1 for row in card.cases[1].rows)


@pytest.mark.parametrize("how", ["cut", "flipped", "empty"])
def test_a_damaged_file(tmp_path, how):
    path = write(tmp_path / "a.tif", [LABELS], packing=8)
    raw = bytearray(path.read_bytes())
    if how == "flipped":
        raw[40] ^= 8
    path.write_bytes(raw if how == "flipped" else raw[:50] if how == "cut" else b"II*\0")
    with pytest.raises(ReadError):
        opened(path)


@pytest.mark.parametrize("suffix", [".png", ".wide.png", ".tif"])
def test_a_large_picture_is_decoded_row_by_row(tmp_path, monkeypatch, suffix):
    from segeval.volume import channel_streams

    monkeypatch.setattr(channel_streams, "LARGE", 100)
    array = np.tile(LABELS, (60, 40))
    path = tmp_path / f"a{suffix}"
    if suffix == ".wide.png":
        array = array.astype(np.uint16) * 300
    if suffix.endswith("png"):
        Image.fromarray(array).save(path)
    else:
        write(path, [array], tile=(64, 128), packing=8)
    own = open_volume(path, ReadOptions()).channels[0]
    for chunk in (1000, 77_777, own.count):
        with open_channels([own], chunk) as (stream,):
            parts = [
                stream.read(min(chunk, own.count - at)).copy() for at in range(0, own.count, chunk)
            ]
        assert (np.concatenate(parts) == array.reshape(-1)).all()
    raw = bytearray(path.read_bytes())
    raw[-60 if suffix.endswith("png") else len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ReadError):
        read_whole_channel(
            open_volume(path, ReadOptions()).channels[0], open_volume(path, ReadOptions()).geometry
        )


def test_pages_of_a_file_that_is_none(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"II*\0" + struct.pack("<I", 8) + b"\xff" * 90)
    with pytest.raises(ReadError):
        tiff.read(tmp_path / "a.tif", ReadOptions())


def test_frames_of_a_nifti_series(tmp_path):  # ACCOUNT-A16
    import build

    truth = build.blocks(labels=3)
    frames = [truth, np.roll(truth, 1, 1), np.roll(truth, 1, 2)]
    build.stack(tmp_path / "g.nii.gz", np.stack(frames))
    build.stack(tmp_path / "p.nii.gz", np.stack([np.roll(f, 1, 2) for f in frames]))
    card = run(tmp_path / "p.nii.gz", tmp_path / "g.nii.gz", "dice", frames=True)
    assert [case.case for case in card.cases] == ["g@t00", "g@t01", "g@t02"]
    for case, frame in zip(card.cases, frames, strict=True):
        assert case.status == "ok"
        found = {row.class_: row.value for row in case.rows}
        for label in (1, 2, 3):
            right = dice(frame == label, np.roll(frame, 1, 2) == label)
            assert found[str(label)] == pytest.approx(right, abs=1e-12)
    build.stack(tmp_path / "p.nii.gz", np.stack(frames[:2]))
    card = run(tmp_path / "p.nii.gz", tmp_path / "g.nii.gz", "dice", frames=True)
    assert [case.status for case in card.cases] == ["ok", "ok", "unreadable"]
    build.nifti(tmp_path / "one.nii.gz", truth)
    with pytest.raises(RequestError, match="no file of the ground truth is a series"):
        run(tmp_path / "one.nii.gz", tmp_path / "one.nii.gz", "dice", frames=True)


@pytest.mark.parametrize(
    ("how", "said"),
    [({"packing": 50002}, "compression 50002"), ({"packing": 5}, "64-bit integers"),
     ({"photometric": 0}, "0 is white"), ({"photometric": 3}, "of a palette")],
)  # fmt: skip
def test_what_nobody_decodes_is_named_and_not_called_cut_off(tmp_path, how, said):
    path = write(tmp_path / "a.tif", [LABELS.astype(np.int64)], **how)
    with pytest.raises(ReadError) as caught:
        opened(path)
    assert said in caught.value.message
    assert "cut off" not in caught.value.help


@pytest.mark.parametrize(
    "how",
    [{"rows": 5}, {}, {"tile": (16, 16)}, {"rows": 5, "packing": 8}, {"packing": 8},
     {"tile": (16, 16), "packing": 8}, {"rows": 7, "packing": 8, "predictor": 2}],
)  # fmt: skip
def test_colours_whose_samples_have_strips_of_their_own_are_read_by_rows(tmp_path, how):
    table = np.array([(0, 0, 0), (255, 0, 0), (0, 9, 255)], np.uint8)
    labels = np.random.default_rng(1).integers(0, 3, (37, 53))
    path = tmp_path / "a.tif"
    write(path, [table[labels]], planar=True, photometric=2, **how)
    colours = {tuple(colour): value for value, colour in enumerate(table.tolist())}
    volume = open_volume(path, ReadOptions(colours=colours))
    source = volume.channels[0].source
    rows = [band.copy() for band in source.rows()]
    np.testing.assert_array_equal(np.concatenate(rows), labels)
    np.testing.assert_array_equal(source(), labels)
