"""What holds for every reader: axes and millimetres, slab equals whole, damaged and wrong files."""

import build
import numpy as np
import pytest

from segeval.grid.geometry import Geometry
from segeval.pairing.file_names import format_suffix
from segeval.readers import READERS
from segeval.readers.registry import open_volume
from segeval.runtime.errors import ReadError
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions

LABELS = np.random.default_rng(0).integers(0, 4, build.GRID.shape).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 200, (40, 30, 20)).astype(np.uint8)


def npy(path, array):
    np.save(path, array)
    return path


def npz(path, array):
    np.savez_compressed(path, array=array)
    return path


WRITERS = {
    ".nii": build.nifti,
    ".nii.gz": build.nifti,
    ".nrrd": build.nrrd_file,
    ".raw.nrrd": lambda path, array: build.nrrd_file(path, array, encoding="raw"),
    ".bz2.nrrd": lambda path, array: build.nrrd_file(path, array, encoding="bzip2"),
    ".text.nrrd": lambda path, array: build.nrrd_file(path, array, encoding="ascii"),
    ".seg.nrrd": build.nrrd_file,
    ".mha": build.mha,
    ".mgh": build.mgh,
    ".mgz": build.mgh,
    ".npy": npy,
    ".fortran.npy": lambda path, array: npy(path, np.asfortranarray(array)),
    ".npz": npz,
    ".png": lambda path, array: build.png(path, array[0]),
    ".palette.png": lambda path, array: build.png(path, array[0], palette=True),
    ".tif": lambda path, array: build.png(path, array[0]),
    ".bmp": lambda path, array: build.png(path, array[0]),
    ".gif": lambda path, array: build.png(path, array[0]),
}
PLACED = (".nii", ".nrrd", ".mha", ".mgh", ".mgz")
APART = (".nhdr", ".mhd")  # their values lie in a file beside: tests/readers/test_data_file.py
SUFFIXES = pytest.mark.parametrize("suffix", WRITERS)


def written(tmp_path, suffix, array=LABELS):
    path = WRITERS[suffix](tmp_path / f"case{suffix}", array)
    return path, array[0] if suffix.endswith((".png", ".tif", ".bmp", ".gif")) else array


def test_every_suffix_of_masks_is_written_here():
    written_here = {format_suffix(f"case{suffix}") for suffix in WRITERS}
    suffixes = [suffix for own in READERS.values() for suffix in own]
    assert len(set(suffixes)) == len(suffixes)
    assert set(suffixes) - {*APART, ".tiff"} == written_here


def pieces(volume, chunk):
    own = volume.channels[0]
    with open_channels([own], chunk) as (stream,):
        parts = [
            stream.read(min(chunk, own.count - at)).copy() for at in range(0, own.count, chunk)
        ]
    return np.concatenate(parts).reshape(volume.geometry.shape)


@SUFFIXES
def test_values_and_axes(tmp_path, suffix):
    path, array = written(tmp_path, suffix)
    volume = open_volume(path, ReadOptions())
    assert volume.geometry.shape == array.shape
    assert pieces(volume, volume.channels[0].count).tolist() == array.tolist()


@SUFFIXES
def test_millimetres(tmp_path, suffix):
    path, _ = written(tmp_path, suffix)
    grid = open_volume(path, ReadOptions()).geometry
    if any(word in suffix for word in PLACED):
        assert grid.affine() == pytest.approx(build.GRID.affine(), abs=1e-6)
    else:
        assert grid.spacing is None


@pytest.mark.parametrize("writer", [build.nifti, build.nrrd_file], ids=["nifti", "nrrd"])
def test_millimetres_of_an_oblique_grid(tmp_path, writer):
    c, s = 0.8, 0.6  # turned about x, and x runs to the right
    grid = Geometry(
        (4, 5, 6), (3.0, 2.0, 1.0), (-5.0, 6.0, 7.0), ((0, -s, c), (0, c, s), (-1, 0, 0))
    )
    suffix = ".nii.gz" if writer is build.nifti else ".nrrd"
    found = open_volume(writer(tmp_path / f"a{suffix}", LABELS, grid), ReadOptions()).geometry
    assert found.affine() == pytest.approx(grid.affine(), abs=1e-6)


@SUFFIXES
def test_a_spacing_that_is_given_is_that_of_files_without_one(tmp_path, suffix):
    path, array = written(tmp_path, suffix)
    grid = open_volume(path, ReadOptions(spacing=(0.5,) * array.ndim)).geometry
    placed = any(word in suffix for word in PLACED)
    assert grid.spacing == (build.GRID.spacing if placed else (0.5,) * array.ndim)


@SUFFIXES
@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_pieces_are_the_whole(tmp_path, suffix, chunk):
    path, array = written(tmp_path, suffix)
    assert pieces(open_volume(path, ReadOptions()), chunk).tolist() == array.tolist()


@SUFFIXES
def test_half_a_file(tmp_path, suffix):
    path, _ = written(tmp_path, suffix, NOISE)
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(ReadError) as caught:
        pieces(open_volume(path, ReadOptions()), 1000)
    assert str(caught.value.where) == str(path)
    assert caught.value.message


@SUFFIXES
@pytest.mark.parametrize("content", [b"", b"this is no image at all" * 40, bytes(4000)])
def test_another_file_under_the_name(tmp_path, suffix, content):
    path = tmp_path / f"case{suffix}"
    path.write_bytes(content)
    with pytest.raises(ReadError) as caught:
        pieces(open_volume(path, ReadOptions()), 1000)
    assert str(caught.value.where) == str(path)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4", "f4", "f8", ">i2", ">f4", ">u2"])
@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".npy", ".npz"])
def test_every_type(tmp_path, suffix, dtype):
    path, array = written(tmp_path, suffix, LABELS.astype(dtype))
    got = pieces(open_volume(path, ReadOptions()), 11)
    assert got.dtype == np.dtype(dtype).newbyteorder("=")
    assert got.tolist() == array.tolist()


def test_a_missing_file(tmp_path):
    with pytest.raises(ReadError, match="cannot be opened"):
        open_volume(tmp_path / "nothing.nii", ReadOptions())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.jpg", "lossy"),
        ("a.mha", "MetaImage"),
        ("a.pkl", "never loaded"),
        ("a.json", "JSON"),
        ("a.dcm", "DICOM"),
        ("a.xyz", "no format that is known"),
    ],
)
def test_other_formats_are_named_with_a_way_out(tmp_path, name, said):
    (tmp_path / name).write_bytes(b"some content")
    with pytest.raises(ReadError, match=said) as caught:
        open_volume(tmp_path / name, ReadOptions())
    assert caught.value.help


def test_dicom_is_known_by_its_content(tmp_path):
    (tmp_path / "RS").write_bytes(bytes(128) + b"DICM" + bytes(50))
    with pytest.raises(ReadError, match="DICOM"):
        open_volume(tmp_path / "RS", ReadOptions())


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ReadError, match="cannot be opened"):
        open_volume(tmp_path, ReadOptions())


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".npy", ".png", ".tif"])
def test_a_file_is_known_by_its_content_where_the_name_says_nothing(tmp_path, suffix):
    path, array = written(tmp_path, suffix)
    bare = path.rename(tmp_path / "case")
    assert pieces(open_volume(bare, ReadOptions()), 50).tolist() == array.tolist()
