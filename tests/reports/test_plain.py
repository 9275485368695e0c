from segeval.reports.plain import LONG_TABLE, plain_lines
from segeval.reports.table_model import TableBlock, TableField


def table(rows=2, **more):
    return TableBlock(
        (
            TableField(("class",), tuple(f"c{i}" for i in range(rows)), "key"),
            TableField(("volume", "[ml]"), tuple(f"{i}.5 ± 0.1" for i in range(rows)), "metric"),
            TableField(("note",), ("",) * rows, "note"),
        ),
        **more,
    )


def test_a_table():
    assert list(plain_lines(table(title="group east: 2 cases"))) == [
        "group east: 2 cases",
        "            volume",
        "class         [ml]  note",
        "-----  -----------  ----",
        "c0     0.5 +/- 0.1",
        "c1     1.5 +/- 0.1",
    ]


def test_a_line_before_the_last():
    lines = list(plain_lines(table(breaks=frozenset([1]))))
    assert lines[-2] == lines[-4] == "-----  -----------  ----"


def test_heads_stand_below_a_long_table_too():
    short, long = list(plain_lines(table(LONG_TABLE))), list(plain_lines(table(LONG_TABLE + 1)))
    assert short[-1].startswith("c")
    assert long[-2:] == long[:2]


def test_no_line_ends_with_a_space():
    assert all(line == line.rstrip() for line in plain_lines(table()))


def test_the_widths_of_a_table_are_found_once(monkeypatch):
    asked = []
    width = TableField.width
    monkeypatch.setattr(TableField, "width", property(lambda f: asked.append(f) or width.fget(f)))
    block = TableBlock((TableField(("class",), tuple(map(str, range(500))), "key"),))
    assert len(list(plain_lines(block))) > 500
    assert len(asked) < 10
