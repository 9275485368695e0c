"""`segeval compare`: which model is better, in every form, and what it refuses."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from cards import NAN, card, case
from scipy import stats

from segeval.scorecard.results import result_lines

R = np.random.default_rng(2)
LIVER, SPLEEN = R.uniform(0.7, 0.9, 16), R.uniform(0.6, 0.9, 16)


def results(path, liver, spleen, metric="dice", **parts):
    cases = [
        case(f"c{i:02}", {"liver": {metric: float(a)}, "spleen": {metric: float(b)}})
        for i, (a, b) in enumerate(zip(liver, spleen, strict=True))
    ]
    fields = {"metrics": {metric: metric}, "numbers": 1, **parts}
    path.write_text("".join(result_lines(replace(card(cases), fields=fields))))


@pytest.fixture
def files(here):
    """a.json, b.json (a better liver, the same spleen), c.json (worse)."""
    noise = np.linspace(-0.01, 0.03, 16)
    results(here / "a.json", LIVER, SPLEEN)
    results(here / "b.json", LIVER + noise, SPLEEN)
    results(here / "c.json", LIVER - 0.1, SPLEEN - 0.1)
    return here


def rows(done):
    return {r["class"]: r for r in csv.DictReader(io.StringIO(done.out))}


def test_differences_and_tests(segeval, files):
    done = segeval("compare", "a.json", "b.json", "--format", "csv")
    assert done.status == 0
    liver, spleen = rows(done)["liver"], rows(done)["spleen"]
    noise = np.linspace(-0.01, 0.03, 16)
    assert float(liver["difference"]) == pytest.approx(noise.mean())
    assert float(liver["mean"]) - float(liver["mean_first"]) == pytest.approx(noise.mean())
    p = stats.wilcoxon((LIVER + noise) - LIVER).pvalue
    assert float(liver["p"]) == pytest.approx(p)
    assert float(liver["p_holm"]) == pytest.approx(2 * p)
    assert (float(liver["better"]), float(liver["worse"])) == (12 / 16, 4 / 16)
    assert liver["moved"].startswith("c15=0.0")
    # all differences equal: that point, no p below 1, nobody better
    assert [float(spleen[k]) for k in ("difference", "low", "high")] == [0, 0, 0]
    assert [float(spleen[k]) for k in ("p", "better", "worse")] == [1, 0, 0]


def test_the_table_and_markdown_say_the_same(segeval, files):
    table = segeval("compare", "a.json", "b.json").out
    assert table.startswith("dice: b - a\n")
    assert "+0.010" in table
    markdown = segeval("compare", "a.json", "b.json", "--format", "markdown").out
    assert "**dice: b - a**" in markdown
    assert "+0.010" in markdown


def test_several_models_have_ranks(segeval, files):
    done = segeval("compare", "a.json", "b.json", "c.json", "--format", "json")
    content = json.loads(done.out)
    assert [(d["model"], d["class"]) for d in content["differences"]] == [
        ("b", "liver"), ("b", "spleen"), ("c", "liver"), ("c", "spleen"),
    ]  # fmt: skip
    liver, spleen = content["rankings"]
    assert liver["rank_of_means"] == {"a": 2, "b": 1, "c": 3}
    assert liver["mean_rank"] == {"a": 1.75, "b": 1.25, "c": 3}
    assert (liver["low"]["c"], liver["high"]["c"], liver["first"]["c"]) == (3, 3, 0)
    assert spleen["mean_rank"] == {"a": 1.5, "b": 1.5, "c": 3}
    values = np.stack([LIVER, LIVER + np.linspace(-0.01, 0.03, 16), LIVER - 0.1])
    assert liver["p"] == pytest.approx(stats.friedmanchisquare(*values).pvalue)
    assert "ranks, 1 is the best" in segeval("compare", "a.json", "b.json", "c.json").out


def test_lower_is_better_for_a_distance(segeval, here):
    results(here / "a.json", LIVER, SPLEEN, "hd95")
    results(here / "b.json", LIVER - 0.1, SPLEEN, "hd95")
    done = segeval("compare", "a.json", "b.json", "--format", "csv")
    assert (float(rows(done)["liver"]["better"]), float(rows(done)["liver"]["worse"])) == (1, 0)


def test_undefined_values_are_counted_and_all_undefined_is_said(segeval, here):
    results(here / "a.json", np.where(np.arange(16) < 4, NAN, LIVER), np.full(16, NAN))
    results(here / "b.json", LIVER, SPLEEN)
    done = segeval("compare", "b.json", "a.json", "--format", "csv")
    # the four that a has not are charged the best: both sides were empty, b found something
    assert rows(done)["liver"]["n"] == "16"
    kept = json.loads((here / "a.json").read_text())
    (here / "a.json").write_text(json.dumps(kept).replace("both_empty", "no_value"))
    done = segeval("compare", "b.json", "a.json", "--format", "csv")
    liver, spleen = rows(done)["liver"], rows(done)["spleen"]
    assert (liver["n"], liver["lost"]) == ("12", "4")
    assert (spleen["n"], spleen["lost"], spleen["p"], spleen["low"]) == ("0", "16", "", "")
    assert segeval("compare", "b.json", "a.json").status == 0


def test_files_by_their_suffix(segeval, files):
    done = segeval("compare", "a.json", "b.json", "-o", "x.csv", "-o", "x.md", "--format", "none")
    assert (done.status, done.out) == (0, "")
    assert (files / "x.csv").read_text().startswith("model,against,class")
    assert segeval("compare", "a.json", "b.json", "-o", "x.tsv").status == 2


def test_models_are_named_by_what_tells_them_apart(segeval, files):
    for name in ("one", "two"):
        (files / name).mkdir()
        results(files / name / "r.json", LIVER, SPLEEN)
    assert segeval("compare", "one/r.json", "two/r.json").out.startswith("dice: two/r - one/r")


def test_what_is_refused(segeval, files):
    assert segeval("compare", "a.json").status == 2
    results(files / "d.json", LIVER, SPLEEN, threshold=0.6)
    done = segeval("compare", "a.json", "d.json")
    assert (done.status, "threshold: none, 0.6" in done.err, done.out) == (2, True, "")
    assert segeval("compare", "a.json", "d.json", "--allow-different-settings").status == 0
    results(files / "e.json", LIVER, SPLEEN, "iou")
    assert "no metric is in all files" in segeval("compare", "a.json", "e.json").err


def test_other_cases_and_few_cases_are_said(segeval, files):
    results(files / "f.json", LIVER[:9], SPLEEN[:9])
    done = segeval("compare", "a.json", "f.json")
    assert (done.status, "f.json: 7 cases missing: c09" in done.err) == (3, True)
    assert "W-few-cases" in done.err
    assert segeval("compare", "a.json", "f.json", "--allow-different-cases").status == 0


def test_on_a_narrow_terminal_no_number_is_folded(monkeypatch):
    import re
    import sys

    from report_cards import patients, whole
    from terminals import Stream

    from segeval.api.compare import compare_scorecards
    from segeval.cli.compare import draw_comparison
    from segeval.request.settings import Settings

    cards = [whole(patients(12, seed=seed)) for seed in (1, 2)]
    found = compare_scorecards(["a.json", "b.json"], cards, Settings())
    for width in (60, 80, 100, 200):
        stream = Stream()
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setenv("COLUMNS", str(width))
        draw_comparison(found, Settings(color="never"))
        lines = stream.getvalue().splitlines()
        assert max(map(len, lines)) <= width
        numbers = set(re.findall(r"(?<![\d.])\d\.\d{3}(?![\d])", stream.getvalue()))
        means = {f"{one.mean:.3f}" for one in found.differences if one.name.metric == "dice"}
        assert means <= numbers
        left_out = "moved most" not in stream.getvalue().replace("no room for moved most", "")
        assert ("no room for moved most" in stream.getvalue()) is left_out
