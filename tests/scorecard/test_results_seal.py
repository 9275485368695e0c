"""Results that are not what was written are refused; what was changed on purpose is read."""

import json

import pytest
from cards import card, cases
from hypothesis import example, given
from hypothesis import strategies as st

from segeval.runtime.errors import RequestError
from segeval.scorecard import results, results_seal
from segeval.scorecard.results import load_results, result_lines

MADE = card(cases("dice", a={"x": 0.91, "y": 0.31}, b={"x": 0.52, "y": 0.55}))
TEXT = "".join(result_lines(MADE))
BEGIN = TEXT.index('"cases": [') + len('"cases": [') + 1
END = TEXT.rindex('"') + 1  # of the checksum: what follows is the end of the object


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("sealed") / "r.json"


def refusal(path, text):
    path.write_text(text)
    with pytest.raises(RequestError) as problem:
        load_results(path, sealed=True)
    return problem.value.message


def test_a_digit_of_a_value_or_of_the_summary_is_known_to_be_another(path):
    for wrong in (TEXT.replace("0.91", "0.92", 1), TEXT.replace("0.91", "0.19", 1)):
        assert "does not hold what was written" in refusal(path, wrong)
    last = TEXT.rindex("0.52")
    assert "does not hold what was written" in refusal(
        path, TEXT[:last] + "0.53" + TEXT[last + 4 :]
    )


@given(st.integers(BEGIN, END - 1), st.characters(min_codepoint=32, max_codepoint=126))
@example(TEXT.rindex("check") + 10, "g")
def test_no_letter_from_the_cases_on_may_be_another(path, place, letter):
    wrong = TEXT[:place] + letter + TEXT[place + 1 :]
    if wrong != TEXT:
        refusal(path, wrong)


def test_the_checksum_is_that_of_the_whole_file(path):
    path.write_text(TEXT)
    assert load_results(path, sealed=True) == MADE


@pytest.mark.parametrize("indent", [None, 1])
def test_a_file_of_other_hands_is_read_and_not_as_what_was_written(path, indent):
    path.write_text(json.dumps(json.loads(TEXT), indent=indent))
    assert load_results(path) == MADE
    assert "no checksum" in refusal(path, path.read_text())


def test_a_file_without_a_checksum_is_read_and_not_as_what_was_written(path):
    at = TEXT.rindex(',\n"check"')
    path.write_text(TEXT[:at] + "\n}\n")
    assert load_results(path) == MADE
    assert "does not hold" in refusal(path, path.read_text())


@pytest.mark.parametrize("part", [1, 7, 1 << 20])
def test_cases_of_a_file_with_its_checksum_are_not_held_to_the_schema_again(
    path, monkeypatch, part
):
    monkeypatch.setattr(results_seal, "PART", part)
    monkeypatch.setattr(results, "check_case", lambda *_: pytest.fail("asked"))
    path.write_text(TEXT)
    assert load_results(path) == MADE
    for wrong in (
        TEXT.replace("0.91", "0.92", 1),
        TEXT + " ",
        TEXT.replace(',\n"check"', ',"check"'),
    ):
        path.write_text(wrong)
        with pytest.raises(pytest.fail.Exception, match="asked"):
            load_results(path)


@pytest.mark.parametrize("gone", ['"status": "ok"', '"case": "a"', "0.91"])
def test_what_others_wrote_with_a_checksum_may_be_damaged_all_the_same(path, gone):
    start, end = TEXT.index("\n", BEGIN - 1), TEXT.rindex(',\n"check"')
    measured = TEXT[start:end].replace(gone, '"odd": [1]' if ":" in gone else '"x"')
    path.write_text(TEXT[:start] + "".join(results_seal.seal_text([measured])) + "\n}\n")
    with pytest.raises(RequestError, match="damaged result file"):
        load_results(path)


def test_what_stands_before_the_cases_may_be_edited(path):
    at = TEXT.index('"inputs": {') + len('"inputs": {')
    path.write_text(TEXT[:at] + '"roots": {"gt": "elsewhere"}' + TEXT[at:])
    assert load_results(path, sealed=True).inputs["roots"]["gt"].endswith("elsewhere")
