"""Class lists: from the command line, from files, one under the other."""

import json
import time

import pytest

from segeval.classes.class_json import read_class_json
from segeval.classes.class_list import ClassDef, ClassList
from segeval.classes.make_classes import make_class_list
from segeval.classes.parse_classes import parse_classes
from segeval.runtime.errors import RequestError


def labels(classes):
    return {c.name: c.labels for c in classes.classes}


def test_names_alone_pick_classes():
    classes = parse_classes("liver, spleen")
    assert classes.names == ("liver", "spleen")
    assert classes.select


def test_labels_with_names_make_classes():
    classes = parse_classes("5=liver,1=spleen")
    assert labels(classes) == {"liver": (5,), "spleen": (1,)}
    assert not classes.select
    assert classes.known == {1, 5}


def test_a_union_of_labels_is_a_region():
    classes = parse_classes("1+2=whole,2=core")
    assert labels(classes) == {"whole": (1, 2), "core": (2,)}
    assert classes.regions


@pytest.mark.parametrize("text", ["", ",", "5=", "=liver", "5=liver,spleen", "five=liver", "1+=x"])
def test_no_class_list(text):
    with pytest.raises(RequestError):
        parse_classes(text)


def test_a_dataset_json_has_labels_and_an_ignore_value(tmp_path):
    path = tmp_path / "dataset.json"
    content = {"labels": {"background": 0, "tumour": 1, "ignore": 2}, "name": "x"}
    path.write_text(json.dumps(content))
    classes = read_class_json(path)
    assert labels(classes) == {"tumour": (1,)}
    assert classes.ignore == 2


def test_the_older_form_goes_from_value_to_name():
    classes = make_class_list({"0": "background", "2": "liver", "10": "spleen"})
    assert labels(classes) == {"liver": (2,), "spleen": (10,)}


def test_regions_are_unions():
    classes = make_class_list({"background": 0, "whole": [1, 2, 3], "core": [2, 3]})
    assert classes.regions
    assert labels(classes) == {"whole": (1, 2, 3), "core": (2, 3)}


@pytest.mark.parametrize(
    ("content", "why"),
    [("{", "JSON"), ("[]", "no labels"), ("{}", "no labels"), ('{"labels": {"a": "x"}}', "'a'")],
)
def test_a_file_that_is_no_class_list(tmp_path, content, why):
    path = tmp_path / "labels.json"
    path.write_text(content)
    with pytest.raises(RequestError, match=why):
        parse_classes(str(path))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RequestError, match="cannot read"):
        parse_classes(str(tmp_path / "labels.json"))


def test_picked_names_keep_the_labels_of_the_data():
    data = parse_classes("1=liver,2=spleen,3=heart")
    assert labels(data.chosen(parse_classes("heart,liver"))) == {"heart": (3,), "liver": (1,)}


def test_a_name_that_the_data_lacks_is_answered_with_the_nearest():
    data = parse_classes("1=liver,2=spleen")
    with pytest.raises(RequestError) as caught:
        data.chosen(parse_classes("livre"))
    assert "liver" in caught.value.help


def test_named_labels_replace_those_of_the_data():
    data = parse_classes("1=liver")
    assert labels(data.chosen(parse_classes("1=hepar"))) == {"hepar": (1,)}


def test_nothing_wanted_is_everything():
    data = parse_classes("1=liver")
    assert data.chosen(ClassList()) == data
    assert data.chosen(ClassList(ignore=9)).ignore == 9


def test_colours_are_those_of_the_labels():
    red, blue = (255, 0, 0), (0, 0, 255)
    classes = ClassList((ClassDef("road", (7,), red), ClassDef("sky", None, blue)))
    assert classes.colours == {red: 7, blue: 2}


@pytest.mark.parametrize(
    ("text", "said", "help"),
    [
        ("1=a,2=a", "the class 'a' is listed twice", "write 1+2=a"),
        ("1=liver,1=liver", "the class 'liver' is listed twice", "write liver once"),
        (
            "2=Lens_L,1=Lens-L",
            "'Lens_L' and 'Lens-L' are two names of one structure",
            "write 2+1=Lens_L",
        ),
    ],
)
def test_a_name_stands_for_one_class_of_a_list_account_a10(text, said, help):
    with pytest.raises(RequestError, match=said) as caught:
        parse_classes(text)
    assert caught.value.help == help
    if "+" in help:
        assert len(parse_classes(help.removeprefix("write ")).classes) == 1  # the advice works


def test_a_file_that_gives_two_labels_one_name_is_refused(tmp_path):
    (tmp_path / "labels.json").write_text('{"1": "a", "2": "a"}')
    with pytest.raises(RequestError, match="listed twice"):
        parse_classes(str(tmp_path / "labels.json"))


def test_a_structure_is_no_alias_of_two_classes():
    for pairs in (["Heart=Cor humanum", "Lung_L=Cor humanum"], ["Heart=x y", "Lung_L=X_Y"]):
        with pytest.raises(RequestError, match="is said to be 'Heart' and 'Lung_L'"):
            ClassList().with_aliases(pairs)
    ClassList().with_aliases(["Heart=x", "heart=X"])  # one class, spelt twice


def test_a_settings_file_of_very_many_classes_is_told_in_linear_time():
    """Each table was looked for among all classes: 10 000 took 4 s of a processor."""
    many = 10_000
    remarks = tuple(ClassDef(f"c{k}", (k,)) for k in range(1, many + 1))
    names = tuple(ClassDef(f"c{k}", tolerance="1mm") for k in range(1, many + 1))
    start = time.process_time()
    found = ClassList().describe(remarks).describe(names)
    assert time.process_time() - start < 2
    assert found.classes[-1] == ClassDef(f"c{many}", (many,), tolerance="1mm")
    assert len(found.classes) == many


def test_a_class_that_is_told_by_its_label_gives_up_its_name():
    known = ClassList((ClassDef("1", (1,)), ClassDef("2", (2,))))
    found = known.describe((ClassDef("liver", (1,)), ClassDef("1", tolerance="3mm")))
    assert labels(found) == {"liver": (1,), "2": (2,)}
    assert found.remarks == (ClassDef("1", tolerance="3mm"),)
