"""ACCOUNT-A31: a help line is done as it is printed, and the error it stood under is gone.

The situations stand in tests/advice, by room; the sites that none of them reaches are counted from
what was run, not declared.
"""

import functools
import importlib
from pathlib import Path

import headless
import pytest
from advice import driver
from advice.reasons import REASONS

ROOMS = sorted(
    path.stem
    for path in (Path(__file__).parent.parent / "advice").glob("*.py")
    if path.stem not in ("driver", "files", "reasons")
)
SITUATIONS = {
    f"{room}: {one.name}": one
    for room in ROOMS
    for one in importlib.import_module(f"advice.{room}").SITUATIONS
}
WITHOUT_SITUATION = 0  # sites; may only shrink


@pytest.fixture(scope="session")
def played(tmp_path_factory):
    """Run a situation once, whoever asks."""

    @functools.cache
    def play(name):
        return driver.play(SITUATIONS[name], tmp_path_factory.mktemp("advice"))

    return play


@pytest.mark.parametrize("name", SITUATIONS)
def test_a31_help_done_as_printed_leads_out(name, played):
    if headless.PROGRAM is None and SITUATIONS[name].browser:
        pytest.skip("no Chromium is installed")
    assert not (faults := played(name).faults), "\n".join(faults)


# Functions whose warnings say what an option did, or what was written, and give no advice.
FACTS = {
    "engines/class_union.py:report_unmet_settings",
    "scoring/classes_by_name.py:report_unlisted",
    "gates/baseline.py:judge_by_baseline",
}


def test_a31_a_warning_that_advises_has_a_situation(played):
    said = [name for name in SITUATIONS if SITUATIONS[name].status == 0]
    reached = set().union(*(played(name).sites for name in said))
    known = driver.warning_sites()
    left = {words for place, words in known.items() if place not in reached}
    assert left - FACTS == set()
    assert set(known.values()) >= FACTS
    assert len(known) - len(FACTS) >= 10


def test_a31_sites_without_a_situation_only_shrink(played):
    reached = set().union(*(played(name).sites for name in SITUATIONS))
    left = [words for place, words in driver.sites().items() if place not in reached]
    without = sorted(words for words in left if words not in REASONS)
    assert len(without) <= WITHOUT_SITUATION, "\n".join(without)
    known = set(driver.sites().values())
    assert set(REASONS) <= known, set(REASONS) - known
