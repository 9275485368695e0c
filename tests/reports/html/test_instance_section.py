"""Instances on the page: sizes of found and missed, curves of scored ones (REPORT.md T16)."""

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from page_reader import Page, Scale
from PIL import Image

from segeval.api.run import score_paths
from segeval.metrics.candidates import froc_luna16
from segeval.reports.html.instance_curves import curve_figure, froc_curves, precision_curves
from segeval.reports.html.instance_section import instance_section
from segeval.reports.html.page import draw_pictures, render_page
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
    sizes, missed = page.of("instances")
    assert sum(int(row[2].exact) for row in sizes.rows) == 6
    assert sum(int(row[3].exact) for row in sizes.rows) == 4
    for row in sizes.rows:
        assert float(row[4].exact) == int(row[3].exact) / int(row[2].exact)
    assert [(row[0].text, row[2].exact, row[3].exact) for row in missed.rows] == [
        ("x", "2", "36.0"), ("y", "2", "36.0"),
    ]  # fmt: skip
    assert missed.rows[0][4].text == "12.5, 12.5"


def test_report_t16_what_was_missed_has_a_picture(card):
    settings = Settings(metrics=(parse_metric("f1@50%"),), instances="ids")
    text = render_page(card, settings, draw_pictures(card, settings))
    missed = text[text.index("Largest that were missed") :]
    pictures = re.findall(r'<img class="thumb" src="data:image/webp;base64,([^"]+)"', missed)
    assert len(pictures) == 2
    image = np.asarray(Image.open(BytesIO(base64.b64decode(pictures[0]))).convert("RGB"), int)
    assert max(image.shape[:2]) <= 96
    middle = image[image.shape[0] // 2, image.shape[1] // 2]
    assert middle[2] > middle[0] + 30  # sky blue: missed
    assert 'alt="1 2 and what lies around it"' in missed
    assert "sky blue" in missed
    none = render_page(card, settings, draw_pictures(card, replace(settings, pictures=0)))
    assert 'class="thumb"' not in none


def test_report_t16_a_missed_lesion_of_a_volume_has_a_plane_with_outlines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    truth, pred = np.zeros((12, 30, 30), np.uint8), np.zeros((12, 30, 30), np.uint8)
    truth[2:6, 3:8, 3:8], truth[7:10, 18:26, 19:24] = 1, 1
    pred[2:6, 3:8, 3:9], pred[8, 14:17, 20:22] = 1, 1
    for side, array in (("gt", truth), ("pred", pred)):
        (tmp_path / side).mkdir()
        np.save(tmp_path / side / "x.npy", array)
    settings = Settings(
        metrics=(parse_metric("lesion_recall"), parse_metric("dice")),
        instances="components", spacing=(1.0, 1.0, 3.0),
    )  # fmt: skip
    made = score_paths(tmp_path / "pred", tmp_path / "gt", settings)
    pictures = draw_pictures(made, settings)
    ((key, shown),) = pictures.spots.items()
    assert key == ("x", "1", 2)
    assert shown.count('class="truth"') == 1
    assert shown.count('class="pred"') == 1  # what was found beside it
    # the plane is that of the centre, 8 of 0 to 11, so the outline is 8 x 5 voxels in half voxels
    path = re.search(r'class="truth" d="M([^"]+)"', shown)[1]
    steps = np.array(re.findall(r"-?\d+", path.partition("l")[2]), int).reshape(-1, 2)
    corners = np.cumsum(steps, axis=0)
    assert np.ptp(np.vstack([[0, 0], corners]), axis=0).tolist() == [10, 16]


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
