"""docs/how-to/from-other-tools.md: every request is one, and a preset has what the page says."""

import re
import shlex
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from segeval.cli.main import COMMANDS
from segeval.metrics.registry import resolve_metric
from segeval.request.grammar import parse_metric

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "how-to" / "from-other-tools.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
CODE = [code for _, ours in ROWS for code in re.findall(r"`([^`]+)`", ours)]
COMMAND_LINES = [code for code in CODE if code.startswith("segeval ")]
# Neither a metric nor a command: words of the results, options, files, statistics.
WORDS = {"overall", "pooled", "dataset.json"}
METRICS = [c for c in CODE if not c.startswith(("segeval ", "-")) and c not in WORDS]
# What the page says a preset is all of: its section, and the preset.
SECTIONS = {"MONAI": "monai", "pycocotools": "coco", "plastimatch": "plastimatch"}


def test_there_are_requests():
    assert len(COMMAND_LINES) >= 8
    assert len(METRICS) >= 40


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_a_command_is_understood(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, name, *words = shlex.split(line)
    module = import_module(COMMANDS[name][0])
    with module.command.make_context(name, list(words)) as context:
        assert context.params


@pytest.mark.parametrize("request_", METRICS)
def test_a_metric_is_one(request_):
    metric, _ = resolve_metric(parse_metric(request_))
    assert str(metric)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_preset_asks_for_what_its_section_lists(section):
    preset = ROOT / "segeval" / "data" / "presets" / f"{SECTIONS[section]}.toml"
    asked = {parse_metric(m) for m in tomllib.loads(preset.read_text("utf-8"))["metrics"]}
    part = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| .+ \| (.+) \|$", part, re.MULTILINE)
    listed = {
        parse_metric(c) for cell in cells for c in re.findall(r"`([^`]+)`", cell) if c in METRICS
    }
    assert {str(m) for m in asked if str(m) != "dice"} <= {str(m) for m in listed}
