"""Values as they stand in the table: of one case, of every case, and the worst."""

from dataclasses import replace

from cards import NAN, card, cases, not_scored, row, two
from terminals import Stream, piped

from segeval.reports import table
from segeval.request.settings import Settings


def test_one_case_shows_its_values():
    first = two()[0]
    rows = (*first.rows, row("CT_1", "aorta", "dice", NAN, reason="pred_empty"))
    made = card([replace(first, rows=(*rows, not_scored("CT_1", "tumour")))])
    assert piped(made) == [
        "case CT_1, 3 classes",
        "",
        "                volume_difference",
        "class     dice               [ml]  note",
        "-------  -----  -----------------  -------------",
        "liver    0.900              12.00",
        "spleen   0.500              -1.00",
        "aorta        -                     pred_empty",
        "tumour                             not_annotated",
        "-------  -----  -----------------  -------------",
        "overall  0.700               5.50",
        "",
        "undefined: 1 pred_empty",
        "not_annotated: tumour in 1 case",
        "signature: dice|threshold:0.5|numbers:1",
    ]


def test_rows_per_case():
    lines = piped(card(two()), per_case=True)
    assert lines[5:10] == [
        "CT_1  liver   0.900              12.00",
        "      spleen  0.500              -1.00",
        "----  ------  -----  -----------------",
        "CT_2  liver   0.800              10.00",
        "      spleen  0.700               1.00",
    ]


def test_the_worst_cases_of_a_class():
    results = cases("dice", a={"x": 0.5}, b={"x": 0.9}, c={"x": 0.7}, d={"x": 0.6})
    lines = piped(card(results), worst=2)
    at = next(i for i, line in enumerate(lines) if line.startswith("worst cases"))
    assert [line.split() for line in lines[at + 2 : at + 4]] == [
        ["x", "0.500", "a"],
        ["0.600", "d"],
    ]


def test_the_worst_cases_of_a_size_are_none():
    results = cases("gt_volume", "ml", a={"x": 0.5}, b={"x": 0.9})
    assert not any("worst" in line for line in piped(card(results), worst=2))


def test_digits():
    assert any("0.50000" in line for line in piped(card(cases("dice", a={"x": 0.5})), digits=5))


def test_the_five_worst_cases_have_a_block_of_their_own_cli_u6():
    values = {f"c{k}": {"liver": k / 10, "spleen": 0.95} for k in range(1, 8)}
    made = card(cases("dice", **values))
    lines = piped(made, worst=None)
    at = next(k for k, line in enumerate(lines) if line.startswith("worst cases"))
    assert [line.split() for line in lines[at + 2 : at + 7]] == [
        [f"c{k}", "liver", f"{k / 10:.3f}"] for k in range(1, 6)
    ]
    assert not lines[at + 7]
    assert not any(line.startswith("worst cases") for line in piped(made, worst=0))


def test_one_case_has_no_worst_cases_cli_u6():
    lines = piped(card(cases("dice", a={"liver": 0.5, "spleen": 0.4})), worst=None)
    assert not any("worst cases" in line for line in lines)


def test_the_worst_cases_stand_on_a_narrow_terminal_too_cli_u6(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    made = card(cases("dice", **{f"c{k}": {"liver": k / 10} for k in range(1, 8)}))
    stream = Stream(terminal=True)
    table.write(made, stream, Settings())
    assert "worst cases" in stream.getvalue()
