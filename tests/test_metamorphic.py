"""A few pairs of what `benchmarks/invariance.py` runs by the thousand."""

import numpy as np
import pytest
from metamorphic import faults, metric_texts, one_way, plain, solids, values_of

from segeval.metrics.registry import load_all_metrics


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("axes", [2, 3])
def test_what_must_change_no_number_changes_none(seed, axes):
    assert faults(seed, axes) == []


def test_every_metric_of_label_maps_is_asked():
    asked = {plain(text) for text in metric_texts(("counts", "surface"))}
    assert asked == {n for n, d in load_all_metrics().items() if d.of in ("counts", "surface")}
    assert len(metric_texts(("counts", "surface"))) > 60


def test_a_number_that_depends_on_the_order_is_found():
    truth, pred, spacing = solids(0)
    asked = [m for m in metric_texts(("surface",)) if one_way(m)]
    one = values_of(pred, truth, spacing, asked)
    other = values_of(np.flip(pred, 0), np.flip(truth, 0), spacing, asked)
    assert any(one[key] != other[key] for key in one)  # so they are left out with reason
