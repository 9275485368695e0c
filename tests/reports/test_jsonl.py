import io
import json

from cards import card, cases, unscored

from segeval.reports import jsonl
from segeval.request.settings import Settings
from segeval.scorecard.results import case_from_json

MADE = card([*cases("dice", a={"x": 0.5}, b={"x": 0.25}), unscored("c")])


def test_a_line_is_a_case_with_its_signature():
    file = io.StringIO()
    jsonl.write(MADE, file, Settings())
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [case_from_json(line) for line in lines] == list(MADE.cases)
    assert {line["signature"] for line in lines} == {MADE.signature}
