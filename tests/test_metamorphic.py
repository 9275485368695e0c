"""A few pairs of what `benchmarks/invariance.py` runs by the thousand."""

import numpy as np
import pytest
import same_case
from metamorphic import faults, metric_texts, one_way, plain, solids, values_of
from same_case import faults_of_readers

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


@pytest.mark.parametrize("axes", [2, 3])
def test_the_same_case_in_every_format_has_the_same_numbers(tmp_path, axes):
    assert faults_of_readers(0, tmp_path, axes=axes) == []


def test_a_format_with_other_numbers_is_found(tmp_path, monkeypatch):
    def wrong(path, array, spacing, rng):
        return same_case.as_numpy(path, np.where(array == 2, 0, array), spacing, rng)

    monkeypatch.setitem(same_case.FORMS, 2, (wrong,))
    assert any("dice" in line for line in faults_of_readers(0, tmp_path, axes=2))
