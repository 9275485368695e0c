"""Which of several structure sets is meant."""

from pathlib import Path

import pytest

from segeval.readers.selection import select_structure_set
from segeval.readers.series import StructureSetHeader
from segeval.runtime.errors import CaseError, RequestError


def found(name, label="plan", names=("Heart",)):
    facts = ("S", "P1", "F", label, "", "20240102", "APPROVED", "Maker", "1.2", names)
    return StructureSetHeader(Path(name), "rtstruct", *facts)


MANUAL, AUTO = found("RS_manual.dcm", "manual"), found("RS_auto.dcm", "auto", ("Heart", "Lung"))


def test_the_only_one_is_meant():
    assert select_structure_set([MANUAL]) == (MANUAL, ())


@pytest.mark.parametrize("text", ["RS_auto.dcm", "*AUTO*", "label=auto", "label=A*"])
def test_a_selector_names_it(text):
    assert select_structure_set([MANUAL, AUTO], text)[0] == AUTO


def test_the_only_one_that_has_all_classes():
    one, (note,) = select_structure_set([MANUAL, AUTO], has=lambda f: "Lung" in f.names)
    assert one == AUTO
    assert "of 2 structure sets only RS_auto.dcm" in note.text


@pytest.mark.parametrize(
    ("text", "said"), [("", "2 structure sets could"), ("x*", "no structure set is selected")]
)
def test_nothing_is_guessed(text, said):
    with pytest.raises(CaseError, match=said) as caught:
        select_structure_set([MANUAL, AUTO], text, has=lambda f: "Heart" in f.names, where="PAT01")
    assert caught.value.facts == (
        "RS_manual.dcm: manual, 20240102, APPROVED, 1 structures",
        "RS_auto.dcm: auto, 20240102, APPROVED, 2 structures",
    )


def test_a_field_that_is_none():
    with pytest.raises(RequestError, match="'date'"):
        select_structure_set([MANUAL, AUTO], "date=2024")
