"""[classes.NAME] and [gates]: to values and back."""

import time
import tomllib

import pytest

from segeval.classes.class_list import ClassDef
from segeval.classes.parse_classes import parse_classes
from segeval.cli.files import find_key_line
from segeval.cli.tables import class_lines, gate_line, read_class_tables, read_gate_table
from segeval.request.grammar import parse_gate
from segeval.runtime.errors import RequestError


def where(*key):
    return ".".join(key)


def classes(text):
    return read_class_tables(tomllib.loads(text), where)[0]


def test_all_that_a_class_may_have():
    found = classes(
        '[Brainstem]\nlabel = 7\ncolor = "#56b4e9"\naliases = ["stem"]\ntolerance = "1.0mm"\n'
    )
    assert found.classes == (ClassDef("Brainstem", (7,), (0x56, 0xB4, 0xE9), ("stem",), "1mm"),)
    assert not found.select


@pytest.mark.parametrize("text", ['tolerance = "2mm"', 'color = "#000000"', 'aliases = ["x"]'])
def test_account_a5_a_table_without_a_label_selects_nothing(text):
    found = classes(f"[Heart]\n{text}")
    assert (found.select, found.only, found.names) == (False, False, ())
    assert [c.name for c in found.remarks] == ["Heart"]


def test_a_union_of_labels_is_their_union():
    found = classes('[a]\nlabel = 1\n[b]\nlabels = [2, 3]\n[c]\nunion = ["a", "b"]')
    assert {c.name: c.labels for c in found.classes} == {"a": (1,), "b": (2, 3), "c": (1, 2, 3)}


def test_a_union_of_names_stays_one():
    (found,) = classes('[Parotids]\nunion = ["Parotid_L", "Parotid_R"]').remarks
    assert found.union == ("Parotid_L", "Parotid_R")
    assert found.labels is None


@pytest.mark.parametrize(
    "class_",
    [
        ClassDef("Brain stem", (7,), (1, 2, 3), ("a", 'b "x"'), "1mm"),
        ClassDef("b", (1, 2)),
        ClassDef("c", union=("d", "e")),
    ],
    ids=lambda c: c.name,
)
def test_a_class_reads_back_as_itself(class_):
    table = tomllib.loads("\n".join(class_lines(class_)))["classes"]
    assert read_class_tables(table, where)[0].described[0].labels == class_.labels
    assert read_class_tables(table, where)[0].described[0].aliases == class_.aliases
    assert read_class_tables(table, where)[0].described[0].colour == class_.colour


@pytest.mark.parametrize("text", ["dice=0.85", "Heart/hd95.worst=5mm", "Parotid_*/nsd@2mm=90%"])
def test_a_gate_reads_back_as_itself(text):
    gate = parse_gate(text)
    assert read_gate_table(tomllib.loads(gate_line(gate)), "", where) == [gate]


def test_the_table_and_the_option_make_the_same_list():
    table = classes("[liver]\nlabel = 5\n[whole]\nlabels = [5, 6]")
    option = parse_classes("5=liver,5+6=whole")
    assert (table.classes, table.known) == (option.classes, option.known)
    assert (table.only, option.only) == (False, True)


def test_more_classes_than_any_data_set_has_are_refused():
    with pytest.raises(RequestError, match="10001 classes, and at most 10000 are read"):
        read_class_tables({f"c{n}": {"label": n} for n in range(10_001)}, where)


def test_the_places_of_very_many_keys_are_found_in_one_pass():
    text = "".join(f"[classes.c{n}]\nlabel = {n}\n" for n in range(20_000))
    start = time.process_time()
    assert find_key_line(text, ("classes", "c19999", "label")) == 40_000
    assert [find_key_line(text, ("classes", f"c{n}")) for n in range(20_000)][-1] == 39_999
    assert find_key_line(text, ("classes",)) == 1
    assert find_key_line(text, ("class",)) == 0
    assert time.process_time() - start < 10  # one pass a key takes some minutes
