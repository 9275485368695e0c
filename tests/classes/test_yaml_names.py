"""The names of a data.yaml, in every form that tools of YOLO write."""

from time import process_time

import pytest

from segeval.classes.parse_classes import parse_classes
from segeval.classes.yaml_names import parse_yaml_names
from segeval.runtime.errors import RequestError


@pytest.mark.parametrize(
    "text",
    [
        "names: [cat, 'a dog']",
        "names: ['cat',\n   'a dog']\n",
        "names: {0: cat, 1: 'a dog'}",
        "nc: 2\nnames:\n  0: cat\n  1: a dog\ntrain: x",
        "names:  # of the classes\n  0: cat  # the small one\n  1: 'a dog' # [1]\n",
        "names:\n  '0': cat\n  '1': a dog\n",
        'names:\n- cat\n- "a dog"\nval: y',
        "names:\r\n- cat\r\n- a dog\r\n",
    ],
)
def test_forms(tmp_path, text):
    path = tmp_path / "data.yaml"
    path.write_text(text, newline="")
    assert parse_yaml_names(path.read_text("utf-8-sig")) == {0: "cat", 1: "a dog"}
    found = parse_classes(str(path))
    assert [(c.name, c.labels) for c in found.classes] == [("cat", (0,)), ("a dog", (1,))]


def test_marks_inside_of_quotes_are_of_the_name():
    assert parse_yaml_names("names: ['a, b', \"it's\", 'c # d']") == {
        0: "a, b",
        1: "it's",
        2: "c # d",
    }


def test_a_background_is_no_class(tmp_path):
    (tmp_path / "a.yml").write_text("names: [background, cell]")
    assert [c.labels for c in parse_classes(str(tmp_path / "a.yml")).classes] == [(1,)]


def test_a_file_without_names_is_refused(tmp_path):
    (tmp_path / "a.yaml").write_text("path: x\n")
    with pytest.raises(RequestError, match="no class list"):
        parse_classes(str(tmp_path / "a.yaml"))


@pytest.mark.parametrize("text", ["a: b\n", " '\n", "names: [\n", "names: {0: \n", "- x\n"])
def test_a_large_file_takes_time_by_its_size(text):
    started = process_time()
    parse_yaml_names(text * 100_000)
    assert process_time() - started < 2
