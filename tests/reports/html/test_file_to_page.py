"""From the result file to the page: points of curves, baselines and models, computed here again.

Scored, written and reported by the command line; nothing of segeval computes what is expected.
"""

import json
import random
import re

import numpy as np
import pytest
from page_reader import Page, Scale, charts_of

from segeval.cli.entry import run_command_line
from segeval.cli.log import LOG

PIXEL = 0.011  # pixels are written with two digits


def run(*arguments):
    """A command that has to work; its status."""
    status = run_command_line([str(one) for one in arguments])
    LOG.close()
    return status


def line_places(chart):
    """The corners of a curve, in pixels."""
    line = re.search(r'class="line" d="([^"]*)"', chart)[1]
    return [tuple(map(float, p)) for p in re.findall(r"[ML]([\d.]+) ([\d.]+)", line)]


def expected_places(chart, points):
    """Where points have to lie."""
    across, up = (Scale.first_in(chart.split(f'data-axis="{axis}"')[1]) for axis in "xy")
    return [(across.pixel(x), up.pixel(y)) for x, y in points]


def near(found, wanted):
    """Whether two lists of places are one."""
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one == pytest.approx(other, abs=PIXEL)


@pytest.fixture(scope="module")
def froc(tmp_path_factory):
    """Detection maps of five cases, some lesions found, some candidates false; file and page."""
    here = tmp_path_factory.mktemp("froc")
    chance = random.Random(7)
    for side in ("p", "g"):
        (here / side).mkdir()
    for k in range(5):
        truth, pred = np.zeros((40, 40), np.uint8), np.zeros((40, 40), np.float32)
        for y, x in ((4, 4), (4, 24), (24, 4)):
            truth[y : y + 5, x : x + 5] = 1
            if chance.random() < 0.7:
                pred[y : y + 4, x : x + 5] = chance.choice([0.25, 0.5, 0.75])
        for x in range(0, 36, 6):
            if chance.random() < 0.4:
                pred[34:36, x : x + 2] = chance.choice([0.125, 0.5, 0.625])
        np.save(here / f"p/c{k}.npy", pred)
        np.save(here / f"g/c{k}.npy", truth)
    file = here / "r.json"
    run("score", here / "p", here / "g", "-m", "froc", "-o", file, "--format", "none", "-q")
    run("report", file, "-o", here / "r.html", "-o", f"figure-froc:{here}/froc.svg")
    return here


def froc_points(kept):
    """By hand: for each confidence the false ones a case, and the lesions that were found."""
    cases = [case["tallies"]["candidates"]["1"][0] for case in kept["cases"]]
    lesions = sum(len(case[3]) for case in cases)
    points = [(0.0, 0.0)]
    for level in sorted({score for case in cases for score in case[0]}, reverse=True):
        false, found = 0, 0
        for score, _, lands, *_ in cases:
            above = [at for s, at in zip(score, lands, strict=True) if s >= level]
            false += above.count(-1)
            found += len({at for at in above if at >= 0})
        points.append((false / len(cases), found / lesions))
    return points


def test_report_t16_both_axes_of_froc_are_those_of_the_file(froc):
    points = froc_points(json.loads((froc / "r.json").read_text()))
    assert len(points) > 4
    (chart,) = charts_of((froc / "r.html").read_text("utf-8"), "instances", "curve").values()
    near(line_places(chart), expected_places(chart, points))
    assert "false positives a case" in chart
    figure = (froc / "froc.svg").read_text("utf-8")
    near(line_places(figure), expected_places(figure, points))


def coco(images, boxes, scores=None):
    """A COCO file of boxes (image, category, x, y, w, h)."""
    made = []
    for k, (image, category, x, y, w, h) in enumerate(boxes, 1):
        corners = [x, y, x + w, y, x + w, y + h, x, y + h]
        one = {"id": k, "image_id": image, "category_id": category, "bbox": [x, y, w, h],
               "area": w * h, "iscrowd": 0, "segmentation": [corners]}  # fmt: skip
        made.append(one if scores is None else one | {"score": scores[k - 1]})
    if scores is not None:
        return made
    return {
        "images": [{"id": i, "width": 64, "height": 64, "file_name": f"{i}.jpg"} for i in images],
        "annotations": made,
        "categories": [{"id": 1, "name": "cell"}, {"id": 2, "name": '<b>"odd"</b>'}],
    }


@pytest.fixture(scope="module")
def precision(tmp_path_factory):
    """Scored instances of two classes in two images; file and page."""
    here = tmp_path_factory.mktemp("pr")
    truth = [(1, 1, 2, 2, 10, 10), (1, 1, 30, 2, 12, 8), (2, 1, 4, 40, 9, 9), (2, 2, 30, 30, 8, 8)]
    found = [(1, 1, 3, 2, 10, 10), (1, 1, 50, 50, 6, 6), (2, 1, 4, 40, 9, 8), (1, 1, 30, 4, 12, 8),
             (2, 1, 20, 20, 5, 5), (2, 2, 30, 31, 8, 8), (2, 2, 2, 2, 4, 4)]  # fmt: skip
    (here / "gt.json").write_text(json.dumps(coco([1, 2], truth)))
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.95]
    (here / "dt.json").write_text(json.dumps(coco([1, 2], found, scores)))
    run("score", here / "dt.json", here / "gt.json", "-m", "ap", "-o", here / "r.json",
        "--format", "none", "-q")  # fmt: skip
    run("report", here / "r.json", "-o", here / "r.html", "-o", f"figure-pr:{here}/pr.svg")
    return here


def precision_points(kept, wanted):
    """By hand, greedy by falling score: recall and precision at IoU 50 %."""
    scored, references = [], 0
    for case in kept["cases"]:
        tables = case["tallies"]["detections"]
        class_ = tables["names"].index(wanted)
        rows = [tables["detection"][k : k + 10] for k in range(0, len(tables["detection"]), 10)]
        truth = [tables["reference"][k : k + 9] for k in range(0, len(tables["reference"]), 9)]
        shared = {}
        for k in range(0, len(tables["pair"]), 4):
            one, other, both, _ = tables["pair"][k : k + 4]
            shared[one, other] = both
        references += sum(row[0] == class_ for row in truth)
        taken = set()
        own = [k for k, row in enumerate(rows) if row[0] == class_]
        for k in sorted(own, key=lambda k: -rows[k][1]):
            best = max(
                (
                    (both / (rows[k][2] + truth[r][2] - both), r)
                    for (d, r), both in shared.items()
                    if d == k and r not in taken and truth[r][0] == class_
                ),
                default=(0.0, -1),
            )
            if best[0] >= 0.5:
                taken.add(best[1])
            scored.append((rows[k][1], best[0] >= 0.5))
    hits, points = 0, []
    for many, (_, hit) in enumerate(sorted(scored, key=lambda one: -one[0]), 1):
        hits += hit
        points.append((hits / references, hits / many))
    return points


@pytest.mark.parametrize("name", ["cell", '<b>"odd"</b>'])
def test_report_t16_precision_over_recall_is_that_of_the_file(precision, name):
    points = precision_points(json.loads((precision / "r.json").read_text()), name)
    assert len({y for _, y in points}) > 1
    charts = charts_of((precision / "r.html").read_text("utf-8"), "instances", "curve")
    chart = charts[f"precision and recall, {name}"]
    near(line_places(chart), expected_places(chart, points))
    assert "<b>" not in (precision / "pr.svg").read_text("utf-8")


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Two results of made pictures, one judged by the other, and both as models; files, pages."""
    here = tmp_path_factory.mktemp("judged")
    chance = np.random.default_rng(3)
    for side in ("g", "old", "new", "third"):
        (here / side).mkdir()
    for k in range(14):
        truth = np.zeros((30, 30), np.uint8)
        truth[4:14, 4:14], truth[16:27, 15:28] = 1, 2
        np.save(here / f"g/c{k:02d}.npy", truth)
        for side, shift in (("old", 2), ("new", 3), ("third", 1)):
            steps = chance.integers(0, shift + 1, 2)
            np.save(here / side / f"c{k:02d}.npy", np.roll(truth, steps, (0, 1)))
    for side in ("old", "new", "third"):
        run("score", here / side, here / "g", "-m", "dice,hd95", "--spacing", "1,1",
            "-o", here / f"{side}.json", "--format", "none", "-q",
            *(("--baseline", here / "old.json") if side == "new" else ()))  # fmt: skip
    run("report", here / "new.json", "-o", here / "new.html", "--pictures", "0",
        "-o", f"figure-baseline:{here}/baseline.svg")  # fmt: skip
    models = [here / f"{side}.json" for side in ("old", "new", "third")]
    run("report", *models, "-o", here / "models.html", "-o", f"figure-ranks:{here}/ranks.svg",
        "-o", f"figure-differences:{here}/differences.svg")  # fmt: skip
    run("compare", *models, "-o", here / "models.json", "--format", "none", "-q")
    return here


def interval_lines(chart):
    """Of each line of a chart of differences: its point and the ends of its interval, in pixels."""
    points = [float(x) for x in re.findall(r'<circle .*?cx="([\d.]+)"', chart)]
    ends = re.findall(r'class="interval" d="M([\d.]+) [\d.]+H([\d.]+)"', chart)
    return [(x, *map(float, pair)) for x, pair in zip(points, ends, strict=True)]


def test_report_t17_points_of_the_baseline_are_those_of_the_file(judged):
    gates = json.loads((judged / "new.json").read_text())["gates"]
    charts = charts_of((judged / "new.html").read_text("utf-8"), "baseline", "changes")
    assert {gate["metric"] for gate in gates} == {"dice", "hd95"}
    seen = 0
    for metric in ("dice", "hd95"):
        chart = charts[f"{metric}: difference to the baseline"]
        scale = Scale.first_in(chart)
        held = [gate["against"] for gate in gates if gate["metric"] == metric]
        wanted = [tuple(map(scale.pixel, (h["difference"], h["low"], h["high"]))) for h in held]
        near(interval_lines(chart), wanted)
        seen += len(wanted)
        assert wanted
    figure = (judged / "baseline.svg").read_text("utf-8")
    assert len(interval_lines(figure)) == seen


def test_report_t17_numbers_of_the_baseline_are_those_of_the_file(judged):
    gates = json.loads((judged / "new.json").read_text())["gates"]
    gates.sort(key=lambda gate: gate["metric"])  # a table a metric
    page = Page((judged / "new.html").read_text("utf-8"))
    rows = [row for table in page.of("baseline")[:2] for row in table.rows]
    assert len(rows) == len(gates)
    for row, gate in zip(rows, gates, strict=True):
        held = gate["against"]
        shown = [row[3].exact, row[4].exact, row[5].exact, *row[6].numbers, row[7].exact]
        wanted = [held["baseline"], gate["value"], held["difference"], held["low"], held["high"],
                  held["tolerance"]]  # fmt: skip
        assert shown == [repr(float(v)) for v in wanted]


def test_models_points_are_those_of_compare(judged):
    kept = json.loads((judged / "models.json").read_text())
    page = (judged / "models.html").read_text("utf-8")
    for metric in ("dice", "hd95"):
        for model in ("new", "third"):
            own = [d for d in kept["differences"] if (d["model"], d["metric"]) == (model, metric)]
            assert own
            chart = charts_of(page, "classes", "changes")[f"{metric}: {model} minus old"]
            scale = Scale.first_in(chart)
            keys = ("difference", "low", "high")
            wanted = [tuple(scale.pixel(d[key]) for key in keys) for d in own]
            near(interval_lines(chart), wanted)
        ranked = [r for r in kept["rankings"] if r["metric"] == metric]
        chart = charts_of(page, "ranks", "changes ranks")[metric]
        scale = Scale.first_in(chart)
        wanted = [
            tuple(scale.pixel(r[key][model]) for key in ("rank_of_means", "low", "high"))
            for r in ranked
            for model in ("old", "new", "third")
        ]
        near(interval_lines(chart), wanted)


def test_figures_of_models_hold_every_point(judged):
    kept = json.loads((judged / "models.json").read_text())
    assert len(interval_lines((judged / "differences.svg").read_text())) == len(kept["differences"])
    assert len(interval_lines((judged / "ranks.svg").read_text())) == 3 * len(kept["rankings"])
