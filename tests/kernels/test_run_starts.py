"""Where runs begin, and the places of what is True."""

import numpy as np
import pytest

from segeval.kernels.run_starts import find_run_starts, find_true_indices


def test_a_run_begins_where_either_stream_changes():
    #      0  1  2  3  4  5  6  7  8
    one = [0, 0, 3, 3, 3, 3, 3, 3, 3]
    two = [1, 1, 1, 1, 2, 2, 2, 2, 0]
    found = find_run_starts(np.array(one, np.uint8), np.array(two, np.uint16))
    assert len(found) == 16
    assert np.flatnonzero(found).tolist() == [0, 2, 4, 8]


@pytest.mark.parametrize("size", [1, 7, 8, 9, 1000, 1001])
@pytest.mark.parametrize("share", [0, 0.01, 0.1, 0.9, 1])
def test_places_are_those_of_numpy(size, share):
    labels = (np.random.default_rng(size).random(size) < share).cumsum() % 256
    found = find_run_starts(labels.astype(np.uint8))
    brute = [i for i in range(size) if i == 0 or labels[i] != labels[i - 1]]
    assert find_true_indices(found).tolist() == brute
