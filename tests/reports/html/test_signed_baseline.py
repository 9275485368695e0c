"""REPORT-T17: a metric that is better nearer to zero against its baseline: |v|, and the signs."""

import pytest
from cards import case
from page_reader import Page
from report_cards import whole

from segeval.gates.judge import judge_scorecard
from segeval.reports.html.page import render_page
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.scorecard.results import result_lines


def run(gaps, groups=("",)):
    """A card whose volume differences of one class go round in gaps."""
    return whole(
        [
            case(f"c{k:02d}", {"liver": {"volume_difference": gaps[k % len(gaps)]}}, "ml",
                 groups[k % len(groups)])
            for k in range(12)
        ]
    )  # fmt: skip


def compared(old, new, folder, **more):
    """The page of a run with its baseline, and its one verdict a group."""
    file = folder / "old.json"
    file.write_text("".join(result_lines(old)))
    settings = Settings(baseline=str(file), **more)
    found = judge_scorecard(new, settings, accept=False, baseline=old).verdicts
    return render_page(replace(new, gates=found), settings), found


@pytest.mark.parametrize(
    ("old", "new", "word", "moved"),
    [
        ((-30.0, 30.0, -27.0), (-2.0, -3.0, -1.0), "PASS", "better"),
        ((-4.0, -5.0, -6.0), (4.5, -5.5, 8.0), "FAIL", "worse"),  # less bias, larger errors
    ],
)
def test_report_t17_signed_values_are_compared_by_size(tmp_path, old, new, word, moved):
    text, _ = compared(run(old), run(new), tmp_path)
    page = Page(text)
    table, most = page.of("baseline")
    assert table.heads == [
        "verdict", "class", "n", "|old|", "|new|", "|new| − |old|", "interval", "tolerance",
        "old, signed", "new, signed",
    ]  # fmt: skip
    (row,) = table.rows
    sizes = [sum(map(abs, gaps)) / 3 for gaps in (old, new)]
    assert row[0].text == word
    assert [float(c.exact) for c in row[3:6]] == pytest.approx([*sizes, sizes[1] - sizes[0]])
    assert [float(c.exact) for c in row[8:]] == pytest.approx([sum(old) / 3, sum(new) / 3])
    assert "distances from zero, |v|, are compared: a difference below 0 is an" in page.text
    assert most.rows[0][2].text.split() == ["volume_difference", "difference", "of",
                                            "|volume_difference|"]  # fmt: skip
    assert most.rows[0][6].text == moved
    first = [float(c.exact) for c in most.rows[0][3:6]]
    assert first[2] == pytest.approx(abs(first[1]) - abs(first[0]))
    assert "|new| − |old| [ml]" in text


def test_report_t17_each_group_has_its_own_signed_means(tmp_path):
    groups = ("north", "south")
    text, found = compared(run((1.0, -9.0), groups), run((2.0, -8.0), groups), tmp_path)
    rows = Page(text).of("baseline")[0].rows
    shown = [[float(c.exact) for c in row[8:]] for row in rows]
    assert [one.group for one in found] == list(groups)
    assert shown == [[1.0, 2.0], [-9.0, -8.0]]


def test_report_t17_one_case_has_no_interval(tmp_path):
    old, new = (whole([case("a", {"liver": {"dice": v}})]) for v in (0.8, 0.9))
    text, _ = compared(old, new, tmp_path)
    (row,) = Page(text).of("baseline")[0].rows
    assert row[6].text == "one case has none"
    assert 'class="interval"' not in text


def test_report_t17_what_has_no_sign_stands_as_it_was(tmp_path):
    old, new = (
        whole([case(f"c{k}", {"liver": {"dice": v + k / 100}}) for k in range(12)])
        for v in (0.8, 0.82)
    )
    text, _ = compared(old, new, tmp_path)
    page = Page(text)
    assert page.of("baseline")[0].heads[3:6] == ["old", "new", "new − old"]
    assert "|v|" not in page.text
