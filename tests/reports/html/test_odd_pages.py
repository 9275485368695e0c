"""Pages of odd results: names, sizes, values, kinds; one page for each, and every figure of it."""

import itertools
import math
import random
import xml.etree.ElementTree as ElementTree

import pytest
from cards import NAN, card, case
from page_reader import Page, Scale, metric_chart, strip_pixels
from report_cards import patients, probabilities, whole

from segeval.api.compare import compare_scorecards
from segeval.reports.html import comparison_figures, figures
from segeval.reports.html.axes import Axis, spanning_far
from segeval.reports.html.comparison_page import render_comparison
from segeval.reports.html.page import render_page
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError

NAMES = ["<script>alert('x')</script>", "\"quoted\" & 'single'", "\u202eevil", "x" * 300,
         "\U0001fac0 heart 心臓", "a_" * 150, " ", "\x1b[31m"]  # fmt: skip
CHANCE = random.Random(1)


def of(metric, values, unit=""):
    """Cases of one class."""
    return card([case(f"c{k}", {"a": {metric: v}}, unit) for k, v in enumerate(values)])


SITUATIONS = {
    "odd names": lambda: card(
        [case(o, {c: {"dice": CHANCE.random()} for c in NAMES}, group=o) for o in NAMES]
    ),
    "200 classes": lambda: card(
        [
            case(f"c{k}", {f"k{i:03d}": {"dice": CHANCE.random()} for i in range(200)})
            for k in (1, 2)
        ]
    ),
    "all undefined": lambda: of("dice", [NAN, NAN, NAN]),
    "no number and no end": lambda: of("ce", [math.inf, -math.inf, NAN, 2.0, 1e308, -1e308]),
    "huge and tiny": lambda: of(
        "volume_difference", [1e15, -3e15, 1e-12, 5.0, 0.0, 1, 2, 3, 4, 5], "ml"
    ),
    "only tiny": lambda: of("brier", [k * 1e-9 for k in range(1, 11)]),
    "only losses": lambda: card(
        [case(f"c{k}", {"all": {"dice_loss": 0.1 * k, "ce": 0.5 * k}}) for k in range(9)]
    ),
    "only calibration": lambda: whole(probabilities(3)),
    "one case, one class": lambda: of("dice", [0.5]),
    "on both sides of zero": lambda: of("mcc", [-1, 0, -0.0, 1]),
}
APART = {
    "other classes and cases": lambda: [whole(patients(12)), of("dice", [0.5, 0.25])],
    "nothing in common": lambda: [SITUATIONS["odd names"](), SITUATIONS["all undefined"]()],
}
PAIRS = {
    "other classes": lambda: [
        of("dice", [0.5, 0.25]),
        card([case(f"c{k}", {"b": {"dice": 0.5}}) for k in range(2)]),
    ],
    "other cases too": lambda: [of("dice", [0.5, 0.25, 0.75]), of("dice", [0.5])],
    "no number in common": lambda: [of("dice", [0.5, NAN]), SITUATIONS["all undefined"]()],
    "three of one case": lambda: [SITUATIONS["one case, one class"]() for _ in range(3)],
}


@pytest.mark.parametrize("percent", [False, True])
@pytest.mark.parametrize("name", SITUATIONS)
def test_every_situation_has_a_page_and_figures(name, percent):
    made = SITUATIONS[name]()
    text = render_page(made, Settings(percent=percent, pictures=0))
    page = Page(text)
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert len(page.ids) == len(set(page.ids))
    assert "nan" not in "".join(part for part in text.split('"') if part.startswith("M"))
    for kind in figures.KINDS:
        ElementTree.fromstring(figures.draw_figure(made, kind, Settings()))


@pytest.mark.parametrize("name", PAIRS)
def test_every_pair_of_models_has_a_page_and_figures(name):
    cards = PAIRS[name]()
    names = [f"m{k}.json" for k in range(len(cards))]
    found = compare_scorecards(names, cards, Settings(allow_different_cases=True))
    assert "<h1>" in render_comparison(found, cards, Settings())
    for kind in comparison_figures.KINDS:
        drawn = comparison_figures.draw_model_figure(found, cards, kind, Settings())
        ElementTree.fromstring(drawn)


@pytest.mark.parametrize("name", APART)
def test_models_without_a_common_case_have_no_page(name):
    settings = Settings(allow_different_cases=True)
    with pytest.raises(CaseError, match="no case is in all of them"):
        compare_scorecards(["a", "b"], APART[name](), settings)


def test_far_values_bend_the_scale_and_every_point_is_read_back():
    values = [1.0, 1.5, 2.0, 2.5, 3.0, 1.2, 2.2, 0.0, 1.8, 1.1, 0.7, 2.9, 250.0]
    text = render_page(of("hd95", values, "mm"), Settings(pictures=0))
    chart = metric_chart(text, "hd95")
    scale = Scale.first_in(chart)
    assert scale.bend > 0
    assert "hd95 [mm], scale compressed outwards" in chart
    assert strip_pixels(chart)["a"] == pytest.approx([scale.pixel(v) for v in values], abs=0.011)
    back = [scale.value(x) for x in strip_pixels(chart)["a"]]
    assert back == pytest.approx(values, rel=0.01, abs=0.02)
    # shares are never bent: their ends mean something
    text = render_page(of("dice", [0.98, 0.97, 0.99, 0.98, 0.97, 0.99, 0.98, 0.0]), Settings())
    assert Scale.first_in(metric_chart(text, "dice")).bend == 0


def test_ticks_of_a_bent_scale_are_round_and_apart():
    axis = spanning_far([1, 2, 3, 2, 1, 2, 3, 2, 400, -90], 0, 600)
    assert axis.bend > 0
    assert axis.low <= -90
    assert axis.high >= 400
    places = [axis.at(tick) for tick in axis.ticks]
    assert 0 in axis.ticks
    assert min(b - a for a, b in itertools.pairwise(places)) >= 30
    assert places == sorted(places)
    assert Axis(0.0, 10.0, 0.0, 100.0, 2.0).at(5.0) == 50.0
