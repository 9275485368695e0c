"""MetaImage: header, axes, millimetres, packed and raw, apart and together."""

import zlib

import build
import numpy as np
import pytest
from runs import dice, run, values

from segeval.grid.geometry import Geometry
from segeval.readers.registry import open_volume
from segeval.runtime.errors import ReadError
from segeval.volume.align import read_whole_channel
from segeval.volume.read_options import ReadOptions

GRID = Geometry(
    (4, 5, 6), (3.0, 2.0, 1.0), (5.0, -6.0, 7.0), ((0, 0, 1), (0.6, 0.8, 0), (0.8, -0.6, 0))
)
ARRAY = np.random.default_rng(0).integers(0, 4, GRID.shape).astype(np.uint8)
TYPES = {
    "u1": "MET_UCHAR",
    "i2": "MET_SHORT",
    "u2": "MET_USHORT",
    "f4": "MET_FLOAT",
    "i4": "MET_INT",
}


def written(path, array, grid=GRID, packed=False, msb=False, apart="", values=1, **more):
    """Write (z, y, x), (frames, z, y, x) or, with several values a voxel, (z, y, x, values)."""
    space = array.shape[:-1] if values > 1 else array.shape
    dtype = array.dtype.newbyteorder(">" if msb else "<")
    data = array.astype(dtype).tobytes()
    data = zlib.compress(data) if packed else data
    fields = {
        "ObjectType": "Image",
        "NDims": len(space),
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": msb,
        "CompressedData": packed,
        **({"CompressedDataSize": len(data)} if packed else {}),
    }
    if grid.directions:
        rows = np.array(grid.directions)[::-1]
        if len(space) == 4:
            rows = np.block([[rows, np.zeros((3, 1))], [np.zeros((1, 3)), np.ones((1, 1))]])
        fields["TransformMatrix"] = " ".join(map(repr, rows.reshape(-1).tolist()))
        fields["Offset"] = " ".join(map(str, [*grid.origin, *[0] * (len(space) - 3)]))
    spacing = [*reversed(grid.spacing), *[1] * (len(space) - 3)][: len(space)]
    fields |= {
        "ElementSpacing": " ".join(map(str, spacing)),
        "DimSize": " ".join(map(str, reversed(space))),
        **({"ElementNumberOfChannels": values} if values > 1 else {}),
        "ElementType": TYPES[array.dtype.str[1:]],
        **more,
        "ElementDataFile": apart or "LOCAL",
    }
    head = "".join(f"{name} = {value}\n" for name, value in fields.items()).encode()
    path.write_bytes(head if apart else head + data)
    if apart:
        (path.parent / apart.replace("\\", "/")).write_bytes(data)
    return path


def opened(path, **reading):
    volume = open_volume(path, ReadOptions(**reading))
    return volume, np.stack([read_whole_channel(c, volume.geometry) for c in volume.channels])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("msb", [False, True])
@pytest.mark.parametrize("dtype", TYPES)
def test_values_axes_and_millimetres(tmp_path, packed, msb, dtype):
    path = written(tmp_path / "a.mha", ARRAY.astype(dtype), packed=packed, msb=msb)
    volume, array = opened(path)
    assert (array[0] == ARRAY).all()
    assert not list(volume.geometry.differences(GRID, 1e-6))


@pytest.mark.parametrize("apart", ["a.raw", "sub/a.zraw", "sub\\a.raw"])
def test_the_values_in_a_file_of_their_own(tmp_path, apart):
    (tmp_path / "sub").mkdir()
    path = written(tmp_path / "a.mhd", ARRAY, packed="z" in apart, apart=apart)
    assert (opened(path)[1][0] == ARRAY).all()


def test_a_fourth_axis_holds_channels(tmp_path):
    stack = np.stack([ARRAY, ARRAY + 1])
    for packed in (False, True):
        volume, array = opened(written(tmp_path / "a.mha", stack, packed=packed))
        assert (array == stack).all()
        assert volume.geometry.shape == GRID.shape


def test_several_values_a_voxel_are_channels(tmp_path):
    stack = np.stack([ARRAY, ARRAY + 1], -1)
    assert (
        opened(written(tmp_path / "a.mha", stack, values=2))[1] == np.moveaxis(stack, -1, 0)
    ).all()


def test_a_picture(tmp_path):
    flat = Geometry((5, 6), (2.0, 1.0))
    volume, array = opened(written(tmp_path / "a.mha", ARRAY[0], flat))
    assert (array[0] == ARRAY[0]).all()
    assert (volume.geometry.shape, volume.geometry.spacing) == ((5, 6), (2.0, 1.0))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("how", ["cut", "flipped", "longer"])
def test_a_damaged_file(tmp_path, packed, how):
    path = written(tmp_path / "a.mha", np.tile(ARRAY, (4, 4, 4)), packed=packed)
    raw = bytearray(path.read_bytes())
    if how == "longer":
        array = np.concatenate([np.tile(ARRAY, (4, 4, 4)).reshape(-1), np.ones(9, np.uint8)])
        at = raw.index(b"LOCAL\n") + 6
        raw[at:] = zlib.compress(array.tobytes()) if packed else raw[at:] + b"123"
    elif how == "cut":
        raw = raw[:-9]
    else:
        raw[-30] ^= 4
    path.write_bytes(raw)
    if not packed and how != "cut":
        opened(path)  # raw bytes have no checksum
        return
    with pytest.raises(ReadError):
        opened(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [("ElementType", "MET_STRING"), ("ElementSpacing", "0 1 1"), ("DimSize", "4 5"),
     ("DimSize", "x y z"), ("ElementDataFile", "LIST"), ("ElementDataFile", "nothere.raw"),
     ("TransformMatrix", "0 0 0 0 0 0 0 0 0"), ("BinaryData", "False")],
)  # fmt: skip
def test_a_header_that_cannot_be_read(tmp_path, field, value):
    path = written(tmp_path / "a.mha", ARRAY)
    lines = path.read_bytes().split(b"\n", 20)
    mark, new = field.encode() + b" ", f"{field} = {value}".encode()
    changed = [new if line.startswith(mark) else line for line in lines]
    path.write_bytes(b"\n".join(changed))
    with pytest.raises(ReadError):
        opened(path)


def test_a_pair_of_metaimage_and_nifti(tmp_path):
    pred = np.roll(ARRAY, 1, 2)
    build.nifti(tmp_path / "g.nii.gz", ARRAY, GRID)
    card = run(written(tmp_path / "p.mha", pred, packed=True), tmp_path / "g.nii.gz", "dice")
    assert values(card)["2"] == pytest.approx(dice(ARRAY == 2, pred == 2), abs=1e-12)


@pytest.mark.parametrize("axis", range(4))
def test_account_a16_the_grid_is_that_of_the_other_axes(tmp_path, axis):
    #    axes of the file, the fastest first: 2, 3, 4, 5 voxels of 0.5, 1, 2 and 3 mm
    array = np.arange(120, dtype=np.uint8).reshape(5, 4, 3, 2)
    matrix = " ".join(map(str, np.eye(4).reshape(-1)))
    written(tmp_path / "a.mha", array, Geometry((4, 3, 2), (1.0, 1.0, 1.0)),
            ElementSpacing="0.5 1 2 3", Offset="7 8 9 10", TransformMatrix=matrix)  # fmt: skip
    volume = open_volume(tmp_path / "a.mha", ReadOptions(channel_axis=axis))
    grid, rest = volume.geometry, [a for a in range(4) if a != axis]
    assert grid.shape == tuple([2, 3, 4, 5][a] for a in rest[::-1])
    assert grid.spacing == tuple([0.5, 1.0, 2.0, 3.0][a] for a in rest[::-1])
    for channel, want in zip(volume.channels, np.moveaxis(array, 3 - axis, 0), strict=True):
        assert read_whole_channel(channel, grid).reshape(grid.shape).tolist() == want.tolist()
