"""`segeval metrics`: the registry, for people."""

import pytest

from segeval.metrics.registry import load_all_metrics


def listed(ran):
    """The names in a list of metrics."""
    return [line.split()[0] for line in ran.out.splitlines() if line.startswith("  ")]


def test_every_metric_is_in_the_list(segeval):
    ran = segeval("metrics")
    assert ran.status == 0
    assert listed(ran) == list(load_all_metrics())
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    groups = [line for line in lines if line and not line.startswith("  ")]
    assert groups[0].startswith("Overlap of two masks")
    assert len(groups) == len(set(groups)) > 15


def test_words_search_the_metrics(segeval):
    found = listed(segeval("metrics", "surface", "mean"))
    assert {"assd", "masd"} <= set(found)
    assert "dice" not in found
    assert listed(segeval("metrics", "Cellpose")) == ["cell_ap", "aji"]
    nothing = segeval("metrics", "zebra")
    assert (nothing.status, nothing.out) == (2, "")


@pytest.mark.parametrize(
    ("alias", "name"), [("DSC", "dice"), ("Jaccard", "iou"), ("HD_95", "hd95")]
)
def test_an_alias_is_explained_as_its_metric(segeval, alias, name):
    assert segeval("metrics", alias).out == segeval("metrics", name).out


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
