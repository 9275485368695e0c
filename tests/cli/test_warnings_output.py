"""Warnings and notes: grouped, counted, made errors or left out."""

from segeval.cli.warnings_output import report_notes
from segeval.request.settings import Settings
from segeval.runtime.errors import Note

NEAR = [Note("W-geometry-near", "shifted by 0.1 mm", f"case_{i}") for i in range(7)]
SAME = Note("W-same-file", "both sides are one file")
QUIET = Note("N-extra", "no ground truth", "case_9")


def said(capsys, notes, **settings):
    errors = report_notes(notes, Settings(**settings))
    captured = capsys.readouterr()
    assert captured.out == ""
    return errors, captured.err.splitlines()


def test_five_of_a_kind_then_a_count(capsys):
    errors, lines = said(capsys, [*NEAR, SAME])
    assert errors == 0
    assert lines[0] == "warning: case_0: shifted by 0.1 mm [W-geometry-near]"
    assert len(lines) == 5 + 1 + 1
    assert lines[5] == "warning: 2 more like this, -v lists them [W-geometry-near]"
    assert lines[6] == "warning: both sides are one file [W-same-file]"


def test_notes_are_shown_when_asked_for(capsys):
    assert said(capsys, [QUIET]) == (0, [])
    assert said(capsys, [QUIET], verbose=1) == (0, ["note: case_9: no ground truth [N-extra]"])
    assert len(said(capsys, NEAR, verbose=1)[1]) == 7


def test_quiet_shows_no_warning_but_errors(capsys):
    assert said(capsys, NEAR, quiet=True) == (0, [])
    assert said(capsys, [SAME], quiet=True, error=("W-same-file",)) == (
        1,
        ["error: both sides are one file [W-same-file]"],
    )


def test_a_code_can_be_ignored(capsys):
    assert len(said(capsys, [*NEAR, SAME], ignore=("W-geometry-near",))[1]) == 1


def test_the_same_note_twice_is_one(capsys):
    assert len(said(capsys, [SAME, SAME])[1]) == 1
