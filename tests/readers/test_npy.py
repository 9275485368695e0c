"""NumPy arrays: their orders, their channels, and what is refused."""

import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.grid.geometry import Reorder
from segeval.readers import npy
from segeval.runtime.errors import ReadError
from segeval.runtime.packed_streams import PackedBytes
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions

GRID = (4, 3, 2)
STACK = np.random.default_rng(0).random((5, *GRID)).astype(np.float32)  # 5 channels


def saved(path, array, **others):
    """Write an array as .npy, or as .npz under the name `array` and others."""
    if path.suffix == ".npy":
        np.save(path, array)
    else:
        np.savez_compressed(path, **({"array": array} | others))
    return path


def values(volume, chunk=7):
    """All channels, read in lockstep."""
    count = volume.geometry.size
    with open_channels(volume.channels, chunk) as opened:
        parts = [
            [s.read(min(chunk, count - at)).copy() for s in opened] for at in range(0, count, chunk)
        ]
    return np.concatenate([np.stack(p) for p in parts], axis=1).reshape(-1, *volume.geometry.shape)


@pytest.mark.parametrize("axis", range(4))
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_channels_on_any_axis_in_any_order(tmp_path, axis, suffix, order):
    array = np.asarray(np.moveaxis(STACK, 0, axis), order=order)
    volume = npy.read(saved(tmp_path / f"a{suffix}", array), ReadOptions(grid=GRID))
    np.testing.assert_array_equal(values(volume), STACK)


@given(
    shape=st.lists(st.integers(1, 4), min_size=3, max_size=4),
    axis=st.integers(-4, 3),
    order=st.sampled_from("CF"),
    chunk=st.integers(1, 9),
)
def test_the_axis_that_is_named(tmp_path_factory, shape, axis, order, chunk):
    axis = axis % len(shape)
    array = np.asarray(np.arange(np.prod(shape)).reshape(shape), order=order)
    path = saved(tmp_path_factory.mktemp("n") / "a.npy", array)
    volume = npy.read(path, ReadOptions(channel_axis=axis))
    np.testing.assert_array_equal(values(volume, chunk), np.moveaxis(array, axis, 0))


def test_a_picture_of_channels(tmp_path):
    path = saved(tmp_path / "a.npy", STACK[:, 0])
    np.testing.assert_array_equal(values(npy.read(path, ReadOptions(grid=(3, 2)))), STACK[:, 0])


def test_a_volume_beside_a_volume_has_no_channels(tmp_path):
    path = saved(tmp_path / "a.npy", STACK[0])
    volume = npy.read(path, ReadOptions(grid=GRID, channel_axis=0))
    assert values(volume).tolist() == [STACK[0].tolist()]


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", ">i2", "i8", "f2", ">f8"])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_types_and_byte_orders(tmp_path, dtype, suffix):
    array = (STACK[0] > 0.5).astype(dtype)
    volume = npy.read(saved(tmp_path / f"a{suffix}", array), ReadOptions())
    assert volume.channels[0].dtype == np.dtype(dtype)
    assert values(volume).tolist() == [array.tolist()]


def test_spacing_is_what_is_given(tmp_path):
    path = saved(tmp_path / "a.npy", STACK[0])
    assert npy.read(path, ReadOptions()).geometry.spacing is None
    assert npy.read(path, ReadOptions(spacing=(3, 2, 1))).geometry.spacing == (3, 2, 1)


# -- archives -------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", ["probabilities", "softmax", "logits"])
def test_a_known_name_before_others(tmp_path, known):
    path = saved(tmp_path / "a.npz", STACK[:, 0], **{known: STACK})
    volume = npy.read(path, ReadOptions(grid=GRID))
    np.testing.assert_array_equal(values(volume), STACK)
    assert volume.logits is (known == "logits")


def test_the_class_axis_of_nnunet_is_the_first_without_being_asked(tmp_path):
    path = saved(tmp_path / "a.npz", STACK)
    assert values(npy.read(path, ReadOptions())).shape == (5, *GRID)
    cube = np.arange(81).reshape(3, 3, 3, 3)  # every axis fits
    path = saved(tmp_path / "b.npz", cube)
    np.testing.assert_array_equal(values(npy.read(path, ReadOptions(grid=(3, 3, 3)))), cube)


def test_the_plane_of_a_picture_in_nnunet(tmp_path):
    path = saved(tmp_path / "a.npz", STACK[:, :1])  # (class, 1, y, x) beside a PNG
    assert npy.read(path, ReadOptions(grid=(3, 2))).geometry.shape == (1, 3, 2)


def test_an_array_that_is_stored_as_it_is_can_be_read_anywhere(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, other=np.arange(3), probabilities=STACK)
    volume = npy.read(path, ReadOptions(grid=GRID))
    assert all(v.source.seekable for v in volume.channels)
    np.testing.assert_array_equal(values(volume), STACK)


def test_a_packed_array_streams_out_of_the_archive(tmp_path):
    volume = npy.read(saved(tmp_path / "a.npz", STACK[0]), ReadOptions())
    assert volume.channels[0].source == PackedBytes(
        tmp_path / "a.npz",
        "array.npy",
        skip=128,
        size=STACK[0].nbytes,
        total=128 + STACK[0].nbytes,
    )


def test_several_arrays_and_no_known_name(tmp_path):
    path = saved(tmp_path / "a.npz", STACK, one=STACK)
    with pytest.raises(ReadError, match="2 arrays, and none is called") as caught:
        npy.read(path, ReadOptions())
    assert caught.value.facts == ("it holds array, one",)


def test_an_archive_without_arrays(tmp_path):
    path = tmp_path / "a.npz"
    zipfile.ZipFile(path, "w").close()
    with pytest.raises(ReadError, match="0 arrays"):
        npy.read(path, ReadOptions())


def test_a_member_that_is_shorter_than_its_header_says(tmp_path):
    raw = saved(tmp_path / "a.npy", STACK).read_bytes()
    path = tmp_path / "b.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", raw[:-4])
    with pytest.raises(ReadError, match="the array a ends after"):
        npy.read(path, ReadOptions())


@pytest.mark.parametrize("stored", [True, False])
def test_an_archive_cut_off_anywhere(tmp_path, stored):
    path = tmp_path / "a.npz"
    (np.savez if stored else np.savez_compressed)(path, STACK)
    raw = path.read_bytes()
    for length in range(0, len(raw), 29):
        path.write_bytes(raw[:length])
        with pytest.raises(ReadError):
            npy.read(path, ReadOptions())


def test_a_changed_byte_of_an_archive_fails_its_checksum(tmp_path):
    path = saved(tmp_path / "a.npz", STACK)
    raw = bytearray(path.read_bytes())
    raw[300] ^= 255
    path.write_bytes(bytes(raw))
    with pytest.raises(ReadError, match="Bad CRC"):
        values(npy.read(path, ReadOptions(grid=GRID)))


# -- what is not guessed --------------------------------------------------------------------------


def test_two_axes_that_fit(tmp_path):
    path = saved(tmp_path / "a.npy", np.zeros((3, 3, 3)))
    with pytest.raises(ReadError, match=r"3 axes .* can be the channels") as caught:
        npy.read(path, ReadOptions(grid=(3, 3)))
    assert caught.value.facts[0] == "axis 0: 3 channels on 3x3"
    assert "--channel-axis" in caught.value.help


def test_the_number_of_classes_decides_between_axes(tmp_path):
    path = saved(tmp_path / "a.npy", STACK)  # 5 x 4 x 3 x 2
    for classes in (4, 5):  # without the background, and with it
        volume = npy.read(path, ReadOptions(classes=classes, grid=GRID))
        assert len(volume.channels) == 5
    assert len(npy.read(path, ReadOptions(classes=1)).channels) == 2
    with pytest.raises(ReadError, match="2 axes"):  # of length 2 and 3
        npy.read(path, ReadOptions(classes=2))


def test_no_axis_fits(tmp_path):
    path = saved(tmp_path / "a.npy", STACK)
    with pytest.raises(ReadError, match=r"no axis of \(5, 4, 3, 2\)") as caught:
        npy.read(path, ReadOptions(grid=(9, 9, 9)))
    assert caught.value.facts == ("the other side is (9, 9, 9)",)


def test_an_axis_that_is_not_there(tmp_path):
    with pytest.raises(ReadError, match="--channel-axis 4 of an array of 4 axes"):
        npy.read(saved(tmp_path / "a.npy", STACK), ReadOptions(grid=GRID, channel_axis=4))


@pytest.mark.parametrize("shape", [(), (4,), (2, 2, 2, 2, 2), (0, 3)])
def test_shapes_that_are_no_grid(tmp_path, shape):
    with pytest.raises(ReadError, match="no picture and no volume"):
        npy.read(saved(tmp_path / "a.npy", np.zeros(shape)), ReadOptions())


@pytest.mark.parametrize(
    "array", [np.array([{"a": 1}]), np.zeros((2, 2), complex), np.array([["a"]])]
)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_what_is_no_number_is_never_loaded(tmp_path, array, suffix):
    path = saved(tmp_path / f"a{suffix}", array)
    with pytest.raises(ReadError, match="holds no numbers"):
        npy.read(path, ReadOptions())


def test_a_pickle_under_the_name_is_not_opened(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(pickle.dumps(STACK))
    with pytest.raises(ReadError, match="its mark is missing"):
        npy.read(path, ReadOptions())


def test_a_file_cut_off_anywhere(tmp_path):
    path = saved(tmp_path / "a.npy", STACK)
    raw = path.read_bytes()
    for length in range(0, len(raw), 31):
        path.write_bytes(raw[:length])
        with pytest.raises(ReadError):
            npy.read(path, ReadOptions(grid=GRID))


def test_the_order_of_fortran_is_an_order_of_axes(tmp_path):
    volume = npy.read(saved(tmp_path / "a.npy", np.asfortranarray(STACK[0])), ReadOptions())
    assert volume.channels[0].stored == (2, 3, 4)
    assert volume.channels[0].order == Reorder((2, 1, 0), ())
