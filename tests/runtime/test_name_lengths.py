"""Names that are made of other names fit, whatever those are."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from segeval.runtime.name_lengths import LONGEST, fit_name, fit_path, name_beside

NAMES = st.text(
    st.sampled_from(["a", "Z", ".", " ", "\u00fc", "\u4e2d", "\U0001f600", "\udcff"]),
    min_size=1,
    max_size=400,
).filter(lambda name: name not in (".", ".."))


def length(name):
    return len(name.encode("utf-8", "surrogateescape"))


@given(NAMES, st.integers(0, 60))
def test_what_fits_stays_and_what_does_not_is_cut(name, room):
    made = fit_name(name, room=room)
    assert (made == name) == (length(name) + room <= LONGEST)
    assert length(made) + room <= LONGEST


@given(NAMES)
def test_another_long_name_is_another_file(name):
    one, two = (fit_name(name + "x" * 255 + last + ".nii.gz", ".nii.gz") for last in "ab")
    assert one != two
    assert one.endswith(".nii.gz")


@given(NAMES, st.sampled_from([".12345.tmp", ".partial.jsonl", "\u00fc"]))
def test_a_file_beside_another_may_be_made(name, after):
    made = name_beside(Path("/x", name), ".", after)
    assert (made.parent, length(made.name) <= LONGEST) == (Path("/x"), True)


@given(NAMES, NAMES)
def test_each_part_of_a_path_fits(folder, name):
    made = fit_path(Path("/x", folder, name + ".nrrd"), ".nrrd")
    assert all(length(part) <= LONGEST for part in made.parts)
    assert made.suffix == ".nrrd"
