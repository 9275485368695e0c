"""Several models: what one lacks is seen, `overall` is over what all have, signs are plain."""

import io
import math
import re

import numpy as np
import pytest
from cards import card
from page_reader import Page
from report_cards import row, unscored

from segeval.api.compare import compare_scorecards
from segeval.reports.comparison import write_comparison_table
from segeval.reports.html.comparison_page import render_comparison
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.scorecard.card import CaseResult

NAN = math.nan
CASES = 12


def model(values, missing=(), bad=()):
    """A model's card: values(case, class) -> rows' (metric, value, unit, reason); cases 0 to 11.

    missing  cases that it does not have
    bad      cases that were not scored
    """
    made = []
    for k in range(CASES):
        name = f"c{k:02d}"
        if k in bad:
            made.append(unscored(name, "unreadable"))
        elif k not in missing:
            rows = tuple(row(name, c, *r) for c in ("liver", "tumour") for r in values(k, c))
            made.append(CaseResult(name, name, name, rows))
    return card(made)


def whole_liver(k, class_):
    """A model that has both structures."""
    low = 0.1 if class_ == "tumour" else 0.0
    return [("dice", 0.9 - low - 0.01 * (k % 3), ""), ("hd95", 3.0 + 10 * low + k % 4, "mm")]


def no_tumour(k, class_):
    """A better liver, and no tumour in any case."""
    if class_ == "liver":
        return [("dice", 0.95 - 0.01 * (k % 3), ""), ("hd95", 2.0 + k % 4, "mm")]
    return [("dice", 0.0, "", "pred_empty"), ("hd95", NAN, "mm", "pred_empty")]


@pytest.fixture(scope="module")
def page():
    cards = [model(whole_liver), model(no_tumour), model(whole_liver, missing=(0, 1), bad=(2,))]
    found = compare_scorecards(["a.json", "b.json", "c.json"], cards, Settings())
    return Page(render_comparison(found, cards, Settings(), ["c: 3 cases missing: c00, c01, c02"]))


def test_a_class_that_a_model_misses_is_listed(page):
    tables = {t.metric: t for t in page.of("classes")}
    dice, far = page.of("classes")
    assert tables
    assert [c.text for c in dice.column("class")] == ["liver", "tumour"]
    assert [c.text for c in far.column("class")] == ["liver", "tumour"]
    tumour = far.rows[1]
    assert tumour[1].exact == "0"
    assert [c.exact for c in tumour[2:5]] == [None] * 3
    assert "no value in 9 cases" in tumour[3].text
    assert "no value" not in tumour[2].text


def test_what_each_model_lacks_is_counted(page):
    (models,) = page.of("verdict")
    assert [c.text for c in models.column("cases")] == ["12", "12", "10"]
    assert [c.text for c in models.column("scored")] == ["12", "12", "9"]
    assert [c.text for c in models.column("cases it lacks")] == ["0", "0", "3"]
    assert [c.text for c in models.column("structures missed")] == ["0", "12", "0"]
    (lacks,) = page.of("lacks")
    assert [[c.text for c in r] for r in lacks.rows] == [["tumour", "–", "12 missed", "–"]]
    assert "ERROR c: 3 cases missing" in page.text


def test_overall_is_over_what_all_have_and_says_what_it_leaves_out(page):
    (models,) = page.of("verdict")
    dice, far = models.heads[-2:]
    values = [float(c.exact) for c in models.column(dice)]
    kept = range(3, CASES)
    liver, tumour = ([0.9 - low - 0.01 * (k % 3) for k in kept] for low in (0.0, 0.1))
    both = (sum(liver) / 9 + sum(tumour) / 9) / 2
    assert values[0] == pytest.approx(both)
    assert values[2] == pytest.approx(both)
    assert values[1] == pytest.approx(sum(0.95 - 0.01 * (k % 3) for k in kept) / 9 / 2)
    # the distance of the one that misses every tumour is over livers, as is that of the others
    assert float(models.column(far)[0].exact) == pytest.approx(sum(3 + k % 4 for k in kept) / 9)
    assert (
        "hd95: 1 class without a case in which all models have a value, so in no overall: tumour"
        in (page.text)
    )
    # over all its cases and classes it was another number, which stands below
    own = (
        sum(3.0 + k % 4 for k in range(CASES)) / CASES / 2
        + sum(4 + k % 4 for k in range(CASES)) / 24
    )
    assert float(models.column(far)[0].numbers[0]) == pytest.approx(own)


def volumes(gaps):
    """Volume differences that go round in gaps."""
    return lambda k, class_: [("volume_difference", gaps[k % len(gaps)], "ml")]


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        ((-30.0, 30.0, -28.0), (-2.0, -3.0, -1.0), "better"),  # a bias, but small
        ((1.0, 2.0, 3.0), (-11.0, 12.0, -13.0), "worse"),  # nearer to 0 on average, and worse
    ],
)
def test_what_has_a_sign_is_compared_by_its_size(first, second, word):
    cards = [model(volumes(first)), model(volumes(second))]
    found = compare_scorecards(["a.json", "b.json"], cards, Settings())
    text = render_comparison(found, cards, Settings())
    page = Page(text)
    (table,) = page.of("classes")
    assert table.heads[2:5] == ["a |v|", "b |v|", "b − a of |v|"]
    sizes = [sum(map(abs, gaps)) / 3 for gaps in (first, second)]
    means = [sum(gaps) / 3 for gaps in (first, second)]
    for one in table.rows:
        assert [float(c.exact) for c in one[2:4]] == pytest.approx(sizes)
        assert [float(c.numbers[0]) for c in one[2:4]] == pytest.approx(means)
        assert float(one[4].exact) == pytest.approx(sizes[1] - sizes[0])
    assert "Nearer to 0 is better, so distances from zero, |v|, are compared" in page.text
    assert {c.text for c in page.of("moved")[0].column("word")} == {word}
    assert {c.text for c in page.of("moved")[0].column("metric")} == {"|volume_difference|"}
    bold = re.findall(r'<td class="num strong" data-v="([^"]+)"', text[: text.index("</header>")])
    assert [float(v) for v in bold] == pytest.approx([min(sizes)])
    # the chart marks what is worse
    chart = text[text.index('<svg class="chart changes"') :]
    assert ('class="worst"' in chart[: chart.index("</svg>")]) == (word == "worse")
    assert "difference of |v| [ml]" in chart


def test_one_common_case_has_no_interval():
    cards = [model(whole_liver, missing=range(1, 12)), model(whole_liver)]
    found = compare_scorecards(["a.json", "b.json"], cards, Settings())
    page = Page(render_comparison(found, cards, Settings()))
    assert {c.text for c in page.of("classes")[0].column("interval")} == {"one case has none"}
    assert {c.exact for c in page.of("classes")[0].column("p")} == {None}


def test_few_common_cases_are_said():
    cards = [model(whole_liver, missing=range(4, 12)), model(whole_liver)]
    found = compare_scorecards(["a.json", "b.json"], cards, Settings())
    page = Page(render_comparison(found, cards, Settings()))
    assert "an interval of fewer than 10 cases is too narrow: liver/dice (n=4)" in page.text


@pytest.mark.parametrize(("patients", "blank"), [(1, True), (2, False)])
def test_several_cases_of_one_patient_have_no_interval(patients, blank):
    cards = []
    for made in (model(whole_liver), model(no_tumour)):
        own = [replace(c, patient=f"P{k % patients}") for k, c in enumerate(made.cases)]
        cards.append(card(own))
    found = compare_scorecards(["a.json", "b.json"], cards, Settings())
    assert {d.patients for d in found.differences if d.n} == {patients}
    text = render_comparison(found, cards, Settings())
    (liver,) = [r for r in Page(text).of("classes")[0].rows if r[0].text == "liver"]
    chart = text[text.index('<svg class="chart changes"') :]
    assert (liver[5].text == "one patient has none") == blank
    assert bool(liver[5].numbers) != blank
    assert ('class="worst"' in chart[: chart.index("</svg>")]) != blank


@pytest.mark.parametrize(("patients", "blank"), [(1, True), (2, False)])
def test_one_patient_has_neither_interval_nor_stable_rank_in_any_form(patients, blank):
    cards = []
    for made in (model(whole_liver), model(no_tumour), model(whole_liver)):
        own = [replace(c, patient=f"P{k % patients}") for k, c in enumerate(made.cases)]
        cards.append(card(own))
    found = compare_scorecards(["a.json", "b.json", "c.json"], cards, Settings())
    for one in (*found.differences, *found.rankings):
        ends = np.ravel([one.low, one.high])
        assert np.isnan(ends).all() == blank or not one.n
    file = io.StringIO()
    write_comparison_table(found, file, Settings())
    assert (not re.search(r"\[[-+0-9]", file.getvalue())) == blank
    assert (" to " not in file.getvalue().split("ranks")[1].split("signature")[0]) == blank
    text = render_comparison(found, cards, Settings())
    assert "nan" not in re.sub(r"[a-z]*nan[a-z]+|[a-z]+nan", "", Page(text).text.lower())
    ranks = text[text.index('<svg class="chart changes ranks"') :]
    assert ("first in" not in ranks[: ranks.index("</svg>")]) == blank


@pytest.mark.parametrize(
    ("many", "said"), [(2, "a has the best mean, "), (3, "a and c have the best mean, ")]
)
def test_the_page_leads_with_who_has_the_best_mean(many, said):
    cards = [model(whole_liver), model(no_tumour), model(whole_liver)][:many]
    found = compare_scorecards(["a.json", "b.json", "c.json"][:many], cards, Settings())
    text = re.sub(r"\s+", " ", Page(render_comparison(found, cards, Settings())).text)
    assert text.count(said) == 1
    mean = math.fsum(r.sizes[0] for r in found.rankings if r.name.metric == "dice") / 2
    assert f"{said}{mean:.3f} over 2 classes, and the best in " in text
