"""A word that nobody reads in this run is read all the same: a wrong one is said at once."""

import pytest
from runs import settings

from segeval.api.request_checks import requested_metrics
from segeval.runtime.errors import RequestError

WRONG = {
    "window": [
        "a,b",
        "wide",
        "400",
        "0,40",
        "-1,2",
        "inf,3",
        "nan,1",
        "1e400,2",
        "400,nan",
        "1,2,3",
    ],
    "min_size": ["-1mm3", "5", "mm3", "nanml", "infpx", "1e400mm3"],
}
RIGHT = {
    "window": ["auto", "lung", "400,40", "0.5,-3e2"],
    "min_size": ["", "0px", "5mm3", "0.05ml"],
}


@pytest.mark.parametrize(("name", "word"), [(name, w) for name in WRONG for w in WRONG[name]])
def test_a_wrong_word_is_refused_whether_or_not_it_is_used(name, word):
    with pytest.raises(RequestError, match=f"--{name.replace('_', '-')} "):
        requested_metrics(settings("dice", **{name: word}))


@pytest.mark.parametrize(("name", "word"), [(name, w) for name in RIGHT for w in RIGHT[name]])
def test_a_right_word_is_taken(name, word):
    assert requested_metrics(settings("dice", **{name: word}))
