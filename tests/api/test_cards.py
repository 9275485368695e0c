"""What a Scorecard does in a notebook: tables, files, figures, loading (CLI-Y3)."""

import builtins
import csv
import json
from html.parser import HTMLParser

import build
import numpy as np
import pytest

import segeval
from segeval.reports import SUFFIXES
from segeval.runtime.errors import RequestError

NAMES = ("a", "b<i>", "c", "d")


def looped(seeds=(0, 1, 2, 3), missing=True):
    evaluator = segeval.Evaluator(["dice", "hd95"], classes="1=liver,2=<b>spleen</b>")
    for name, seed in zip(NAMES, seeds, strict=True):
        truth = build.blocks(seed=seed)
        evaluator.add(
            np.roll(truth, 1, 1), truth, name, spacing=(3, 1, 1), group=f"site {seed % 2}"
        )
    if missing:
        evaluator.add(None, truth, "lost")
    return evaluator.card()


CARD = looped()


def test_the_summary_is_called_or_looked_into():
    assert CARD.summary() is CARD.summary[""]
    assert CARD.summary("site 1")["liver"]["dice"].n == 2
    with pytest.raises(RequestError) as caught:
        CARD.summary("site 7")
    assert "site 0, site 1" in caught.value.help


def test_a_dataframe_has_the_rows_of_the_csv(tmp_path):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = CARD.to_dataframe()
    CARD.save(tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(frame.columns) == list(rows[0])
    assert len(frame) == len(rows) == len(CARD.rows)
    assert frame["value"].dtype == float
    told = [("" if np.isnan(v) else repr(v)) for v in frame["value"].tolist()]
    assert told == [row["value"] for row in rows]
    mean = frame[(frame["class"] == "liver") & (frame["metric"] == "dice")]["value"].mean()
    assert mean == pytest.approx(CARD.summary()["liver"]["dice"].mean, abs=1e-15)
    assert isinstance(frame, pd.DataFrame)


@pytest.mark.parametrize("library", ["pandas", "pyarrow"])
def test_a_library_that_is_not_installed_is_named(monkeypatch, library):
    real = builtins.__import__

    def without(name, *rest):
        if name == library:
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RequestError) as caught:
        CARD.to_dataframe() if library == "pandas" else CARD.to_arrow()
    assert library in caught.value.message
    assert "pip install" in caught.value.help


def test_a_table_of_arrow():
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    assert CARD.to_arrow().num_rows == len(CARD.rows)


class Tags(HTMLParser):
    """The tags of a piece of a page, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def test_a_notebook_shows_the_table_of_classes():
    shown = Tags(CARD._repr_html_())
    assert set(shown.tags) <= {"div", "p", "table", "caption", "thead", "tbody", "tr", "th", "td",
                               "b", "pre"}  # fmt: skip
    assert "<b>spleen</b>" in shown.text  # escaped: it is text and no tag
    assert "4 of 5 cases scored" in shown.text
    assert "missing_prediction" in shown.text or "there is no prediction" in shown.text
    assert f"{CARD.summary()['liver']['dice'].mean:.3f}" in shown.text


@pytest.mark.parametrize("suffix", sorted(set(SUFFIXES) - {".pdf"}))
def test_every_form_is_saved_by_its_suffix(tmp_path, suffix):
    path = tmp_path / f"results{suffix}"
    CARD.save(path)
    CARD.save(f"{SUFFIXES[suffix]}:{tmp_path / 'other'}")
    assert path.read_bytes() == (tmp_path / "other").read_bytes() != b""


def test_the_choices_of_a_form(tmp_path):
    CARD.save(tmp_path / "wide.csv", wide=True)
    assert (tmp_path / "wide.csv").read_text("utf-8").startswith("case,class,dice,hd95 [mm],")
    CARD.save(tmp_path / "t.txt", digits=1, per_case=True)
    shown = (tmp_path / "t.txt").read_text("utf-8")
    dice = [row.value for row in CARD.rows if row.metric == "dice"]
    assert all(f" {value:.1f} " in shown for value in dice)
    assert f"{dice[0]:.3f}" not in shown


@pytest.mark.parametrize("path", ["results", "results.xlsx", "nothing:results.csv", "-"])
def test_a_form_that_there_is_not(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RequestError):
        CARD.save(path)
    assert not list(tmp_path.iterdir())


def test_what_is_saved_is_loaded(tmp_path):
    CARD.save(tmp_path / "results.json")
    again = segeval.load(str(tmp_path / "results.json"))
    assert (again.signature, again.metrics) == (CARD.signature, CARD.metrics)
    assert repr(again.rows) == repr(CARD.rows)
    assert repr(again.summary) == repr(CARD.summary)
    again.save(tmp_path / "again.json")
    read = [json.loads((tmp_path / f"{name}.json").read_text()) for name in ("results", "again")]
    assert read[0] == read[1]


@pytest.mark.parametrize("wrong", ["nothing.json", 3, None, "text.json"])
def test_what_is_no_result_file(tmp_path, wrong):
    (tmp_path / "text.json").write_text("no JSON")
    with pytest.raises(RequestError):
        segeval.load(tmp_path / wrong if isinstance(wrong, str) else wrong)


def test_a_figure_is_svg():
    drawn = CARD.figure("strips")
    assert drawn.startswith(("<svg", "<?xml"))
    assert "liver" in drawn
    with pytest.raises(RequestError) as caught:
        CARD.figure("pie")
    assert "strips" in caught.value.help


def test_a_report_of_files_has_pictures_and_one_of_arrays_has_none(tmp_path):
    for side, seed in (("pred", 5), ("gt", 0)):
        build.folder(tmp_path / side, (build.png, ".png"), street=build.blocks(seed=seed)[0])
    card = segeval.score(tmp_path / "pred", tmp_path / "gt", "dice", ignore_label=3)
    card.save(tmp_path / "files.html")
    assert "data:image/" in (tmp_path / "files.html").read_text("utf-8")
    CARD.save(tmp_path / "arrays.html")
    assert "data:image/" not in (tmp_path / "arrays.html").read_text("utf-8")
