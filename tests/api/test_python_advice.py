"""What a help line says to Python leads out when it is done as printed (ACCOUNT-A31)."""

import pytest
from python_advice import SITUATIONS

from segeval.runtime.errors import SegevalError


@pytest.mark.parametrize("case", SITUATIONS, ids=lambda case: f"{case[0]} {case[2]}")
def test_help_for_python_done_as_printed_leads_out(case):
    _, wrong, words, right = case
    with pytest.raises(SegevalError) as caught:
        wrong()
    assert words in caught.value.help
    right()
