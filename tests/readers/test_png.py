"""Pictures: what a pixel is in each coding, and which codings are refused."""

import struct
import subprocess
import sys
import warnings

import build
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import SHARED, needs_data
from PIL import Image

from segeval.readers import png
from segeval.runtime.errors import ReadError
from segeval.volume.read_options import ReadOptions

MASKS = SHARED / "data" / "png_masks"
ROAD, CAR = (128, 64, 128), (0, 0, 142)
LABELS = np.array([[0, 1, 2], [3, 3, 0]], np.uint8)


def pixels(path, **reading):
    """The labels of a picture, whose type and shape are as announced."""
    volume = png.read(path, ReadOptions(**reading))
    (channel,) = volume.channels
    values = channel.source()
    assert values.flags.c_contiguous
    assert values.dtype.isnative
    assert values.shape == volume.geometry.shape == channel.stored
    return values


def painted(path, *rows):
    """A picture of colours."""
    Image.fromarray(np.array(rows, np.uint8)).save(path)
    return path


ONE_CHANNEL = {  # what each type is made from, and the formats that have it
    "?": (LABELS > 1, (".png", ".bmp", ".tif")),
    "u1": (LABELS, (".png", ".bmp", ".tif")),
    "u2": (LABELS.astype(np.uint16) * 700, (".png", ".tif")),
    "i4": (LABELS.astype(np.int32) - 1, (".tif",)),
    "f4": (LABELS.astype(np.float32) / 4, (".tif",)),
}


@pytest.mark.parametrize(
    ("dtype", "suffix"), [(d, s) for d, (_, suffixes) in ONE_CHANNEL.items() for s in suffixes]
)
def test_one_channel(tmp_path, dtype, suffix):
    array, _ = ONE_CHANNEL[dtype]
    path = tmp_path / f"a{suffix}"
    Image.fromarray(array).save(path)
    assert png.read(path, ReadOptions()).channels[0].dtype == dtype
    assert pixels(path).dtype == dtype
    assert pixels(path).tolist() == array.tolist()


def test_a_big_endian_tiff(tmp_path):
    path = tmp_path / "a.tif"
    Image.frombytes("I;16B", (2, 1), struct.pack(">HH", 258, 3)).save(path)
    assert pixels(path).tolist() == [[258, 3]]


def test_the_label_of_a_palette_picture_is_its_index(tmp_path):
    path = build.png(tmp_path / "a.png", LABELS, palette=True)
    assert png.read(path, ReadOptions()).palette
    assert pixels(path).tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    ("depth", "row", "labels"),
    [
        (1, 0b01100000, [0, 1, 1]),
        (2, 0b00011100, [0, 1, 3, 0]),  # Pillow gives 0, 85, 255, 0
        (4, 0x2F, [2, 15]),  # Pillow gives 34, 255
    ],
)
@pytest.mark.parametrize("colour", [0, 3], ids=["grey", "indexed"])
def test_few_bits_are_not_spread(tmp_path, depth, row, labels, colour):
    if colour == 3:
        path = tmp_path / "a.png"
        image = Image.fromarray(np.array([labels], np.uint8))
        image.putpalette([0, 0, 0, 9, 9, 9] * 8)
        image.save(path, bits=depth)
    else:
        path = build.raw_png(tmp_path / "a.png", len(labels), depth, 0, [bytes([row])])
    assert pixels(path).astype(int).tolist() == [labels]


def test_four_bits_in_a_tiff(tmp_path):
    entries = [(256, 2), (257, 1), (258, 4), (259, 1), (262, 1), (273, 134), (277, 1), (278, 1),
               (279, 1), (284, 1)]  # fmt: skip
    fields = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in entries)
    path = tmp_path / "a.tif"
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, 10) + fields + bytes(4) + b"\x2f")
    assert path.stat().st_size == 135  # so the pixels are at 134
    assert pixels(path).tolist() == [[2, 15]]


@pytest.mark.parametrize(("colour", "width"), [(2, 6), (4, 4), (6, 8)])
def test_sixteen_bits_a_channel_are_refused(tmp_path, colour, width):
    path = build.raw_png(tmp_path / "a.png", 1, 16, colour, [b"\0\1" * (width // 2)])
    with pytest.raises(ReadError, match="16 bits a channel"):
        png.read(path, ReadOptions(colours={ROAD: 1}))


def test_sixteen_bits_a_channel_of_a_tiff_are_refused(tmp_path):
    entries = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 3, 134), (259, 3, 1, 1), (262, 3, 1, 2),
               (273, 3, 1, 140), (277, 3, 1, 3), (278, 3, 1, 1), (279, 3, 1, 6),
               (284, 3, 1, 1)]  # fmt: skip
    fields = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    path = tmp_path / "a.tif"
    path.write_bytes(
        b"II*\0"
        + struct.pack("<IH", 8, 10)
        + fields
        + bytes(4)
        + struct.pack("<6H", *[16] * 3, 1, 2, 3)
    )
    with pytest.raises(ReadError, match="RGB of 16 bits a channel"):
        png.read(path, ReadOptions())


def test_colours_through_the_table(tmp_path):
    path = painted(tmp_path / "a.png", [ROAD, CAR, (0, 0, 0)], [CAR, CAR, ROAD])
    values = pixels(path, colours={ROAD: 1, CAR: 2})
    assert values.tolist() == [[1, 2, 0], [2, 2, 1]]
    assert values.dtype == np.uint8
    assert pixels(path, colours={ROAD: 1, CAR: 700}).dtype == np.uint16


@given(st.dictionaries(st.tuples(*[st.integers(0, 255)] * 3), st.integers(0, 65535), min_size=1))
def test_every_colour_of_a_table_is_its_label(tmp_path_factory, colours):
    path = painted(tmp_path_factory.mktemp("p") / "a.bmp", list(colours))
    assert pixels(path, colours=colours).tolist() == [list(colours.values())]


def test_a_colour_that_no_class_has(tmp_path):
    path = painted(tmp_path / "a.png", [ROAD, CAR, CAR, (1, 2, 3)])
    with pytest.raises(ReadError, match="pixels of colours that no class has: 3 of 4") as caught:
        pixels(path, colours={ROAD: 1})
    assert caught.value.facts == ("#00008e: 2", "#010203: 1")


def test_black_is_no_background_where_a_class_is_label_0(tmp_path):
    path = painted(tmp_path / "a.png", [ROAD, (0, 0, 0), CAR])
    with pytest.raises(ReadError, match="no class has: 1 of 3") as caught:
        pixels(path, colours={ROAD: 0, CAR: 13})
    assert caught.value.facts == ("#000000: 1",)


def test_three_equal_channels_are_grey(tmp_path):
    path = painted(tmp_path / "a.png", [(0, 0, 0), (255, 255, 255), (7, 7, 7)])
    assert pixels(path).tolist() == [[0, 255, 7]]
    assert pixels(path, colours={ROAD: 1}).tolist() == [[0, 255, 7]]


def test_greys_that_are_all_in_the_table_are_colours(tmp_path):
    path = painted(tmp_path / "a.png", [(0, 0, 0), (7, 7, 7)])
    assert pixels(path, colours={(7, 7, 7): 2}).tolist() == [[0, 2]]


@pytest.mark.parametrize("grey", [True, False])
def test_alpha(tmp_path, grey):
    colour = (9,) if grey else (9, 9, 9)
    opaque = painted(tmp_path / "a.png", [(*colour, 255), (*colour, 255)])
    assert pixels(opaque).tolist() == [[9, 9]]
    soft = painted(tmp_path / "b.png", [(*colour, 255), (*colour, 254)])
    with pytest.raises(ReadError, match="1 of 2 pixels are not fully opaque"):
        pixels(soft)


def test_several_pages_are_refused(tmp_path):
    page = Image.fromarray(LABELS)
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page, page])
    with pytest.raises(ReadError, match="3 pages in one file"):
        png.read(tmp_path / "a.tif", ReadOptions())


def test_a_jpeg_is_refused_whatever_its_name_and_wherever_it_is(tmp_path):
    Image.fromarray(LABELS).save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").rename(tmp_path / "a.png")
    noise = np.random.default_rng(0).integers(0, 9, (16, 16)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "b.tif", compression="jpeg")
    for name in ("a.png", "b.tif"):
        with pytest.raises(ReadError, match="lossy compression changes label values"):
            png.read(tmp_path / name, ReadOptions())


def test_modes_that_are_no_labels_are_refused(tmp_path):
    Image.new("CMYK", (2, 2)).save(tmp_path / "a.tif")
    with pytest.raises(ReadError, match="mode CMYK"):
        png.read(tmp_path / "a.tif", ReadOptions())


def test_a_tiff_whose_0_is_white_is_refused(tmp_path):
    Image.fromarray(LABELS).save(tmp_path / "a.tif", tiffinfo={262: 0})
    with pytest.raises(ReadError, match="0 is white"):
        png.read(tmp_path / "a.tif", ReadOptions())


def test_a_picture_cut_off_anywhere_is_a_read_error(tmp_path):
    whole = build.png(tmp_path / "a.png", np.arange(4000, dtype=np.uint16).reshape(40, 100))
    raw, path = whole.read_bytes(), tmp_path / "b.png"
    for length in range(1, len(raw) - 20, 97):
        path.write_bytes(raw[:length])
        with pytest.raises(ReadError):
            pixels(path)


def test_a_large_picture_is_no_attack(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for suffix in (".png", ".tif", ".bmp"):
            assert pixels(build.png(tmp_path / f"a{suffix}", LABELS)).tolist() == LABELS.tolist()


def test_a_picture_loads_no_library_but_pillow(tmp_path):
    path = build.png(tmp_path / "a.png", LABELS)
    code = (
        "import sys; from pathlib import Path; from segeval.readers.registry import open_volume\n"
        "from segeval.volume.read_options import ReadOptions\n"
        f"open_volume(Path({str(path)!r}), ReadOptions()).channels[0].source()\n"
        "heavy = {'nrrd', 'nibabel', 'scipy', 'rich', 'zipfile'}\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -- real files -----------------------------------------------------------------------------------

PLAIN = {  # labels as SOURCE.md describes them
    "palette/00000_gt": {0, 1, 2, 3},
    "palette/00001_gt": {0, 1, 2, 3},
    "palette/00002_gt": {0, 1, 2, 3},
    "palette/00003_gt": {0, 1, 2, 3},
    "palette/00004_gt": {0, 1, 2, 3},
    "sixteen_bit/semantic_target": {0, 2, 8, 10, 13, 255},
}


@needs_data
@pytest.mark.parametrize("name", PLAIN)
def test_real_labels(name):
    assert set(np.unique(pixels(MASKS / f"{name}.png")).tolist()) <= PLAIN[name]
    assert png.read(MASKS / f"{name}.png", ReadOptions()).palette is name.startswith("palette")


@needs_data
@pytest.mark.parametrize(
    "name", ["panoptic_target", "eval_semantic_target", "mots_1", "kitti_000030_10",
             "mapillary_instances_1"]
)  # fmt: skip
def test_real_sixteen_bits(name):
    path = MASKS / "sixteen_bit" / f"{name}.png"
    want = np.asarray(Image.open(path))
    assert pixels(path).tolist() == want.tolist()
    assert int(want.max()) > 255 or name == "eval_semantic_target"


@needs_data
@pytest.mark.parametrize(
    "name", ["Omni_F_000000", "Omni_F_000001", "Omni_B_000000", "Omni_B_000001"]
)
def test_real_sixteen_bit_colours_are_refused_not_read_as_0(name):
    with pytest.raises(ReadError, match="RGB of 16 bits a channel"):
        png.read(MASKS / "sixteen_bit" / f"synthia_rgb16_{name}.png", ReadOptions())


@needs_data
@pytest.mark.parametrize("path", sorted(MASKS.glob("rgb_coded/*.png")), ids=lambda p: p.stem)
def test_real_colours(path):
    values = np.asarray(Image.open(path).convert("RGB"))
    colours = sorted({tuple(c) for c in values.reshape(-1, 3).tolist()})
    table = {colour: label for label, colour in enumerate(colours, 5)}
    want = [[table[tuple(c)] for c in row] for row in values.tolist()]
    assert pixels(path, colours=table).tolist() == want
    if any(len(set(colour)) > 1 for colour in colours):
        with pytest.raises(ReadError, match="colours that no class has"):
            pixels(path)


@needs_data
@pytest.mark.parametrize("path", sorted(MASKS.glob("panoptic/*.png")), ids=lambda p: p.stem)
def test_real_panoptic_colours_are_not_guessed(path):
    with pytest.raises(ReadError, match="colours that no class has"):
        pixels(path)


@needs_data
def test_real_alpha():
    truth = pixels(MASKS / "alpha" / "cat_gt.png", colours={(255, 255, 0): 1})
    assert set(np.unique(truth).tolist()) == {0, 255}  # black and white: grey, whatever the table
    cat = pixels(MASKS / "alpha" / "cat_pred_class.png", colours={(255, 255, 0): 1})
    assert set(np.unique(cat).tolist()) == {0, 1}
    for path in MASKS.glob("alpha/img1_mask_*.png"):
        with pytest.raises(ReadError, match="not fully opaque"):
            pixels(path)
