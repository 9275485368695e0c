"""REPORT-T7: the number that stands at the top, and of whom and of when the page is."""

import math
import os
import time

import pytest
from cards import card, case
from page_reader import Page
from report_cards import nothing, patients, pictures, whole

from segeval.cli.page_origin import describe_day, describe_file
from segeval.reports.html.headline import describe_origin, find_headline
from segeval.reports.html.page import render_page
from segeval.reports.html.shown import headings
from segeval.reports.origin_keys import date_text
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.statistics.intervals import add_intervals


def headline(made):
    """The headline of a card."""
    return find_headline(made, headings(made, Settings()))


def head_of(text):
    """The numbers of the head: text and all digits."""
    return text[: text.index("</header>")]


def test_report_t7_without_a_gate_the_mean_of_the_chief_metric_leads():
    made = whole(patients(12))
    of = made.summary[""]
    text = render_page(made, Settings())
    page = Page(text)
    overall = of["overall"]["dice"]
    assert (
        page.title == f"dice {overall.mean:.3f}: 12 cases scored, no gate was asked for - segeval"
    )
    assert (
        f'<h1><bdi>dice</bdi> <data value="{overall.mean!r}">{overall.mean:.3f}</data></h1>' in text
    )
    assert "Mean over 20 classes of 12 cases, 95 % interval [" in page.text
    low, high = add_intervals(made.summary, made.cases, made.metrics)[""]["overall"][
        "dice"
    ].interval
    assert f'<data value="{low!r}">' in head_of(text)
    assert f'<data value="{high!r}">' in head_of(text)
    assert "by bootstrap, made for this page" in page.text
    worst = min((own["dice"].mean, name) for name, own in of.items() if name != "overall")
    assert f"worst class {worst[1]} {worst[0]:.3f}" in page.text.replace("_ ", "_")  # may break
    assert f"worst case {overall.worst_case} {overall.worst:.3f} over its classes" in page.text


def test_report_t7_an_interval_of_the_file_is_not_made_again():
    made = whole(patients(12))
    made = replace(made, summary=add_intervals(made.summary, made.cases, made.metrics, 0.9),
                   fields={**made.fields, "ci": 0.9})  # fmt: skip
    page = Page(render_page(made, Settings()))
    assert "90 % interval [" in page.text
    assert "made for this page" not in page.text


def test_report_t7_with_gates_the_verdict_leads_and_the_mean_stands_below():
    made = whole(patients(12), gates=["dice=0.99"])
    page = Page(render_page(made, Settings()))
    assert page.title.endswith("gates missed - segeval")
    assert "dice 0.8" in page.text[: page.text.index("Gates that were missed")]


@pytest.mark.parametrize(
    ("metric", "values", "worst"),
    [("hd95", (2.0, 9.0), "b"), ("volume_difference", (-8.0, 3.0), "a"), ("dice", (0.4, 0.8), "a")],
)
def test_report_t7_the_worst_is_that_of_the_metric(metric, values, worst):
    made = card([
        case(f"c{k}", {"a": {metric: values[0]}, "b": {metric: values[1]}}, "mm") for k in range(3)
    ])  # fmt: skip
    found = headline(made)
    assert found.worst_class[0] == worst
    assert found.value.exact == repr(sum(values) / 2)


def test_report_t7_one_class_and_one_case():
    found = headline(card([case("a", {"liver": {"dice": 0.7}})]))
    assert (found.value.text, found.worst_class[0], found.worst_case[0]) == ("0.700", "", "")
    assert found.of == "mean over 1 case, class liver"
    assert found.interval.low.exact == ""
    page = Page(render_page(card([case("a", {"liver": {"dice": 0.7}})]), Settings()))
    assert "Mean over 1 case, class liver. 1 case scored, no gate was asked for." in page.text


def test_report_t7_where_the_pooled_value_leads_it_is_the_number():
    made = replace(whole(pictures(6)), leads="pooled")
    found = headline(made)
    assert found.value.exact == repr(made.summary[""]["overall"]["iou"].pooled)
    assert found.of == "pooled over 19 classes of 6 cases"
    assert found.interval.low.exact == ""


def test_report_t7_without_a_value_there_is_no_number():
    assert headline(whole(nothing(), "dice")) is None
    empty = card([case("a", {"liver": {"dice": math.nan}})])
    assert headline(empty) is None
    assert (
        Page(render_page(empty, Settings())).title
        == "1 case scored, no gate was asked for - segeval"
    )


def test_report_t8_the_head_says_whose_and_of_when(tmp_path):
    file = tmp_path / "nnunet.json"
    file.write_text("{}")
    os.utime(file, (86400, 86400))
    run = describe_file(str(file)) | describe_day({"SOURCE_DATE_EPOCH": "1767225600"})
    made = whole(patients(3), inputs={"roots": {"pred": "../runs/v2", "gt": "labelsTs/"}}, run=run)
    page = Page(render_page(made, Settings()))
    said = "v2 against labelsTs , results nnunet.json of 1970-01-02 , page of 2026-01-01"
    assert said in page.text
    assert describe_origin(whole(patients(3)))["model"] == ""
    assert describe_file("s3://bucket/a.json") == {"results": "a.json"}
    assert describe_day({}) == {"page made": date_text(time.time())}
    assert date_text(0) == "1970-01-01"


@pytest.mark.parametrize(
    ("root", "name"),
    [("..", ""), (".", ""), ("a/b/", "b"), ("C:\\runs\\unet", "unet"), ("/", ""), ("x/../", "x")],
)
def test_report_t8_a_model_is_called_as_its_folder(root, name):
    made = whole(patients(3), inputs={"roots": {"pred": root, "gt": "g"}})
    assert describe_origin(made)["model"] == name
