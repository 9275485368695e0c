"""CLI-J5: what the repository has for CI systems, and the snippets of the documents."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from segeval.cli.main import COMMANDS
from segeval.reports.outputs import parse_output

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "docs" / "ci.md"]
PAGES += [page for folder in ("how-to", "tutorials") for page in (ROOT / "docs" / folder).iterdir()]
TEXT = "\n".join(page.read_text("utf-8") for page in sorted(PAGES))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def test_the_action_has_its_inputs_and_outputs():
    assert list(ACTION["inputs"]) == ["pred", "gt", "config", "baseline", "args"]
    assert list(ACTION["outputs"]) == ["passed", "results", "report"]
    required = [name for name, given in ACTION["inputs"].items() if given.get("required")]
    assert required == ["pred", "gt"]
    assert ACTION["runs"]["using"] == "composite"


def test_no_input_is_pasted_into_a_script():
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.fixture
def act(tmp_path):
    """Run the script of the action as a runner does, with this environment for its own."""
    programs = tmp_path / "temp" / "segeval" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    (programs / "segeval").write_text(f'#!/bin/sh\nexec {sys.executable} -m segeval "$@"\n')
    (programs / "segeval").chmod(0o755)
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    run = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "score")
    named = {name.lower(): "" for name in run["env"]}
    assert {f"input_{name}" for name in ACTION["inputs"]} <= set(named)

    def acted(**inputs):
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "RUNNER_TEMP": str(tmp_path / "temp"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_ACTION_PATH": str(ROOT),
            "INPUT_PRED": "sample_data/ct/pred",
            "INPUT_GT": "sample_data/ct/gt",
            **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
        }
        script = ["bash", "-c", run["run"]]
        ran = subprocess.run(script, cwd=tmp_path, env=environment, capture_output=True, text=True)
        output = tmp_path / "output"
        lines = output.read_text().splitlines() if output.exists() else []
        return ran, dict(line.split("=", 1) for line in lines)

    return acted


def test_the_action_scores_and_says_what_came_of_it(act, tmp_path):
    (tmp_path / "my rules.toml").write_text('metrics = ["dice"]\n')
    ran, output = act(config="my rules.toml", args='--gate "liver/dice=0.9" -o "junit:my t.xml"')
    assert (ran.returncode, output["passed"]) == (0, "true")
    assert json.loads(Path(output["results"]).read_text())["metrics"] == ["dice"]
    report = Path(output["report"])
    assert report.suffix == ".html"
    assert '<figure class="picture">' in report.read_text("utf-8")
    assert "| liver |" in report.with_suffix(".md").read_text()
    assert (tmp_path / "my t.xml").exists()


def test_the_action_fails_where_a_gate_is_missed(act):
    ran, output = act(args="--gate dice=0.8 -m dice")
    assert (ran.returncode, output["passed"]) == (1, "false")
    assert Path(output["results"]).exists()


def test_the_action_loses_no_gate_to_a_quote_and_runs_nothing(act, tmp_path):
    ran, output = act(args="--gate 'dice=0.8")
    assert (ran.returncode == 0, output) == (False, {})
    ran, output = act(args="$(touch evil) --gate dice=0.8; touch evil")
    assert (ran.returncode, output["passed"]) == (2, "false")
    assert not (tmp_path / "evil").exists()


HOOK = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))[0]


def test_the_hook_is_for_result_files():
    assert (HOOK["id"], HOOK["language"]) == ("segeval-gate", "python")
    assert re.search(HOOK["files"], "out/results_fold1.json")
    assert not re.search(HOOK["files"], "package.json")


@pytest.mark.parametrize(("failing", "status"), [("none", 0), ("results_1.json", 1)])
def test_the_hook_judges_every_file_that_changed(tmp_path, failing, status):
    program = tmp_path / "segeval"
    program.write_text(f'#!/bin/sh\necho "$@"\ncase "$3" in {failing}) exit 1;; esac\n')
    program.chmod(0o755)
    given = ["--baseline=old one.json", "results_1.json", "results 2.json"]
    ran = subprocess.run(
        [*shlex.split(HOOK["entry"]), *given],
        env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert ran.stdout.splitlines() == [
        "gate --baseline=old one.json results_1.json",
        "gate --baseline=old one.json results 2.json",
    ]
    assert ran.returncode == status


def test_the_container_is_not_root_and_copies_what_there_is():
    lines = (ROOT / "Containerfile").read_text("utf-8").splitlines()
    user = next(line.split()[1] for line in lines if line.startswith("USER "))
    assert not user.startswith("0")
    for line in (line for line in lines if line.startswith("COPY ") and "--from" not in line):
        assert all((ROOT / source).exists() for source in line.split()[1:-1])
    assert not any("[" in line and "pip" in line for line in lines)  # no extra: the core alone
    installs = [line for line in lines if " install " in line]
    assert [line.split()[-2] for line in installs] == ["dist/segeval_cli-*.whl"]  # CLI-U1


def blocks(language):
    """The inside of every block of a language; the name of a file may follow it."""
    opening = rf"^```(?:{language})(?: [\w./-]+)?\n"
    return re.findall(rf"{opening}(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", blocks("yaml"))
def test_a_snippet_is_yaml(block):
    assert isinstance(yaml.safe_load(block), dict)


COMMAND = re.compile(r"(?:^|[\s/'])segeval (?:score|gate) .*?(?=['\n]|$)", re.MULTILINE)
LINES = [line.strip(" '/\n") for text in blocks("yaml|sh|groovy") for line in COMMAND.findall(text)]


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_a_snippet_is_understood(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, name, *words = shlex.split(line, comments=True)
    from importlib import import_module

    command = import_module(COMMANDS[name][0]).command
    with command.make_context(name, list(words)) as context:
        for output in context.params["output"]:
            assert parse_output(output).path


def test_there_are_snippets():
    assert len(LINES) >= 14
