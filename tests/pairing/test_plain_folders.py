"""Pairing as strings gives what the rules give name by name, or leaves it to them."""

import random

import pytest
from trees import tree

from segeval.classes.class_list import ClassList
from segeval.classes.names import natural_key, sort_names
from segeval.classes.parse_classes import parse_classes
from segeval.pairing.pair import pair_by_names, pair_by_rules, pair_paths, request_hints
from segeval.pairing.plain_folders import pair_plain_folders
from segeval.request.settings import Settings
from segeval.runtime.errors import NothingToScore

# What may stand among names of cases, and has a rule of its own.
SPEAKING = (
    *(
        "c1_seg.png",
        "c1_seg_gt.png",
        "seg_c1.png",
        "mask.png",
        "c1-gt.png",
        "c1.pred.png",
        "c1_T1.png",
        "flair.png",
    ),
    *("c1_0000.png", "c1.nii.gz", "c1.npz", "imaging.png", "c1_labelIds.png", "C1.png", "c1.PNG"),
    *("c\u00e9.png", "notes.txt", "c1.jpg", "x/c1.png", "plot.png", "a.seg.nrrd", "c1.dcm"),
)
CASES = [*(f"c{k}" for k in range(1, 13)), "c1 b", "c1-b", "c_1", "c01", "c1b", "c.1", "2", "02"]


def sides(tmp_path, pred, gt):
    """Two folders of empty files."""
    return tree(tmp_path / "pred", *pred), tree(tmp_path / "gt", *gt)


def paired_both_ways(pred, gt, settings):
    """The pairing as strings, None where it leaves it to the rules; and that by the rules."""
    hints = request_hints(settings, ClassList())
    plain = pair_plain_folders(pred, gt, hints, fewest=0)
    left = None if plain is None else pair_by_names(plain, ClassList(), settings)
    try:
        return left, pair_by_rules(pred, gt, [gt], hints, ClassList(), settings)
    except NothingToScore:
        return left, None


def everything(pairing):
    """All that a pairing says."""
    cases = [(case.id, case.pred, case.truth) for case in pairing.cases]
    said = (pairing.sentence, pairing.extra, pairing.notes, pairing.truths)
    return cases, said, pairing.inventory.to_json()


@pytest.mark.parametrize("seed", range(60))
def test_as_strings_and_by_rules_are_the_same(tmp_path, seed):
    r = random.Random(seed)
    suffix = r.choice((".png", ".nii.gz", ".nrrd", ".npy"))
    other = suffix if seed % 4 else ".tif"
    cases = r.sample(CASES, r.randint(2, len(CASES)))
    guesses = [name for name in cases if seed % 3 or r.random() < 0.8] + ["c100", "c99"] * (
        seed % 5 == 0
    )
    pred, gt = sides(
        tmp_path,
        [name + other for name in guesses] + ["dataset.json"] * (seed % 2),
        [name + suffix for name in cases],
    )
    left, right = paired_both_ways(pred, gt, Settings())
    assert left is not None
    assert right is not None
    assert everything(left) == everything(right)


TAILS = [
    ("_gt", "_pred"),
    ("_gt", ""),
    ("", "-seg"),
    ("_seg", "_seg"),
    ("_gtFine_labelIds", ".out"),
]


@pytest.mark.parametrize("tails", TAILS, ids=str)
@pytest.mark.parametrize("seed", range(10))
def test_roles_that_all_names_of_a_side_have_are_their_end(tmp_path, tails, seed):
    r = random.Random(seed)
    cases = r.sample(CASES, r.randint(2, len(CASES)))
    guesses = [name for name in cases[1:] if r.random() < 0.8] + ["c100", "c99"] * (seed % 2)
    end = ".png" if seed % 3 else ".tif"
    pred, gt = sides(
        tmp_path,
        [name + tails[1] + end for name in [*guesses, cases[0]]],
        [name + tails[0] + ".png" for name in cases],
    )
    left, right = paired_both_ways(pred, gt, Settings())
    assert left is not None
    assert everything(left) == everything(right)


def test_a_class_of_the_list_at_the_end_of_all_names_is_no_role(tmp_path):
    names = ["c1_mask.png", "c2_mask.png"]
    pred, gt = sides(tmp_path, names, names)
    settings = Settings(classes=parse_classes("mask,sky"))
    assert paired_both_ways(pred, gt, settings)[0] is None


@pytest.mark.parametrize("name", SPEAKING)
@pytest.mark.parametrize("side", ["pred", "gt"])
def test_one_name_of_which_a_rule_speaks_leaves_it_to_the_rules(tmp_path, name, side):
    plain = [f"c{k}.png" for k in range(2, 9)]
    names = {"pred": plain, "gt": plain} | {side: [*plain, name]}
    pred, gt = sides(tmp_path, names["pred"], names["gt"])
    left, right = paired_both_ways(pred, gt, Settings())
    if name in ("C1.png", "plot.png"):  # of pictures alone a rule says nothing: a case like others
        assert everything(left) == everything(right)
    else:
        assert left is None


def test_a_link_leaves_it_to_the_rules(tmp_path):
    pred, gt = sides(tmp_path, ["c1.png", "c2.png"], ["c1.png", "c2.png"])
    (pred / "c3.png").symlink_to(pred / "c1.png")
    assert paired_both_ways(pred, gt, Settings())[0] is None


def test_names_that_differ_in_case_are_left_to_the_rules(tmp_path):
    pred, gt = sides(tmp_path, ["A1.png", "b2.png"], ["a1.png", "b2.png"])
    left, right = paired_both_ways(pred, gt, Settings())
    assert left is None
    assert right.sentence == "paired 2 of 2 cases by file stem, without case"


def test_a_class_in_the_names_leaves_it_to_the_rules(tmp_path):
    names = ["c1_road.png", "c1_sky.png"]
    pred, gt = sides(tmp_path, names, names)
    settings = Settings(classes=parse_classes("road,sky"))
    assert paired_both_ways(pred, gt, settings)[0] is None


def test_large_folders_are_paired_as_strings_and_parts_of_them_too(tmp_path):
    names = [f"c{k}.png" for k in range(2002)]
    pred, gt = sides(tmp_path, names[1:], names)
    found = pair_paths(pred, gt, Settings())
    assert type(found.cases).__name__ == "PlainCaseStore"
    assert [case.id for case in found.cases[:3]] == ["c0", "c1", "c2"]
    assert found.cases[0].pred is None
    some = found.cases.some({"c0", "c11"}.__contains__)
    assert [(case.id, case.pred is None) for case in some] == [("c0", True), ("c11", False)]
    assert some[1] == found.cases[11]


@pytest.mark.parametrize(
    "names", [["a2", "a10", "a1"], ["b01", "b00"], ["a1", "A2", "a"], ["x\u0661", "x2"], []]
)
def test_names_are_sorted_as_by_their_keys(names):
    made = list(names)
    sort_names(made)
    assert made == sorted(names, key=natural_key)
