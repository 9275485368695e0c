"""Each convention against the tool that it is named after; conventions_of_tools.py says how."""

import json
from pathlib import Path

import numpy as np
import pytest
from pairs import PAIRS
from surfaces import surfaces, value

from segeval.kernels.conventions import (
    CONVENTIONS,
    area_within,
    contour_voxels,
    distance_percentile,
    join_directions,
    mean_distance,
    smallest_distance,
)
from segeval.kernels.distances import DirectedDistances
from segeval.metrics.registry import load_all_metrics

TOOLS = json.loads((Path(__file__).parent / "conventions.json").read_text())
MEASURED = {name: surfaces(*make()) for name, make in PAIRS.items()}
# single precision in the tool; a distance map that is not exact; triangles that are cut otherwise
LOOSE = {"monai": 1e-5, "seg-metrics": 1e-4, "itk": 1e-5, "plastimatch": 2e-3, "mesh": 1e-3}
# A flat polygon of a cell (the rectangle of two inside corners side by side, the trapezoid of
# three) has two diagonals. The tool takes one, so its samples change when a mask is mirrored; here
# both count by half. Where few samples decide (a percentile, a tolerance) that is more than a
# thousandth. In noise it is the cell of four inside corners in the shape of an S as well.
BEYOND = {
    # distances of 1.5, half a slice of 3 mm, but for rounding: within the tolerance here, not there
    ("mesh", "two_ellipsoids", "nsd@1.5mm"): 2e-3,
    ("meshmetrics", "two_ellipsoids", "nsd@1.5mm"): 1e-3,
    ("mesh", "at_the_edge", "nsd@1.5mm"): 2e-3,
    ("meshmetrics", "at_the_edge", "nsd@1.5mm"): 2e-3,
    ("mesh", "noise", "masd"): 3e-3,
    ("mesh", "noise", "assd"): 3e-3,
    # small components in slices of 5 mm: the rectangles are 5 mm long, and few
    ("mesh", "many", "hd95"): 8e-3,
    ("mesh", "many", "masd"): 2e-3,
    ("mesh", "many", "assd"): 2e-3,
}


def cases():
    for convention, tool in (*TOOLS.items(), ("meshmetrics", TOOLS["mesh"])):
        for pair, values in tool["values"].items():
            for metric, want in values.items():
                if (convention, metric) == ("mesh", "hd"):
                    continue  # vertices too: SURFACE-S3
                yield pytest.param(
                    convention, pair, metric, want, id=f"{convention}-{pair}-{metric}"
                )


@pytest.mark.parametrize(("convention", "pair", "metric", "want"), list(cases()))
def test_a_convention_says_what_its_tool_says(convention, pair, metric, want):
    own = f"{metric}:as={convention}" if not metric.startswith("biou") else metric
    found = value(MEASURED[pair], own)
    allowed = BEYOND.get((convention, pair, metric), LOOSE.get(convention, 1e-6))
    assert found == pytest.approx(want, rel=0, abs=allowed)


def test_hd_of_two_balls_is_that_of_pymeshmetrics():
    #    radius 25 and 40 about the voxel 45 of 90^3: 15.2643 with vertices (as=mesh)
    z, y, x = np.ogrid[:90, :90, :90]
    far = (z - 45) ** 2 + (y - 45) ** 2 + (x - 45) ** 2
    for sides in ((far <= 625, far <= 1600), (far <= 1600, far <= 625)):
        s = surfaces(*sides, (1.0, 1.0, 1.0))
        assert value(s, "hd:as=meshmetrics") == pytest.approx(15.160255055022446, abs=1e-9)
        assert value(s, "hd") > 15.2


def test_every_convention_but_four_has_its_tool():
    # relaxed and subvoxel are ours alone; meshmetrics is mesh with the cuts of the same tool;
    # MetricsReloaded is in no package index, its formulas are those below
    own = {"relaxed", "subvoxel", "metrics-reloaded", "meshmetrics"}
    assert set(CONVENTIONS) - set(TOOLS) == own


@pytest.mark.parametrize("convention", sorted(set(CONVENTIONS) - {"subvoxel"}))
@pytest.mark.parametrize("pair", PAIRS)
def test_a_mask_is_nowhere_apart_from_itself(convention, pair):
    truth, _, spacing = PAIRS[pair]()
    s = surfaces(truth, truth, spacing)
    for name in ("hd", "hd95", "masd", "assd"):
        if convention in load_all_metrics()[name.removesuffix("95")].origins:
            found = value(s, f"{name}:as={convention}")
            assert np.isnan(found) == (convention == "itk" and name == "hd95")
            assert np.isnan(found) or found == 0


def test_metrics_reloaded_by_hand():
    #       distances 0 1 2 3 one way and 4 the other
    #       assd (0+1+2+3+4) / 5, masd (1.5 + 4) / 2, hd95 max(2.85, 4)
    s = surfaces(*PAIRS["noise"]())
    both = [value(s, f"asd_{way}:as=medpy") for way in ("gt_to_pred", "pred_to_gt")]
    assert value(s, "masd:as=metrics-reloaded") == pytest.approx(sum(both) / 2, rel=1e-12)
    assert value(s, "assd:as=metrics-reloaded") == value(s, "assd:as=medpy")
    assert value(s, "hd95:as=metrics-reloaded") == value(s, "hd95:as=monai")


SOME = DirectedDistances(np.array([3.0, 0.0, 1.0, 2.0]), np.array([1.0, 4.0, 3.0, 2.0]), 3.0)


@pytest.mark.parametrize(
    ("share", "want"),
    #  area by distance: 4 up to 0, 7 up to 1, 9 up to 2, 10 up to 3
    [(0.0, 0), (0.4, 0), (0.41, 1), (0.7, 1), (0.9, 2), (0.91, 3), (1.0, 3)],
)
def test_the_smallest_distance_that_reaches_a_share(share, want):
    assert smallest_distance(SOME, share) == want


def test_the_share_agrees_with_sorting_everything():
    rng = np.random.default_rng(3)
    many = DirectedDistances(rng.exponential(size=5000).round(3), rng.random(5000), 0)
    order = np.argsort(many.distances)
    cumulative = np.cumsum(many.sizes[order])
    for share in (0.01, 0.5, 0.95, 0.99):
        place = np.searchsorted(cumulative, share * cumulative[-1])
        assert smallest_distance(many, share) == many.distances[order[place]]


def test_mean_and_tolerance_by_hand():
    assert mean_distance(SOME) == (3 * 1 + 0 * 4 + 1 * 3 + 2 * 2) / 10
    assert area_within(SOME, 1.0 - 1e-7) == 4 + 3  # a tie but for rounding counts
    assert join_directions((SOME, SOME)).sizes.sum() == 20


def test_interpolated_percentile_by_hand():
    # 0 1 2 3: 95 % lies at place 2.85
    assert distance_percentile(SOME, 0.95, CONVENTIONS["medpy"]) == pytest.approx(2.85)


def test_a_contour_has_nothing_beyond_the_array():
    mask = np.ones((3, 4), bool)
    edges = ((True, True), (True, False))
    #  only the last column has a neighbour outside: the array goes on there
    assert contour_voxels(mask, edges).tolist() == [[False, False, False, True]] * 3


@pytest.mark.parametrize(("beyond", "within"), [(0.9e-6, 2), (1.1e-6, 0)])
def test_a_distance_that_is_the_tolerance_but_for_rounding_is_within_it(beyond, within):
    of = DirectedDistances(np.array([1 + beyond, 3.0]), np.array([2.0, 5.0]), 3.0)
    assert area_within(of, 1) == within


@pytest.mark.parametrize(("step", "apart"), [(0.9e-9, 0), (1.1e-9, 1.1e-9)])
def test_a_distance_is_0_where_arithmetic_alone_leaves_it(step, apart):
    # all but a plane of the array, and one plane more: borders are a voxel apart there
    truth, pred = np.zeros((2, 12, 9), bool)
    truth[:5], pred[:6] = True, True
    of = surfaces(truth, pred, (step, 2.0))
    assert value(of, "hd:as=meshmetrics") == pytest.approx(apart, rel=1e-6, abs=0)
