"""A packed file on both sides is read twice, in the order that it is packed in; no copy is made."""

import build
import pytest

import segeval
from segeval.volume import channel_streams


@pytest.mark.parametrize("write", [build.nifti, build.npz], ids=["nii.gz", "npz"])
def test_nothing_is_unpacked_to_disk(tmp_path, monkeypatch, write):
    path = tmp_path / ("a.npz" if write is build.npz else "a.nii.gz")
    write(path, build.blocks())
    unpacked = []
    monkeypatch.setattr(channel_streams, "spill_packed", unpacked.append)
    card = segeval.score(str(path), str(path), "dice", spacing=(1, 1, 1))
    assert {row.value for row in card.rows} == {1.0}
    assert unpacked == []
