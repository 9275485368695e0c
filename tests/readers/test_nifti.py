"""The NIfTI reader against nibabel, on files of every kind that it may meet."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest

from segeval.readers import nifti
from segeval.runtime.errors import ReadError
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions

SHIPPED = Path(nibabel.__file__).parent / "tests" / "data"
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
RAMP = np.arange(2 * 3 * 4).reshape(4, 3, 2)  # as nibabel has it: x, y, z
OBLIQUE = np.array(
    [[0.9, 0.1, 0.0, -10.0], [-0.1, 0.9, 0.3, 20.0], [0.0, -0.3, 2.4, 5.0], [0.0, 0.0, 0.0, 1.0]]
)


def saved(path, data=None, affine=OBLIQUE, kind=nibabel.Nifti1Image, change=None):
    image = kind(RAMP.astype(np.uint8) if data is None else data, affine)
    if change is not None:
        change(image.header)
    nibabel.save(image, path)
    return path


def values(volume, channel=0, chunk=5):
    own = volume.channels[channel]
    with open_channels([own], chunk) as (stream,):
        parts = [
            stream.read(min(chunk, own.count - at)).copy() for at in range(0, own.count, chunk)
        ]
    return np.concatenate(parts).reshape(volume.geometry.shape)


def agrees(path):
    """Grid and values as nibabel gives them, axes reversed and RAS made LPS."""
    volume = nifti.read(path, ReadOptions())
    image = nibabel.load(path)
    want = LPS @ image.affine
    index = np.eye(4)
    index[:3, :3] = np.eye(3)[::-1]  # (x, y, z) -> (z, y, x)
    assert volume.geometry.affine() == pytest.approx(want @ index, abs=1e-5)
    data = np.asanyarray(image.dataobj)
    stack = data.reshape(*data.shape[:3], -1)
    for channel in range(len(volume.channels)):
        np.testing.assert_array_equal(values(volume, channel), stack[..., channel].T)
    return volume


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize(
    "dtype", ["u1", "i2", "u2", "i4", "f4", "f8", ">i2", ">f4", "i1", "u4", "i8"]
)
def test_every_type_of_both_versions(tmp_path, suffix, kind, dtype):
    if kind is nibabel.Nifti2Image and dtype not in ("u1", "i2", ">f4"):
        pytest.skip("the types are those of version 1")
    image = kind(RAMP.astype(dtype), OBLIQUE, dtype=np.dtype(dtype))
    if dtype.startswith(">"):
        header = image.header.as_byteswapped(">")
        image = kind(RAMP.astype(dtype), OBLIQUE, header)
    nibabel.save(image, tmp_path / f"a{suffix}")
    agrees(tmp_path / f"a{suffix}")


def test_axes_and_millimetres_by_hand(tmp_path):
    # 4 x 3 x 2 voxels of 1 x 2 x 3 mm, first voxel at RAS (10, 20, 30): LPS (-10, -20, 30)
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    affine[:3, 3] = 10, 20, 30
    grid = nifti.read(saved(tmp_path / "a.nii", affine=affine), ReadOptions()).geometry
    assert grid.shape == (2, 3, 4)
    assert grid.spacing == (3.0, 2.0, 1.0)
    assert grid.origin == (-10.0, -20.0, 30.0)
    assert grid.directions == ((0, 0, 1), (0, -1, 0), (-1, 0, 0))


def test_scaled_values(tmp_path):
    def scale(header):
        header.set_slope_inter(0.5, 10)

    path = tmp_path / "a.nii"
    image = nibabel.Nifti1Image(RAMP.astype(np.int16), np.eye(4))
    image.header.set_slope_inter(0.5, 10)
    raw = image.to_bytes()
    at = 112  # scl_slope and scl_inter, which nibabel writes itself
    raw = raw[:at] + np.array([0.5, 10], "<f4").tobytes() + raw[at + 8 :]
    path.write_bytes(raw)
    np.testing.assert_array_equal(values(agrees(path)), (RAMP * 0.5 + 10).T)


@pytest.mark.parametrize("shape", [(4, 3, 2, 5), (4, 3, 2, 1, 5)])
def test_channels_are_the_last_axis(tmp_path, shape):
    data = np.random.default_rng(0).random(shape).astype(np.float32)
    volume = agrees(saved(tmp_path / "a.nii.gz", data))
    assert len(volume.channels) == 5


def test_all_channels_of_a_gzip_file_in_lockstep(tmp_path):
    data = np.random.default_rng(0).random((4, 3, 2, 3)).astype(np.float32)
    volume = nifti.read(saved(tmp_path / "a.nii.gz", data), ReadOptions())
    with open_channels(volume.channels, 7) as opened:
        first = [s.read(7).copy() for s in opened]
        rest = [s.read(7).copy() for s in opened]
    flat = data.T.reshape(3, -1)
    np.testing.assert_array_equal(np.stack(first), flat[:, :7])
    np.testing.assert_array_equal(np.stack(rest), flat[:, 7:14])


def only(code):
    """Set one of the two forms alone."""

    def change(header):
        header["sform_code"], header["qform_code"] = (1, 0) if code == "s" else (0, 1)

    return change


@pytest.mark.parametrize("code", ["s", "q"])
def test_either_form_alone(tmp_path, code):
    turned = np.eye(4)
    turned[:3, :3] = [[0, -2, 0], [1, 0, 0], [0, 0, 3]]
    path = tmp_path / "a.nii"
    image = nibabel.Nifti1Image(RAMP.astype(np.uint8), turned)
    image.set_qform(turned, 1)
    image.set_sform(turned, 1)
    only(code)(image.header)
    nibabel.save(image, path)
    assert agrees(path).notes == ()


def test_forms_that_disagree_are_a_warning_and_sform_is_used(tmp_path):
    image = nibabel.Nifti1Image(RAMP.astype(np.uint8), np.eye(4))
    image.set_sform(np.diag([2.0, 2, 2, 1]), 1)
    image.set_qform(np.diag([1.0, 1, 1, 1]), 1)
    nibabel.save(image, tmp_path / "a.nii")
    volume = nifti.read(tmp_path / "a.nii", ReadOptions())
    assert [n.code for n in volume.notes] == ["W-two-forms"]
    assert volume.geometry.spacing == (2, 2, 2)


def test_no_form_at_all_is_a_warning(tmp_path):
    def nothing(header):
        header["sform_code"] = header["qform_code"] = 0
        header["pixdim"][1:4] = 1, 2, 3

    path = saved(tmp_path / "a.nii", change=nothing)
    image = nibabel.load(path)
    image.header["sform_code"] = 0
    raw = bytearray(path.read_bytes())
    raw[252:256] = bytes(4)  # qform_code, sform_code
    path.write_bytes(bytes(raw))
    volume = nifti.read(path, ReadOptions())
    assert [n.code for n in volume.notes] == ["W-no-form"]
    assert volume.geometry.spacing is not None


@pytest.mark.parametrize(("unit", "factor"), [("meter", 1000), ("micron", 0.001), ("unknown", 1)])
def test_units_become_millimetres(tmp_path, unit, factor):
    path = saved(
        tmp_path / "a.nii", affine=np.diag([2.0, 2, 2, 1]), change=lambda h: h.set_xyzt_units(unit)
    )
    spacing = nifti.read(path, ReadOptions()).geometry.spacing
    assert spacing == pytest.approx((2 * factor,) * 3)


@pytest.mark.parametrize(
    "name",
    [
        "functional.nii",
        "anatomical.nii",
        "reoriented_anat_moved.nii",
        "resampled_anat_moved.nii",
        "example4d.nii.gz",
        "example_nifti2.nii.gz",
        "standard.nii.gz",
    ],
)
def test_the_files_that_nibabel_ships(name):
    if not (SHIPPED / name).exists():
        pytest.skip(f"this nibabel does not ship {name}")
    volume = nifti.read(SHIPPED / name, ReadOptions())
    image = nibabel.load(SHIPPED / name)
    corner = volume.geometry.affine() @ [*volume.geometry.shape, 1]
    want = LPS @ image.affine @ [*image.shape[:3], 1]
    assert corner == pytest.approx(want, rel=1e-5, abs=1e-3)
    data = np.asanyarray(image.dataobj)
    last = data.reshape(*data.shape[:3], -1)[..., len(volume.channels) - 1]
    got = values(volume, len(volume.channels) - 1, chunk=1 << 16)
    np.testing.assert_allclose(got, last.T, rtol=1e-12)


def test_half_a_gzip_file(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (40, 30, 20)).astype(np.uint8)
    path = saved(tmp_path / "a.nii.gz", noise)
    path.write_bytes(path.read_bytes()[:9000])
    volume = nifti.read(path, ReadOptions())
    with pytest.raises(ReadError, match="damaged gzip"):
        values(volume, chunk=1000)


def test_half_a_plain_file_is_found_before_a_voxel_is_read(tmp_path):
    path = saved(tmp_path / "a.nii")
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ReadError, match="ends after 369 of 376 bytes"):
        nifti.read(path, ReadOptions())


def test_a_changed_byte_fails_the_checksum(tmp_path):
    raw = bytearray(gzip.compress(saved(tmp_path / "a.nii").read_bytes(), 0, mtime=0))
    raw[-20] ^= 1  # a voxel; stored, so it still inflates
    path = tmp_path / "b.nii.gz"
    path.write_bytes(bytes(raw))
    with pytest.raises(ReadError, match="damaged gzip"):
        values(nifti.read(path, ReadOptions()))


def test_a_gzip_file_of_several_members(tmp_path):
    raw = saved(tmp_path / "a.nii").read_bytes()
    path = tmp_path / "b.nii.gz"
    path.write_bytes(gzip.compress(raw[:360]) + gzip.compress(raw[360:]) + bytes(8))
    np.testing.assert_array_equal(values(nifti.read(path, ReadOptions())), RAMP.T)


def test_a_suffix_that_lies(tmp_path):
    path = tmp_path / "a.nii.gz"
    path.write_bytes(saved(tmp_path / "a.nii").read_bytes())
    with pytest.raises(ReadError, match="the name says gzip and the content is not"):
        nifti.read(path, ReadOptions())


@pytest.mark.parametrize("content", [b"", b"not a header", bytes(400)])
def test_no_header(tmp_path, content):
    path = tmp_path / "a.nii"
    path.write_bytes(content)
    with pytest.raises(ReadError, match="not a NIfTI file"):
        nifti.read(path, ReadOptions())


def test_complex_values_are_refused(tmp_path):
    path = saved(tmp_path / "a.nii", RAMP.astype(np.complex64))
    with pytest.raises(ReadError, match="type 32"):
        nifti.read(path, ReadOptions())


def test_claims(tmp_path):
    head = saved(tmp_path / "a.nii").read_bytes()[:512]
    assert nifti.claims(Path("no_suffix"), head)
    assert nifti.claims(Path("a.nii.gz"), b"")
    assert not nifti.claims(Path("a.png"), b"\x89PNG")


def test_channels_of_any_axis(tmp_path):  # ACCOUNT-A16
    import nibabel as nib

    from segeval.readers.registry import open_volume
    from segeval.volume.align import read_whole_channel
    from segeval.volume.read_options import ReadOptions

    stack = np.random.default_rng(0).random((3, 4, 5, 6)).astype(np.float32)  # c, x, y, z
    affine = np.diag([-0.5, -0.6, 0.7, 1])
    for axis in range(4):
        moved = np.moveaxis(stack, 0, axis)
        for suffix in (".nii", ".nii.gz"):
            nib.save(nib.Nifti1Image(moved, affine), tmp_path / f"a{suffix}")
            volume = open_volume(tmp_path / f"a{suffix}", ReadOptions(channel_axis=axis))
            assert volume.geometry.shape == (6, 5, 4)
            assert volume.geometry.spacing == pytest.approx((0.7, 0.6, 0.5))
            for number, channel in enumerate(volume.channels):
                assert (stack[number] == read_whole_channel(channel, volume.geometry).T).all()
    with pytest.raises(ReadError, match="--channel-axis 4"):
        open_volume(tmp_path / "a.nii", ReadOptions(channel_axis=4))


@pytest.mark.parametrize(
    ("text", "name"),
    [(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 12\n", "Git LFS"),
     (b"/annex/objects/MD5E-s12--4d7a.nii.gz\n", "git-annex")],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".nii.gz", ".png", ".npz", ".mha"])
def test_a_pointer_in_place_of_the_file(tmp_path, text, name, suffix):
    from segeval.readers.registry import open_volume
    from segeval.volume.read_options import ReadOptions

    (tmp_path / f"a{suffix}").write_bytes(text)
    with pytest.raises(ReadError, match=name):
        open_volume(tmp_path / f"a{suffix}", ReadOptions())


def test_bytes_that_the_header_does_not_announce_are_refused(tmp_path):
    path = saved(tmp_path / "a.nii")
    with path.open("ab") as file:
        file.write(bytes(path.stat().st_size))
    with pytest.raises(ReadError, match=r"the file has \d+ bytes, and its header announces \d+"):
        nifti.read(path, ReadOptions())
