"""CLI-U8: the table in LaTeX is a table that LaTeX reads: a small parser of what it may hold."""

import io
import math
import re

import pytest
from cards import card, case

from segeval.reports.latex import escape_latex, write
from segeval.request.settings import Settings

ODD = ["50%_of_$x$ & #1", r"a\b{c}^2~", "<tag>|'q' \"d\" `t`", "[opt] *", "Größe", "x\x1b[0m"]


def written(made, **choices):
    """The text."""
    file = io.StringIO()
    write(made, file, Settings(**choices))
    return file.getvalue()


def parse(text):
    """Tables as rows of cells; fails on what LaTeX would stumble over."""
    tables = []
    lines = [line for line in text.splitlines() if not line.startswith("%")]
    for line in lines:
        bare = re.sub(r"\\[\\&%$#_{}]", "", line)
        assert bare.count("{") == bare.count("}"), line
        assert re.sub(r"\\[&%$#_{}]|\\\\", "", line).count("$") % 2 == 0, line
        assert not re.search(r"(?<!\\)[%#^~_]", line.replace(r"\\", "")), line
        commands = set(re.findall(r"\\([A-Za-z]+)", line))
        assert commands <= {
            "begin", "end", "toprule", "midrule", "bottomrule", "multicolumn", "textbf", "pm",
            "textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater",
            "textbar", "textquotedbl", "textquotesingle", "textasciigrave",
        }, line  # fmt: skip
        if line.startswith(r"\begin{tabular}"):
            columns = re.fullmatch(r"\\begin\{tabular\}\{@\{\}([lr]+)@\{\}\}", line)[1]
            tables.append((columns, []))
        elif line.endswith(r" \\") and "multicolumn" not in line:
            cells = re.split(r"(?<!\\) & ", line.removesuffix(r" \\"))
            assert len(cells) == len(tables[-1][0]), line
            tables[-1][1].append(cells)
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == len(tables) > 0
    assert all(text.count(rule) >= len(tables) for rule in (r"\toprule", r"\bottomrule"))
    return tables


@pytest.mark.parametrize("name", ODD)
def test_u8_odd_names_are_escaped(name):
    made = card([case(name, {name: {"dice": 0.5}, "b": {"dice": 0.25}}),
                 case("y", {name: {"dice": 0.75}, "b": {"dice": 1.0}})])  # fmt: skip
    ((columns, rows),) = parse(written(made, worst=0))
    assert columns == "lrrrl"
    assert rows[1][0] == escape_latex(name)
    assert rows[-1][0] == r"\textbf{overall}"


def test_u8_means_deviations_and_signs():
    made = card([case(n, {"liver": {"volume_difference": v}}, "ml")
                 for n, v in (("a", -3.0), ("b", -1.0))])  # fmt: skip
    ((_, rows),) = parse(written(made))
    assert rows[0][2] == r"volume\_difference {[}ml{]}"
    assert rows[1][2] == f"$-$2.00 $\\pm$ {math.sqrt(2):.2f}"


def test_u8_groups_and_whole_cases_have_tables_of_their_own():
    made = card([case(n, {"liver": {"dice": 0.5}, "all": {"miou": 0.4}}, group=g)
                 for n, g in (("a", "north"), ("b", "south & east"))])  # fmt: skip
    text = written(made)
    assert len(parse(text)) >= 3
    assert r"south \& east" in text


def test_u8_percent_is_in_the_head_and_in_the_numbers():
    made = card([case(n, {"liver": {"dice": v}}) for n, v in (("a", 0.5), ("b", 0.75))])
    ((_, rows),) = parse(written(made, percent=True))
    assert rows[0][2] == r"dice {[}\%{]}"
    assert rows[1][2] == f"62.5 $\\pm$ {100 * 0.25 / math.sqrt(2):.1f}"
