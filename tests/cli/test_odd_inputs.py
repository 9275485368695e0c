"""No input ends in exit 5: odd tables, names, folders and files (ACCOUNT-A33)."""

import json
import os
import subprocess
import sys

import build
import dicom_build
import numpy as np
import pytest

MASK = np.arange(64, dtype=np.uint8).reshape(8, 8) % 3


@pytest.fixture
def sides(here):
    for side in ("pred", "gt"):
        build.folder(here / side, (build.png, ".png"), a=MASK, b=MASK)
    return here


HEAD = b"case,pred,gt\n"
GOOD = b"b,pred/b.png,gt/b.png\n"
TABLES = {
    "a cell without an end": HEAD + b"a" * 200_000 + b",pred/a.png,gt/a.png\n" + GOOD,
    "an open quote": HEAD + b'"a,pred/a.png\n' + GOOD * 9000,
    "NUL": HEAD + b"a,pred/\0.png,gt/a.png\n",
    "UTF-16": (HEAD + GOOD).decode().encode("utf-16"),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "a lone surrogate": b'{"case": "a", "pred": "\\ud800.png", "gt": "gt/a.png"}\n',
    "a lone surrogate in a case": b'{"case": "\\ud800", "pred": "pred/a.png", "gt": "gt/a.png"}\n',
    "a list": b"[1, 2]\n",
    "the root": HEAD + b"a,/,gt/a.png\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_account_a33_a_table_that_cannot_be_used_is_a_wrong_request(segeval, sides, name):
    (sides / "t").write_bytes(TABLES[name])
    done = segeval("score", "--pairs", "t", "-m", "dice", "-o", "x.csv")
    assert (done.status, done.err.startswith("error: t: ")) == (2, True)


def test_account_a33_one_entry_of_a_table_is_an_error_of_its_case(segeval, sides):
    (sides / "t").write_bytes(HEAD + b"a,pred/" + b"x" * 5000 + b".png,gt/a.png\n" + GOOD)
    done = segeval("score", "--pairs", "t", "-m", "dice", "--format", "csv")
    assert (done.status, "b,1,dice,1.0,,ok,," in done.out) == (3, True)


CLASSES = [
    {"labels": {"background": 0, "a": float("inf")}},
    {"labels": {"a": 1, "ignore": []}},
    {"labels": {"a": [1, None]}},
    {"labels": {"a": {"b": 1}}},
]


@pytest.mark.parametrize("content", CLASSES, ids=str)
def test_account_a33_a_class_list_that_is_none_is_a_wrong_request(segeval, sides, content):
    (sides / "c.json").write_text(json.dumps(content))
    assert segeval("score", "pred", "gt", "--classes", "c.json").status == 2


def test_account_a33_a_number_that_python_refuses_is_a_wrong_request(segeval, sides):
    (sides / "s.toml").write_text("digits = " + "9" * 5000)
    assert segeval("score", "pred", "gt", "-c", "s.toml").status == 2


def test_account_a33_a_working_folder_that_is_gone(segeval, sides, monkeypatch):
    gone = sides / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    done = segeval("score", sides / "pred", sides / "gt")
    assert (done.status, "working folder" in done.err) == (2, True)
    monkeypatch.chdir(sides)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("side", ["pred", "gt"])
def test_account_a33_a_pipe_is_an_error_of_its_case_and_is_not_waited_for(segeval, sides, side):
    (sides / side / "a.png").unlink()
    os.mkfifo(sides / side / "a.png")
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv")
    assert (done.status, "b,1,dice,1.0,,ok,," in done.out) == (3, True)
    assert segeval("inspect", side).status == 3


def refuse(monkeypatch, name):
    """Have a folder that cannot be listed, whoever runs the test."""
    real = os.scandir

    def scandir(path="."):
        if os.path.basename(os.fspath(path)) == name:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)


@pytest.mark.parametrize("side", ["pred", "gt"])
@pytest.mark.parametrize("missing", ["error", "skip", "worst"])
def test_account_a33_a_folder_that_cannot_be_listed_is_an_error(
    segeval, here, monkeypatch, side, missing
):
    for name in ("pred", "gt"):
        for case in ("c1", "c2"):
            files = {"liver": build.ball(), "heart": build.ball()}
            build.folder(here / name / case, (build.nifti, ".nii.gz"), **files)
    (here / side / "c2").rename(here / side / "closed")
    refuse(monkeypatch, "closed")
    gate = ["--gate", "liver/dice=0"]
    done = segeval("score", "pred", "gt", "-m", "dice", "--missing", missing, *gate, "-o", "r.json")
    assert done.status == 3
    assert f"error: {side}: folder that cannot be listed: closed: Permission denied" in done.err
    (left,) = [
        item
        for item in json.loads((here / "r.json").read_text())["inputs"]["left_aside"]
        if item["kind"] == "folder"
    ]
    assert (left["side"], left["weight"]) == (side, "lost")
    assert segeval("pairs", "pred", "gt", "--missing", missing).status == 3


def test_account_a33_a_folder_that_cannot_be_listed_is_an_error_of_one_side_too(
    segeval, here, monkeypatch
):
    build.folder(here / "scores", (build.npy, ".npy"), a=np.eye(3, 4)[:, None] + 0.25)
    organs = [dicom_build.Organ("Heart", [dicom_build.square(1, 4, z) for z in (0, 2)])]
    dicom_build.series(here / "tree" / "ct", (3, 9, 9), (2.0, 1.0, 1.0))
    dicom_build.rtstruct(here / "tree" / "RS.dcm", organs)
    for side in ("scores", "tree"):
        (here / side / "closed").mkdir()
    refuse(monkeypatch, "closed")
    commands = (
        ["inspect", "scores"], ["inspect", "tree"], ["decode", "scores", "out"],
        ["convert", "tree", "out"],
    )  # fmt: skip
    for words in commands:
        done = segeval(*words)
        side = words[1]
        said = f"error: {side}: folder that cannot be listed: closed: Permission denied"
        assert (done.status, said in done.err) == (3, True), (words, done.err)


@pytest.mark.skipif(os.name != "posix", reason="permissions")
@pytest.mark.parametrize(("closed", "status"), [("pred", 2), ("pred/sub", 3)])
def test_account_a33_names_without_the_files_behind_them(
    segeval, sides, monkeypatch, closed, status
):
    build.folder(sides / "pred" / "sub", (build.png, ".png"), c=MASK)
    real, named = os.access, os.path.realpath(closed)  # a folder of mode 444

    def access(path, mode, **how):
        return os.path.realpath(path) != named and real(path, mode, **how)

    monkeypatch.setattr(os, "access", access)
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv")
    assert (done.status, "cannot" in done.err, "Permission denied" in done.err) == (
        status, True, True,
    )  # fmt: skip
    assert ("b,1,dice,1.0,,ok,," in done.out) == (status == 3)


@pytest.mark.parametrize("side", ["pred", "gt"])
def test_account_a33_a_root_that_cannot_be_listed_is_a_wrong_request(
    segeval, sides, monkeypatch, side
):
    refuse(monkeypatch, side)
    assert segeval("score", "pred", "gt").status == 2


def test_names_that_are_no_text_go_through_and_back(sides):
    name = os.fsdecode(b"caf\xe9.png")
    for side in ("pred", "gt"):
        (sides / side / "a.png").rename(sides / side / name)

    def run(*words, encoding="utf-8"):
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        command = [sys.executable, "-m", "segeval", *words]
        return subprocess.run(command, capture_output=True, env=environment)

    assert run("pairs", "pred", "gt", "--write", "w.csv").returncode == 0
    assert b"caf\xe9" in (sides / "w.csv").read_bytes()
    done = run("score", "--pairs", "w.csv", "-m", "dice", "-o", "x.csv", "-o", "x.json")
    shown = rb"caf\xe9"  # results are UTF-8; what is no text is shown as an escape
    assert (done.returncode, shown in (sides / "x.csv").read_bytes()) == (0, True)
    assert shown in run("score", "pred", "gt", "--format", "csv").stdout
    assert b"caf" in run("score", "pred", "gt", "--format", "csv", encoding="ascii:strict").stdout


DEEP = "[" * 100_000
DEEP_INPUTS = {
    "a class list": ("c.json", DEEP, ("score", "pred", "gt", "--classes", "c.json")),
    "a table": ("p.jsonl", '{"case":' + DEEP, ("score", "--pairs", "p.jsonl")),
    "settings": ("t.toml", "x = " + DEEP[:5000], ("score", "pred", "gt", "-c", "t.toml")),
    "results": ("r.json", '{"schema":"segeval.results/2","x":' + DEEP, ("show", "r.json")),
    "a table of labels": ("l.json", DEEP, ("score", "pred", "gt", "--remap-gt", "l.json")),
    "a COCO file": ("d.json", '{"images":' + DEEP, ("score", "d.json", "d.json")),
}  # fmt: skip


@pytest.mark.parametrize("name", DEEP_INPUTS)
def test_account_a33_what_is_nested_too_deeply_is_a_wrong_request(segeval, sides, name):
    file, content, words = DEEP_INPUTS[name]
    (sides / file).write_text(content)
    done = segeval(*words)
    assert (done.status, "nested too deeply" in done.err) == (2, True), done.err


def test_a_settings_file_of_megabytes_is_refused_at_once(segeval, sides):
    (sides / "t.toml").write_text("a = 1\n" * 1_000_000)
    done = segeval("score", "pred", "gt", "-c", "t.toml")
    assert (done.status, "at most 1048576 letters" in done.err) == (2, True)


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_outputs_keep_the_mode_of_what_they_replace(segeval, sides):
    names = ("o.json", "o.csv", "o.md", "w.csv")
    for name in names:
        (sides / name).touch(0o600)
    (sides / "kept").mkdir()
    (sides / "kept" / "x.html").touch()
    (sides / "kept" / "x.html").chmod(0o640)
    (sides / "o.html").symlink_to("kept/x.html")
    outputs = [word for name in ("o.json", "o.csv", "o.md", "o.html") for word in ("-o", name)]
    assert segeval("score", "pred", "gt", "-m", "dice", *outputs, "--format", "none").status == 0
    assert segeval("pairs", "pred", "gt", "--write", "w.csv").status == 0
    assert {(sides / name).stat().st_mode & 0o777 for name in names} == {0o600}
    assert (sides / "o.html").is_symlink()
    assert (sides / "kept" / "x.html").stat().st_mode & 0o777 == 0o640
    assert "<html" in (sides / "kept" / "x.html").read_text()
    again = segeval("score", "pred", "gt", "-m", "dice", "-o", "o.json", "--resume")
    assert (again.status, (sides / "o.json").stat().st_mode & 0o777) == (0, 0o600)


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_account_a33_a_link_to_itself_is_the_problem_of_its_case(segeval, sides):
    (sides / "pred" / "a.png").unlink()
    (sides / "pred" / "a.png").symlink_to("b2.png")
    (sides / "pred" / "b2.png").symlink_to("a.png")
    done = segeval("score", "pred", "gt", "-m", "dice", "--format", "csv")
    assert done.status == 3
    assert "b,1,dice,1.0,,ok,," in done.out
    assert "error: a: cannot be opened (Too many levels of symbolic links)" in done.err


DEVICES = {
    "results": ("gate", "/dev/zero", "--gate", "dice=0.5"),
    "a baseline": ("score", "pred", "gt", "--baseline", "/dev/zero"),
    "settings": ("score", "pred", "gt", "-c", "/dev/zero"),
    "a table": ("score", "--pairs", "/dev/zero"),
    "a class list": ("score", "pred", "gt", "--classes", "zero.json"),
    "a table of labels": ("score", "pred", "gt", "--remap-gt", "zero.csv"),
}


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no /dev/zero here")
@pytest.mark.parametrize("name", DEVICES)
def test_account_a33_a_device_has_no_end_and_is_refused(segeval, sides, name):
    for link in ("zero.json", "zero.csv"):
        (sides / link).symlink_to("/dev/zero")
    done = segeval(*DEVICES[name])
    assert (done.status, "a device, no file" in done.err) == (2, True), done.err


@pytest.mark.parametrize("name", ["c.png", "C.NII.GZ", "deep/c.npy"])
def test_a_folder_called_like_a_mask_is_a_mask_that_cannot_be_read(segeval, sides, name):
    for side in ("pred", "gt"):
        (sides / side / name).mkdir(parents=True)
        (sides / side / "logs").mkdir()
    done = segeval("score", "pred", "gt", "-m", "dice")
    assert done.status == 3
    if name == "c.png":
        assert "error: c: cannot be opened (a folder, no file)" in done.err
        assert "2 of 3 cases scored" in done.out
    assert "logs" not in done.err


@pytest.mark.parametrize("output", ["json:gt/a.png", "csv:./pred/../pred/a.png", "json:link"])
def test_what_is_read_is_never_written_over(segeval, sides, output):
    (sides / "link").symlink_to("gt/a.png")
    before = [(sides / side / "a.png").read_bytes() for side in ("pred", "gt")]
    done = segeval("score", "pred/a.png", "gt/a.png", "-m", "dice", "-o", output)
    assert (done.status, "--output would replace the" in done.err) == (2, True)
    assert before == [(sides / side / "a.png").read_bytes() for side in ("pred", "gt")]


def test_a_table_of_pairs_is_never_written_over(segeval, sides):
    (sides / "t.csv").write_bytes(HEAD + GOOD)
    done = segeval("score", "--pairs", "t.csv", "-m", "dice", "-o", "t.csv")
    assert (done.status, "would replace the table of this run" in done.err) == (2, True)
    assert (sides / "t.csv").read_bytes() == HEAD + GOOD


@pytest.mark.parametrize(("words", "name", "text"), [
    ("score m.npy m.npy -m dice --classes c.csv", "c.csv", "value,name\n1,{}\n"),
    ("score m.npy m.npy -m dice --classes c.tsv", "c.tsv", "value\tname\n1\t{}\n"),
    ("score m.npy m.npy -m dice --remap-pred c.csv", "c.csv", "1,{}\n"),
    ("score --pairs c.csv -m dice", "c.csv", "{}\n"),
    ("gate c.tsv --gate dice=.5", "c.tsv", "subject_name\tliver-sq_dsc\n{}\t1\n"),
])  # fmt: skip
def test_a_cell_longer_than_any_is_a_wrong_request(segeval, sides, words, name, text):
    np.save(sides / "m.npy", np.ones((4, 4), np.uint8))
    (sides / name).write_text(text.format("a" * 200_000))
    done = segeval(*words.split())
    assert (done.status, done.err.startswith("error: ")) == (2, True), done.err
