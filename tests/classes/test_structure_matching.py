"""Which structures of two files are which class."""

import pytest

from segeval.classes.class_list import ClassDef, ClassList
from segeval.classes.parse_classes import parse_classes
from segeval.classes.structure_matching import (
    StructureItem,
    classify_structure,
    find_structures,
    join_classes,
)
from segeval.runtime.errors import CaseError, RequestError


def items(*names, support=()):
    return [StructureItem(name, name, n, name in support) for n, name in enumerate(names, 1)]


def keys(side):
    return {c: [i.key for i in found] for c, found in side.keys.items()}


def test_the_ground_truth_names_the_classes():
    truth, pred, notes = join_classes(
        items("Parotid_L", "Lungs"), items("LeftParotid", "Lung_L", "Lung_R"), ClassList()
    )
    assert keys(truth) == {"Parotid_L": ["Parotid_L"], "Lungs": ["Lungs"]}
    assert keys(pred) == {"Parotid_L": ["LeftParotid"], "Lung_L": ["Lung_L"], "Lung_R": ["Lung_R"]}
    assert [note.code for note in notes] == ["W-name-not-found"]
    assert "the prediction has no 'Lungs'; nearest: Lung_" in notes[0].text


@pytest.mark.parametrize(
    ("one", "other"),
    [("Parotid_L", "Parotid_R"), ("Lung_L", "Lungs"), ("SpinalCord", "SpinalCord_PRV05")],
)
def test_what_never_matches(one, other):
    assert find_structures(ClassDef(one), items(other)) == ()


def test_what_helps_to_plan_has_to_be_asked_for():
    both = items("Heart", "Couch", support=("Couch",)), items("Couch", support=("Couch",))
    truth, pred, _ = join_classes(*both, ClassList())
    assert (keys(truth), keys(pred)) == ({"Heart": ["Heart"]}, {})
    truth, pred, _ = join_classes(*both, ClassList((ClassDef("couch"),), only=True))
    assert (keys(truth), keys(pred)) == ({"couch": ["Couch"]},) * 2


def test_two_of_one_name_are_a_fault_of_their_class_alone():
    truth, pred, _ = join_classes(
        items("Heart", "Liver"), items("HEART", "heart", "liver"), ClassList()
    )
    assert keys(truth) == {"Heart": ["Heart"], "Liver": ["Liver"]}
    assert keys(pred) == {"Liver": ["liver"]}
    assert pred.faults["Heart"].facts == ("ROI 1: HEART", "ROI 2: heart")


def test_two_of_one_name_in_the_ground_truth():
    truth, pred, _ = join_classes(items("Heart", "heart"), items("heart"), ClassList())
    assert set(truth.faults) == {"Heart"}
    assert keys(pred) == {"Heart": ["heart"]}


def test_an_exact_name_does_not_hide_its_double():
    with pytest.raises(CaseError) as caught:
        find_structures(ClassDef("Heart"), items("Heart", "HEART"))
    assert caught.value.status == "two_structures"


def test_a_number_picks_one():
    found = find_structures(ClassDef("Heart#2"), items("Heart", "HEART"))
    assert [i.number for i in found] == [2]
    with pytest.raises(CaseError, match="none of 2 structures called 'Heart' has the number 3"):
        find_structures(ClassDef("Heart#3"), items("Heart", "HEART", "Liver"))


def test_s5_a_side_with_one_takes_that_one_and_the_class_is_called_by_its_name():
    (class_,) = parse_classes("Heart#7").classes
    assert (class_.name, class_.number) == ("Heart", 7)
    assert [i.number for i in find_structures(class_, items("Cord", "heart"))] == [2]
    two = parse_classes("Heart#7,Heart#9").classes
    assert [c.name for c in two] == ["Heart#7", "Heart#9"]  # or both would be called Heart


def test_a_union_needs_all_of_its_parts():
    both = ClassDef("Parotids", union=("Parotid_L", "Parotid_R"))
    assert [i.name for i in find_structures(both, items("parotid lt", "parotid rt"))] == [
        "parotid lt", "parotid rt",
    ]  # fmt: skip
    assert find_structures(both, items("parotid lt")) == ()
    assert [i.name for i in find_structures(both, items("Parotid_L", "Parotid_R", "parotids"))] == [
        "parotids"
    ]


def test_the_rule_that_was_used():
    wanted = ClassList((ClassDef("Heart", aliases=("cor", "re:herz.*")),))
    rules = [
        classify_structure(item, wanted) for item in items("Heart", "cor", "Herz 1", "HEART", "x")
    ]
    assert rules == [
        ("Heart", "exact"), ("Heart", "alias"), ("Heart", "alias"), ("Heart", "without case"),
        ("", ""),
    ]  # fmt: skip


def test_a_structure_is_called_as_the_run_calls_it():
    #    but two structures of one file stay two
    called = {"lt parotid": "Parotid_L", "Cord": "SpinalCord"}
    one = [StructureItem("lt parotid", "lt parotid", 1), StructureItem("Cord", "Cord", 2)]
    truth, pred, _ = join_classes(one, one, ClassList(), called)
    assert list(truth.keys) == list(pred.keys) == ["Parotid_L", "SpinalCord"]
    two = [*one, StructureItem("SpinalCord", "SpinalCord", 3)]
    assert list(join_classes(two, two, ClassList(), called)[0].keys) == [
        "Parotid_L",
        "Cord",
        "SpinalCord",
    ]


# ACCOUNT-A30: a name that nothing matched.


def lost(truth, pred, classes=None, **how):
    _, found, _ = join_classes(items(*truth), items(*pred), classes or ClassList(), **how)
    return {name: fault.status for name, fault in found.faults.items()}


@pytest.mark.parametrize("pred", [["Herz"], ["Cord", "Herz"], ["HRT_final"]])
def test_account_a30_another_name_may_be_the_organ(pred):
    assert lost(["Heart", "Cord"], [*pred, "Cord"][: len(pred) + 1])["Heart"] == "name_not_found"


@pytest.mark.parametrize(
    "pred",
    [
        [],  # nothing is there that could be it
        ["Liver", "lung left"],  # organs of the built-in table are themselves
        ["Cord"],  # a structure of the ground truth
    ],
)
def test_account_a30_without_any_such_name_the_organ_was_missed(pred):
    assert lost(["Heart", "Cord"], pred) == {}


def test_account_a30_support_structures_and_markers_stand_for_something():
    marker = StructureItem("Clip 1", "Clip 1", 9, area=False)
    body = StructureItem("my outline", "my outline", 8, support=True)
    _, found, _ = join_classes(items("Heart"), (marker, body), ClassList())
    assert found.faults == {}


def test_account_a30_the_help_maps_it():
    _, found, _ = join_classes(items("Parotid_L"), items("Parotis li", "Kiefer"), ClassList())
    fault = found.faults["Parotid_L"]
    assert '--alias "Parotid_L=Parotis li"' in fault.help
    mapped = ClassList().with_aliases(["Parotid_L=Parotis li"])
    _, found, _ = join_classes(items("Parotid_L"), items("Parotis li", "Kiefer"), mapped)
    assert (found.faults, keys(found)["Parotid_L"]) == ({}, ["Parotis li"])


def test_account_a30_a_class_of_another_case_is_one_of_the_run():
    named = {"Tumour": "GTVp", "GTVp": "GTVp"}
    assert lost(["Heart"], ["tumour"], called=named) == {}


def test_account_a30_missed_when_the_user_says_so():
    assert lost(["Heart"], ["Herz"], missed=True) == {}


def test_account_a30_a_selection_sees_the_names_that_it_leaves_out():
    assert lost(["Heart", "Foo"], ["Herz"], parse_classes("Heart")) == {"Heart": "name_not_found"}
    assert lost(["Heart", "Foo"], ["Foo"], parse_classes("Heart")) == {}


def test_an_alias_is_a_class_and_a_name():
    with pytest.raises(RequestError, match="maps no name"):
        ClassList().with_aliases(["Heart"])
    listed = parse_classes("Heart,Cord").with_aliases(["Heart=Herz, links", "Heart=H=1"])
    assert listed.classes[0].aliases == ("Herz, links", "H=1")
