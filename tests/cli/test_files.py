"""Settings files: which is found, what may be in it, and where a mistake is."""

import tomllib

import pytest

from segeval.cli.files import (
    PRESETS,
    find_key_line,
    find_settings_file,
    load_settings_file,
    make_settings_layer,
    preset_names,
    split_dotted_key,
)
from segeval.request.presets import parse_plain_preset
from segeval.runtime.errors import RequestError


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def values(file):
    return {field: given.value for field, given in make_settings_layer(file).items()}


def test_the_nearest_file_upwards_wins(here):
    write(here / "segeval.toml", "digits = 1")
    deep = here / "a" / "b"
    deep.mkdir(parents=True)
    assert find_settings_file(deep).path == here / "segeval.toml"
    write(here / "a" / "pyproject.toml", "[tool.segeval]\ndigits = 2")
    assert values(find_settings_file(deep)) == {"digits": 2}


def test_in_one_folder_segeval_toml_comes_first(here):
    write(here / "segeval.toml", "digits = 1")
    write(here / "pyproject.toml", "[tool.segeval]\ndigits = 2")
    assert values(find_settings_file(here)) == {"digits": 1}


@pytest.mark.parametrize(
    "text",
    [
        "[tool.segeval]\ndigits = 2",
        '[ tool . "segeval" ]\ndigits = 2',
        "[tool]\nsegeval.digits = 2",
        "[tool]\nsegeval = { digits = 2 }",
        "tool.segeval.digits = 2",
        "tool = { segeval = { digits = 2 } }",
        "['tool'.'segeval']\ndigits = 2",
    ],
)
def test_the_table_of_a_pyproject_is_found_however_it_is_written(here, text):
    write(here / "pyproject.toml", f"a = 1\n{text}\n")
    assert values(find_settings_file(here)) == {"digits": 2}


@pytest.mark.parametrize("more", ["", '[project.scripts]\nsegeval = "x:y"\n[tool.ruff]\n'])
def test_a_pyproject_of_others_is_passed_by(here, more):
    write(here / "a" / "pyproject.toml", f'[project]\nname = "segeval"\n{more}')
    write(here / "segeval.toml", "digits = 4")
    assert values(find_settings_file(here / "a")) == {"digits": 4}


@pytest.mark.parametrize(
    ("text", "place", "said", "help"),
    [
        ("digits = 1\n\ndigit = 2\n", ":3", "'digit'", "digits"),
        ("[tool.segeval]\ndigits = 1\n", ":1", "'tool'", "at the top"),
        ("digits = true\n", ":1", "not a whole number", ""),
        ("# x\nkind = 'label'\n", ":2", "none of", "labels"),
        ("[classes.Heart]\ncolr = 'red'\n", ":2", "'colr'", "color"),
        ("[classes.Heart]\ncolor = 'red'\n", ":2", "no colour", "#56b4e9"),
        ("[classes.Heart]\nlabel = 'x'\n", ":2", "no label", "5"),
        ("[classes.Heart]\ntolerance = '1cm'\n", ":2", "no tolerance", "1mm"),
        ("classes.Heart = 3\n", ":1", "no class", "[classes.Heart]"),
        ("[gates]\n'dice' = true\n", ":2", "no bar", "0.85"),
        ('[gates]\n\n"Heart/di+ce" = 1\n', ":3", "no metric", ""),
        ("gates = 3\n", ":1", "not a list of rules", ""),
    ],
)
def test_a_mistake_is_answered_with_its_line(here, text, place, said, help):
    file = load_settings_file(write(here / "segeval.toml", text))
    with pytest.raises(RequestError) as caught:
        make_settings_layer(file)
    assert caught.value.where == f"segeval.toml{place}"
    assert said in caught.value.message
    assert help in caught.value.help


def test_lines_are_those_of_the_whole_pyproject(here):
    text = "[project]\ndigit = 1\n[tool.segeval]\ndigit = 1\n"
    with pytest.raises(RequestError) as caught:
        make_settings_layer(load_settings_file(write(here / "pyproject.toml", text)))
    assert caught.value.where == "pyproject.toml:4"


@pytest.mark.parametrize("text", ["digits = ", "digits = 1\ndigits = 2\n", "x"])
def test_what_is_no_toml(here, text):
    with pytest.raises(RequestError, match="not TOML"):
        load_settings_file(write(here / "segeval.toml", text))


def test_underscores_are_read_as_dashes(here):
    assert values(load_settings_file(write(here / "segeval.toml", "max_memory = '1GiB'"))) == {
        "max_memory": 1 << 30
    }


def test_paths_are_relative_to_the_file(here, monkeypatch):
    text = """
        output = ["out/a.csv", "json:b.json", "-"]
        pairs = "pairs.csv"
        resample = "grid.nii"
        log-file = "/var/log/x"
    """
    write(here / "a" / "segeval.toml", text)
    (here / "b").mkdir()
    monkeypatch.chdir(here / "b")
    assert values(load_settings_file(here / "a" / "segeval.toml")) == {
        "output": ("../a/out/a.csv", "json:../a/b.json", "-"),
        "pairs": "../a/pairs.csv",
        "resample": "../a/grid.nii",
        "log_file": "/var/log/x",
    }


def test_words_are_no_paths(here, monkeypatch):
    write(here / "a" / "segeval.toml", 'resample = "gt"\nclasses = ["liver", "spleen"]\n')
    found = values(load_settings_file(here / "a" / "segeval.toml"))
    assert found["resample"] == "gt"
    assert found["classes"].names == ("liver", "spleen")


def test_the_file_that_classes_names_lies_beside(here):
    write(here / "a" / "labels.json", '{"liver": 1}')
    write(here / "a" / "segeval.toml", 'classes = "labels.json"')
    assert values(load_settings_file(here / "a" / "segeval.toml"))["classes"].names == ("liver",)


def test_gates_of_classes_and_of_the_run_come_together(here):
    text = """
        [classes.Heart]
        gates = { dice = 0.9, "hd95.worst" = "5mm" }
        [gates]
        "overall/dice" = 0.8
    """
    found = values(load_settings_file(write(here / "segeval.toml", text)))
    assert [str(gate) for gate in found["gates"]] == [
        "Heart/dice=0.9",
        "Heart/hd95.worst=5mm",
        "overall/dice=0.8",
    ]


def test_every_preset_can_be_read():
    assert set(preset_names()) >= {"default", "semantic"}


def test_line_of():
    text = '# a\n[tool.segeval]\na = 1\n"b c" = 2\n[tool.segeval.classes."L R"]\nlabel = 1\n'
    assert find_key_line(text, ("tool", "segeval", "a")) == 3
    assert find_key_line(text, ("tool", "segeval", "b c")) == 4
    assert find_key_line(text, ("tool", "segeval", "classes", "L R")) == 5
    assert find_key_line(text, ("tool", "segeval", "classes", "L R", "label")) == 6
    assert find_key_line(text, ("tool", "segeval", "z")) == 0


def test_dotted():
    assert split_dotted_key("""a."b.c".'d e' . f-g""") == ("a", "b.c", "d e", "f-g")


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_that_needs_no_parser_is_read_as_toml_all_the_same(name):
    text = (PRESETS / f"{name}.toml").read_text("utf-8")
    assert parse_plain_preset(text) in (None, tomllib.loads(text))


@pytest.mark.parametrize("name", ["default", "semantic", "probability"])
def test_these_presets_need_no_parser(name):
    assert parse_plain_preset((PRESETS / f"{name}.toml").read_text("utf-8")) is not None
