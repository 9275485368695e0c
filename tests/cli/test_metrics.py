"""`segeval metrics`: the registry, for people."""

import pytest

from segeval.metrics.registry import load_all_metrics


def test_every_metric_is_in_the_list(segeval):
    ran = segeval("metrics")
    assert ran.status == 0
    head, _, *rows = ran.out.splitlines()
    assert head.split()[0] == "metric"
    assert [row.split()[0] for row in rows] == list(load_all_metrics())


@pytest.mark.parametrize("name", load_all_metrics())
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


def test_every_convention_of_a_loss_is_explained(segeval):
    lines = segeval("metrics", "ce").out.splitlines()
    heads = " ".join(line for line in lines if line.startswith("ce:as="))
    named = {word.removeprefix("ce:as=") for word in heads.split()}
    assert named == {"keras", "keras_categorical", "nnunet", "tf", "caffe", "smp"}
    for field in ("formula", "empty", "ignored", "source"):
        assert sum(line.startswith(field) for line in lines) == 4  # torch, and three groups more


def test_one_convention_is_explained_alone(segeval):
    out = segeval("metrics", "ce:as=smp").out
    assert "segmentation_models_pytorch" in out
    assert out.count("formula") == 1
