"""A page of very many rows is written from disk: no list of them, and no text of them, is made."""

from cards import card, case

from segeval.reports.html.page import contents, page_parts
from segeval.request.settings import Settings

CASES, CLASSES = 60, 50


def test_a_page_does_not_hold_its_rows():
    values = {f"k{k}": {"dice": k / CLASSES, "iou": k / CLASSES / 2} for k in range(CLASSES)}
    whole = card([case(f"c{k}", values) for k in range(CASES)])
    sizes, rows = [], 0
    for part in page_parts(whole, Settings(pictures=0)):
        sizes.append(len(part))
        rows += part.count("<tr class") + part.count("<tr><th") + part.count("<tr id")
    assert rows >= CASES * CLASSES
    assert max(sizes) < sum(sizes) / 5
    content = contents(whole, Settings(pictures=0))
    assert content["rows"] == []
    assert content["table"].count == CASES * CLASSES
    assert len(list(content["table"].parts())) == CASES * CLASSES / 500
