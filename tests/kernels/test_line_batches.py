"""Outlines in batches: the mask of all lines at once, and none where there are too many."""

import numpy as np
import pytest

from segeval.kernels import line_batches
from segeval.kernels.line_batches import split_lines
from segeval.kernels.raster import Polygons, rasterize_polygons
from segeval.kernels.rle import count_columns, crossings, edges_of_polygons
from segeval.runtime.errors import ReadError

RNG = np.random.default_rng(4)


def test_every_line_is_in_one_batch(monkeypatch):
    monkeypatch.setattr(line_batches, "BATCH_STEPS", 10)
    steps = RNG.integers(0, 25, 200)
    batches = split_lines(steps)
    assert np.concatenate([np.arange(200)[one] for one in batches]).tolist() == list(range(200))
    assert max(int(steps[one].sum()) for one in batches) < 10 + 25
    assert split_lines(np.zeros(0, np.int64)) == [slice(0, 0)]


def test_too_many_steps_are_refused(monkeypatch):
    monkeypatch.setattr(line_batches, "MOST_STEPS", 99)
    assert len(split_lines(np.array([50, 49]))) == 1
    with pytest.raises(ReadError, match="step over 100 rows") as caught:
        split_lines(np.array([50, 50]))
    assert caught.value.status == "over_budget"


@pytest.mark.parametrize("batch", [1, 7, 300])
def test_polygons_are_the_same_in_any_batches(monkeypatch, batch):
    polygons = [RNG.uniform(-4, 34, (n, 2)) for n in (3, 4, 9, 40)]
    whole = edges_of_polygons(polygons, (30, 25))
    ends = np.cumsum([len(one) for one in polygons])
    planes = Polygons(np.concatenate(polygons), ends, np.array([0, 1, 1, 2]))
    drawn = rasterize_polygons(planes, (3, 30, 25))
    monkeypatch.setattr(line_batches, "BATCH_STEPS", batch)
    for one, other in zip(edges_of_polygons(polygons, (30, 25)), whole, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(rasterize_polygons(planes, (3, 30, 25)).edges, drawn.edges)


def test_the_columns_of_a_line_are_those_that_it_is_drawn_in():
    start, stop = (RNG.integers(-100, 400, (500, 2)) for _ in range(2))
    line, _, _ = crossings(start, stop, 60)
    found = np.bincount(line, minlength=500)
    np.testing.assert_array_equal(count_columns(start, stop, 60), found)
