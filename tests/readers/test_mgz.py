"""FreeSurfer's volumes, held against nibabel."""

import gzip

import nibabel
import numpy as np
import pytest

from segeval.readers.registry import open_volume
from segeval.runtime.errors import ReadError
from segeval.volume.align import read_whole_channel
from segeval.volume.read_options import ReadOptions

AFFINE = np.array([[-0.9, 0.1, 0, 20], [0, 0.2, 1.1, -30], [0.1, -1.2, 0.2, 12], [0, 0, 0, 1]])
ARRAY = np.random.default_rng(0).integers(0, 9, (6, 5, 4)).astype(np.uint8)


def written(path, array, affine=AFFINE):
    nibabel.save(nibabel.MGHImage(array, affine), path)
    return path


@pytest.mark.parametrize("suffix", [".mgz", ".mgh"])
@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4"])
def test_values_and_place_are_those_of_nibabel(tmp_path, suffix, dtype):
    path = written(tmp_path / f"a{suffix}", ARRAY.astype(dtype))
    volume = open_volume(path, ReadOptions())
    array = read_whole_channel(volume.channels[0], volume.geometry)
    assert (array.T == ARRAY).all()
    lps = np.diag([-1, -1, 1, 1]) @ nibabel.MGHImage(ARRAY, AFFINE).header.get_affine()
    assert volume.geometry.affine()[:, [2, 1, 0, 3]] == pytest.approx(lps, abs=1e-4)


def test_frames_are_channels(tmp_path):
    stack = np.stack([ARRAY, ARRAY + 1], -1)
    volume = open_volume(written(tmp_path / "a.mgz", stack), ReadOptions())
    for number, channel in enumerate(volume.channels):
        assert (stack[..., number] == read_whole_channel(channel, volume.geometry).T).all()


def test_what_follows_the_voxels_is_left(tmp_path):
    path = written(tmp_path / "a.mgz", ARRAY)
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"tags" * 99))
    volume = open_volume(path, ReadOptions())
    assert (read_whole_channel(volume.channels[0], volume.geometry).T == ARRAY).all()


def values(path):
    volume = open_volume(path, ReadOptions())
    return read_whole_channel(volume.channels[0], volume.geometry)


def test_a_damaged_file(tmp_path):
    path = written(tmp_path / "a.mgz", ARRAY)
    raw = bytearray(path.read_bytes())
    for place in (len(raw) // 2, len(raw) - 5):
        bad = bytearray(raw)
        bad[place] ^= 8
        path.write_bytes(bad)
        with pytest.raises(ReadError):
            values(path)
    path.write_bytes(raw[:100])
    with pytest.raises(ReadError):
        open_volume(path, ReadOptions())


@pytest.mark.parametrize("ending", [".mgz", ".mgh"])
@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_account_a16_the_axis_of_the_channels_is_named(tmp_path, ending, axis):
    import nibabel

    from segeval.volume.channel_streams import open_channels

    label = np.arange(5 * 6 * 7).reshape(5, 6, 7) % 3
    scores = np.stack([np.where(label == c, 0.9, 0.05) for c in range(3)]).astype(np.float32)
    stored = np.moveaxis(scores, 0, axis)  # axes of the file: x, y, z and the channels anywhere
    path = tmp_path / f"a{ending}"
    nibabel.freesurfer.mghformat.MGHImage(stored, np.eye(4)).to_filename(path)
    volume = open_volume(path, ReadOptions(channel_axis=axis))
    assert volume.geometry.shape == (7, 6, 5)
    with open_channels(volume.channels, 210) as streams:
        for channel, stream in enumerate(streams):
            found = np.array(stream.read(210)).reshape(7, 6, 5).T
            assert (found == scores[channel]).all()
