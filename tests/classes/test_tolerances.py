"""Published tolerances: which structure has which, and that the table is sound."""

import pytest

from segeval.classes.names import primary_name
from segeval.classes.tolerances import (
    check_tolerance_tables,
    find_published_tolerance,
    load_tolerance_tables,
)
from segeval.runtime.errors import RequestError


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("Brainstem", 2.5),
        ("brain stem", 2.5),
        ("Parotid_L", 2.85),
        ("Parotid-Rt", 2.85),
        ("Orbit-Lt", 1.65),
        ("Mandible", 1.01),
        ("Parotids", None),  # both glands are another structure
        ("Liver", None),  # of another table
        ("whatever", None),
    ],
)
def test_a_structure_by_any_of_its_names(name, want):
    found = find_published_tolerance(name, ["nikolov-2021"])
    assert found == (None if want is None else (want, "nikolov-2021"))


def test_the_first_table_that_has_it():
    both = ["nikolov-2021", "flare-2022"]
    assert find_published_tolerance("Liver", both) == (5, "flare-2022")
    assert find_published_tolerance("Liver", []) is None


def test_every_row_is_a_structure_with_a_length():
    for table in load_tolerance_tables().values():
        assert table.source
        for name, mm in table.mm.items():
            known = primary_name(name) == name or primary_name(f"{name}_L") == f"{name}_L"
            assert known, name
            assert 0 < mm < 10


def test_a_table_that_does_not_exist():
    with pytest.raises(RequestError, match="2mm"):
        check_tolerance_tables(["2mm"])
