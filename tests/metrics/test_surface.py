"""Surface metrics by hand, on boxes; the numbers of conventions are checked against their tools."""

import math

import numpy as np
import pytest
from surfaces import surfaces, value

from segeval.metrics.registry import load_all_metrics, metric_arguments, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.runtime.errors import RequestError


def bar(start, stop, shape=(8, 9, 30)):
    mask = np.zeros(shape, bool)
    mask[2:6, 2:7, start:stop] = True
    return mask


# a bar of 4 x 5 voxels, pushed out along x from 10 to 13: 1 x 1 x 2 mm
PUSHED = surfaces(bar(5, 10), bar(5, 13), (1.0, 1.0, 2.0))
EMPTY = np.zeros((8, 9, 30), bool)
NAMES = ("hd", "hd95", "masd", "assd", "asd_gt_to_pred", "asd_pred_to_gt", "nsd@1mm", "biou@1mm",
         "apl", "apl_px")  # fmt: skip


def test_hd_is_how_far_the_end_was_pushed():
    assert value(PUSHED, "hd") == pytest.approx(3 * 2)
    assert value(PUSHED, "hd100") == value(PUSHED, "hd")


def test_percentiles_rise():
    assert value(PUSHED, "hd50") <= value(PUSHED, "hd95") <= value(PUSHED, "hd")


def test_masd_is_the_mean_of_both_directions():
    both = value(PUSHED, "asd_gt_to_pred"), value(PUSHED, "asd_pred_to_gt")
    assert value(PUSHED, "masd") == pytest.approx(sum(both) / 2)
    assert min(both) < value(PUSHED, "assd") < max(both)


def test_nsd_grows_with_the_tolerance_and_ends_at_one():
    shares = [value(PUSHED, f"nsd@{t}mm") for t in (0, 1, 3, 6)]
    assert shares == sorted(shares)
    assert shares[0] < 1
    assert shares[-1] == 1  # 6 mm, the farthest, is within 6 mm


def test_bare_nsd_takes_the_tolerance_of_the_class():
    s = surfaces(bar(5, 10), bar(5, 13), (1.0, 1.0, 2.0), tolerances=(3.0,))
    assert value(s, "nsd") == value(PUSHED, "nsd@3mm")
    _, definition = resolve_metric(parse_metric("nsd"))
    none = definition.compute(PUSHED, at=None)
    assert math.isnan(none.classes[0])
    assert none.beside == ("no_tolerance",)


@pytest.mark.parametrize(
    ("truth", "pred", "share", "apl"),
    [
        (EMPTY, EMPTY, math.nan, math.nan),
        (bar(5, 10), EMPTY, 0, "whole"),
        (EMPTY, bar(5, 10), 0, math.nan),
    ],
    ids=["both", "pred", "gt"],
)
def test_empty_masks(truth, pred, share, apl):
    s = surfaces(truth, pred, (1.0, 1.0, 2.0))
    for name in NAMES:
        found = value(s, name)
        if name.startswith(("nsd", "biou")):
            assert found == pytest.approx(share, nan_ok=True)
        elif name.startswith("apl"):
            assert found > 0 if apl == "whole" else math.isnan(found)
        else:
            assert math.isnan(found)


def test_without_spacing_lengths_are_pixels():
    s = surfaces(bar(5, 10), bar(5, 13))
    assert value(s, "hd") == pytest.approx(3)
    _, definition = resolve_metric(parse_metric("hd"))
    assert definition.compute(s, at=None).unit == "px"


# Three planes: both sides, the ground truth alone, both again. Two-dimensional numbers by hand.
def planes():
    truth, pred = np.zeros((2, 5, 12, 20), bool)
    truth[1:4, 3:9, 4:8] = True
    pred[1, 3:9, 4:10] = True  # 2 pixels of 1.5 mm farther
    pred[3, 3:9, 4:8] = True  # the same
    return truth, pred


@pytest.mark.parametrize("convention", ["mesh", "deepmind", "monai", "medpy"])
def test_by_slice_is_the_mean_over_planes_that_both_sides_have(convention):
    s = surfaces(*planes(), (3.0, 1.0, 1.5))
    one = surfaces(planes()[0][1], planes()[1][1], (1.0, 1.5))
    assert value(s, f"hd:as={convention}:by=slice") == pytest.approx((3 + 0) / 2)
    for name in ("hd95", "asd_gt_to_pred", "asd_pred_to_gt", "assd"):
        want = value(one, f"{name}:as={convention}") / 2
        assert value(s, f"{name}:as={convention}:by=slice") == pytest.approx(want), name


def test_by_slice_a_plane_of_one_side_has_nothing_in_common():
    truth, pred = planes()
    s = surfaces(truth, pred, (3.0, 1.0, 1.5))
    one = surfaces(truth[1], pred[1], (1.0, 1.5))
    want = (value(one, "nsd@1mm") + 0 + 1) / 3
    assert value(s, "nsd@1mm:by=slice") == pytest.approx(want)
    want = (value(one, "biou@1mm") + 0 + 1) / 3
    assert value(s, "biou@1mm:by=slice") == pytest.approx(want)
    # rims of one pixel (2 % of 23): 16 and 20 pixels of which 12 are shared
    assert value(s, "boundary_iou:by=slice") == pytest.approx((12 / 24 + 0 + 1) / 3)


def test_by_slice_says_what_is_not_in_the_mean():
    s = surfaces(*planes(), (3.0, 1.0, 1.5))
    metric, definition = resolve_metric(parse_metric("hd:by=slice"))
    found = definition.compute(s, **metric_arguments(metric, definition))
    assert found.beside == ("one_sided_slices",)
    assert found.worst[0] == pytest.approx((3 + math.hypot(12, 30) + 0) / 3)


def test_a_picture_is_one_slice():
    truth, pred = planes()
    s = surfaces(truth[1], pred[1], (1.0, 1.5))
    for name in ("hd", "masd", "nsd@1mm", "biou@1mm", "boundary_iou"):
        assert value(s, f"{name}:by=slice") == value(s, name)


def test_a_missed_class_is_charged_the_diagonal_of_the_image():
    _, definition = resolve_metric(parse_metric("hd95"))
    found = definition.compute(surfaces(bar(5, 10), EMPTY, (1.0, 1.0, 2.0)), at=95)
    assert math.isnan(found.classes[0])
    assert found.worst[0] == pytest.approx(math.hypot(8, 9, 60))


def test_a_convention_without_the_number_is_refused():
    with pytest.raises(RequestError, match="masd:as"):
        resolve_metric(parse_metric("masd:as=medpy"))


def test_every_surface_metric_is_documented():
    topology = "segeval.metrics.topology"  # reads the same runs, has tests of its own
    own = [
        d
        for d in load_all_metrics().values()
        if d.of == "surface" and d.compute.__module__ != topology
    ]
    assert {d.name for d in own} == {n.split("@")[0].replace("95", "") for n in NAMES} | {
        "boundary_iou"
    }
    for definition in own:
        for field in ("formula", "empty", "source"):
            assert f"\n{field} " in definition.doc, definition.name


def test_mesh_is_the_default():
    assert load_all_metrics()["hd"].origin == "mesh"
