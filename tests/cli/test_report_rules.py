"""Rules of `segeval report`: judged as by `segeval gate` (ACCOUNT-A35); what it refuses (T24)."""

import json
import re
import shutil
from pathlib import Path

import pytest
from page_reader import Page

ROOT = Path(__file__).resolve().parents[2]
CT = (ROOT / "sample_data" / "ct" / "pred", ROOT / "sample_data" / "ct" / "gt")


@pytest.fixture
def results(segeval):
    """r.json of the sample CT, judged by one rule that all pass."""
    segeval("score", *CT, "-o", "r.json", "-m", "dice,hd95", "--gate", "dice=0.1", "-q",
            "--format", "none")  # fmt: skip
    return "r.json"


def title(name="report.html"):
    return Page(Path(name).read_text("utf-8")).title


@pytest.mark.parametrize(
    ("rule", "status"), [("dice=0.9", 1), ("dice=0.5", 0), ("liver/hd95.worst=1mm", 1)]
)
def test_rules_are_judged_as_by_gate(segeval, results, rule, status):
    judged = segeval("gate", results, "--gate", rule, "-o", "gate.html")
    done = segeval("report", results, "--pictures", "0", "--gate", rule)
    assert (done.status, judged.status) == (status, status)
    assert done.out == "report.html\n"
    last = done.err.splitlines()[-1]
    assert last == judged.out.splitlines()[-1]
    missed = sum(line.startswith("FAIL") for line in judged.out.splitlines())
    assert title("gate.html").startswith(f"{missed} of " if missed else "6 ")
    assert title().startswith(f"{missed} of " if missed else "12 ")


def test_rules_of_a_file_add_up_with_those_of_the_results(segeval, results):
    Path("rules.toml").write_text('[gates]\n"dice" = 0.9\n')
    done = segeval("report", results, "--pictures", "0", "-c", "rules.toml")
    assert done.status == 1
    assert title() == "3 of 12 gates missed - segeval"  # six by dice=0.1, six by dice=0.9
    assert (
        segeval("report", results, "--pictures", "0", "-c", "rules.toml", "--exit-zero").status == 0
    )
    assert title() == "3 of 12 gates missed - segeval"


def test_a_rule_that_the_results_have_is_judged_once(segeval, results):
    assert segeval("report", results, "--pictures", "0", "--gate", "dice=0.1").status == 0
    plain = segeval("report", results, "--pictures", "0", "-o", "plain.html")
    assert plain.status == 0
    assert title() == title("plain.html")
    assert "6 " in title()


def test_the_file_that_is_found_and_the_variable_count_too(segeval, results, monkeypatch):
    Path("segeval.toml").write_text('[gates]\n"dice" = 0.9\n')
    assert segeval("report", results, "--pictures", "0").status == 1
    assert segeval("report", results, "--pictures", "0", "--isolated").status == 0
    monkeypatch.setenv("SEGEVAL_GATE", "hd95=0.1mm")
    assert segeval("report", results, "--pictures", "0", "--isolated").status == 1


def test_a_baseline_is_judged(segeval, results):
    content = json.loads(Path(results).read_text())
    for case in content["cases"]:
        for of in case["values"].values():
            of["dice"] = of["dice"] + 0.05 if isinstance(of["dice"], float) else of["dice"]
    Path("better.json").write_text(json.dumps(content))
    done = segeval(
        "report", results, "--pictures", "0", "--baseline", "better.json", "--policy", "any"
    )
    assert done.status == 1
    text = Path("report.html").read_text("utf-8")
    assert '<section id="baseline"' in text
    assert "gates missed" in title()


def test_a_rule_of_nothing_is_missed(segeval, results):
    done = segeval("report", results, "--pictures", "0", "--gate", "liver/iou=0.1")
    assert done.status == 1
    assert "nothing to judge" in done.err


def test_unscored_cases_beat_a_missed_gate(segeval, here):
    for side, folder in zip(("pred", "gt"), CT, strict=True):
        shutil.copytree(folder, here / side)
    (here / "pred" / "case_02.nii.gz").write_bytes(b"damaged")
    assert segeval("score", "pred", "gt", "-o", "r.json", "-q", "--format", "none").status == 3
    assert segeval("report", "r.json").status == 0
    done = segeval("report", "r.json", "--gate", "dice=0.9")
    assert done.status == 3
    assert "error: case_02: " in done.err


def test_rules_of_several_models_are_refused_or_said(segeval, results):
    shutil.copy(results, "other.json")
    done = segeval("report", results, "other.json", "--gate", "dice=0.5")
    assert done.status == 2
    assert "segeval gate r.json" in done.err
    assert not Path("report.html").exists()
    Path("rules.toml").write_text('[gates]\n"dice" = 0.9\n')
    done = segeval("report", results, "other.json", "-c", "rules.toml")
    assert done.status == 0
    assert (
        "the rules of rules.toml are not judged of models: segeval gate r.json -c rules.toml"
        in (done.err)
    )


def test_masks_are_no_results(segeval, results, here):
    done = segeval("report", *CT)
    assert (done.status, f"segeval score {CT[0]} {CT[1]} -o report.html" in done.err) == (2, True)
    done = segeval("report", results, *CT)
    assert f"segeval report r.json --pred {CT[0]} --gt {CT[1]}" in done.err
    (here / "a folder").mkdir()
    shutil.copy(results, "a folder/x.json")
    done = segeval("report", "a folder")
    assert (done.status, "segeval report 'a folder/x.json'" in done.err) == (2, True)
    assert not Path("report.html").exists()


@pytest.mark.parametrize("again", ["r.json", "./r.json", "link.json"])
def test_one_file_is_no_two_models(segeval, results, again):
    Path("link.json").symlink_to("r.json")
    done = segeval("report", results, again)
    assert (done.status, "the same result file is given twice" in done.err) == (2, True)
    assert not Path("report.html").exists()


@pytest.mark.parametrize("command", ["report", "compare"])
def test_models_without_a_common_case_have_no_page(segeval, results, command):
    text = Path(results).read_text().replace("case_0", "patient_")
    Path("other.json").write_text(json.dumps(json.loads(text)))  # laid out anew, it has no checksum
    more = ["-o", "x.html"] if command == "report" else ["--format", "csv"]
    done = segeval(command, results, "other.json", *more, "--allow-different-cases")
    assert (done.status, done.out) == (3, "")
    assert "error: no case is in all of them" in done.err
    assert "r: 3 cases: case_01, case_02, case_03" in done.err
    assert "other: 3 cases: patient_1, patient_2, patient_3" in done.err
    assert not Path("x.html").exists()


@pytest.mark.parametrize(
    ("output", "page"), [("x.html", "x.html"), ("x.pdf", "x.pdf"), ("figure-ranks:x.svg",) * 2]
)
def test_compare_names_the_command_that_writes_pages(segeval, results, output, page):
    shutil.copy(results, "other.json")
    done = segeval("compare", results, "other.json", "-o", output)
    assert done.status == 2
    assert f"  help: segeval report r.json other.json -o {page}" in done.err


@pytest.mark.parametrize("name", ["full.png", "full.SVG"])
def test_the_page_is_no_picture(segeval, results, name):
    done = segeval("report", results, "-o", name)
    assert done.status == 2
    assert "the page is written as .html or .pdf" in done.err
    assert f"-o figure-strips:{name}" in done.err


def test_images_that_are_not_there_are_refused(segeval, results, here):
    for command in (("report", results), ("score", *CT, "-o", "r.html")):
        done = segeval(*command, "--images", "nowhere")
        assert (done.status, "there is no such folder of images" in done.err) == (2, True)
    (here / "file").write_text("")
    assert segeval("report", results, "--images", "file").status == 2
    assert not Path("report.html").exists()


def test_files_that_are_gone_are_said_on_stderr(segeval, results, here):
    for side, folder in zip(("pred", "gt"), CT, strict=True):
        shutil.copytree(folder, here / "d" / side)
    segeval("score", "d/pred", "d/gt", "-o", "d/r.json", "-q", "--format", "none")
    (here / "away").mkdir()
    shutil.move("d/r.json", "away/r.json")
    done = segeval("report", "away/r.json")
    assert done.status == 0
    (line,) = done.err.splitlines()
    found = re.match(
        r"warning: (\d+) pictures not drawn: the files are not found: .*away/pred", line
    )
    assert int(found[1]) > 3
    assert line.endswith("--pred PATH --gt PATH name where they are now [W-no-picture]")
    assert "the files are not found" in Page(Path("report.html").read_text("utf-8")).text
    assert segeval("report", "away/r.json", "-q").err == ""
    assert segeval("report", "away/r.json", "--ignore", "W-no-picture").err == ""
    assert segeval("report", "away/r.json", "--error", "W-no-picture").status == 3
    done = segeval("report", "away/r.json", "--pred", "d/pred", "--gt", "d/gt")
    assert (done.status, done.err) == (0, "")
    (here / "d/pred/case_02.nii.gz").unlink()
    done = segeval("report", "away/r.json", "--pred", "d/pred", "--gt", "d/gt")
    (line,) = done.err.splitlines()
    said = r"warning: \d+ pictures not drawn: the prediction is not there any more \(case_02\) \["
    assert re.match(said, line)


def test_images_that_lack_a_case_are_said_on_stderr(segeval, results, here):
    (here / "images").mkdir()
    done = segeval("report", results, "--images", "images", "--pictures", "3")
    (line,) = done.err.splitlines()
    assert re.match(
        r"warning: [123] pictures? without an image: --images has none of the case", line
    )
