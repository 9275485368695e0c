from pathlib import Path

from segeval.pairing.cases import CaseFiles, relative_path


def test_a_side_is_shown_as_its_file_or_folder():
    root = Path("/data/gt")
    assert CaseFiles(root, {"": root / "a" / "b.nii"}).shown == "a/b.nii"
    assert CaseFiles(root, {"x": root / "s1" / "x.nii", "y": root / "s1" / "y.nii"}).shown == "s1"
    assert CaseFiles(root, {"x": root / "x.nii"}).shown == "."
    assert CaseFiles(root, {"x": root / "x" / "1.png"}, place="*/1.png").shown == "*/1.png"


def test_a_path_outside_the_root_is_still_relative():
    assert relative_path(Path("/data/other/a.nii"), Path("/data/gt")) == "../other/a.nii"
