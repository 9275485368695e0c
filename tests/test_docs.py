"""The documents are true: their commands print what they show, and they name all that there is."""

import ast
import doctest
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from segeval.cli.codes import CODES
from segeval.cli.files import preset_names
from segeval.cli.main import COMMANDS
from segeval.metrics.registry import load_all_metrics
from segeval.pairing.file_names import SUFFIXES
from segeval.reports import REPORTS

ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("refresh", ROOT / "docs" / "refresh.py")
refresh = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(refresh)

PAGES = {page.relative_to(ROOT).as_posix(): page.read_text("utf-8") for page in refresh.PAGES}
README = PAGES["README.md"]
FILES = sorted((ROOT / "segeval").rglob("*.py"))
SOURCES = {path: path.read_text("utf-8") for path in FILES if path.name != "codes.py"}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_commands_print_what_the_page_shows(name):
    assert refresh.refreshed(PAGES[name]) == PAGES[name], "run python docs/refresh.py"


def test_an_output_that_changed_is_seen():
    page = "```console\n$ echo new\nold\n$ (exit 3)\n$ echo $?\n0\n```\n"
    assert refresh.refreshed(page) == "```console\n$ echo new\nnew\n$ (exit 3)\n$ echo $?\n3\n```\n"


def test_what_the_program_explained_stands_in_the_pages():
    import generated

    made = {f"docs/{name}": text for name, text in generated.pages().items()}
    assert len(made) > 20
    for name, text in made.items():
        assert PAGES.get(name) == text, f"{name}: run python docs/refresh.py"
    there = {name for name in PAGES if name.startswith(("docs/metrics/", "docs/reference/"))}
    assert there <= set(made), "a page of a family that is gone"


def test_the_picture_of_the_table_is_what_a_terminal_shows():
    import pictures

    drawn = (pictures.PICTURES / "table.svg").read_text("utf-8")
    assert drawn == pictures.table_svg(), "run python docs/refresh.py"
    assert "http" not in drawn.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_pictures_are_small_and_shown():
    files = sorted((ROOT / "docs" / "pictures").iterdir())
    assert {file.name for file in files} >= {"table.svg", "report.png"}
    for file in files:
        assert file.stat().st_size < 100_000
        assert any(f"pictures/{file.name})" in text for text in PAGES.values()), file.name


def test_the_readme_is_short():
    assert len(README.splitlines()) < 150


def test_what_tools_say_is_what_we_say():
    page = PAGES["docs/other-tools.md"]
    table = page.split("<!-- docs/tools.py -->\n")[1].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    assert len(rows) >= 11
    of_tools = set()
    for _, _, *cells in rows:
        for place, cell in enumerate(cells):
            ours, _, said = cell.removeprefix("assd ").removeprefix("masd ").partition(" / ")
            if said in ("", "–"):
                continue
            # in thousandths: mesh by 1 (test_conventions.py), single precision by rounding
            assert float(ours) == pytest.approx(float(said), abs=1.01e-3)
            of_tools |= {f"{float(said):.1f}"} if place == 1 else set()
    quoted = re.search(r"HD95 is ([\d., or\n]+) mm", page)[1]
    assert set(re.findall(r"[\d.]+", quoted)) == of_tools


def test_python_examples_run(tmp_path, monkeypatch):
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    for page, text in PAGES.items():
        for number, block in enumerate(blocks(text, "pycon")):
            test = doctest.DocTestParser().get_doctest(block, {}, f"{page}:{number}", page, 0)
            assert test.examples
            assert doctest.DocTestRunner().run(test).failed == 0
    assert blocks(README, "pycon")


def test_there_are_two_commands_to_set_up_and_each_makes_its_environment():
    lines = [line for block in blocks(README, "bash") for line in block.splitlines()]
    assert len(lines) == 2
    for line in lines:
        assert re.match(r"python3\.11 -m venv \.venv && \.venv/bin/pip install -q ", line)
    assert "sample_data" in lines[0]
    assert "pytest" in lines[1]


def test_ci_runs_the_lines_of_the_readme():
    # The script takes them out of the README; it has no copy that could drift apart.
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "README.md" in script
    assert "pip install" not in script


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_explained(command):
    assert f"`segeval {command}" in PAGES["docs/configuration.md"]


@pytest.mark.parametrize("metric", load_all_metrics())
def test_a_metric_is_explained(metric):
    pages = [text for name, text in PAGES.items() if name.startswith("docs/metrics/")]
    assert sum(f"\n## {metric}\n" in text for text in pages) == 1
    assert f"[`{metric}`](metrics/" in PAGES["docs/metrics.md"]


@pytest.mark.parametrize("form", [*REPORTS, "none"])
def test_a_format_of_results_is_explained(form):
    assert f"`{form}`" in PAGES["docs/output.md"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_format_of_files_is_explained(suffix):
    assert f"`{suffix}`" in PAGES["docs/formats.md"]


@pytest.mark.parametrize("preset", preset_names())
def test_a_preset_is_explained(preset):
    assert f"\n| `{preset}` |" in PAGES["docs/configuration.md"]
    assert f"\n## {preset}\n" in PAGES["docs/reference/presets.md"]


@pytest.mark.parametrize("status", ["0", "1", "2", "3", "4", "5", "130"])
@pytest.mark.parametrize("page", ["README.md", "docs/exit-status.md"])
def test_an_exit_status_is_explained(page, status):
    assert f"\n| {status} | " in PAGES[page]


def words(pattern: str) -> set[str]:
    """What the sources write in some place."""
    every = (re.findall(pattern, text, re.MULTILINE) for text in SOURCES.values())
    return {word for found in every for word in found}


def reasons() -> set[str]:
    """Reasons of rows: given to Values, or by the functions whose name says so."""
    found = words(r'reason="([a-z_]+)"') | words(r'undefined\(s, "([a-z_]+)"\)')
    tree = ast.parse(SOURCES[ROOT / "segeval" / "scorecard" / "empty_class_policy.py"])
    constants = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant))
    named = {c for c in constants if isinstance(c, str) and re.fullmatch("[a-z]+_[a-z_]+", c)}
    return found | named | words(r'whole\(.*, "([a-z_]+)"\)$') | {"infinite"}


def test_every_status_is_explained():
    kinds = words(r'\bstatus ?= ?"([a-z_]+)"')
    assert {"unreadable", "missing_prediction"} <= kinds
    assert [k for k in sorted(kinds) if f"\n| `{k}` |" not in PAGES["docs/output.md"]] == []


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_a_reason_is_explained(reason):
    assert f"\n| `{reason}` |" in PAGES["docs/output.md"]


@pytest.mark.parametrize("code", sorted(words(r'"([WN]-[a-z-]+)"')))
def test_a_warning_is_explained(code):
    assert f"\n| `{code}` |" in PAGES["docs/output.md"]


def test_every_warning_can_be_asked_for():
    assert words(r'"([WN]-[a-z-]+)"') <= set(CODES)


@pytest.mark.parametrize("name", PAGES)
def test_settings_in_a_page_are_read(name, tmp_path):
    for number, block in enumerate(blocks(PAGES[name], "toml")):
        file = tmp_path / f"{number}.toml"
        file.write_text(block, "utf-8")
        call = [sys.executable, "-m", "segeval", "config", "-c", str(file)]
        done = subprocess.run(call, capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    folder = (ROOT / name).parent
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGES[name]):
        assert (folder / target).exists(), target


def options(text: str) -> set[str]:
    """The long options in the code of a page."""
    code = re.findall(r"`[^`]+`|^\$ .*$|^    --.*$", text, re.MULTILINE)
    return {option for span in code for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", span)}


@pytest.fixture(scope="module")
def offered() -> set[str]:
    """The long options of all commands."""
    found = {"--version"}
    for command in COMMANDS:
        call = [sys.executable, "-m", "segeval", command, "--help"]
        text = subprocess.run(call, capture_output=True, text=True).stdout
        found |= {o.replace("[no-]", "") for o in re.findall(r"--(?:\[no-\])?[a-z][a-z-]+", text)}
    return found


# Of other programs: sbatch and dask (docs/scaling.md), gh and curl, plastimatch.
OF_OTHERS = {"--array", "--cpus-per-task", "--mem", "--time", "--parsable", "--dependency",
             "--wrap", "--nthreads", "--nworkers",
             "--body-file", "--edit-last", "--create-if-none",
             "--fail", "--silent", "--header", "--form",
             "--all", "--input", "--output-prefix",
             # of scripts in benchmarks/ (docs/reliability.md)
             "--files", "--readers", "--rounds", "--runs", "--seconds", "--times"}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_an_option_that_is_named_exists(name, offered):
    assert sorted(options(PAGES[name]) - offered - OF_OTHERS) == []


def benchmark_page():
    spec = importlib.util.spec_from_file_location("page", ROOT / "benchmarks" / "page.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    return page


def test_the_page_of_the_benchmarks_says_what_their_results_are():
    page = benchmark_page()
    results = json.loads(page.RESULTS.read_text("utf-8"))
    assert page.page(results) == PAGES["docs/performance.md"], "run python benchmarks/page.py"


def test_a_bar_of_the_benchmarks_is_cleared_or_missed():
    page = benchmark_page()
    bar = {"name": "P1", "command": "segeval", "peer": "zlib", "most": 0.5}
    runs = {"segeval": [{"cpu": 1.0, "peak": 30.0}], "zlib": [{"cpu": 4.0, "peak": 9.5}]}
    results = {
        "p1": {
            "title": "P1 overlap",
            "versions": {"python": "3.11"},
            "runs": runs,
            "bars": [{**bar, "value": 0.25}, {**bar, "value": 0.75}],
        }
    }
    text = page.page(results)
    assert "| P1 | segeval / zlib | 0.25 | 0.5 | cleared |" in text
    assert "| P1 | segeval / zlib | 0.75 | 0.5 | **missed** |" in text
    assert "| zlib | 4.00 | 10 | 1 |" in text
