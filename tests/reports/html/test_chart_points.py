"""REPORT-T15, T16, T17: the points of a chart, read back, are the numbers it is of."""

import json
import math
import re
from types import SimpleNamespace

import pytest
from page_reader import Scale

from segeval.reports.html.baseline_section import draw_differences
from segeval.reports.html.curve_charts import draw_curve
from segeval.reports.html.difference_charts import Change, draw_changes
from segeval.reports.html.reliability_section import reliability_section
from segeval.reports.html.shown import place_of_case

HALF_PIXEL = 0.06  # pixels are written with a digit behind the point


def read_back(chart: str, pixels: list[float]) -> tuple[list[float], float]:
    """Values at pixels of the chart's scale, and how far half a digit of a pixel is."""
    scale = {k: float(v) for k, v in re.findall(r'data-(low|high|start|end)="([^"]+)"', chart)}
    share = (scale["high"] - scale["low"]) / (scale["end"] - scale["start"])
    at = [scale["low"] + (p - scale["start"]) * share for p in pixels]
    return at, abs(share) * HALF_PIXEL


def test_report_t15_points_are_the_added_bins_of_the_result_file():
    bins = [[[7, 1.4, 1], [0, 0, 0], [5, 4.5, 4]], [[3, 0.9, 2], [0, 0, 0], [11, 9.9, 10]]]
    text = json.dumps([{"sums": {"classes": [], "pieces": {"bins:3": b}}} for b in bins])
    card = SimpleNamespace(cases=[SimpleNamespace(tallies=one) for one in json.loads(text)])
    (found,) = reliability_section(card)
    group = found["chart"].split('data-axis="y"')[1].split("</g>")[0]
    at, near = read_back(group, [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)h0", group)])
    assert at == pytest.approx([3 / 10, 14 / 16], abs=near)
    assert [n for n, _, _ in found["bins"]] == [10, 16]
    assert [float(a.exact) for _, _, a in found["bins"]] == [3 / 10, 14 / 16]


def test_report_t17_points_are_the_differences_of_the_verdicts():
    held = [(-0.031, -0.052, -0.008), (0.017, -0.004, 0.04), (math.nan, math.nan, math.nan)]
    verdicts = [
        SimpleNamespace(
            class_=f"class {k}", group="", n=12, passed=difference > 0,
            against=SimpleNamespace(difference=difference, low=low, high=high),
        )
        for k, (difference, low, high) in enumerate(held)
    ]  # fmt: skip
    definition = SimpleNamespace(better="higher")
    head = SimpleNamespace(name="dice", unit="", definition=definition)
    chart = draw_differences(verdicts, head)
    at, near = read_back(chart, [float(x) for x in re.findall(r'<circle .*?cx="([\d.]+)"', chart)])
    assert at == pytest.approx([-0.031, 0.017], abs=near)
    ends = re.findall(r'class="interval" d="M([\d.]+) [\d.]+H([\d.]+)"', chart)
    at, near = read_back(chart, [float(x) for pair in ends for x in pair])
    assert at == pytest.approx([-0.052, -0.008, -0.004, 0.04], abs=near)


def test_report_t16_points_of_a_curve_stand_where_they_are():
    points = [(0.0, 0.2), (0.4, 0.55), (1.7, 0.93)]
    chart = draw_curve("FROC", points, "false positives a case", "sensitivity")
    line = chart.split('data-axis="y"')[1].split("</g>")[0]
    path = re.findall(r"[ML]([\d.]+) ([\d.]+)", line)
    at, near = read_back(line, [float(y) for _, y in path])
    assert at == pytest.approx([y for _, y in points], abs=near)
    across = chart.split('data-axis="x"')[1].split('data-axis="y"')[0]
    at, near = read_back(across, [float(x) for x, _ in path])
    assert at == pytest.approx([x for x, _ in points], abs=near)


def test_a_name_that_is_no_valid_text_has_a_place():
    assert place_of_case("a\udcff") != place_of_case("a")


def test_a_far_difference_does_not_press_the_others_together():
    near = [0.5, -0.4, 0.8, 1.0, -0.9, 0.3, 0.7, -0.6, 0.2]
    changes = [Change(f"c{k}", "#", v, v - 0.1, v + 0.1, False) for k, v in enumerate(near)]
    assert Scale.first_in(draw_changes("hd", "difference [mm]", changes)).bend == 0
    text = draw_changes(
        "hd", "difference [mm]", [*changes, Change("far", "#", -90.0, -300.0, -20.0, False)]
    )
    scale = Scale.first_in(text)
    assert scale.bend > 0
    assert "difference [mm], scale compressed outwards" in text
    assert scale.pixel(0) == pytest.approx((scale.pixel(300) + scale.pixel(-300)) / 2)
    drawn = [float(x) for x in re.findall(r'<circle class="point" cx="([^"]+)"', text)]
    assert drawn == pytest.approx([scale.pixel(v) for v in [*near, -90.0]], abs=0.011)
    assert max(drawn) - min(drawn[:-1]) > 40  # pixels; 2 of 600 on a straight scale
