"""`segeval metrics`: the registry, for people."""

import pytest

from segeval.metrics.registry import known


def test_every_metric_is_in_the_list(segeval):
    ran = segeval("metrics")
    assert ran.status == 0
    head, _, *rows = ran.out.splitlines()
    assert head.split()[0] == "metric"
    assert [row.split()[0] for row in rows] == list(known())


@pytest.mark.parametrize("name", known())
def test_a_metric_is_explained(segeval, name):
    ran = segeval("metrics", name)
    assert ran.status == 0
    heads = [line.split()[0] for line in ran.out.splitlines() if line]
    assert heads[0] == name
    assert {"formula", "empty", "source", "unit", "better"} <= set(heads)


def test_a_request_is_explained_by_its_metric(segeval):
    assert segeval("metrics", "fbeta@2").out == segeval("metrics", "fbeta").out
    assert "default 1" in segeval("metrics", "fbeta").out


def test_options_are_shown(segeval):
    assert "auto | voxels, default auto" in segeval("metrics", "gt_volume").out
