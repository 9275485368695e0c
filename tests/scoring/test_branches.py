"""Outputs of one network, and its weights."""

from pathlib import Path

import numpy as np

from segeval.scoring.branches import sum_weight_squares


def test_weights_that_changed_are_read_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("w.npz", np.ones((2, 2)))
    assert sum_weight_squares(Path("w.npz")) == 4
    np.savez("w.npz", np.ones((3, 3)))
    assert sum_weight_squares(Path("w.npz")) == 9
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    np.savez("w.npz", np.full((2, 2), 2.0))
    assert sum_weight_squares(Path("w.npz")) == 16
