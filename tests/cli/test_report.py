"""`segeval report`: the page of a result file, and what it refuses (REPORT.md T1, T2)."""

import json
import re
import shutil
from pathlib import Path

import pytest
from headless import chromium
from page_reader import Page

from segeval.request.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
CT = (ROOT / "sample_data" / "ct" / "pred", ROOT / "sample_data" / "ct" / "gt")


@pytest.fixture
def results(segeval):
    """results.json of the sample CT, with a gate that is missed."""
    done = segeval("score", *CT, "-o", "results.json", "-m", "dice,hd95", "--gate", "dice=0.9",
                   "--format", "none", "-q")  # fmt: skip
    assert done.status == 1
    return "results.json"


def test_without_output_it_is_report_html(segeval, results):
    done = segeval("report", results)
    assert (done.status, done.out) == (0, "report.html\n")
    page = Page(Path("report.html").read_text("utf-8"))
    assert page.title == "3 of 6 gates missed - segeval"
    assert "case-case_03" in page.ids


def test_score_and_report_write_the_same_page(segeval, results):
    segeval("score", *CT, "-o", "scored.html", "-m", "dice,hd95", "--gate", "dice=0.9",
            "--format", "none", "-q")  # fmt: skip
    segeval("report", results, "-o", "again.html")
    scored, again = (Path(f"{name}.html").read_text("utf-8") for name in ("scored", "again"))
    named = re.sub(
        r", results <bdi>[^<]+</bdi>|<dt>results</dt><dd><bdi>[^<]+</bdi></dd>", "", again
    )
    assert len(again) - len(named) > 60  # the file that it was made of, at two places
    assert scored == named


def test_report_t1_split_puts_style_and_script_beside_the_page(segeval, results):
    done = segeval("report", results, "--split", "-o", "public/index.html")
    assert (done.status, done.out) == (0, "public/index.html\n")
    written = {path.name for path in Path("public").iterdir()}
    assert written == {"index.html", "report.css", "report.js"}
    assert "<style" not in Path("public/index.html").read_text("utf-8")


def test_report_t2_a_figure_alone_has_its_style_and_its_millimetres(segeval, results):
    done = segeval("report", results, "-o", "figure-strips:cases.svg",
                   "-o", "figure-confusion:confusion.svg")  # fmt: skip
    assert done.out == "cases.svg\nconfusion.svg\n"
    text = Path("cases.svg").read_text("utf-8")
    assert text.startswith("<?xml")
    assert "var(--" not in text
    width = float(re.search(r'width="([\d.]+)mm"', text)[1])
    assert 85 <= width <= 90
    import xml.etree.ElementTree as ElementTree

    ElementTree.fromstring(text)
    ElementTree.fromstring(Path("confusion.svg").read_text("utf-8"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "x.csv"], "a report is a page or a figure"),
        (["-o", "figure-nothing:x.svg"], "unknown format 'figure-nothing'"),
        (["-o", "."], "the output is a folder"),
        (["-o", "-"], "a report is a page or a figure"),
        (["-o", "figure-strips:x.csv"], "a figure is written as .svg, .pdf, .png"),
    ],
)
def test_what_is_no_report_is_refused(segeval, results, arguments, said):
    done = segeval("report", results, *arguments)
    assert done.status == 2
    assert said in done.err


def test_a_figure_of_nothing_says_so(segeval, results):
    assert segeval("report", results, "-o", "figure-reliability:x.svg").status == 0
    assert "these results have nothing for this figure" in Path("x.svg").read_text("utf-8")


def test_what_is_no_result_file_is_refused(segeval, here):
    (here / "x.json").write_text("{}")
    assert segeval("report", "x.json").status == 2
    assert segeval("report", "gone.json").status == 2
    assert not Path("report.html").exists()


def test_a_shard_is_refused(segeval):
    segeval("score", *CT, "--shard", "1/2", "-o", "part.json", "--format", "none", "-q")
    done = segeval("report", "part.json")
    assert done.status == 2
    assert "segeval merge" in done.err


def test_report_t24_pictures_are_made_of_the_files_of_the_run(segeval, results):
    segeval("report", results, "--pictures", "2")
    text = Path("report.html").read_text("utf-8")
    assert text.count('<figure class="picture">') == 2
    segeval("report", results, "--pictures", "0", "-o", "none.html")
    assert '<figure class="picture">' not in Path("none.html").read_text("utf-8")


def test_report_t24_roots_are_relative_to_the_result_file(segeval, here):
    shutil.copytree(CT[0].parent, here / "data" / "ct", copy_function=shutil.copy2)
    segeval(
        "score", "data/ct/pred", "data/ct/gt", "-o", "data/out/r.json", "--format", "none", "-q"
    )
    roots = json.loads(Path("data/out/r.json").read_text())["inputs"]["roots"]
    assert roots == {"pred": "../ct/pred", "gt": "../ct/gt"}
    Path("data").rename("moved")
    segeval("report", "moved/out/r.json", "--pictures", "1")
    assert '<figure class="picture">' in Path("report.html").read_text("utf-8")
    Path("moved/ct").rename("elsewhere")
    segeval("report", "moved/out/r.json", "--pictures", "1")
    text = Path("report.html").read_text("utf-8")
    assert '<figure class="picture">' not in text
    assert "the files are not found" in text
    segeval("report", "moved/out/r.json", "--pictures", "1", "--pred", "elsewhere/pred",
            "--gt", "elsewhere/gt")  # fmt: skip
    assert '<figure class="picture">' in Path("report.html").read_text("utf-8")


def test_report_t1_split_writes_pictures_as_files(segeval, results, here):
    import nibabel
    import numpy as np

    (here / "images").mkdir()
    for path in CT[1].glob("*.nii.gz"):
        mask = nibabel.load(path)
        scan = np.arange(np.prod(mask.shape), dtype=np.float32).reshape(mask.shape)
        nibabel.save(nibabel.Nifti1Image(scan, mask.affine), here / "images" / path.name)
    segeval("report", results, "--split", "-o", "public/index.html", "--images", "images")
    text = Path("public/index.html").read_text("utf-8")
    named = set(re.findall(r'href="(pictures/[^"]+)"', text))
    assert named
    assert named == {f"pictures/{path.name}" for path in Path("public/pictures").iterdir()}
    assert "data:image" not in text


def test_report_t21_a_wrong_window_is_refused(segeval, results):
    done = segeval("report", results, "--window", "tissue")
    assert done.status == 2
    assert "auto, soft, lung, bone, brain" in done.err


def test_of_several_results_it_compares_the_models(segeval, results):
    Path("other.json").write_text(Path(results).read_text("utf-8"), "utf-8")
    done = segeval("report", results, "other.json", "-o", "models.html")
    assert (done.status, done.out) == (0, "models.html\n")
    assert "2 models over 3 cases" in Path("models.html").read_text("utf-8")
    done = segeval("report", results, "other.json", "-o", "models.csv")
    assert (done.status, "one of figure-ranks, figure-differences" in done.err) == (2, True)
    done = segeval("report", results, "other.json", "-o", "figure-strips:x.svg")
    assert (done.status, "one of figure-ranks, figure-differences" in done.err) == (2, True)


def test_report_t1_models_are_split_too(segeval, results):
    Path("other.json").write_text(Path(results).read_text("utf-8"), "utf-8")
    done = segeval("report", results, "other.json", "--split")
    assert (done.status, done.out) == (0, "report/index.html\n")
    written = {path.name for path in Path("report").iterdir()}
    assert written == {"index.html", "report.css", "report.js"}
    text = Path("report/index.html").read_text("utf-8")
    assert "<style" not in text
    assert "<script>" not in text


def test_report_t2_figures_of_models_alone(segeval, results):
    Path("other.json").write_text(Path(results).read_text("utf-8"), "utf-8")
    done = segeval("report", results, "other.json", "-o", "figure-ranks:a/ranks.svg",
                   "-o", "figure-differences:differences.svg")  # fmt: skip
    assert (done.status, done.out) == (0, "a/ranks.svg\ndifferences.svg\n")
    import xml.etree.ElementTree as ElementTree

    for name in ("a/ranks.svg", "differences.svg"):
        text = Path(name).read_text("utf-8")
        ElementTree.fromstring(text)
        assert 85 <= float(re.search(r'width="([\d.]+)mm"', text)[1]) <= 90


@pytest.mark.parametrize("command", ["report", "score"])
def test_a_figure_of_models_needs_several_files(segeval, results, command):
    files = (results,) if command == "report" else (*CT, "-m", "dice")
    done = segeval(command, *files, "-o", "figure-ranks:x.svg")
    assert done.status == 2
    assert "segeval report A.json B.json -o figure-ranks:x.svg" in done.err
    assert not Path("x.svg").exists()


def test_models_under_other_settings_are_refused_or_named_on_the_page(segeval, results):
    segeval("score", *CT, "-o", "other.json", "-m", "dice,hd95:as=medpy", "--undefined", "worst",
            "--format", "none", "-q")  # fmt: skip
    assert segeval("report", results, "other.json", "-o", "m.html").status == 2
    done = segeval("report", results, "other.json", "-o", "m.html", "--allow-different-settings")
    assert done.status == 0
    assert "[W-different-settings]" in done.err
    assert "other.json: undefined" in Page(Path("m.html").read_text("utf-8")).text


def test_models_that_lack_cases_end_in_3(segeval, results):
    for side, folder in zip(("pred", "gt"), CT, strict=True):
        shutil.copytree(folder, side, ignore=shutil.ignore_patterns("case_03*"))
    segeval("score", "pred", "gt", "-o", "few.json", "-m", "dice,hd95", "--format", "none", "-q")
    done = segeval("report", results, "few.json", "-o", "models.html")
    assert done.status == 3
    assert "few.json: 1 case missing: case_03" in done.err
    ran = segeval("report", results, "few.json", "--allow-different-cases", "-o", "models.html")
    assert ran.status == 0


def test_report_t24_the_choices_of_the_run_are_taken_again(segeval, here):
    png = ROOT / "sample_data" / "png"
    segeval("score", png / "pred", png / "gt", "-o", "r.json", "-m", "iou", "-q",
            "--ignore-label", "255", "--remap-pred", "13=11", "--remap-gt", "13=11")  # fmt: skip
    segeval("report", "r.json", "--pictures", "3")
    text = Path("report.html").read_text("utf-8")
    assert text.count('<figure class="picture">') == 3
    assert "map of errors" in text


def test_report_t25_maps_of_errors_by_score_and_report(segeval, results):
    done = segeval("report", results, "--error-maps", "maps")
    assert done.status == 0
    assert "wrote 3 maps of errors to maps" in done.err
    assert sorted(path.name for path in Path("maps").iterdir()) == [
        "case_01.nii.gz", "case_02.nii.gz", "case_03.nii.gz",
    ]  # fmt: skip
    segeval("score", *CT, "--error-maps", "again", "--error-maps-by", "class", "-q", "-m", "dice")
    assert (Path("again") / "case_01" / "liver.nii.gz").exists()


def test_report_t8_the_page_says_the_commit_and_the_run(segeval, monkeypatch):
    monkeypatch.setenv("GITHUB_SHA", "c0ffee")
    for name, value in (("SERVER_URL", "https://git.example"), ("REPOSITORY", "a/b"),
                        ("RUN_ID", "7")):  # fmt: skip
        monkeypatch.setenv(f"GITHUB_{name}", value)
    segeval("score", *CT, "-o", "s.html", "-o", "r.json", "-o", "s.md", "-m", "dice", "-q")
    text = Path("s.html").read_text("utf-8")
    assert "c0ffee" in text
    assert "https://git.example/a/b/actions/runs/7" in text
    assert "c0ffee" not in Path("r.json").read_text("utf-8")
    assert "report: [s.html](<s.html>)" in Path("s.md").read_text("utf-8")


def test_report_t3_no_patient_name_and_no_birth_date(segeval, here):
    import pydicom

    shutil.copytree(ROOT / "sample_data" / "contours", here / "rt")
    for path in (here / "rt").rglob("*.dcm"):
        data = pydicom.dcmread(path)
        data.PatientName, data.PatientBirthDate = "Moriarty^James", "18401224"
        data.OperatorsName = data.ReferringPhysicianName = "Watson^John"
        data.save_as(path)
    done = segeval("score", "rt/pred", "rt/gt", "-o", "r.json", "-o", "r.html", "-q")
    assert done.status == 0
    segeval("report", "r.json", "-o", "again.html")
    for name in ("r.html", "again.html"):
        text = Path(name).read_text("utf-8")
        assert '<figure class="picture">' in text
        for word in ("Moriarty", "18401224", "Watson"):
            assert word not in text


@chromium
def test_report_t1_pdf_and_png_are_printed_by_a_browser(segeval, results):
    done = segeval("report", results, "-o", "report.pdf", "-o", "figure-strips:cases.png",
                   "-o", "figure-volumes:volumes.pdf")  # fmt: skip
    assert done.status == 0
    assert Path("report.pdf").read_bytes().startswith(b"%PDF")
    Path("other.json").write_text(Path(results).read_text("utf-8"), "utf-8")
    segeval("report", results, "other.json", "-o", "models.pdf", "-o", "figure-ranks:ranks.png")
    assert Path("models.pdf").read_bytes().startswith(b"%PDF")
    assert Path("ranks.png").read_bytes().startswith(b"\x89PNG")
    assert Path("volumes.pdf").read_bytes().startswith(b"%PDF")
    from PIL import Image

    with Image.open("cases.png") as image:
        assert image.width == pytest.approx(4 * 336, abs=4)


def test_without_a_browser_pdf_says_what_to_do(segeval, results, monkeypatch):
    monkeypatch.setattr("segeval.reports.html.browser.shutil.which", lambda _: None)
    done = segeval("report", results, "-o", "report.pdf")
    assert done.status == 2
    assert "none is installed" in done.err
    assert not Path("report.pdf").exists()


def test_the_settings_of_the_page_are_those_of_the_command(segeval, results):
    segeval("report", results, "--digits", "5")
    text = Path("report.html").read_text("utf-8")
    assert f"{0.9506479504543567:.5f}" in text
    assert Settings().digits == 3


def test_u8_tables_for_papers_and_the_matrix(segeval, here):
    done = segeval("score", ROOT / "sample_data/png/pred", ROOT / "sample_data/png/gt", "-m", "iou",
                   "--ignore-label", "255", "-o", "t.tex", "-o", "confusion:c.csv",
                   "-o", "confusion:c.svg", "-o", "r.json", "--percent", "--format", "none",
                   "-q")  # fmt: skip
    assert done.status == 0
    assert r"iou {[}\%{]}" in Path("t.tex").read_text("utf-8")
    head, *rows = (line.split(",") for line in Path("c.csv").read_text("utf-8").splitlines())
    total = {}
    for case in json.loads(Path("r.json").read_text())["cases"]:
        for truth, pred, voxels in case["tallies"]["counts"]["confusion"]:
            name = (
                "background" if truth == 0 else str(truth),
                "background" if pred == 0 else str(pred),
            )
            total[name] = total.get(name, 0) + voxels
    shown = {(row[0], name): int(n) for row in rows
             for name, n in zip(head[1:], row[1:], strict=True)}  # fmt: skip
    assert {key: n for key, n in shown.items() if n} == total
    assert head[0] == "ground_truth"
    assert 'class="chart confusion"' in Path("c.svg").read_text("utf-8")
