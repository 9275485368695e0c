"""Choices that Python makes by their names (CLI-Y1)."""

import inspect
import typing

import build
import numpy as np
import pytest

import segeval
from segeval.api import words
from segeval.api.choices import combine_settings
from segeval.request.grammar import parse_charge, parse_metric
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import fields

T, P = build.blocks(), build.blocks(seed=5)
# What is printed and written is of the command line and of `Scorecard.save`; rules are of
# `segeval.gate`. Three of these groups are of the numbers of a run.
FIELDS = {f.name: f for f in fields(Settings())}
OF_NUMBERS = ("leads", "ci", "seed")
LEFT_OUT = {
    name
    for name, field in FIELDS.items()
    if field.metadata["group"] in ("output", "gate") and name not in OF_NUMBERS
} | {"resume"}  # goes on from the file of an output


def parameters(function):
    return inspect.signature(function).parameters


def test_every_choice_is_spelled_out():
    own = set(parameters(segeval.score)) - {"pred", "gt", "settings"}
    assert own == set(FIELDS) - LEFT_OUT
    kinds = {p.kind for p in parameters(segeval.score).values()}
    assert inspect.Parameter.VAR_KEYWORD not in kinds


@pytest.mark.parametrize("field", [f for f in FIELDS.values() if f.metadata["form"].words])
def test_the_words_of_a_choice_are_those_of_the_command(field):
    found = parameters(segeval.score).get(field.name)
    if found is None:
        assert field.name in LEFT_OUT
        return
    name = found.annotation.partition(" | ")[0]
    assert typing.get_args(getattr(words, name)) == field.metadata["form"].words


def test_a_choice_by_its_name_is_that_of_settings():
    named = segeval.score(P, T, "dice", background=True, ignore_label=3, undefined="worst")
    value = Settings(background=True, ignore_label=(3,), undefined="worst")
    assert named == segeval.score(P, T, "dice", settings=value)


def test_a_choice_by_its_name_wins():
    value = Settings(background=True, missing="skip")
    chosen = combine_settings(value, {"background": False, "missing": None})
    assert (chosen.background, chosen.missing) == (False, "skip")
    assert combine_settings(None, {"preset": "semantic"}).background
    assert not combine_settings(None, {"preset": "semantic", "background": False}).background


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("metrics", "dice, iou", (parse_metric("dice"), parse_metric("iou"))),
        ("metrics", ["dice", parse_metric("iou")], (parse_metric("dice"), parse_metric("iou"))),
        ("metrics", parse_metric("nsd@2mm"), (parse_metric("nsd@2mm"),)),
        ("ignore_label", np.uint8(255), (255,)),
        ("ignore_label", [254, 255], (254, 255)),
        ("remap_pred", {3: 4, 0: 255}, ((3, 4), (0, 255))),
        ("remap_gt", "3=4", ((3, 4),)),
        ("remap_gt", [(3, 4)], ((3, 4),)),
        ("charges", "hd95.pred_empty=374mm", (parse_charge("hd95.pred_empty=374mm"),)),
        ("tolerances", "nikolov-2021", ("nikolov-2021",)),
        ("threshold", np.float32(0.25), 0.25),
        ("background", np.bool_(True), True),
        ("spacing", np.array([3, 1, 1]), (3.0, 1.0, 1.0)),
        ("channel_axis", np.int64(0), 0),
    ],
)
def test_what_python_writes_is_read(name, given, value):
    assert getattr(combine_settings(None, {name: given}), name) == value


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"kind": "lables"}, "none of auto"),
        ({"kind": 3}, "kind: 3"),
        ({"threshold": "half"}, "threshold: 'half'"),
        ({"threshold": True}, "threshold: True"),
        ({"jobs": 1.5}, "jobs: 1.5"),
        ({"spacing": 3}, "spacing: 3"),
        ({"background": 1}, "background: 1"),
        ({"ignore_label": [1, "a"]}, "ignore_label"),
        ({"remap_pred": {1: "x"}}, "1=x"),
        ({"preset": "nnunett"}, "no preset"),
        ({"tolerances": "nikolovv"}, "no table of tolerances"),
        ({"settings": {"threshold": 0.5}}, "no segeval.Settings"),
        ({"charges": "hd95=374"}, "hd95"),
        ({"max_memory": 0}, "max_memory"),
    ],
)
def test_a_choice_that_makes_no_sense_is_named(choice, said):
    with pytest.raises(RequestError) as caught:
        segeval.score(P, T, "dice", **choice)
    assert said in "\n".join(caught.value.lines())


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        ("1=liver,2=spleen", ("liver", "spleen")),
        ({1: "liver", 2: "spleen"}, ("liver", "spleen")),
        ({"both": [1, 2]}, ("both",)),
        ([1, np.int64(3)], ("1", "3")),
        (["3", "1"], ("3", "1")),
        (("2=liver",), ("liver",)),
    ],
)
def test_classes_as_python_has_them(classes, names):
    assert segeval.score(P, T, "dice", classes=classes).cases[0].classes == names


def test_classes_of_a_file(tmp_path):
    path = tmp_path / "classes.json"
    path.write_text('{"labels": {"background": 0, "liver": 2}}')
    for given in (path, str(path)):
        assert segeval.score(P, T, "dice", classes=given).cases[0].classes == ("liver",)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ({}, "names no class"),
        ([], "names no class"),
        ("", "names no class"),
        ({"liver": 1.5}, "no whole value (1.5)"),
        ({"liver": True}, "no whole value (True)"),
        ({"liver": [1, 2.5]}, "no whole value"),
        ([True], "True is no name"),
        ([1.5], "1.5 is no name"),
        ([None], "None is no name"),
        (3, "classes: 3"),
    ],
)
def test_classes_that_are_none(classes, said):
    with pytest.raises(RequestError) as caught:
        segeval.score(P, T, "dice", classes=classes)
    assert said in "\n".join(caught.value.lines())


def test_a_table_of_pairs_names_the_files(tmp_path):
    np.save(tmp_path / "a.npy", T)
    np.save(tmp_path / "b.npy", P)
    table = tmp_path / "cases.csv"
    table.write_text("case,pred,gt\none,b.npy,a.npy\n")
    card = segeval.score(metrics="dice", pairs=table)
    assert [c.case for c in card.cases] == ["one"]
    with pytest.raises(RequestError, match="names the files"):
        segeval.score(P, T, "dice", pairs=table)
    with pytest.raises(RequestError, match="needed"):
        segeval.score(metrics="dice")
