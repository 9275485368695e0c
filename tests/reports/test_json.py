import io
import json

from cards import card, cases, unscored

from segeval.reports import json as report
from segeval.request.settings import Settings
from segeval.scorecard.results import card_from_json

MADE = card([*cases("dice", a={"x": 0.5}, b={"x": 0.25}), unscored("c")])


def test_the_result_file_is_the_scorecard():
    file = io.StringIO()
    report.write(MADE, file, Settings())
    assert card_from_json(json.loads(file.getvalue())) == MADE
