"""Scores are enlarged band by band: the same numbers as all at once."""

import numpy as np
import pytest
from oracles.read import inputs, records
from stacks import read, stack

from segeval.grid.geometry import Geometry
from segeval.kernels.resample import resample_linear
from segeval.runtime.errors import ReadError
from segeval.volume import upsampling
from segeval.volume.upsampling import mean_flipped_softmax, sum_flipped_logits, upsample_scores

RESIZED = [r for r in records() if r.case == "resize_kernels" and r.convention.startswith("bil")]


@pytest.mark.parametrize("r", RESIZED, ids=lambda r: r.id)
def test_the_values_of_the_libraries(r):
    values = inputs(r.case)[r.params["x"]][0]
    grid = Geometry(tuple(r.params["size"]))
    found = read(upsample_scores(stack(values), grid, r.convention.partition(".")[2]), 7)
    np.testing.assert_allclose(found, r.want[0], r.rtol, r.atol)


def test_there_are_oracles():
    assert len(RESIZED) >= 15


@pytest.mark.parametrize("rule", ["align_corners", "half_pixel", "asymmetric"])
@pytest.mark.parametrize("chunk", [1, 13, 1 << 16])
def test_bands_of_any_size_give_the_same_bits(monkeypatch, rule, chunk):
    monkeypatch.setattr(upsampling, "BAND", 40)  # less than one plane of 9 x 7
    values = np.random.default_rng(3).normal(size=(2, 3, 4, 5)).astype(np.float32)
    found = read(upsample_scores(stack(values), Geometry((6, 9, 7)), rule), chunk)
    np.testing.assert_array_equal(found, resample_linear(values, (6, 9, 7), rule))


def test_one_size_is_left_alone():
    volume = stack(np.zeros((2, 3, 4)))
    assert upsample_scores(volume, Geometry((3, 4)), "half_pixel").channels == volume.channels


def test_logits_of_the_mirror_image_by_hand():
    summed = sum_flipped_logits(stack(np.array([[[1.0, 2.0]]])), stack(np.array([[[10.0, 30.0]]])))
    np.testing.assert_array_equal(read(summed, 2), [[[31.0, 12.0]]])  # 1 + 30, 2 + 10


def test_the_mean_of_probabilities_by_hand():
    own, mirrored = stack(np.array([[[0.2, 0.4]]])), stack(np.array([[[0.6, 1.0]]]))
    mean = mean_flipped_softmax(own, mirrored, Geometry((1, 2)), "never", "none")
    np.testing.assert_allclose(read(mean, 2), [[[0.6, 0.5]]])  # (0.2 + 1) / 2, (0.4 + 0.6) / 2


def test_a_mirror_image_of_another_form_is_refused():
    with pytest.raises(ReadError, match="another form"):
        sum_flipped_logits(stack(np.zeros((2, 3, 4))), stack(np.zeros((3, 3, 4))))
