"""The self-test: all its numbers are right here, and a wrong number is found."""

import math
from html.parser import HTMLParser

import pytest

from segeval.selftest import checks, shapes
from segeval.selftest.checks import check_subject, list_subjects, run_checks
from segeval.selftest.label_files import PICTURES, VOLUMES
from segeval.selftest.page import check_rows, sign_checks, write_page


@pytest.fixture(scope="module")
def made():
    return list(run_checks())


def test_every_number_is_right(made):
    assert [c for c in made if not c.passed] == []
    assert len(made) > 100


def test_every_format_of_masks_and_contours_is_there(made):
    formats = {c.format for c in made}
    assert formats >= {*VOLUMES, *PICTURES, "RTSTRUCT", "SEG", "COCO", "LabelMe"}


def test_the_expected_numbers_follow_from_the_voxels():
    """By counting, not by the formulas of the page."""
    truth, pred = shapes.box_labels("gt"), shapes.box_labels("pred")
    for one in shapes.box_values():
        a, b = (labels == shapes.NUMBERS[one.class_] for labels in (truth, pred))
        counted = {
            "dice": 2 * (a & b).sum() / (a.sum() + b.sum()),
            "iou": (a & b).sum() / (a | b).sum(),
            "volume_difference": (float(b.sum()) - a.sum()) * math.prod(shapes.SPACING) / 1000,
        }
        if one.metric in counted:
            assert counted[one.metric] == pytest.approx(one.value, abs=1e-12)


def test_a_wrong_number_is_found(monkeypatch, tmp_path):
    moved = {**shapes.BOXES["pred"], shapes.BOX: ((6, 18), (10, 30), (11, 35))}
    monkeypatch.setitem(shapes.BOXES, "pred", moved)
    subject = next(s for s in list_subjects() if s.format == ".nii")
    wrong = [c.expected.metric for c in check_subject(subject, tmp_path) if not c.passed]
    assert wrong == ["dice", "iou", "hd", "hd:as=monai", "nsd@1mm"]


def test_what_cannot_be_scored_fails_with_its_reason(monkeypatch, tmp_path):
    subject = next(s for s in list_subjects() if s.format == ".mha")

    def cut(folder):
        asked = subject.make(folder)
        (folder / "pred.mha").write_bytes((folder / "pred.mha").read_bytes()[:-40])
        return asked

    cut_short = checks.Subject("boxes", ".mha", cut, subject.expected)
    found = list(check_subject(cut_short, tmp_path))
    assert not any(c.passed for c in found)


def test_the_signature_is_of_the_numbers(made):
    assert sign_checks(made) == sign_checks(list(run_checks()))
    assert sign_checks(made[1:]) != sign_checks(made)


class Cells(HTMLParser):
    """The text of every cell."""

    def __init__(self):
        super().__init__()
        self.cells, self.inside = [], False

    def handle_starttag(self, tag, attrs):
        self.inside = tag == "td"
        if self.inside:
            self.cells.append("")

    def handle_data(self, data):
        if self.inside:
            self.cells[-1] += data

    def handle_endtag(self, tag):
        self.inside = False


def test_the_page_has_every_number(made, tmp_path):
    path = tmp_path / "page.html"
    with path.open("w", encoding="utf-8") as file:
        write_page(made, file, "today")
    page = Cells()
    page.feed(path.read_text("utf-8"))
    rows = [page.cells[k : k + 9] for k in range(0, len(page.cells), 9)]
    assert [row[:8] for row in rows] == check_rows(made)
    assert "http" not in path.read_text("utf-8")
