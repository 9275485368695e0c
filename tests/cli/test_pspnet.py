"""The losses of PSPNet through the command line, against the values of the libraries."""

import json

import numpy as np
import pytest
from oracles.read import inputs, records
from PIL import Image

CASE = "pspnet_main_aux"
ORACLES = {r.id: r for r in records() if r.case == CASE}
UPSAMPLED = ["align_corners", "half_pixel"]


@pytest.fixture
def network(here):
    """Both outputs of a network for two pictures, and its weights."""
    arrays = inputs(CASE)
    for name, key in (("pred", "main"), ("aux", "aux")):
        (here / name).mkdir()
        for number, logits in enumerate(arrays[key]):
            np.savez(here / name / f"c{number}.npz", logits=logits)
    for name, key in (("gt", "labels"), ("beyond", "labels_oor")):
        (here / name).mkdir()
        for number, labels in enumerate(arrays[key]):
            Image.fromarray(labels).save(here / name / f"c{number}.png")
    np.savez(here / "w.npz", w1=arrays["w1"], w2=arrays["w2"], bias=np.ones(3))
    return here


def pooled(segeval, here, metric, *arguments):
    """The pooled value of the class `all`."""
    ran = segeval("score", *arguments, "-m", metric, "--format", "none", "-o", "x.json")
    assert ran.status == 0, ran.err
    return json.loads((here / "x.json").read_text())["summary"][""]["all"][metric]["pooled"]


def matches(value, name):
    r = ORACLES[name]
    np.testing.assert_allclose(value, r.want, r.rtol, r.atol)


SEMSEG = [
    ("pspnet:part=main", "main_{}"),
    ("pspnet:part=aux", "aux_{}"),
    ("pspnet", "total_{}"),
]


@pytest.mark.parametrize("rule", UPSAMPLED)
@pytest.mark.parametrize(("metric", "name"), SEMSEG)
def test_semseg(segeval, network, rule, metric, name):
    options = ["--aux", "aux", "--upsample", rule, "--ignore-label", "255"]
    matches(pooled(segeval, network, metric, "pred", "gt", *options), name.format(rule))


@pytest.mark.parametrize("rule", UPSAMPLED)
def test_semseg_with_class_weights(segeval, network, rule):
    weights = "+".join(repr(float(w)) for w in inputs(CASE)["class_weight"])
    options = ["--aux", "aux", "--upsample", rule, "--ignore-label", "255"]
    r = ORACLES[f"total_weighted_{rule}"]
    aux_weight = r.params["aux_weight"]
    metric = f"pspnet:aux_weight={aux_weight}:weights={weights}"
    ran = segeval("score", "pred", "gt", *options, "-m", metric, "-o", "x.json")
    assert ran.status == 0, ran.err
    rows = json.loads((network / "x.json").read_text())["summary"][""]["all"]
    matches(next(iter(rows.values()))["pooled"], r.id)


HELLOCHICK = [
    ("pspnet:as=hellochick:part=main", "hellochick_main", []),
    ("pspnet:as=hellochick:part=aux", "hellochick_aux", ["--aux", "aux"]),
    ("pspnet:as=hellochick", "hellochick_main", []),
    ("pspnet:as=hellochick", "hellochick_reduced", ["--weights", "w.npz"]),
    (
        "pspnet:as=hellochick:aux_weight=0.4",
        "hellochick_main_aux_total",
        ["--aux", "aux", "--weights", "w.npz"],
    ),
    ("weight_decay", "weight_decay", ["--weights", "w.npz"]),
]


@pytest.mark.parametrize(("metric", "name", "options"), HELLOCHICK)
def test_hellochick_drops_labels_beyond_the_classes(segeval, network, metric, name, options):
    matches(pooled(segeval, network, metric, "pred", "beyond", *options), name)


def test_hellochick_beside_metrics_of_full_size(segeval, network):
    options = ["--upsample", "align_corners", "--ignore-label", "255"]
    asked = "pspnet:as=hellochick"
    alone = pooled(segeval, network, asked, "pred", "gt")
    assert pooled(segeval, network, asked, "pred", "gt", *options, "-m", "dice") == alone


def test_ce_of_enlarged_scores_is_the_main_part(segeval, network):
    options = ["--upsample", "align_corners", "--ignore-label", "255"]
    matches(pooled(segeval, network, "ce", "pred", "gt", *options), "main_align_corners")


def test_another_shape_is_a_geometry_error(segeval, network):
    ran = segeval("score", "pred", "gt", "-m", "ce", "--ignore-label", "255", "--format", "csv")
    assert ran.status == 3
    assert ran.out.count("geometry_mismatch") == 2
    assert "--upsample" in ran.err


def test_without_an_auxiliary_output_the_total_is_undefined(segeval, network):
    options = ["--upsample", "align_corners", "--ignore-label", "255"]
    ran = segeval("score", "pred", "gt", *options, "-m", "pspnet", "--format", "csv")
    assert ran.status == 0
    assert ran.out.count("no_auxiliary_output") == 2


def test_a_case_that_an_auxiliary_folder_lacks_is_not_scored(segeval, network):
    (network / "aux" / "c1.npz").unlink()
    options = ["--aux", "aux", "--upsample", "align_corners", "--ignore-label", "255"]
    ran = segeval("score", "pred", "gt", *options, "-m", "pspnet", "--format", "csv")
    assert ran.status == 3
    assert "0 of 1 auxiliary outputs" in ran.err
    assert ran.out.splitlines()[1].startswith("c0,all,pspnet,1.")


def test_weights_that_are_pickled_or_missing(segeval, network):
    np.savez(network / "bad.npz", w=np.array([{}], dtype=object))
    ran = segeval("score", "pred", "gt", "-m", "weight_decay", "--weights", "bad.npz")
    assert ran.status == 3
    assert "weights" in ran.err
    ran = segeval("score", "pred", "gt", "-m", "weight_decay", "--weights", "no.npz")
    assert ran.status == 2


def test_flipped_needs_flip(segeval, network):
    assert segeval("score", "pred", "gt", "-m", "dice", "--flipped", "pred").status == 2
    assert segeval("score", "pred", "gt", "-m", "dice", "--flip", "logit_sum").status == 2
