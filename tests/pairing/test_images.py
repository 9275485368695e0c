from trees import tree

from segeval.pairing.files import list_mask_files
from segeval.pairing.images import case_folder, drop_images


def masks(tmp_path, names, other=()):
    units = drop_images(list_mask_files(tree(tmp_path, *names.split())), frozenset(other))
    return [found.shown for files in units.values() for found in files]


def test_i6_channels_of_a_mask_on_either_side(tmp_path):
    assert masks(tmp_path / "a", "c.nii c_0000.nii c_0003.nii c_0004.nii") == [
        "c.nii",
        "c_0004.nii",
    ]
    assert masks(tmp_path / "b", "c_0000.nii", {"c"}) == []


def test_i6_a_name_that_the_other_side_has_is_a_mask(tmp_path):
    names = "train_0000.nii train_0001.nii"
    assert masks(tmp_path / "a", names) == names.split()
    assert masks(tmp_path / "b", f"train.nii {names}", {"train_0000"}) == [
        "train.nii",
        "train_0000.nii",
    ]


def test_i7_modalities_beside_a_mask(tmp_path):
    assert masks(tmp_path / "a", "p/p_t1.nii p/p_flair.nii p/p_seg.nii") == ["p/p_seg.nii"]
    assert masks(tmp_path / "b", "p/ct.nii p/liver.nii") == ["p/liver.nii"]
    assert masks(tmp_path / "c", "p/img.nrrd p/structures/Chiasm.nrrd") == [
        "p/structures/Chiasm.nrrd"
    ]
    assert masks(tmp_path / "d", "a_ct.nii a_seg.nii") == ["a_seg.nii"]


def test_i7_only_names_with_a_role_are_masks_beside_modalities(tmp_path):
    assert masks(tmp_path, "p/p_t1.nii p/p_seg.nii p/p_other.nii") == ["p/p_seg.nii"]


def test_a_modality_in_the_name_of_a_case_of_its_own_stays(tmp_path):
    names = "patient1_ct.nii patient2_ct.nii patient3.nii"
    assert masks(tmp_path / "a", names) == names.split()
    assert masks(tmp_path / "b", "a_ct.nii b_ct.nii") == ["a_ct.nii", "b_ct.nii"]


def test_l11_other_forms_of_a_label_map(tmp_path):
    names = "u_gtFine_color.png u_gtFine_instanceIds.png u_gtFine_labelIds.png v_color.png"
    assert masks(tmp_path, names) == ["u_gtFine_labelIds.png", "v_color.png"]


def test_i1_the_folder_of_a_case():
    assert case_folder(("s1", "segmentations")) == ("s1",)
    assert case_folder(("seg", "s1", "Masks", "labels")) == ("seg", "s1")
    assert case_folder(("labels",)) == ()
