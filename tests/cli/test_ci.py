"""J2 and J3 through the command: what a CI system gets, and what stdout does not."""

import json
from pathlib import Path

import pytest

from segeval.cli.ci import finding_path

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
SCORE = ("score", "sample_data/ct/pred", "sample_data/ct/gt", "-m", "dice", "--gate", "dice=0.8")


@pytest.fixture
def build(here, monkeypatch):
    """A job of GitHub Actions."""
    (here / "sample_data").symlink_to(SAMPLE)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(here / "page.md"))
    return here


def test_j2_a_build_of_github_gets_a_page_and_commands(segeval, build):
    (build / "page.md").write_text("before\n")
    ran = segeval(*SCORE)
    assert ran.status == 1
    page = (build / "page.md").read_text()
    assert page.startswith("before\n## segeval: FAIL, 1 of 6 gates missed\n")
    assert [line for line in ran.err.splitlines() if line.startswith("::")] == [
        "::error title=segeval dice=0.8::pancreas/dice 0.552 < 0.8 (n=3)"
    ]


def test_j2_stdout_is_the_same(segeval, build, monkeypatch):
    there = segeval(*SCORE)
    none = segeval(*SCORE, "--no-ci")
    monkeypatch.delenv("GITHUB_ACTIONS")
    here = segeval(*SCORE)
    assert there.out == none.out == here.out
    assert none.err == here.err
    assert len((build / "page.md").read_text().split("## segeval")) == 2


def test_j2_what_stands_in_the_file_counts(segeval, build):
    (build / "page.md").write_bytes(b"x" * (900 << 10))
    ran = segeval(*SCORE)
    assert (build / "page.md").stat().st_size == 900 << 10
    assert "warning: GITHUB_STEP_SUMMARY: no summary" in ran.err
    assert "[W-step-summary]" in ran.err


@pytest.mark.parametrize("extra", [["--ignore", "W-step-summary"], ["-q"]])
def test_j2_a_page_that_cannot_be_written_decides_nothing(segeval, build, monkeypatch, extra):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(build / "no" / "page.md"))
    assert "it cannot be written (No such file" in segeval(*SCORE).err
    ran = segeval(*SCORE, *extra)
    assert ran.status == 1
    assert "W-step-summary" not in ran.err
    assert segeval(*SCORE, "--error", "W-step-summary").status == 3


def test_j3_files_are_written_where_they_are_asked_for(segeval, build, monkeypatch):
    forms = ("junit:t.xml", "gitlab-quality:q.json", "openmetrics:m.txt", "badge:b.json")
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    monkeypatch.setenv("GITLAB_CI", "true")
    ran = segeval(*SCORE, *(w for form in (*forms, "summary:s.json") for w in ("-o", form)))
    assert ran.status == 1
    assert {p.name for p in build.iterdir()} == {
        *("t.xml", "q.json", "m.txt", "b.json", "s.json", "sample_data")
    }
    (finding,) = json.loads((build / "q.json").read_text())
    assert finding["location"]["path"] == "sample_data/ct/gt"


def test_j3_a_finding_points_at_the_rules(segeval, build, monkeypatch):
    (build / "segeval.toml").write_text("[gates]\ndice = 0.8\n")
    segeval(*SCORE[:5], "-o", "gitlab-quality:q.json")
    (finding,) = json.loads((build / "q.json").read_text())
    assert finding["location"] == {"path": "segeval.toml", "lines": {"begin": 1}}


@pytest.mark.parametrize(
    ("origin", "project", "place"),
    [
        ("--gate", "", "gt"),
        ("preset semantic", "", "gt"),
        ("segeval.toml:12", "", "segeval.toml"),
        ("conf/segeval.toml:1", "", "conf/segeval.toml"),
        ("segeval.toml:3", "..", "{here}/segeval.toml"),
    ],
)
def test_j3_the_place_is_relative_to_the_repository(here, origin, project, place):
    found = finding_path(origin, "./gt/", {"CI_PROJECT_DIR": project and str(here.parent)})
    assert found == place.format(here=here.name)
