"""The files of a tree: links are followed, circles end, nothing is passed over (ACCOUNT-A9)."""

import os

import pytest

from segeval.runtime import folders
from segeval.runtime.errors import RequestError
from segeval.runtime.folders import list_files


def listed(root):
    unlisted = []
    files = {"/".join((*f.folder, f.name)) for f in list_files(str(root), unlisted)}
    return files, [(u.shown, u.lost) for u in unlisted]


def grow(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def test_a_link_to_a_folder_is_a_folder(tmp_path):
    grow(tmp_path, "store/p1/a", "tree/p2/b")
    (tmp_path / "tree" / "p1").symlink_to(tmp_path / "store" / "p1")
    assert listed(tmp_path / "tree") == ({"p1/a", "p2/b"}, [])


def test_folders_that_begin_alike_are_no_circle(tmp_path):
    grow(tmp_path, "case/a", "case1/b")
    (tmp_path / "case1" / "other").symlink_to(tmp_path / "case")
    assert listed(tmp_path)[0] == {"case/a", "case1/b", "case1/other/a"}


@pytest.mark.parametrize("target", [".", "..", "../.."])
def test_a_link_upwards_ends_there_and_is_said(tmp_path, target):
    root = grow(tmp_path / "root", "a/b/file")
    (root / "a" / "b" / "up").symlink_to(target)
    files, unlisted = listed(root)
    assert "a/b/file" in files
    assert unlisted[0][1] is False


def test_two_folders_that_link_to_each_other_end(tmp_path):
    grow(tmp_path, "a/x", "b/y")
    (tmp_path / "a" / "b").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "a").symlink_to(tmp_path / "a")
    files, unlisted = listed(tmp_path)
    assert {"a/x", "b/y", "a/b/y", "b/a/x"} <= files
    assert len(files) < 10
    assert unlisted


def test_a_broken_link_is_a_file_that_reading_has_to_speak_of(tmp_path):
    (tmp_path / "a.nii").symlink_to(tmp_path / "nowhere")
    found = list(list_files(str(tmp_path), []))
    assert [(f.name, f.regular) for f in found] == [("a.nii", True)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "p")
    assert [f.regular for f in list_files(str(tmp_path), [])] == [False]


@pytest.mark.parametrize("root", ["/", "/proc", "/dev"])
def test_the_root_of_a_file_system_is_refused(tmp_path, root):
    if not os.path.isdir(root):
        pytest.skip(f"{root} is not there")
    (tmp_path / "link").symlink_to(root)
    for path in (root, tmp_path / "link"):
        with pytest.raises(RequestError, match="the root of a file system is no folder"):
            listed(path)


def test_a_link_to_the_root_of_a_file_system_is_lost(tmp_path):
    grow(tmp_path, "a")
    (tmp_path / "all").symlink_to("/")
    assert listed(tmp_path) == ({"a"}, [("all", True)])


def test_links_to_folders_of_links_come_to_an_end(tmp_path):
    """Twelve floors of three links: 531 441 ways to the file."""
    for number in range(12):
        (tmp_path / f"d{number}").mkdir()
        for name in "abc":
            (tmp_path / f"d{number}" / name).symlink_to(tmp_path / f"d{number + 1}")
    grow(tmp_path, "d12/file")
    files, unlisted = listed(tmp_path / "d0")
    assert len(files) == folders.MOST_WAYS
    assert all(lost for _, lost in unlisted)


def test_many_links_to_one_folder_are_no_such_thing(tmp_path):
    grow(tmp_path, "store/file")
    for number in range(2 * folders.MOST_WAYS):
        (tmp_path / "tree" / f"c{number}").mkdir(parents=True)
        (tmp_path / "tree" / f"c{number}" / "ct").symlink_to(tmp_path / "store")
    assert len(listed(tmp_path / "tree")[0]) == 2 * folders.MOST_WAYS


def test_more_files_than_a_data_set_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MOST_FILES", 3)
    assert listed(grow(tmp_path, "a", "b", "c/d"))[1] == []
    with pytest.raises(RequestError, match="more than 3 files below the folder"):
        listed(grow(tmp_path, "e"))


def test_an_empty_folder_is_said_and_one_that_holds_a_hidden_file_is_none(tmp_path):
    grow(tmp_path, "a/b/c", "d/.keep")
    (tmp_path / "a" / "e").mkdir()
    assert listed(tmp_path) == ({"a/b/c"}, [("a/e", False)])
    assert listed(tmp_path / "a" / "e") == (set(), [])
