import io

from cards import card, cases

from segeval.reports import tabbed
from segeval.request.settings import Settings


def test_tabs():
    file = io.StringIO()
    tabbed.write(card(cases("dice", a={"x": 0.5})), file, Settings())
    assert file.getvalue().splitlines() == [
        "case\tclass\tmetric\tvalue\tunit\tstatus\treason\tgroup",
        "a\tx\tdice\t0.5\t\tok\t\t",
    ]
