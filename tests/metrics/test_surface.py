"""Surface metrics by hand, on boxes; the numbers of conventions are checked against their tools."""

import math

import numpy as np
import pytest
from surfaces import surfaces, value

from segeval.errors import RequestError
from segeval.grammar import parse
from segeval.metrics import surface
from segeval.metrics.registry import known, resolve


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
    _, definition = resolve(parse("nsd"))
    none = definition.compute(PUSHED, at=None)
    assert math.isnan(none.classes[0])
    assert none.reason == "no_tolerance"


def test_apl_px_by_hand():
    # the end of the reference lies in the pushed bar: 5 rows less the 2 on its sides, 4 planes
    assert value(PUSHED, "apl_px") == 4 * 3


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
    _, definition = resolve(parse("hd"))
    assert definition.compute(s, at=None).unit == "px"


def test_boundary_iou_by_hand():
    # diagonal of 60 x 80 is 100, so rims are 2 wide: a 20-square has 400 - 16^2 = 144 pixels of rim
    truth = np.zeros((60, 80), bool)
    truth[10:30, 10:30] = True
    apart = np.roll(truth, 30, 1)
    assert value(surfaces(truth, truth), "boundary_iou") == 1
    assert value(surfaces(truth, apart), "boundary_iou") == 0
    # moved by one: rims are concentric squares of 20 and 16; counted with sets
    moved = np.roll(truth, 1, 1)
    rims = []
    for first in (10, 11):
        outer = {(y, x) for y in range(10, 30) for x in range(first, first + 20)}
        rims.append(outer - {(y, x) for y in range(12, 28) for x in range(first + 2, first + 18)})
    want = len(rims[0] & rims[1]) / len(rims[0] | rims[1])
    assert value(surfaces(truth, moved), "boundary_iou") == pytest.approx(want)


def test_boundary_iou_is_of_pictures():
    _, definition = resolve(parse("boundary_iou"))
    assert definition.compute(PUSHED).reason == "not_a_picture"


def test_a_convention_without_the_number_is_refused():
    with pytest.raises(RequestError, match="masd:as"):
        resolve(parse("masd:as=medpy"))


def test_every_surface_metric_is_documented():
    own = [d for d in known().values() if d.of == "surface"]
    assert {d.name for d in own} == {n.split("@")[0].replace("95", "") for n in NAMES} | {
        "boundary_iou"
    }
    for definition in own:
        for field in ("formula", "empty", "source"):
            assert f"\n    {field}" in definition.doc, definition.name


def test_mesh_is_the_default():
    assert known()["hd"].origin == "mesh"
    assert surface.RIM == 0.02
