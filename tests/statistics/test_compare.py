"""What two runs differ by, column by column."""

import pytest
from cards import card, cases

from segeval.statistics.compare import model_differences


@pytest.mark.parametrize(("off", "worse"), [(0.9e-12, 0.0), (1.1e-12, 1.0)])
def test_a_difference_within_rounding_is_none(off, worse):
    runs = [
        card(cases("dice", **{f"c{n}": {"liver": 1.0 - part} for n in range(10)}))
        for part in (0.0, off)
    ]
    (found,) = model_differences(runs, 0.95, 0)
    assert found.worse == worse
