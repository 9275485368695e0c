import io

from cards import card, case, cases, unscored

from segeval.reports import markdown
from segeval.reports.markdown import code_span, escape_markdown
from segeval.request.settings import Settings


def text(made, **choices):
    file = io.StringIO()
    markdown.write(made, file, Settings(**{"worst": 0} | choices))
    return file.getvalue()


def test_a_table():
    head = "volume\\_difference \\[ml\\]"
    made = card([*cases("volume_difference", "ml", a={"x": 1.0, "y": 3.0}, b={"x": 2.0, "y": 4.0})])
    assert text(made).splitlines() == [
        "2 cases, 2 classes: mean ± sd over the cases",
        "",
        f"| class | n | {head} | worst {head} | in case |",
        "| --- | ---: | ---: | ---: | --- |",
        "| x | 2 | 1.50 ± 0.71 | 2.00 | b |",
        "| y | 2 | 3.50 ± 0.71 | 4.00 | b |",
        "| **overall** | **4** | **2.50 ± 0.71** | **3.00** | **b** |",
        "",
        "signature: `dice|threshold:0.5|numbers:1`",
    ]


def test_problems_and_remarks():
    made = card([*cases("dice", a={"x": float("nan")}), unscored("b|c", message="lost *it*")])
    assert "- undefined: 1 both\\_empty" in text(made)
    assert "```text\nerror: b|c: lost *it*\n```" in text(made)


def test_a_group_has_a_title():
    results = [case(n, {"x": {"dice": 0.5}}, group="g_1") for n in "ab"]
    assert "\n\n**group g\\_1: 2 cases**\n\n| class |" in text(card(results))


def test_names_are_shown_as_they_are():
    assert escape_markdown("a|b_c*<d>") == "a\\|b\\_c\\*\\<d\\>"
    assert code_span("a`b") == "``a`b``"
    made = card([case("p|q", {"x|y": {"dice": 0.5}}), case("r", {"x|y": {"dice": 0.6}})])
    assert "| x\\|y | 2 |" in text(made)
    assert "| p\\|q |" in text(made)
