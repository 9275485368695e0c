"""`segeval config`: what it prints can be used as a settings file."""

import re
import tomllib

import pytest

from segeval.cli.choices import CHOICES
from segeval.cli.files import parse_toml
from segeval.cli.settings_sources import CommandLineRequest, resolve_settings
from segeval.runtime.errors import RequestError

FILE = """
metrics = ["dice", "nsd@2mm"]
spacing = [0.98, 0.98, 3]
max-memory = "2GB"

[classes."Brain stem"]
labels = [7, 8]
color = "#56b4e9"
aliases = ["stem"]
tolerance = "1mm"

[gates]
"Brain stem/dice.worst" = 0.5
"hd95" = "5mm"
"""


def test_it_names_every_key_and_where_it_comes_from(segeval, here, monkeypatch):
    (here / "segeval.toml").write_text("digits = 1\n")
    monkeypatch.setenv("SEGEVAL_JOBS", "2")
    ran = segeval("config")
    assert ran.status == 0
    lines = {line.split(" ")[0]: line for line in ran.out.replace("# ", "").splitlines()}
    for choice in CHOICES.values():
        assert choice.key in lines or choice.field in ("classes", "gates")
    assert lines["digits"].split() == ["digits", "=", "1", "segeval.toml:1"]
    assert lines["jobs"].split() == ["jobs", "=", "2", "SEGEVAL_JOBS"]
    assert lines["metrics"].endswith("preset default")


def test_what_it_prints_gives_the_same_settings(segeval, here):
    (here / "segeval.toml").write_text(FILE)
    before = resolve_settings(CommandLineRequest({}), {}, here).settings
    (here / "again.toml").write_text(segeval("config").out)
    assert resolve_settings(CommandLineRequest({}, "again.toml"), {}, here).settings == before


def test_a_preset_in_full(segeval):
    ran = segeval("config", "--preset", "semantic")
    assert ran.status == 0
    assert tomllib.loads(ran.out)["ignore-label"] == 255


def test_init_writes_a_file_in_which_every_comment_is_a_valid_line(segeval, here):
    assert segeval("config", "--init").status == 0
    text = (here / "segeval.toml").read_text()
    assert tomllib.loads(text) == {}
    settings = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    valid = [line for line in settings if re.match(r'([\w-]+|".*?") = |\[', line)]
    (here / "used.toml").write_text("\n".join(valid))
    found = resolve_settings(CommandLineRequest({}, "used.toml"), {}, here).settings
    assert [str(gate) for gate in found.gates] == [
        "Brainstem/dice=0.85",
        "dice=0.85",
        "Heart/dice.worst=0.5",
    ]
    for choice in CHOICES.values():
        assert any(line.startswith(f"{choice.key} = ") for line in valid) or choice.field in (
            "classes",
            "gates",
        )


def test_init_does_not_overwrite(segeval, here):
    (here / "segeval.toml").write_text("digits = 1\n")
    ran = segeval("config", "--init")
    assert ran.status == 2
    assert "exists" in ran.err
    assert (here / "segeval.toml").read_text() == "digits = 1\n"


def test_a_key_that_does_not_exist(segeval, here):
    (here / "segeval.toml").write_text("\nthreshhold = 1\n")
    ran = segeval("config")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        "error: segeval.toml:2: unknown key 'threshhold'\n  help: did you mean threshold?\n"
    )


MANY = "a" + ".a" * 2000, 'a."a"' + " . 'a'" * 2000, "[a" + ".a" * 2000 + "]"


@pytest.mark.parametrize("key", MANY)
def test_a_key_of_thousands_of_parts_is_refused(key):
    text = key if key.startswith("[") else f"{key} = 1"
    with pytest.raises(RequestError, match="a key of more than 1000 parts"):
        parse_toml(text, "s.toml")
    numbers = "a = [" + "0.5, " * 2000 + "]\nb.c = 1"
    assert parse_toml(numbers, "s.toml")["b"] == {"c": 1}
