from pathlib import Path

from segeval.pairing.cases import Side, relative


def test_a_side_is_shown_as_its_file_or_folder():
    root = Path("/data/gt")
    assert Side(root, {"": root / "a" / "b.nii"}).shown == "a/b.nii"
    assert Side(root, {"x": root / "s1" / "x.nii", "y": root / "s1" / "y.nii"}).shown == "s1"
    assert Side(root, {"x": root / "x.nii"}).shown == "."
    assert Side(root, {"x": root / "x" / "1.png"}, place="*/1.png").shown == "*/1.png"


def test_a_path_outside_the_root_is_still_relative():
    assert relative(Path("/data/other/a.nii"), Path("/data/gt")) == "../other/a.nii"
