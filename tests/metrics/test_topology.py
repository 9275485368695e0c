"""clDice and Betti errors as metrics: against the programs of the field, and by hand."""

import math

import numpy as np
import pytest
from oracles.instance_records import agrees, arrays, name_of, records, want
from surfaces import surfaces, value

from segeval.classes.class_list import ClassList
from segeval.kernels.topology import skeleton
from segeval.metrics.registry import resolve_metric
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.scorecard.signature import signature_fields, signature_line

# Programs that give nan where the skeletons miss the masks, and where one side is empty: here 0.
ZERO = ("disjoint", "border", "pred_empty", "gt_empty")


def of_scene(case, record):
    scene = record["params"]["scene"]
    masks = [arrays(case)[f"{scene}_{side}"] > 0 for side in ("gt", "pred")]
    return masks, surfaces(*masks)


@pytest.mark.parametrize("pair", records("cldice"), ids=name_of)
def test_instances_b1_values_of_cldice_panoptica_and_metrics_reloaded(pair):
    case, record = pair
    masks, s = of_scene(case, record)
    name = record["convention"]
    if name == "skeleton_length_difference":  # the oracle holds their voxels
        assert agrees([skeleton(mask).sum() for mask in masks], record)
        return
    got = value(s, name)
    if name.startswith("cldice") and np.isnan(want(record)) and any(m.any() for m in masks):
        assert record["params"]["scene"].startswith(ZERO)
        assert got == 0
    else:
        assert agrees(got, record)


@pytest.mark.parametrize("pair", records("betti", of=["betti0_error"]), ids=name_of)
def test_instances_b2_errors_of_betti_numbers(pair):
    case, record = pair
    _, s = of_scene(case, record)
    touching = record["params"]["connectivity"].partition(",")[0]
    numbers = range(len(record["value"]))
    assert agrees([value(s, f"betti{n}_error:connectivity={touching}") for n in numbers], record)


EMPTY, BAR = np.zeros((5, 6, 7), bool), np.zeros((5, 6, 7), bool)
BAR[2, 2, 1:6] = True


@pytest.mark.parametrize(
    ("truth", "pred", "expected"),
    [
        (EMPTY, EMPTY, (math.nan, math.nan, math.nan, 0, 0, 0, 0, 0)),
        (BAR, EMPTY, (0, math.nan, 0, -4, 1, 0, 0, 1)),
        (EMPTY, BAR, (0, 0, math.nan, 4, 1, 0, 0, 1)),
        (BAR, BAR, (1, 1, 1, 0, 0, 0, 0, 0)),
    ],
    ids=["both", "pred", "gt", "equal"],
)
def test_instances_section_8_empty_sides(truth, pred, expected):
    s = surfaces(truth, pred)
    names = (
        "cldice", "skeleton_precision", "skeleton_recall", "skeleton_length_difference",
        "betti0_error", "betti1_error", "betti2_error", "euler_error",
    )  # fmt: skip
    assert [value(s, name) for name in names] == pytest.approx(expected, nan_ok=True)


def test_instances_b3_length_in_millimetres():
    longer = BAR.copy()
    longer[2, 2, 1:4] = False
    s = surfaces(BAR, longer, (4.0, 2.0, 0.5))
    assert value(s, "skeleton_length_difference") == pytest.approx(-3 * 0.5)


def test_instances_b4_slices_are_pictures_and_the_number_their_mean():
    truth, pred = np.zeros((3, 7, 7), bool), np.zeros((3, 7, 7), bool)
    truth[0, 1:6, 1:6] = truth[1, 1:6, 1:6] = True
    pred[0, 1:6, 1:6] = pred[1, 1:6, 1:6] = True
    pred[1, 3, 3] = False  # a hole in one of two slices: a loop there, in space a mere dent
    s = surfaces(truth, pred)
    assert value(s, "betti1_error:by=slice") == 0.5
    assert value(s, "betti1_error") == 0
    assert math.isnan(value(s, "betti2_error:by=slice"))


def test_a_picture_has_no_cavities():
    flat = np.ones((3, 3), bool)
    assert math.isnan(value(surfaces(flat, flat), "betti2_error"))


def test_instances_b1_rule_order_and_version_are_signed():
    from importlib.metadata import version

    asked = [resolve_metric(parse_metric(text)) for text in ("cldice:order=xyz", "dice")]
    line = signature_line(signature_fields(Settings(), asked, ClassList(), ()))
    assert "cldice:as=cldice:by=case:order=xyz:skeleton=auto" in line
    assert f"libraries:scikit-image {version('scikit-image')}" in line
    assert "libraries" not in signature_line(
        signature_fields(Settings(), asked[1:], ClassList(), ())
    )


def test_instances_i1_the_connectivity_of_the_run_is_that_of_betti_numbers(tmp_path):
    import build
    from runs import run

    truth, pred = np.eye(6, dtype=np.uint8), np.eye(6, dtype=np.uint8)
    pred[0, 1] = 1  # joins two pixels that touch at a corner
    files = [build.npy(tmp_path / f"{name}.npy", a) for name, a in (("p", pred), ("g", truth))]
    for connectivity, error in (("auto", 0), ("8", 0), ("4", 1)):
        card = run(*files, "betti0_error", "betti0_error:connectivity=4", connectivity=connectivity)
        found = {row.metric: row.value for row in card.cases[0].rows}
        assert found == {"betti0_error": error, "betti0_error:connectivity=4": 1}
