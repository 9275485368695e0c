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


@pytest.fixture
def deep(here):
    """Three resolutions of a network, which is supervised at each."""
    arrays = inputs("deep_supervision")
    for place, name in enumerate(("pred", "half", "quarter")):
        (here / name).mkdir()
        for number, logits in enumerate(arrays[f"logits{place}"]):
            np.savez(here / name / f"c{number}.npz", logits=logits)
    (here / "gt").mkdir()
    for number, labels in enumerate(arrays["labels0"]):
        Image.fromarray(labels).save(here / "gt" / f"c{number}.png")
    return here


SUPERVISED = ["pred", "gt", "--aux", "half", "--aux", "quarter"]


def test_deep_supervision(segeval, deep):
    """The oracle's labels are every second one, so they are reduced by that rule."""
    (r,) = (r for r in records() if r.case == "deep_supervision")
    metric = "deep_supervision:labels=asymmetric"
    ran = segeval("score", *SUPERVISED, "-m", metric, "--format", "none", "-o", "x.json")
    assert ran.status == 0, ran.err
    found = json.loads((deep / "x.json").read_text())["summary"][""]["all"][metric]["mean"]
    np.testing.assert_allclose(found, r.want, r.rtol, r.atol)
    np.testing.assert_allclose(found, r.exact, 1e-9)


def test_deep_supervision_takes_the_labels_of_nnunet(segeval, deep):
    """Each resolution by itself, its labels reduced by hand: pixels 1, 3, 5, … of the full ones."""
    half = {name: deep / name for name in ("alone", "low")}
    for path in half.values():
        path.mkdir()
    for number in range(2):
        np.savez(
            half["alone"] / f"c{number}.npz", logits=np.load(deep / f"half/c{number}.npz")["logits"]
        )
        labels = np.array(Image.open(deep / f"gt/c{number}.png"))[1::2, 1::2]
        Image.fromarray(labels).save(half["low"] / f"c{number}.png")
    full = pooled(segeval, deep, "dice_ce:as=nnunet", "pred", "gt")
    low = pooled(segeval, deep, "dice_ce:as=nnunet", "alone", "low")
    # 1 and 1/2, the last resolution is left out: 2/3 and 1/3
    assert pooled(segeval, deep, "deep_supervision", *SUPERVISED) == pytest.approx(
        2 / 3 * full + low / 3
    )
    metric = "deep_supervision:weights=0+1+0"
    assert pooled(segeval, deep, metric, *SUPERVISED) == pytest.approx(low)


def test_deep_supervision_with_another_number_of_weights(segeval, deep):
    ran = segeval("score", *SUPERVISED, "-m", "deep_supervision:weights=1+2")
    assert ran.status == 3
    assert "2 weights and there are 3 outputs" in ran.err


def test_a_gate_of_pooled_outputs(segeval, network):
    options = ["--aux", "aux", "--upsample", "align_corners", "--ignore-label", "255"]
    ran = segeval("score", "pred", "gt", *options, "--gate", "pspnet.pooled=99", "--format", "none")
    assert ran.status == 0
    assert "PASS all/pspnet.pooled" in ran.err


def test_tensorflow_drops_labels_beyond_the_classes(segeval, network):
    """As if they were ignored as 255 is; a loss beside it says what is wrong with them."""
    labels = inputs(CASE)["labels_oor"]
    assert len(set(labels[labels > 4].tolist())) == 2
    asked = ["pred", "beyond", "--upsample", "half_pixel", "--ignore-label", "255"]
    found = pooled(segeval, network, "ce:as=tf", *asked)
    (network / "gone").mkdir()
    for number, one in enumerate(labels):
        kept = np.where(one > 4, 255, one)
        Image.fromarray(kept.astype(np.uint8)).save(network / "gone" / f"c{number}.png")
    same = ["pred", "gone", "--upsample", "half_pixel", "--ignore-label", "255"]
    assert found == pytest.approx(pooled(segeval, network, "ce", *same), rel=1e-12)
    assert segeval("score", *asked, "-m", "ce:as=tf,ce").status == 3
