import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segeval.kernels.bins import bin_edges, bin_index, reliability_bins

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def searched(values, edges, rule):
    """The obvious form: a search."""
    if rule == "torchmetrics":
        return np.searchsorted(edges, values, side="right") - 1
    side = "right" if rule == "monai_right" else "left"
    return np.minimum(np.searchsorted(edges[1:], values, side=side), len(edges) - 2)


@pytest.mark.parametrize("rule", ["torchmetrics", "monai", "monai_right"])
@pytest.mark.parametrize("bins", [1, 5, 10, 15, 20, 97])
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
@given(drawn=arrays(np.float64, 50, elements=st.floats(0, 1)))
def test_every_value_is_in_the_bin_that_a_search_finds(rule, bins, dtype, drawn):
    edges = bin_edges(bins, rule, dtype)
    near = [edges, np.nextafter(edges, 0), np.nextafter(edges, 1), np.arange(bins + 1) / bins]
    values = np.concatenate([drawn, *near]).clip(0, 1).astype(edges.dtype)
    assert (bin_index(values, edges, rule) == searched(values, edges, rule)).all()


def test_one_has_a_bin_of_its_own():
    edges = bin_edges(10, "torchmetrics", DOUBLE)
    assert bin_index(np.array([0.0, 0.95, 1.0]), edges, "torchmetrics").tolist() == [0, 9, 10]


def test_monai_closes_bins_on_the_right():
    edges = bin_edges(2, "monai", SINGLE)
    values = np.array([0.0, 0.5, 0.51, 1.0], np.float32)
    assert bin_index(values, edges, "monai").tolist() == [0, 0, 1, 1]


def test_reliability_by_hand():
    confidence, hit = np.array([0.25, 0.35, 0.9]), np.array([True, False, True])
    found = reliability_bins(confidence, hit, np.array([0, 0, 1]), 2)
    #                       voxels  confidence  hits
    np.testing.assert_allclose(found, [[2, 0.6, 1], [1, 0.9, 1]])
