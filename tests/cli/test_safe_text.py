"""Names that would steer a terminal, forge a line or are no text, through every command."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

ODD = [b"\x1b[31mred", b"n\nPASS: x", b"caf\xe9", b"=1+1", "\u202egpj".encode()]


@pytest.fixture
def folders(here):
    """Both sides with odd names, one file that cannot be read, one without a partner."""
    for side in ("pred", "gt"):
        os.mkdir(side)
        for k, name in enumerate(ODD):
            mask = np.zeros((8, 8), np.uint8)
            mask[k : k + 3, 1:5] = 1
            Image.fromarray(mask).save(os.fsdecode(os.fsencode(side) + b"/" + name + b".png"))
    with open(b"gt/\x1b[2Jbad.png", "wb") as file:
        file.write(b"no picture")
    with open(b"pred/\x1b[2Jbad.png", "wb") as file:
        file.write(b"no picture")
    with open(b"pred/lone\x07.png", "wb") as file:
        file.write(b"")
    return here


def run(*arguments):
    """The bytes of both streams of a command of its own."""
    command = [sys.executable, "-m", "segeval", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("score", "pred", "gt", "-m", "dice", "-v", "--per-case"),
        ("score", "pred", "gt", "-m", "dice", "--gate", "dice=0.9", "--format", "markdown"),
        ("pairs", "pred", "gt"),
        ("inspect", "pred", "gt"),
        ("score", "pred", "gt", "-m", "dice", "-vv", "--format", "none"),
    ],
    ids=" ".join,
)
def test_no_name_steers_what_people_read(folders, arguments):
    out, err = run(*arguments)
    for stream in (out, err):
        text = stream.decode("utf-8")
        assert {c for c in text if not c.isprintable()} <= {"\n"}
        assert not any(line.startswith("PASS: x") for line in text.splitlines())
    assert "caf\\xe9" in (out + err).decode()


def test_files_of_every_form_are_utf8_and_json_keeps_the_bytes(folders):
    outputs = [f"-oout.{form}" for form in ("json", "csv", "tsv", "md", "html", "txt", "xml")]
    run("score", "pred", "gt", "-m", "dice", "--format", "none", "--log-file", "log", *outputs)
    for form in ("json", "csv", "tsv", "md", "html", "txt", "xml"):
        (folders / f"out.{form}").read_text("utf-8")
    (folders / "log").read_text("utf-8")
    cases = json.loads((folders / "out.json").read_text("utf-8"))["cases"]
    assert {os.fsencode(case["case"]) for case in cases} >= set(ODD)
    assert "caf\\xe9,1,dice," in (folders / "out.csv").read_text("utf-8")


def test_pairs_that_are_written_are_read_again(folders):
    run("pairs", "pred", "gt", "--write", "pairs.csv")
    out, _ = run("score", "--pairs", "pairs.csv", "-m", "dice", "--format", "csv")
    assert out.count(b",dice,1.0,") == len(ODD)


def test_safe_csv_of_every_command(folders):
    csv = ("--format", "csv")
    made = run("score", "pred", "gt", "-m", "dice", "-o", "=a.json", *csv, "--safe-csv")[0]
    assert b"\n'=1+1,1,dice,1.0," in made
    assert b"\n'=1+1,1,dice,1.0," in run("show", "=a.json", *csv, "--safe-csv")[0]
    assert b"\n=1+1,1,dice,1.0," in run("show", "=a.json", *csv)[0]
    assert b"\n'=a.json" in run("compare", "=a.json", "=a.json", *csv, "--safe-csv")[0]
    assert b"'=1" not in run("gate", "=a.json", "--gate", "dice=0.5", *csv, "--safe-csv")[0]
