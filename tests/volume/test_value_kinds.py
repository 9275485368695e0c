"""What values may be: the limits, each from both sides of it (ACCOUNT-A15)."""

from pathlib import Path

import numpy as np
import pytest

from segeval.runtime.errors import ReadError
from segeval.volume.value_kinds import round_values, suggest_kind

FILE = Path("a.nii")


def test_account_a15_a_label_may_be_a_hundredth_off_a_whole_number():
    values, off = round_values(np.array([0, 1.0099]), FILE)
    assert values.tolist() == [0, 1]
    assert off == pytest.approx(0.0099)
    with pytest.raises(ReadError, match="not all whole"):
        round_values(np.array([0, 1.0101]), FILE)


@pytest.mark.parametrize(("whole", "interpolated"), [(900, False), (901, True)])
def test_more_than_nine_of_ten_whole_values_are_labels_that_were_interpolated(whole, interpolated):
    values = np.array([2.0] * whole + [1.5] * (1000 - whole))
    assert ("interpolated" in suggest_kind(values, 1.5, 2, "pred")) == interpolated
