"""The page of several models: every number is that of `segeval compare` (issue 14, part 4)."""

import math
import re

import pytest
from page_reader import Page
from report_cards import patients, whole

from segeval.api.compare import compare_scorecards
from segeval.reports.html.comparison_page import render_comparison
from segeval.reports.html.shown import show_p
from segeval.request.settings import Settings

MODELS = ("nnunet.json", "swin.json", "unet.json")


@pytest.fixture(scope="module")
def cards():
    return [whole(patients(30, seed=seed)) for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def found(cards):
    return compare_scorecards(MODELS, cards, Settings())


@pytest.fixture(scope="module")
def text(found, cards):
    return render_comparison(found, cards, Settings(), ["swin.json: 1 case missing: x"])


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def exact(value):
    return None if value != value else repr(float(value))


def test_the_title_and_the_models(page, found):
    assert page.title == "3 models over 29 cases - segeval"
    (table,) = page.of("verdict")
    assert [row[1].text for row in table.rows] == ["nnunet", "swin", "unet"]
    own = [r for r in found.rankings if r.name.metric == "dice"]
    for k, row in enumerate(table.rows):
        assert row[6].exact == repr(math.fsum(r.means[k] for r in own) / len(own))
    assert "swin.json: 1 case missing: x" in page.text


def test_means_and_differences_stand_side_by_side(page, found):
    tables = page.of("classes")
    metrics = list(dict.fromkeys(one.name.metric for one in found.rankings))
    assert len(tables) == len(metrics)
    rankings = {(r.name.metric, r.name.class_): r for r in found.rankings}
    apart = {(d.name.metric, d.name.class_, d.model): d for d in found.differences}
    seen = 0
    assert tables[0].heads[5::3] == ["swin − nnunet", "unet − nnunet"]
    for table, metric in zip(tables, metrics, strict=True):
        for row in table.rows:
            ranking = rankings[metric, row[0].text]
            assert row[1].exact == str(ranking.n)
            signed = metric == "volume_difference"
            assert [cell.exact for cell in row[2:5]] == list(map(exact, ranking.sizes))
            assert [cell.numbers for cell in row[2:5]] == [
                [repr(mean)] if signed else [] for mean in ranking.means
            ]
            assert signed or ranking.sizes == ranking.means
            for model in (1, 2):
                one = apart[metric, row[0].text, model]
                cells = row[5 + 3 * (model - 1) : 8 + 3 * (model - 1)]
                assert cells[0].exact == exact(one.difference)
                assert cells[1].numbers == [repr(one.low), repr(one.high)]
                assert cells[2].exact == exact(one.p_holm)
                seen += 1
    assert seen == len(found.differences)


def test_ranks_are_those_of_the_resamples(page, found):
    rows = [row for table in page.of("ranks") for row in table.rows]
    shown = {(row[0].text, row[1].text, row[2].exact, row[4].exact, row[5].exact) for row in rows}
    for ranking in found.rankings:
        for k, model in enumerate(found.models):
            assert (
                ranking.name.class_, model, exact(ranking.rank_of_means[k]),
                exact(ranking.mean_rank[k]), exact(100 * ranking.first[k]),
            ) in shown  # fmt: skip
    assert len(rows) == 3 * len(found.rankings)


def test_a_point_of_a_rank_stands_where_it_is(text, found):
    start = text.index('<svg class="chart changes ranks"')
    chart = text[start : text.index("</svg>", start)]
    scale = {k: float(v) for k, v in re.findall(r'data-(low|high|start|end)="([^"]+)"', chart)}
    metric = found.rankings[0].name.metric
    own = [r for r in found.rankings if r.name.metric == metric]
    wanted = [rank for r in own for rank in r.rank_of_means]
    share = (scale["high"] - scale["low"]) / (scale["end"] - scale["start"])
    at = [float(x) for x in re.findall(r'<circle class="point" cx="([\d.]+)"', chart)]
    assert [scale["low"] + (x - scale["start"]) * share for x in at] == pytest.approx(
        wanted, abs=0.01
    )


def test_the_cases_that_moved_most(page, found):
    (table,) = page.of("moved")
    shown = [abs(float(cell.exact)) for cell in table.column("difference")]
    assert shown == sorted(shown, reverse=True)
    changes = [abs(c) for d in found.differences if d.name.metric == "dice" for _, c in d.moved]
    assert shown[0] == max(changes)


def test_every_link_arrives_and_names_are_text(cards):
    names = ("<script>1</script>.json", 'b".json', "c.json")
    made = compare_scorecards(names, cards, Settings())
    text = render_comparison(made, cards, Settings())
    page = Page(text)
    assert text.count("<script>") == 1
    assert len(set(page.ids)) == len(page.ids)
    assert [a for a in page.links if a.startswith("#") and a[1:] not in page.ids] == []


@pytest.mark.parametrize(
    ("p", "text"), [(1e-7, "< 0.0001"), (1e-4, "0.0001"), (0.04567, "0.0457"), (math.nan, "-")]
)
def test_a_small_p_is_not_nought(p, text):
    shown = show_p(p)
    assert (shown.text, shown.exact) == (text, "" if math.isnan(p) else repr(p))
