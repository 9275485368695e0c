"""`segeval show`: a result file as the table that scoring printed."""

import pytest


@pytest.fixture
def scored(segeval, here, sample):
    ran = segeval("score", sample / "pred", sample / "gt", "-m", "dice,hd95", "-o", "r.json", "-q")
    assert ran.status == 0
    return ran


@pytest.fixture
def sample():
    from pathlib import Path

    folder = Path(__file__).resolve().parents[2] / "sample_data" / "ct"
    if not folder.exists():
        pytest.skip("sample_data is not there")
    return folder


def test_the_table_is_the_one_of_scoring(segeval, scored):
    assert segeval("show", "r.json").out == scored.out
    assert "case_02" in segeval("show", "r.json", "--per-case").out


def test_the_full_signature_is_in_v_and_by_its_option(segeval, scored):
    full = segeval("show", "r.json", "--signature").out.strip()
    assert full.startswith("dice,hd95:as=mesh:by=case|kind:auto|")
    assert full not in scored.out
    assert f"signature: {full}" in segeval("show", "r.json", "-v").out
    assert "signature: dice, hd95 (mesh) | classes 6 | segeval " in scored.out


def test_other_forms_and_files(segeval, scored, here):
    assert segeval("show", "r.json", "--format", "csv").out.startswith("case,class,metric,")
    assert segeval("show", "r.json", "-o", "t.md", "--format", "none").status == 0
    assert (here / "t.md").read_text().startswith("3 cases")
    assert segeval("show", "none.json").status == 2


FORMS = ("csv", "markdown", "latex", "junit", "gitlab-quality", "openmetrics", "badge", "summary")


@pytest.mark.parametrize("form", FORMS)
def test_verdicts_of_a_file_are_those_of_its_run(segeval, sample, here, form):
    asked = ["-m", "dice", "--gate", "dice=0.99", "--gate", "dice.median=0.1", "--format", "none"]
    written = ["-o", "r.json", "-o", f"{form}:scored"]
    ran = segeval("score", sample / "pred", sample / "gt", *asked, *written)
    assert ran.status == 1
    assert segeval("show", "r.json", "-o", f"{form}:shown", "--format", "none").status == 0
    if form not in ("summary", "gitlab-quality"):  # when it was, and where the rules stand
        assert (here / "shown").read_text() == (here / "scored").read_text()


def test_a_verdict_of_a_file_that_says_little_is_shown(segeval, scored, here):
    import json

    content = json.loads((here / "r.json").read_text())
    content["gates"] = [{"gate": "dice=0.9", "passed": False, "value": None, "bar": 0.9}]
    (here / "r.json").write_text(json.dumps(content))
    ran = segeval("show", "r.json", "--format", "markdown")
    assert (ran.status, "**FAIL**" in ran.out) == (0, True)
