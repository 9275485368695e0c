"""Instances on the page: sizes of found and missed, curves of scored ones (REPORT.md T16)."""

import re

import build
import numpy as np
import pytest
from page_reader import Page, Scale
from PIL import Image

from segeval.api.run import score_paths
from segeval.metrics.candidates import froc_luna16
from segeval.reports.html.instance_curves import curve_figure, froc_curves, precision_curves
from segeval.reports.html.instance_section import instance_section
from segeval.reports.html.page import render_page
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.tallies.candidates import Candidates, CaseCandidates


@pytest.fixture
def card(tmp_path):
    """Three cells of 16, 36 and 64 pixels: the middle one is missed, one prediction is false."""
    truth, pred = np.zeros((40, 60), np.uint16), np.zeros((40, 60), np.uint16)
    truth[2:6, 2:6], truth[10:16, 10:16], truth[20:28, 20:28] = 1, 2, 3
    pred[2:6, 2:6], pred[20:28, 21:28], pred[32:34, 40:45] = 7, 8, 9
    for side, array in (("gt", truth), ("pred", pred)):
        (tmp_path / side).mkdir()
        Image.fromarray(array).save(tmp_path / side / "x.png")
        Image.fromarray(array).save(tmp_path / side / "y.png")
    metrics = (parse_metric("f1@50%"),)
    settings = Settings(metrics=metrics, instances="ids")
    return score_paths(tmp_path / "pred", tmp_path / "gt", settings)


def test_report_t16_sizes_of_found_and_missed(card):
    page = Page(render_page(card, Settings(pictures=0)))
    sizes, missed, false = page.of("instances")
    assert sum(int(row[2].exact) for row in sizes.rows) == 6
    assert sum(int(row[3].exact) for row in sizes.rows) == 4
    for row in sizes.rows:
        assert float(row[4].exact) == int(row[3].exact) / int(row[2].exact)
    assert [(row[0].text, row[2].exact, row[3].exact) for row in missed.rows] == [
        ("x", "2", "36.0"), ("y", "2", "36.0"),
    ]  # fmt: skip
    assert missed.rows[0][4].text == "12.5, 12.5"
    assert [(row[0].text, row[2].exact, row[3].exact) for row in false.rows] == [
        ("x", "9", "10.0"), ("y", "9", "10.0"),
    ]  # fmt: skip
    assert false.rows[0][4].text == "42.0, 32.5"


def test_report_t16_every_size_is_a_point(card):
    (table,) = instance_section(card)["tables"]
    scale = {k: float(v) for k, v in re.findall(r'data-(low|high|start|end)="([^"]+)"',
                                                table["chart"])}  # fmt: skip
    share = (scale["high"] - scale["low"]) / (scale["end"] - scale["start"])
    found = {}
    for word, path in re.findall(r'<g data-class="(\w+)"><path class="dots" d="([^"]*)"',
                                 table["chart"]):  # fmt: skip
        places = [float(x) for x in re.findall(r"M([\d.]+) ", path)]
        found[word] = sorted(round(scale["low"] + (x - scale["start"]) * share) for x in places)
    assert found == {"found": [16, 16, 64, 64], "missed": [36, 36], "false": [10, 10]}


def test_report_t16_missed_is_what_the_metric_misses(card, tmp_path):
    """The middle cell has no partner with IoU >= 50 %, nor one pixel; the last one has."""
    sides = tmp_path / "pred", tmp_path / "gt"

    def lists(*metrics):
        asked = Settings(metrics=tuple(map(parse_metric, metrics)), instances="ids")
        section = instance_section(score_paths(*sides, asked))
        names = {part["what"]: [one["id"] for one in part["rows"]] for part in section["lists"]}
        return section["rule"], names

    assert lists("f1@50%") == ("f1@50%", {"missed": [2, 2], "false": [9, 9]})
    assert lists("f1@90%", "pq") == ("f1@90%", {"missed": [3, 3, 2, 2], "false": [8, 8, 9, 9]})
    assert lists("lesion_recall", "pq@90%")[1] == {"missed": [2, 2], "false": [9, 9]}


def test_report_t16_joined_lesions_are_listed(tmp_path):
    """Two lesions of BraTS 2023: one joined of two parts is missed, and a prediction is false."""
    truth, pred = (np.zeros((12, 30, 30), np.uint8) for _ in range(2))
    truth[2:6, 2:6, 2:6] = truth[2:6, 2:6, 8:10] = truth[2:8, 20:26, 20:26] = 1
    pred[3:8, 20:26, 20:26] = pred[2:4, 12:14, 25:28] = 1
    sides = [build.nifti(tmp_path / f"{name}.nii.gz", array)
             for name, array in (("p", pred), ("g", truth))]  # fmt: skip
    asked = Settings(metrics=(parse_metric("lesion_dice:as=brats-2023"),))
    card = score_paths(*sides, asked)
    page = Page(render_page(card, Settings(pictures=0)))
    _, missed, false = page.of("instances")
    assert len(missed.rows) == len(false.rows) == 1
    volume = float(np.prod(build.GRID.spacing)) / 1000
    assert float(missed.rows[0][3].exact) == pytest.approx((64 + 32) * volume)
    assert float(false.rows[0][3].exact) == pytest.approx(12 * volume)
    assert render_page(card, Settings(pictures=2))  # they are no instances of the files


def candidates(score, lands, lesions):
    none = np.zeros((0, 3), np.int64)
    near = np.array([[k, at] for k, at in enumerate(lands) if at >= 0], np.int64).reshape(-1, 2)
    return CaseCandidates(
        np.array(score, float), np.full(len(score), 5), np.array(lands), np.full(lesions, 9),
        none, near,
    )  # fmt: skip


def test_report_t16_the_froc_curve_is_that_of_the_metric(card):
    tally = Candidates(
        ("lesion",),
        ((candidates([0.9, 0.6, 0.3], [0, -1, 1], 2), candidates([0.8, 0.2], [-1, 0], 3)),),
    )
    kept = replace(card.cases[0], tallies={"candidates": tally.to_json()})
    (found,) = map(curve_figure, froc_curves(replace(card, cases=(kept,))))
    assert found["n"] == 5
    scale = {k: float(v) for k, v in re.findall(r'data-(low|high|start|end)="([^"]+)"',
                                                found["chart"])}  # fmt: skip
    line = re.search(r'class="line" d="([^"]+)"', found["chart"])[1]
    ys = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", line)]
    share = (scale["high"] - scale["low"]) / (scale["end"] - scale["start"])
    shown = [scale["low"] + (y - scale["start"]) * share for y in ys]
    # by hand: found at .9, .3, .2 of 5 lesions
    assert max(shown) == pytest.approx(3 / 5, abs=0.006)
    assert float(froc_luna16(tally, 1.0).classes[0]) == pytest.approx(max(shown), abs=0.006)
    assert shown == sorted(shown)


def test_a_run_without_instances_has_no_such_part():
    from report_cards import patients, whole

    assert instance_section(whole(patients(2))) is None


def test_report_t16_precision_over_recall_of_scored_instances(card):
    from detections_build import plain_side

    from segeval.tallies.detections import DetectionTally, ImageFacts, ScoredClasses

    a, b, c = (np.zeros((6, 8), bool) for _ in range(3))
    a[:2, :2] = b[4:, 4:] = c[:2, 4:6] = True
    sides = (plain_side([a, b], [0, 0], [0, 0], a.shape),
             plain_side([c, a], [0, 0], [0, 0], a.shape, [0.9, 0.5]))  # fmt: skip
    tally = DetectionTally(ScoredClasses(("a",), (1,), ("",))).finish(
        ImageFacts(None, 0, 0, 0), *sides
    )
    kept = replace(card.cases[0], tallies={"detections": tally.to_json()})
    (found,) = map(curve_figure, precision_curves(replace(card, cases=(kept,))))
    line = re.search(r'class="line" d="([^"]+)"', found["chart"])[1]
    places = [tuple(map(float, p)) for p in re.findall(r"[ML]([\d.]+) ([\d.]+)", line)]
    across, up = (Scale.first_in(found["chart"].split(f'data-axis="{a}"')[1]) for a in "xy")
    # false first: (recall 0, precision 0), then a hit: (1/2, 1/2)
    shown = [value for x, y in places for value in (across.value(x), up.value(y))]
    assert shown == pytest.approx([0, 0, 0.5, 0.5], abs=1e-3)
