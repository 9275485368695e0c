"""REPORT-T20: how each number is defined: formula, empty-mask rule and source of every metric."""

import re

import pytest

from segeval.metrics.registry import load_all_metrics
from segeval.reports.html.metric_doc import documentation

EVERY = {
    f"{name} {origin}".strip(): made
    for name, base in load_all_metrics().items()
    for origin, made in {**base.origins, "": base}.items()
}


@pytest.mark.parametrize("name", EVERY)
def test_report_t20_every_metric_says_what_it_is(name):
    first, fields = documentation(EVERY[name].doc)
    found = dict(fields)
    assert first.endswith((".", "?"))
    assert {"formula", "empty", "source"} <= set(found)
    assert all(text and not re.search(r"\s{2,}", text) for text in found.values())


def test_a_field_ends_where_another_word_begins():
    said = documentation(
        """What it is.

        empty    undefined
        memory   at most 8 bytes
                 a voxel
        mirror   another number
                 of one convention
        source   A
        """
    )[1]
    assert said == [
        ("empty", "undefined"),
        ("mirror", "another number of one convention"),
        ("source", "A"),
    ]
