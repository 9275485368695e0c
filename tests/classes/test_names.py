import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.classes.names import (
    TABLE,
    is_structure_name,
    match_name,
    natural_key,
    normalize_name,
    primary_name,
    similar_names,
)
from segeval.runtime.errors import CaseError


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Brain Stem", "brainstem"),
        ("BrainStem", "brainstem"),
        ("Brainstem", "brainstem"),
        ("LeftParotid", "parotid_l"),
        ("parotid lt", "parotid_l"),
        ("Parotid-Lt", "parotid_l"),
        ("L Parotid", "parotid_l"),
        ("ParotidL", "parotid_l"),
        ("optic_nerve_right", "opticnerve_r"),
        ("Optic-Nerve-Rt", "opticnerve_r"),
        ("Lens", "lens"),
        ("Lens_L", "lens_l"),
        ("left", "left"),
        ("L Parotid R", "lparotidr"),
        ("PTV-05", "ptv-05"),
        ("PTV_05", "ptv05"),
        ("Heart^contoured by two", "heart"),
        ("  Heart ", "heart"),
        ("Ｈｅａｒｔ", "heart"),
    ],
)
def test_n2_normal_form(name, form):
    assert normalize_name(name) == form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lung_L", "Lung_R"),
        ("Lung_L", "Lungs"),
        ("Kidney", "Kidneys"),
        ("SpinalCord", "SpinalCord_PRV05"),
        ("Lung_L", "~Lung_L"),
        ("PTV_High", "PTV_High-05"),
        ("CTV", "PTV"),
        ("Rib_left_1", "Rib_right_1"),
    ],
)
def test_n2_n3_other_volumes_never_match(one, other):
    assert normalize_name(one) != normalize_name(other)
    assert match_name(one, [other]) is None
    assert match_name(other, [one]) is None


@given(st.text(st.characters(codec="ascii"), min_size=1).map(str.strip).filter(bool))
def test_a_side_never_gets_lost(name):
    assert not (
        normalize_name(f"{name} left") == normalize_name(f"{name} right") and name.isalnum()
    )


def test_n1_order_first_hit_wins():
    aliases = ("mine", "re:^.*_dom$")
    assert match_name("Heart", ["heart", "Heart", "mine"], aliases) == "Heart"
    assert match_name("Heart", ["heart", "mine"], aliases) == "mine"
    assert match_name("Heart", ["heart", "x_DOM"], aliases) == "x_DOM"
    assert match_name("Heart", ["heart", "he_art"]) == "heart"
    assert match_name("Brain Stem", ["Brain_stem", "Truncus encephali"]) == "Brain_stem"
    assert match_name("Brain Stem", ["Truncus encephali"]) == "Truncus encephali"
    assert match_name("Parotid-Lt", ["parotid_r", "parotid_l"]) == "parotid_l"


def test_n4_nothing_is_fuzzy_but_suggestions():
    names = ["Brainstem", "Brain", "Heart"]
    assert match_name("Brainstm", names) is None
    assert similar_names("Brainstm", names)[0] == "Brainstem"


def test_n6_patterns_match_the_whole_name():
    assert match_name("Heart", ["my heart"], ("re:heart",)) is None
    assert match_name("Heart", ["my heart"], ("re:.*HEART",)) == "my heart"


def test_s5_two_structures_of_one_name():
    with pytest.raises(CaseError, match="two structures") as problem:
        match_name("Parotid_L", ["parotid lt", "left parotid"])
    assert problem.value.facts == ("parotid lt", "left parotid")


def test_n5_the_table_keeps_its_promises():
    content = tomllib.loads(TABLE.read_text("utf-8"))
    primary = [*content["single"], *(f"{n}_{s}" for n in content["sided"] for s in "LR")]
    assert len({name.casefold() for name in primary}) == len(primary) >= 80
    assert [name for name in primary if len(name) > 16] == []
    for name in primary:
        assert primary_name(name) == name
    for name, names in content["single"].items():
        assert {primary_name(alias) for alias in names} <= {name}
    for name, names in content["sided"].items():
        assert {primary_name(f"{alias} left") for alias in names} <= {f"{name}_L"}


@pytest.mark.parametrize(
    ("name", "primary"),
    [
        ("kidney_left", "Kidney_L"),
        ("heart_atrium_left", "Atrium_L"),
        ("vertebrae_L1", "VB_L1"),
        ("rib_left_1", "Rib01_L"),
        ("Submandibular-Rt", "Glnd_Submand_R"),
        ("urinary_bladder", "Bladder"),
        ("lung_upper_lobe_left", "Lung_LUL"),
        ("case_01", None),
        ("road", None),
    ],
)
def test_n5_names_of_public_data(name, primary):
    assert primary_name(name) == primary


def test_prv_and_targets_are_structures_without_being_the_organ():
    assert primary_name("SpinalCord_PRV05") is None
    assert all(map(is_structure_name, ["SpinalCord_PRV05", "GTVp", "PTV_70", "~Lung_L", "ctv"]))
    assert not any(map(is_structure_name, ["case_1", "patient", "ptvillage"]))


def test_p6_natural_order():
    assert sorted(["case10", "case2", "Case1", "case2b"], key=natural_key) == [
        "Case1",
        "case2",
        "case2b",
        "case10",
    ]


@given(st.permutations(["a2", "a10", "A2", "a02", "b", "", "a", "2", "10a"]))
def test_natural_order_is_total(names):
    assert sorted(names, key=natural_key) == ["", "2", "10a", "a", "A2", "a02", "a2", "a10", "b"]


@given(st.text(), st.text())
def test_only_equal_names_have_equal_keys(one, other):
    assert (natural_key(one) == natural_key(other)) == (one == other)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_natural_order_counts(a, b):
    assert (natural_key(f"x{a}y") < natural_key(f"x{b}y")) == (a < b)
