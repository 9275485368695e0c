from hypothesis import given
from hypothesis import strategies as st

from segeval.reports.fold_columns import NARROWEST_NAME, block_width, fit_block, fold_text
from segeval.reports.table_model import TableBlock, TableField


def block(names=("liver", "spleen"), metrics=("dice",), worst=True):
    """Metric columns are 13 wide."""
    rows = len(names)
    fields = [
        TableField(("class",), tuple(names), "key"),
        TableField(("n",), ("3",) * rows, "count"),
    ]
    fields += [TableField((m,), ("0.900 ± 0.100",) * rows, "metric") for m in metrics]
    if worst:
        fields += [
            TableField(("worst", "dice"), ("0.800",) * rows, "worst"),
            TableField(("in case",), ("CT_001",) * rows, "worst_case"),
        ]
    return TableBlock(tuple(fields))


def kinds(part):
    return [field.kind for field in part.fields]


def test_what_fits_is_left_alone():
    wide = block()
    assert fit_block(wide, block_width(wide)) == [wide]


def test_heads_are_folded_first():
    wide = block(metrics=("false_positive_volume",))
    (part,) = fit_block(wide, block_width(wide) - 1)
    assert part.fields[2].head == ("false_", "positive_", "volume")
    assert part.worst


def test_a_word_of_a_head_is_never_divided():
    (part,) = fit_block(block(metrics=("undefined",)), 30)[:1]
    assert "undefined" in part.fields[2].head


def test_a_few_long_names_are_folded():
    names = ["liver"] * 9 + ["portal_vein_and_splenic_vein"]
    wide = block(names)
    (part,) = fit_block(wide, block_width(wide) - 4)
    assert part.fields[0].cells[:1] == ("liver",)
    assert part.fields[0].cells[9] == "portal_vein_and_splenic_\nvein"
    assert part.worst


def test_before_many_names_are_folded_the_worst_case_goes():
    wide = block(["portal_vein_and_splenic_vein"] * 10)
    (part,) = fit_block(wide, block_width(wide) - 4)
    assert not part.worst
    assert part.fields[0].cells[0] == "portal_vein_and_splenic_vein"


def test_then_there_are_several_tables():
    parts = fit_block(block(metrics=("dice", "iou", "recall")), 40)
    assert [kinds(part) for part in parts] == [
        ["key", "count", "metric", "metric"],
        ["key", "count", "metric"],
    ]
    assert [f.head for part in parts for f in part.fields if f.kind == "metric"] == [
        ("dice",),
        ("iou",),
        ("recall",),
    ]


names = st.lists(st.text("abc_-", min_size=1, max_size=40), min_size=1, max_size=5)


@given(names, st.integers(1, 6), st.integers(40, 120))
def test_every_table_fits_and_says_all(found, metrics, width):
    whole = block(found, [f"metric_{i}" for i in range(metrics)])
    parts = fit_block(whole, width)
    assert all(block_width(part) <= width for part in parts)
    for part in parts:
        assert [cell.replace("\n", "") for cell in part.fields[0].cells] == found
    heads = ["".join(f.head) for part in parts for f in part.fields if f.kind == "metric"]
    assert heads == [f"metric_{i}" for i in range(metrics)]


@given(
    st.text(st.characters(codec="ascii", exclude_characters="\n")), st.integers(NARROWEST_NAME, 40)
)
def test_folding_loses_nothing(text, width):
    lines = fold_text(text, width, hard=True)
    assert "".join(lines) == text
    assert all(len(line) <= width for line in lines)
