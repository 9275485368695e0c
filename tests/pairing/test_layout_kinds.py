import pytest
from trees import tree

from segeval.pairing.class_names import Hints
from segeval.pairing.files import list_mask_files
from segeval.pairing.images import drop_images
from segeval.pairing.layout_kinds import detect_layout, fits_layout


def kind(tmp_path, names):
    return detect_layout(
        drop_images(list_mask_files(tree(tmp_path, *names.split())), frozenset()), Hints()
    )


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        ("a.nii b.nii", "flat"),
        ("liver.nii heart.nii", "one-case"),
        ("liver.nii", "flat"),
        ("segmentations/liver.nii segmentations/heart.nii", "one-case"),
        ("s1/liver.nii s1/heart.nii", "case-folders"),
        ("s1/liver.nii s2/liver.nii", "case-folders"),
        ("liver/s1.nii liver/s2.nii heart/s1.nii", "class-folders"),
        ("road/img_1.png sky/img_1.png", "class-folders"),
        ("anna/tumour.nii bert/tumour.nii", "case-folders"),
        ("p1/scan1.nii p2/scan1.nii", "case-folders"),
        ("p1/p1_seg.nii p2/p2_seg.nii", "case-folders"),
        ("ulm/ulm_1.png ulm/ulm_2.png bonn/bonn_1.png", "flat"),
        ("fold_0/case1.nii fold_0/case2.nii", "flat"),
        ("s1/liver.nii a.nii", "flat"),
        ("s1/liver.nii s1/more/heart.nii", "flat"),
        ("", "flat"),
    ],
)
def test_the_layout_of_names(tmp_path, names, layout):
    assert kind(tmp_path, names) == layout


def test_what_a_side_can_be_forced_to():
    nested, flat = {("s1",): ()}, {(): ()}
    assert fits_layout("case-folders", nested)
    assert not fits_layout("case-folders", flat)
    assert fits_layout("one-case", nested)
    assert not fits_layout("one-case", {("s1",): (), ("s2",): ()})
    assert fits_layout("flat", nested)
    assert not fits_layout("auto", flat)
