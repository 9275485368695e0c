"""A kept table of instances is read again, and refused where its lists do not belong together."""

import numpy as np
import pytest

from segeval.tallies.instance_table import InstanceTable
from tests.tallies.instance_build import instances_of

TRUTH = np.array([[1, 1, 0, 2, 2, 0], [1, 1, 0, 2, 2, 0], [0, 0, 0, 0, 0, 3]])


@pytest.fixture
def kept():
    return instances_of(TRUTH, np.roll(TRUTH, 1, 1)).tables(0)[0].to_json()


def test_it_is_read_as_it_was_written(kept):
    assert InstanceTable.from_json(kept).to_json() == kept


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t["ids"][0].append(9),
        lambda t: t["ids"][1].pop(),
        lambda t: t["centres"][0].append([0.0, 0.0]),
        lambda t: t["truth"].append(5),
        lambda t: t.update(void=[1]),
        lambda t: t.update(under=[1]),
        lambda t: t["shared"][0].__setitem__(0, 3),
        lambda t: t["shared"][0].__setitem__(1, -1),
        lambda t: t.update(unions=[[[1, 2], [1, 2]], [[1, 2, 3], [1, 2, 3]]]),
    ],
)
def test_lists_that_do_not_belong_together_are_refused(kept, change):
    change(kept)
    with pytest.raises(ValueError, match=r"instance"):
        InstanceTable.from_json(kept)
