"""CLI-U1: every install line installs this program: `segeval` on the index is another project."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from segeval import __version__
from segeval.runtime.extras import extra_requirements, install_advice

ROOT = Path(__file__).resolve().parents[1]
SUFFIXES = {".md", ".py", ".yml", ".yaml", ".toml", ".txt", ".ipynb", ".sh", ""}
LINE = re.compile(r"(?:pipx? install|uv tool install|uv pip install)[^\n`]*")
OWN = re.compile(r"(?<![\w/.-])segeval(?:-cli)?\b(?!/)(?:\[[\w,]+\])?[^\s\"']*")


def tracked_files():
    """Files of the project that hold text."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    if not listed:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed if Path(name).suffix in SUFFIXES]


def wrong_names(line):
    """What a line would install that is named like segeval and is not this program."""
    wrong = []
    for match in OWN.finditer(line.partition("install")[2]):
        rest = line[line.index(match[0]) :]
        if not re.match(r"segeval-cli(\[[\w,]+\])? @ git\+\$?\w+@\$?\w+", rest):
            wrong.append(match[0])
    return wrong


def test_no_line_installs_the_other_project():
    lines = {
        f"{path.relative_to(ROOT)}: {found[0]}": wrong_names(found[0])
        for path in tracked_files()
        if path != Path(__file__) and path.is_file() and path.name != "CHANGELOG.md"
        for found in LINE.finditer(path.read_text("utf-8", errors="ignore"))
    }
    assert len(lines) > 8
    assert {
        line: names for line, names in lines.items() if names and "docs/rules" not in line
    } == {}


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("pip install segeval", False),
        ('pip install "segeval[dask]"', False),
        ("pipx install segeval-cli", False),
        ('pip install "segeval-cli @ git+$URL@$TAG"', True),
        ('pip install "segeval-cli[dask] @ git+$URL@$TAG"', True),
        ("pip install -q -e '.[test]'", True),
        ("pip install dist/segeval_cli-0.1.0-py3-none-any.whl", True),
    ],
)
def test_a_wrong_line_is_seen(line, right):
    assert (wrong_names(line) == []) is right


def test_an_extra_says_what_it_needs_in_a_line_that_works():
    assert any(name.startswith("distributed") for name in extra_requirements("dask"))
    line = install_advice("remote")
    assert line.startswith('pip install "fsspec')
    assert line.endswith("(the extra segeval-cli[remote])")


def test_the_wheel_is_called_segeval_cli_and_holds_the_program(tmp_path):
    pytest.importorskip("hatchling", reason="the back end that builds the wheel")
    build = "from hatchling.build import build_wheel; print(build_wheel(__import__('sys').argv[1]))"
    made = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()[-1]  # fmt: skip
    assert made == f"segeval_cli-{__version__}-py3-none-any.whl"
    names = zipfile.ZipFile(tmp_path / made).namelist()
    assert {"segeval/__main__.py", "segeval/data/results.schema.json"} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]
    scripts = zipfile.ZipFile(tmp_path / made).read(
        f"segeval_cli-{__version__}.dist-info/entry_points.txt"
    )
    assert b"segeval = segeval.__main__:run" in scripts
