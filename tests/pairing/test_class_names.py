import pytest

from segeval.classes.parse_classes import parse_classes
from segeval.pairing.class_names import (
    Hints,
    common_prefix,
    derive_class_names,
    is_label_map_name,
    names_by_token,
    normal_names,
    split_token,
    strip_folder_name,
)


def names(*stems, known=()):
    return list(derive_class_names(stems, Hints(forms=frozenset(known))).values())


@pytest.mark.parametrize(
    ("stems", "classes"),
    [
        (["OAR_Parotid_L", "OAR_BrainStem"], ["Parotid_L", "BrainStem"]),
        (["kidney_left", "kidney_right"], ["kidney_left", "kidney_right"]),
        (["lesion_1", "lesion_2"], ["lesion_1", "lesion_2"]),
        (["foo_left", "foo_right"], ["foo_left", "foo_right"]),
        (["left_foo", "left_bar"], ["left_foo", "left_bar"]),
        (["roi-foo", "roi-bar"], ["foo", "bar"]),
        (["liver_mask", "spleen_mask"], ["liver", "spleen"]),
        (["seg_foo", "seg_bar"], ["foo", "bar"]),
        (["liver_mask", "spleen"], ["liver_mask", "spleen"]),
        (["foo_mask", "foo_seg"], ["mask", "seg"]),
        (["foo"], ["foo"]),
        ([], []),
    ],
)
def test_l14_what_all_file_names_share_is_no_name(stems, classes):
    assert names(*stems) == classes


def test_i12_known_names_are_of_the_list_or_the_table():
    hints = Hints(forms=normal_names(parse_classes("1=My Organ")))
    assert hints.known("my_organ")
    assert hints.known("Liver")
    assert hints.mostly_known(["my organ", "liver", "x"])
    assert not hints.mostly_known(["liver", "x"])  # half is not most
    assert not hints.mostly_known([])


@pytest.mark.parametrize(
    ("stem", "found"),
    [
        ("img_0001_road", ("img_0001", "road")),
        ("road_img_0001", ("img_0001", "road")),
        ("img-1-Traffic-Light", ("img-1", "traffic light")),
        ("img_1_road_mask", ("img_1", "road")),
        ("img_1_light", ("img_1", "light")),
        ("img_1_broad", None),
        ("road", None),
    ],
)
def test_l6_the_class_token_of_a_file_name(stem, found):
    hints = Hints(tokens=names_by_token(parse_classes("light,road,traffic light")))
    assert split_token(stem, hints) == found


def test_a_case_folder_names_its_label_map():
    assert strip_folder_name("BraTS_1_seg", "BraTS_1") == "seg"
    assert strip_folder_name("BraTS_1", "BraTS_1") == ""
    assert strip_folder_name("BraTS_10_seg", "BraTS_1") == "BraTS_10_seg"
    assert is_label_map_name("seg", "c")
    assert is_label_map_name("", "c")
    assert is_label_map_name("pred_c", "c")
    assert not is_label_map_name("liver", "c")


def test_common_start():
    assert common_prefix(["ab_c", "ab_d", "ab_"]) == "ab_"
    assert common_prefix(["ab", "ab"]) == "ab"
    assert common_prefix([]) == ""
