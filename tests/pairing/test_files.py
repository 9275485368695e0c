import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import tree

from segeval.pairing.file_names import (
    ROLES,
    format_suffix,
    has_role,
    strip_format_suffix,
    strip_modality,
    strip_roles,
)
from segeval.pairing.files import list_mask_files
from segeval.runtime.errors import RequestError


@pytest.mark.parametrize(
    ("name", "cut"),
    [
        ("case_01.nii.gz", "case_01"),
        ("case.v2.nii", "case.v2"),
        ("Segmentation.seg.nrrd", "Segmentation"),
        ("a.nrrd", "a"),
        ("IMG.PNG", "IMG"),
        ("x.dcm", "x"),
        ("noending", "noending"),
        (".nii.gz", ".nii"),
    ],
)
def test_stems_lose_the_whole_suffix(name, cut):
    assert strip_format_suffix(name) == cut
    assert name.startswith(cut)
    assert cut + format_suffix(name) == name


def test_accents_are_the_same_however_the_file_system_keeps_them():
    assert strip_format_suffix("caf\u0065\u0301.png") == strip_format_suffix("caf\u00e9.png")


def test_p5_side_files_are_never_cases(tmp_path):
    root = tree(
        tmp_path,
        *("a.nii.gz", ".hidden.nii.gz", "._a.nii.gz", "Thumbs.db", ".DS_Store", "DICOMDIR"),
        *("dataset.json", "plans.json", "predict_from_raw_data_args.json", "summary.json"),
        *("statistics.json", "a.pkl", "__MACOSX/a.nii.gz", ".git/a.nii.gz"),
    )
    found = list_mask_files(root)
    assert [f.shown for f in found.files] == ["a.nii.gz"]
    assert found.suffixes == {}


def test_p6_natural_order_folders_first_by_name(tmp_path):
    root = tree(tmp_path, "s10/a.png", "s2/b10.png", "s2/b9.png", "s1.png")
    assert [f.shown for f in list_mask_files(root).files] == [
        "s1.png",
        "s2/b9.png",
        "s2/b10.png",
        "s10/a.png",
    ]


def test_other_files_are_counted_for_the_message(tmp_path):
    found = list_mask_files(tree(tmp_path, "a.dcm", "b.dcm", "c", "d.txt"))
    assert found.files == ()
    assert found.suffixes == {".dcm": 2, "no suffix": 1, ".txt": 1}


def test_refused_formats_are_taken_only_where_nothing_else_is(tmp_path):
    assert [f.name for f in list_mask_files(tree(tmp_path / "a", "x.jpg", "y.jpeg")).files] == [
        "x.jpg",
        "y.jpeg",
    ]
    mixed = list_mask_files(tree(tmp_path / "b", "x.jpg", "x.png"))
    assert [f.name for f in mixed.files] == ["x.png"]
    assert [(item.reason, item.names) for item in mixed.left] == [
        ("in a format that no mask has", ("x.jpg",))
    ]


def test_folders_of_images_beside_folders_of_masks_are_not_searched(tmp_path):
    root = tree(tmp_path, "images/a.png", "labels/a.png")
    assert [f.shown for f in list_mask_files(root).files] == ["labels/a.png"]
    alone = tree(tmp_path / "only", "images/a.png")
    assert [f.shown for f in list_mask_files(alone).files] == ["images/a.png"]


def test_a_link_to_the_folder_above_ends(tmp_path):
    root = tree(tmp_path / "gt", "sub/a.png")
    (root / "sub" / "again").symlink_to(root)
    assert [f.shown for f in list_mask_files(root).files] == ["sub/a.png"]


def test_a_link_to_another_folder_is_followed(tmp_path):
    root, store = tree(tmp_path / "gt", "x/"), tree(tmp_path / "gt2", "a.png")
    (root / "linked").symlink_to(store)
    assert [f.shown for f in list_mask_files(root).files] == ["linked/a.png"]


def test_a_folder_that_cannot_be_listed(tmp_path):
    with pytest.raises(RequestError, match="cannot list the folder"):
        list_mask_files(tmp_path / "missing")


@pytest.mark.parametrize(
    ("name", "less"),
    [
        ("case_01_seg", "case_01"),
        ("case_01", "case_01"),
        ("pred_case-1", "case-1"),
        ("a.label", "a"),
        ("frankfurt_000000_000294_gtFine_labelIds", "frankfurt_000000_000294"),
        ("frankfurt_000000_000294_leftImg8bit", "frankfurt_000000_000294"),
        ("gt_case_seg_mask", "case"),
        ("Case_GT", "Case"),
        ("mask", "mask"),
        ("seg_mask", "seg_mask"),
        ("segment1", "segment1"),
        ("autochthon", "autochthon"),
    ],
)
def test_k3_role_tokens(name, less):
    assert strip_roles(name) == less


@given(st.from_regex(r"[a-z]{1,3}[0-9]{1,3}", fullmatch=True), st.lists(st.sampled_from(ROLES)))
def test_any_number_of_role_tokens_goes(name, roles):
    assert strip_roles("_".join([name, *roles])) == name
    assert strip_roles("-".join([*roles, name])) == name


@given(st.text())
def test_removing_role_tokens_twice_changes_nothing(name):
    assert strip_roles(strip_roles(name)) == strip_roles(name)


def test_roles_and_modalities():
    assert has_role("seg")
    assert has_role("BraTS_0001_seg")
    assert not has_role("liver")
    assert strip_modality("BraTS_0001_t1ce") == "BraTS_0001"
    assert strip_modality("BraTS-0001-t2f") == "BraTS-0001"
    assert strip_modality("pet") == ""
    assert strip_modality("carpet") is None
