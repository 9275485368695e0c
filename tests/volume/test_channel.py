"""How many channels a file may have."""

import numpy as np
import pytest
from runs import run

from segeval.runtime.errors import ReadError
from segeval.volume.channel import MOST_CHANNELS, check_channel_count


def test_more_channels_than_any_file_has_are_refused():
    check_channel_count(MOST_CHANNELS, "a.npy")
    with pytest.raises(ReadError, match="16385 channels, and at most 16384") as caught:
        check_channel_count(MOST_CHANNELS + 1, "a.npy")
    assert caught.value.where == "a.npy"


def test_a_small_file_of_a_million_channels_is_the_error_of_its_case(tmp_path):
    np.save(tmp_path / "p.npy", np.zeros((1_000_000, 2, 2), np.uint8))
    np.save(tmp_path / "g.npy", np.zeros((2, 2), np.uint8))
    [case] = run(tmp_path / "p.npy", tmp_path / "g.npy", "dice").cases
    assert case.status == "unreadable"
    assert "1000000 channels" in case.error["message"]
