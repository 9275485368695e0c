import numpy as np
import pytest

from segeval.kernels.resample import (
    RULES,
    nearest_index,
    resample_linear,
    resample_nearest,
    source_coordinates,
)


def test_coordinates_by_hand():
    assert source_coordinates(3, 5, "align_corners").tolist() == [0, 0.5, 1, 1.5, 2]
    # (i + 1/2) / 2 - 1/2, kept in [0, 1]
    assert source_coordinates(2, 4, "half_pixel").tolist() == [0, 0.25, 0.75, 1]
    assert source_coordinates(2, 4, "asymmetric").tolist() == [0, 0.5, 1, 1]


def test_nearest_by_hand():
    # floor(i 3 / 2), floor((i + 1/2) 3 / 2)
    assert nearest_index(3, 2, "asymmetric").tolist() == [0, 1]
    assert nearest_index(3, 2, "half_pixel").tolist() == [0, 2]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 5)])
def test_the_same_size_is_the_same_map(rule, shape):
    values = np.random.default_rng(0).random((2, *shape))
    assert (resample_linear(values, shape, rule) == values).all()


@pytest.mark.parametrize("rule", RULES)
def test_a_constant_stays_constant(rule):
    np.testing.assert_allclose(
        resample_linear(np.full((1, 3, 3), 0.3), (7, 5), rule), 0.3, rtol=1e-15
    )


def test_labels_keep_their_type():
    assert resample_nearest(np.array([[1, 2]], np.uint8), (1, 4), "asymmetric").tolist() == [
        [1, 1, 2, 2]
    ]
    assert resample_nearest(np.zeros((2, 2), np.uint16), (3, 3), "half_pixel").dtype == np.uint16
