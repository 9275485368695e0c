from segeval.reports.plain import LONG, drawn
from segeval.reports.table_model import Block, Field


def table(rows=2, **more):
    return Block(
        (
            Field(("class",), tuple(f"c{i}" for i in range(rows)), "key"),
            Field(("volume", "[ml]"), tuple(f"{i}.5 ± 0.1" for i in range(rows)), "metric"),
            Field(("note",), ("",) * rows, "note"),
        ),
        **more,
    )


def test_a_table():
    assert list(drawn(table(title="group east: 2 cases"))) == [
        "group east: 2 cases",
        "            volume",
        "class         [ml]  note",
        "-----  -----------  ----",
        "c0     0.5 +/- 0.1",
        "c1     1.5 +/- 0.1",
    ]


def test_a_line_before_the_last():
    lines = list(drawn(table(breaks=frozenset([1]))))
    assert lines[-2] == lines[-4] == "-----  -----------  ----"


def test_heads_stand_below_a_long_table_too():
    short, long = list(drawn(table(LONG))), list(drawn(table(LONG + 1)))
    assert short[-1].startswith("c")
    assert long[-2:] == long[:2]


def test_no_line_ends_with_a_space():
    assert all(line == line.rstrip() for line in drawn(table()))
