"""Boxes of an array in a file, against the same slices of the array."""

import numpy as np
import pytest

from segeval.runtime.errors import ReadError
from segeval.runtime.packed_streams import PackedBytes
from segeval.volume import stored_boxes
from segeval.volume.stored_boxes import StoredBoxes


def boxes(path, array, skip=0):
    path.write_bytes(b"x" * skip + array.tobytes())
    file = path.open("rb", buffering=0)
    return file, StoredBoxes(file, PackedBytes(path, skip=skip), array.dtype, array.shape)


@pytest.mark.parametrize("piece", [1, 64, 1 << 20])
@pytest.mark.parametrize("run", [1, 40, 1 << 20])
@pytest.mark.parametrize("shape", [(7,), (5, 6), (4, 5, 6), (3, 4, 5, 2)])
def test_any_box_is_the_slice(tmp_path, monkeypatch, shape, run, piece):
    monkeypatch.setattr(stored_boxes, "LEAST_RUN", run)
    monkeypatch.setattr(stored_boxes, "PIECE_BYTES", piece)
    rng = np.random.default_rng(len(shape))
    array = rng.integers(0, 1 << 14, shape).astype(np.uint16)
    file, found = boxes(tmp_path / "a", array, skip=3)
    with file:
        for _ in range(60):
            ends = [sorted(rng.choice(size + 1, 2, replace=False).tolist()) for size in shape]
            box = [(a, b) if rng.random() < 0.7 else (0, n) for (a, b), n in zip(ends, shape)]  # noqa: B905
            np.testing.assert_array_equal(found.read(box), array[tuple(slice(*r) for r in box)])


def test_a_file_that_was_cut_is_an_error_and_no_signal(tmp_path):
    array = np.arange(6 * 50 * 40, dtype=np.uint16).reshape(6, 50, 40)
    file, found = boxes(tmp_path / "a", array)
    with file:
        assert found.read([(0, 1), (0, 50), (3, 9)]).shape == (1, 50, 6)
        (tmp_path / "a").write_bytes(b"short")
        with pytest.raises(ReadError, match="too early"):
            found.read([(0, 6), (0, 50), (3, 9)])
