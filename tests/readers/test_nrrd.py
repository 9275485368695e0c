"""NRRD: spaces, units, layers, data files apart, and Slicer's segments."""

import bz2
import gzip

import build
import numpy as np
import pytest

from segeval.grid.geometry import Geometry
from segeval.readers import nrrd
from segeval.readers.nrrd_header import parse_nrrd_header
from segeval.runtime.errors import ReadError
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)  # z, y, x
PLAIN = {
    "type": "uchar",
    "dimension": 3,
    "sizes": "4 3 2",
    "encoding": "raw",
    "space": "left-posterior-superior",
    "space directions": "(1,0,0) (0,2,0) (0,0,3)",
    "space origin": "(10,20,30)",
}


def written(path, data=None, keys=(), **fields):
    """A file of these fields (`_` for a space), None to leave one out, and of these keys."""
    changed = {name.replace("_", " "): value for name, value in fields.items()}
    lines = [f"{n}: {v}" for n, v in (PLAIN | changed).items() if v is not None]
    lines += [f"{key}:={value}" for key, value in keys]
    head = "\n".join(["NRRD0005", "# a comment", *lines, "", ""]).encode()
    path.write_bytes(head + (ARRAY.tobytes() if data is None else data))
    return path


def values(volume, chunk=5):
    """All channels, read in lockstep."""
    count = volume.geometry.size
    with open_channels(volume.channels, chunk) as opened:
        parts = [
            [s.read(min(chunk, count - at)).copy() for s in opened] for at in range(0, count, chunk)
        ]
    return np.concatenate([np.stack(p) for p in parts], axis=1).reshape(-1, *volume.geometry.shape)


def grid(path):
    return nrrd.read(path, ReadOptions()).geometry


# -- where the voxels are -------------------------------------------------------------------------


def test_axes_and_millimetres_by_hand(tmp_path):
    # 4 x 3 x 2 voxels of 1 x 2 x 3 mm, x fastest, first voxel at LPS (10, 20, 30)
    path = written(tmp_path / "a.nrrd")
    assert grid(path) == Geometry(
        (2, 3, 4), (3.0, 2.0, 1.0), (10.0, 20.0, 30.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0))
    )
    assert values(nrrd.read(path, ReadOptions())).tolist() == [ARRAY.tolist()]


@pytest.mark.parametrize(
    ("space", "origin", "x", "y"),
    [
        ("left-posterior-superior", (10, 20, 30), (1, 0, 0), (0, 1, 0)),
        ("LPS", (10, 20, 30), (1, 0, 0), (0, 1, 0)),
        ("right-anterior-superior", (-10, -20, 30), (-1, 0, 0), (0, -1, 0)),
        ("RAS", (-10, -20, 30), (-1, 0, 0), (0, -1, 0)),
        ("left-anterior-superior", (10, -20, 30), (1, 0, 0), (0, -1, 0)),
        ("LAS", (10, -20, 30), (1, 0, 0), (0, -1, 0)),
    ],
)
def test_spaces_become_lps(tmp_path, space, origin, x, y):
    found = grid(written(tmp_path / "a.nrrd", space=space))
    assert found.origin == origin
    assert found.directions == ((0, 0, 1), y, x)


def test_an_oblique_grid(tmp_path):
    c, s = 0.8, 0.6  # turned about z by 36.87 degrees; 5 mm along x
    path = written(
        tmp_path / "a.nrrd", space_directions=f"({5 * c},{5 * s},0) ({-s},{c},0) (0,0,3)"
    )
    assert grid(path).spacing == pytest.approx((3, 1, 5))
    assert grid(path).directions[2] == pytest.approx((c, s, 0))
    assert grid(path).directions[1] == pytest.approx((-s, c, 0))


def test_units_become_millimetres(tmp_path):
    found = grid(written(tmp_path / "a.nrrd", space_units='"cm" "cm" "mm"'))
    assert found.spacing == (3, 20, 10)
    assert found.origin == (100, 200, 30)


def test_a_space_that_is_not_anatomical_is_a_warning(tmp_path):
    path = written(tmp_path / "a.nrrd", space=None, space_dimension=3)
    volume = nrrd.read(path, ReadOptions())
    assert [note.code for note in volume.notes] == ["W-unknown-space"]
    assert volume.geometry.origin == (10, 20, 30)


def test_spacings_without_directions(tmp_path):
    bare = {"space": None, "space_directions": None, "space_origin": None}
    path = written(tmp_path / "a.nrrd", **bare, spacings="1 2 3")
    assert grid(path) == Geometry((2, 3, 4), (3, 2, 1))
    path = written(tmp_path / "b.nrrd", **bare, spacings="nan 2 3")
    assert grid(path) == Geometry((2, 3, 4))
    assert nrrd.read(path, ReadOptions(spacing=(9, 8, 7))).geometry.spacing == (9, 8, 7)


def test_directions_without_an_origin_give_only_spacing(tmp_path):
    assert grid(written(tmp_path / "a.nrrd", space_origin=None)) == Geometry((2, 3, 4), (3, 2, 1))


def test_a_picture(tmp_path):
    path = written(
        tmp_path / "a.nrrd", ARRAY[0].tobytes(), dimension=2, sizes="4 3", space=None,
        space_dimension=2, space_directions="(1,0) (0,2)", space_origin="(0,0)",
    )  # fmt: skip
    volume = nrrd.read(path, ReadOptions())
    assert volume.geometry == Geometry((3, 4), (2, 1))
    assert values(volume).tolist() == [ARRAY[0].tolist()]


# -- how they are stored --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("int8", "i1"), ("unsigned short", "u2"), ("short", "i2"), ("int", "i4"), ("uint64", "u8"),
     ("float", "f4"), ("double", "f8")],
)  # fmt: skip
@pytest.mark.parametrize("endian", ["little", "big"])
def test_types_and_byte_orders(tmp_path, name, dtype, endian):
    data = ARRAY.astype({"little": "<", "big": ">"}[endian] + dtype)
    path = written(tmp_path / "a.nrrd", data.tobytes(), type=name, endian=endian)
    assert values(nrrd.read(path, ReadOptions())).tolist() == [ARRAY.tolist()]


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("raw", bytes), ("gzip", gzip.compress), ("gz", gzip.compress), ("bzip2", bz2.compress),
     ("ascii", lambda raw: " ".join(map(str, raw)).encode())],
)  # fmt: skip
@pytest.mark.parametrize("apart", [True, False], ids=["nhdr", "nrrd"])
def test_encodings_beside_the_header_and_apart(tmp_path, encoding, pack, apart):
    data = pack(ARRAY.tobytes())
    if apart:
        (tmp_path / "a.bin").write_bytes(data)
        path = written(tmp_path / "a.nhdr", b"", encoding=encoding, data_file="a.bin")
    else:
        path = written(tmp_path / "a.nrrd", data, encoding=encoding)
    assert values(nrrd.read(path, ReadOptions())).tolist() == [ARRAY.tolist()]


@pytest.mark.parametrize("skip", [3, -1])
def test_bytes_are_skipped(tmp_path, skip):
    path = written(tmp_path / "a.nrrd", b"abc" + ARRAY.tobytes(), byte_skip=skip)
    assert values(nrrd.read(path, ReadOptions())).tolist() == [ARRAY.tolist()]


@pytest.mark.parametrize("axis", range(4))
@pytest.mark.parametrize("said", ["directions", "kinds"])
@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
def test_channels_on_any_axis(tmp_path, axis, said, encoding):
    stack = np.arange(120, dtype=np.uint8).reshape(5, 2, 3, 4)  # channel, z, y, x
    data = np.moveaxis(stack, 0, 3 - axis)  # `axis` counts from the fastest
    raw = np.ascontiguousarray(data).tobytes()
    pack = {"raw": bytes, "gzip": gzip.compress, "ascii": lambda b: " ".join(map(str, b)).encode()}
    fields = {
        "dimension": 4,
        "sizes": " ".join(str(n) for n in reversed(data.shape)),
        "encoding": encoding,
    }
    if said == "kinds":
        kinds = ["domain"] * 3
        kinds.insert(axis, "vector")
        fields |= {"kinds": " ".join(kinds), "space": None, "space_directions": None,
                   "space_origin": None}  # fmt: skip
    else:
        rows = PLAIN["space directions"].split()
        rows.insert(axis, "none")
        fields |= {"space_directions": " ".join(rows)}
    volume = nrrd.read(written(tmp_path / "a.nrrd", pack[encoding](raw), **fields), ReadOptions())
    assert volume.geometry.shape == (2, 3, 4)
    assert volume.geometry.spacing == (None if said == "kinds" else (3, 2, 1))
    np.testing.assert_array_equal(values(volume), stack)


def test_the_slowest_channels_stream(tmp_path):
    path = written(
        tmp_path / "a.nrrd", bytes(2 * 24), dimension=4, sizes="4 3 2 2",
        space_directions=f"{PLAIN['space directions']} none",
    )  # fmt: skip
    assert all(v.order is None for v in nrrd.read(path, ReadOptions()).channels)


# -- segments -------------------------------------------------------------------------------------


def segment(number, **facts):
    return [(f"Segment{number}_{key}", value) for key, value in facts.items()]


def test_names_of_label_values(tmp_path):
    keys = [
        *segment(0, ID="Segment_1", Name="Niere links ä", LabelValue=7, Layer=0),
        *segment(1, ID="Segment_2", Name="liver: left", LabelValue=3, Layer=0),
    ]
    volume = nrrd.read(written(tmp_path / "a.seg.nrrd", keys=keys), ReadOptions())
    assert volume.names == {7: "Niere links ä", 3: "liver: left"}
    assert volume.segments == {}
    assert values(volume).tolist() == [ARRAY.tolist()]  # the header is as long in bytes


def layered(path, layers, *keys):
    data = np.ascontiguousarray(np.moveaxis(layers, 0, -1)).tobytes()
    return written(
        path, data, [k for one in keys for k in one], dimension=4, sizes=f"{len(layers)} 4 3 2",
        space_directions=f"none {PLAIN['space directions']}", kinds="list domain domain domain",
    )  # fmt: skip


def test_segments_that_overlap_are_in_layers(tmp_path):
    layers = np.stack([ARRAY % 3, ARRAY // 12]).astype(np.uint8)
    path = layered(
        tmp_path / "a.seg.nrrd",
        layers,
        segment(0, ID="a", Name="heart", LabelValue=1, Layer=0),
        segment(1, ID="b", Name="lung", LabelValue=2, Layer=0),
        segment(2, ID="c", Name="body", LabelValue=1, Layer=1),
    )
    volume = nrrd.read(path, ReadOptions())
    assert volume.segments == {"heart": (0, 1), "lung": (0, 2), "body": (1, 1)}
    assert volume.names == {}
    np.testing.assert_array_equal(values(volume), layers)


def test_segments_of_an_older_slicer_have_a_layer_each(tmp_path):
    layers = np.stack([ARRAY > 3, ARRAY > 9]).astype(np.uint8)
    path = layered(
        tmp_path / "a.seg.nrrd", layers, segment(0, ID="a", Name="A"), segment(1, ID="b", Name="B")
    )
    assert nrrd.read(path, ReadOptions()).segments == {"A": (0, 1), "B": (1, 1)}


def test_one_layer_is_a_label_map(tmp_path):
    keys = segment(0, ID="a", Name="A", LabelValue=4, Layer=0)
    volume = nrrd.read(layered(tmp_path / "a.seg.nrrd", ARRAY[None], keys), ReadOptions())
    assert volume.names == {4: "A"}
    assert volume.channels[0].order is None
    assert values(volume).tolist() == [ARRAY.tolist()]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ({"Name": "A", "LabelValue": 2, "Layer": 0}, "two segments are called A"),
        ({"Name": "B", "LabelValue": 1, "Layer": 0}, "A and B share the label value 1"),
        ({"Name": "B", "LabelValue": 2, "Layer": 3}, "B is in layer 3 of 1"),
        ({"Name": "B", "LabelValue": "two", "Layer": 0}, "Segment1_LabelValue is no number"),
    ],
)
def test_segments_that_cannot_be_told_apart(tmp_path, second, said):
    keys = segment(0, ID="a", Name="A", LabelValue=1, Layer=0) + segment(1, **second)
    with pytest.raises(ReadError, match=said):
        nrrd.read(written(tmp_path / "a.seg.nrrd", keys=keys), ReadOptions())


def test_more_segments_than_any_file_has_are_refused(tmp_path):
    keys = [
        key
        for n in range(16_385)
        for key in segment(n, ID=f"s{n}", Name=f"n{n}", LabelValue=n + 1, Layer=0)
    ]
    with pytest.raises(ReadError, match="16385 segments, and at most 16384 are read"):
        nrrd.read(written(tmp_path / "a.seg.nrrd", keys=keys), ReadOptions())


def test_bzip2_of_a_few_bytes_is_not_unpacked_for_seconds(tmp_path):
    path = written(tmp_path / "a.nrrd", encoding="bzip2", sizes="1024 1024 513")
    with pytest.raises(ReadError, match="513 MiB packed by bzip2, of which 512 MiB are read") as it:
        nrrd.read(path, ReadOptions())
    assert it.value.status == "over_budget"


# -- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"type": "block"}, "values of type block are no numbers"),
        ({"type": "short"}, "does not say the byte order"),
        ({"encoding": "hex"}, "the encoding hex is not read"),
        ({"encoding": None}, "the header lacks encoding"),
        ({"sizes": "4 3"}, "the header lacks the size of an axis"),
        ({"sizes": "4 0 2"}, "an axis without values"),
        ({"dimension": 4, "sizes": "4 3 2 1"}, "3 space directions of 4 axes"),
        ({"space directions": None, "dimension": 4, "sizes": "4 3 2 1"}, "4 axes, of which 0"),
        ({"space directions": "none none (0,0,3)"}, "3 axes, of which 2"),
        ({"space directions": "(1,0,0) (0,0,0) (0,0,3)"}, "voxels without size"),
        ({"line skip": 2}, "`line skip`"),
        ({"byte skip": -1, "encoding": "gzip"}, "`line skip` and `byte skip`"),
        ({"byte skip": 1}, "the file ends after"),
        ({"data file": "nowhere.raw"}, "its data file nowhere.raw is not there"),
        ({"data file": "LIST"}, "its values are in several files"),
        ({"data file": "a%03d.raw 1 2 1"}, "its values are in several files"),
        ({"space origin": "(1,two,3)"}, "not a readable NRRD header"),
    ],
)
def test_headers_that_are_refused(tmp_path, fields, said):
    with pytest.raises(ReadError, match=said):
        nrrd.read(written(tmp_path / "a.nrrd", **fields), ReadOptions())


def test_a_data_file_that_was_cut_off_is_the_one_that_is_named(tmp_path):
    (tmp_path / "a.raw").write_bytes(bytes(23))
    path = written(tmp_path / "a.nhdr", b"", data_file="a.raw")
    with pytest.raises(ReadError, match="ends after 23 of 24 bytes") as caught:
        nrrd.read(path, ReadOptions())
    assert caught.value.where == str(tmp_path / "a.raw")


def test_a_file_cut_off_anywhere(tmp_path):
    path = build.nrrd_file(tmp_path / "a.nrrd", ARRAY)
    raw = path.read_bytes()
    for length in range(0, len(raw) - 1, 11):
        path.write_bytes(raw[:length])
        with pytest.raises(ReadError):
            values(nrrd.read(path, ReadOptions()))


def test_text_that_is_no_number(tmp_path):
    path = written(tmp_path / "a.nrrd", b"1 2 3", encoding="ascii")
    with pytest.raises(ReadError, match="values that are no numbers"):
        values(nrrd.read(path, ReadOptions()))


def test_the_library_reads_the_same(tmp_path):
    import nrrd as library

    path = build.nrrd_file(tmp_path / "a.nrrd", ARRAY.astype(np.int16), encoding="raw")
    header = library.read_header(str(path))
    assert parse_nrrd_header(path).sizes == tuple(header["sizes"])
    assert values(nrrd.read(path, ReadOptions())).tolist() == [
        library.read(str(path), index_order="C")[0].tolist()
    ]
