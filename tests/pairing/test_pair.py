import pytest
from paths import SHARED
from trees import class_files, ids, paired, shown, sides, tree

from segeval.pairing.pair import pair_paths
from segeval.request.settings import Settings
from segeval.runtime.errors import NothingToScore, PairingError, RequestError

CITY = "frankfurt_000000_000294"


def test_p1_every_ground_truth_is_a_case(tmp_path):
    found = paired(tmp_path, "a.png", "a.png b.png c.png")
    assert shown(found) == [("a", "a.png", "a.png"), ("b", None, "b.png"), ("c", None, "c.png")]


def test_p4_the_sentence(tmp_path):
    found = paired(tmp_path, "a_seg.png b_seg.png", "a.png b.png c.png d.png e.png")
    assert found.sentence == (
        "paired 2 of 5 cases by file stem after removing `_seg` "
        "(3 ground-truth cases have no prediction)"
    )


@pytest.mark.parametrize(
    ("pred", "gt", "words"),
    [
        ("a.png", "a.png", "paired 1 of 1 case by path"),
        ("a.png", "a.nii", "paired 1 of 1 case by path without suffix"),
        ("x/a.png", "a.png", "paired 1 of 1 case by file stem"),
        ("A_pred.png", "a_gt.png", "by file stem after removing `_gt`, `_pred`, without case"),
        ("a.png", "A.png", "paired 1 of 1 case by file stem, without case"),
    ],
)
def test_p4_the_sentence_names_the_level(tmp_path, pred, gt, words):
    assert paired(tmp_path, pred, gt).sentence.endswith(words)


def test_p6_cases_come_in_natural_order(tmp_path):
    names = "case10.png case2.png case1.png"
    assert ids(paired(tmp_path, names, names)) == ["case1", "case2", "case10"]


def test_l1_two_files_are_one_case_named_by_the_ground_truth(tmp_path):
    pred, gt = sides(tmp_path, "out_7.nii.gz", "patient3_gt.nii.gz")
    found = pair_paths(pred / "out_7.nii.gz", gt / "patient3_gt.nii.gz", Settings())
    assert shown(found) == [("patient3_gt", "out_7.nii.gz", "patient3_gt.nii.gz")]


def test_l1_a_file_finds_its_name_in_a_folder(tmp_path):
    pred, gt = sides(tmp_path, "a.png b.png", "b.png")
    found = pair_paths(pred, gt / "b.png", Settings())
    assert shown(found) == [("b", "b.png", "b.png")]
    assert found.extra == ("a.png",)


def test_l2_flat_folders(tmp_path):
    found = paired(tmp_path, "case_01.nii.gz case_02.nii.gz", "case_01.nii.gz case_02.nii.gz")
    assert ids(found) == ["case_01", "case_02"]
    assert all(list(case.truth.files) == [""] for case in found.cases)


def test_l3_numbers_of_pictures_are_no_channels(tmp_path):
    names = "img_0000.png img_0001.png img_0002.png"
    assert ids(paired(tmp_path, names, names)) == ["img_0000", "img_0001", "img_0002"]


def test_l4_one_folder_a_class(tmp_path):
    names = "road/img_0001.png road/img_0002.png sky/img_0001.png"
    found = paired(tmp_path, names, names)
    assert class_files(found) == {"img_0001": ["road", "sky"], "img_0002": ["road"]}
    assert found.cases[0].truth.shown == "*/img_0001.png"
    assert "a folder a class" in found.sentence


def test_l5_one_folder_a_case(tmp_path):
    found = paired(
        tmp_path,
        "s0001/liver.nii.gz s0001/spleen.nii.gz s0002/liver.nii.gz",
        "s0001/segmentations/liver.nii.gz s0001/ct.nii.gz s0001/segmentations/spleen.nii.gz "
        "s0002/segmentations/liver.nii.gz s0002/ct.nii.gz",
    )
    assert class_files(found) == {"s0001": ["liver", "spleen"], "s0002": ["liver"]}
    assert "a folder a case, a file a class; 2 image files left aside" in found.sentence


@pytest.mark.parametrize(
    "between", ["segmentations", "structures", "masks", "labels", "seg", "contours", "Structures"]
)
def test_i1_folders_between_are_not_part_of_the_key(tmp_path, between):
    found = paired(
        tmp_path, "p1/heart.nii p2/heart.nii", f"p1/{between}/heart.nii p2/{between}/heart.nii"
    )
    assert class_files(found) == {"p1": ["heart"], "p2": ["heart"]}


def test_i1_a_folder_with_a_mask_beside_it_is_no_case(tmp_path):
    found = paired(tmp_path, "a.nii sub/liver.nii", "a.nii sub/liver.nii")
    assert shown(found)[1] == ("sub/liver", "sub/liver.nii", "sub/liver.nii")


def test_i2_missing_class_files_stay_missing(tmp_path):
    found = paired(tmp_path, "s1/liver.nii s2/liver.nii s2/heart.nii",
                   "s1/liver.nii s1/heart.nii s2/liver.nii")  # fmt: skip
    first, second = found.cases
    assert first.pred is not None
    assert (list(first.truth.files), list(first.pred.files)) == (["heart", "liver"], ["liver"])
    assert list(second.truth.files) == ["liver"]


def test_l6_class_tokens_only_with_a_class_list(tmp_path):
    names = "img_0001_road.png img_0001_sky.png img_0002_road.png"
    found = paired(tmp_path / "a", names, names, classes="road,sky")
    assert class_files(found) == {"img_0001": ["road", "sky"], "img_0002": ["road"]}
    assert ids(paired(tmp_path / "b", names, names)) == [n[:-4] for n in names.split()]


def test_l6_a_task_name_before_every_number_is_no_class(tmp_path):
    names = "liver_0.nii liver_1.nii"
    assert ids(paired(tmp_path, names, names, classes="1=liver,2=tumour")) == ["liver_0", "liver_1"]


def test_l6_forced_needs_names(tmp_path):
    with pytest.raises(RequestError, match="needs the class names"):
        paired(tmp_path, "a_road.png", "a_road.png", layout="class-files")
    forced = paired(tmp_path, "a_road.png", "a_road.png", classes="road", layout="class-files")
    assert class_files(forced) == {"a": ["road"]}


def test_l9_i7_brats_modalities_are_images(tmp_path):
    files = "BraTS_1/BraTS_1_{}.nii.gz BraTS_2/BraTS_2_{}.nii.gz"
    gt = " ".join(files.format(m, m) for m in ("t1", "t1ce", "t2", "flair", "seg"))
    found = paired(tmp_path, "BraTS_1.nii.gz BraTS_2.nii.gz", gt)
    assert shown(found) == [
        ("BraTS_1", "BraTS_1.nii.gz", "BraTS_1/BraTS_1_seg.nii.gz"),
        ("BraTS_2", "BraTS_2.nii.gz", "BraTS_2/BraTS_2_seg.nii.gz"),
    ]


def test_l10_monai_folders_and_flat(tmp_path):
    found = paired(tmp_path / "a", "c1/c1_trans.nii.gz c2/c2_trans.nii.gz", "c1.nii.gz c2.nii.gz")
    assert shown(found)[0] == ("c1", "c1/c1_trans.nii.gz", "c1.nii.gz")
    flat = paired(tmp_path / "b", "c1_trans.nii.gz c2_trans.nii.gz", "c1.nii.gz c2.nii.gz")
    assert ids(flat) == ["c1", "c2"]


def test_l11_cityscapes(tmp_path):
    gt = f"frankfurt/{CITY}_gtFine_labelIds.png ulm/ulm_1_gtFine_labelIds.png"
    drawn = f" frankfurt/{CITY}_gtFine_color.png frankfurt/{CITY}_gtFine_instanceIds.png"
    pred = f"frankfurt/{CITY}_leftImg8bit.png ulm_1_leftImg8bit.png"
    found = paired(tmp_path, pred, gt + drawn)
    assert ids(found) == [CITY, "ulm_1"]
    assert all(case.pred for case in found.cases)


def test_l11_numbers_that_every_city_has(tmp_path):
    frames = [(city, f"{city}_00000{n}_000019") for city in ("ulm", "jena") for n in (0, 1)]
    gt = [f"{city}/{frame}_gtFine_labelIds.png" for city, frame in frames]
    pred = [f"{frame}_leftImg8bit.png" for _, frame in frames]
    found = paired(tmp_path, " ".join(pred), " ".join(gt))
    assert found.sentence.startswith("paired 4 of 4 cases by file stem")


def test_l14_head_and_neck_sets_share_a_prefix(tmp_path):
    gt = "case_01/OAR_Parotid_L.seg.nrrd case_01/OAR_BrainStem.seg.nrrd"
    found = paired(
        tmp_path, "case_01/structures/BrainStem.nrrd case_01/structures/Parotid_L.nrrd", gt
    )
    assert class_files(found) == {"case_01": ["BrainStem", "Parotid_L"]}


def test_l14_a_prefix_that_is_part_of_the_names_stays(tmp_path):
    names = "s1/kidney_left.nii s1/kidney_right.nii"
    assert class_files(paired(tmp_path, names, names)) == {"s1": ["kidney_left", "kidney_right"]}


def test_mixed_class_files_against_label_maps(tmp_path):
    found = paired(tmp_path, "s1/liver.nii s1/heart.nii s2/liver.nii s2/heart.nii", "s1.nii s2.nii")
    assert ids(found) == ["s1", "s2"]
    assert found.cases[0].pred is not None
    assert list(found.cases[0].pred.files) == ["heart", "liver"]
    assert list(found.cases[0].truth.files) == [""]
    assert "pred: a folder a case, a file a class" in found.sentence


def test_mixed_a_folder_of_class_files_against_one_label_map(tmp_path):
    pred, gt = sides(tmp_path, "liver.nii heart.nii", "patient_4.nii")
    found = pair_paths(pred, gt / "patient_4.nii", Settings())
    assert shown(found) == [("patient_4", ".", "patient_4.nii")]
    assert shown(pair_paths(pred, gt, Settings())) == shown(found)


def test_i12_a_flat_folder_of_structures_is_one_case(tmp_path):
    found = paired(tmp_path, "Parotid-Lt.nii Brainstem.nii", "parotid_l.nii brain_stem.nii")
    assert class_files(found) == {"gt": ["brain_stem", "parotid_l"]}
    assert "the folder is one case, a file a class" in found.sentence
    assert "--layout flat reads a case a file" in found.sentence


def test_i12_layout_decides(tmp_path):
    names = "liver.nii heart.nii"
    assert ids(paired(tmp_path / "a", names, names, layout="flat")) == ["heart", "liver"]
    odd = "foo.nii bar.nii"
    assert class_files(paired(tmp_path / "b", odd, odd, layout="one-case")) == {
        "gt": ["bar", "foo"]
    }


def test_i12_names_of_the_class_list_are_structures(tmp_path):
    odd = "foo.nii bar.nii"
    found = paired(tmp_path, odd, odd, classes="foo,bar")
    assert class_files(found) == {"gt": ["bar", "foo"]}


def test_i12_one_side_decides_for_a_single_file_on_the_other(tmp_path):
    found = paired(tmp_path, "liver.nii heart.nii", "liver.nii")
    assert class_files(found) == {"gt": ["liver"]}


def test_i12_files_on_different_grids_are_cases(tmp_path):
    nibabel, numpy = pytest.importorskip("nibabel"), pytest.importorskip("numpy")
    for side in ("pred", "gt"):
        for size, name in enumerate(("liver", "heart"), 2):
            voxels = numpy.zeros((size, 2, 2), numpy.uint8)
            path = tree(tmp_path / side) / f"{name}.nii"
            nibabel.Nifti1Image(voxels, numpy.eye(4)).to_filename(path)
    found = pair_paths(tmp_path / "pred", tmp_path / "gt", Settings())
    assert ids(found) == ["heart", "liver"]


def test_i12_p2_one_side_alone_reads_as_a_case(tmp_path):
    with pytest.raises(RequestError, match="a case, or a class of one case") as problem:
        paired(tmp_path, "liver.nii x1.nii x2.nii x3.nii", "liver.nii heart.nii")
    assert "--layout" in problem.value.help


def test_i12_a_parent_names_a_folder_called_segmentations(tmp_path):
    tree(tmp_path / "s7" / "segmentations", "liver.nii", "heart.nii")
    gt = tmp_path / "s7" / "segmentations"
    assert ids(pair_paths(gt, gt, Settings())) == ["s7"]


def test_i5_probabilities_beside_the_label_map(tmp_path):
    found = paired(tmp_path, "c1.nii.gz c1.npz c1.pkl c2.nii.gz", "c1.nii.gz c2.nii.gz c1.npz")
    first, second = (case.pred for case in found.cases)
    assert first is not None
    assert second is not None
    assert first.scores == tmp_path / "pred" / "c1.npz"
    assert second.scores is None
    assert found.cases[0].truth.scores is None
    alone = pair_paths(tmp_path / "pred/c1.nii.gz", tmp_path / "gt/c1.nii.gz", Settings())
    assert alone.cases[0].pred == first


def test_i5_in_a_folder_of_the_case(tmp_path):
    found = paired(tmp_path, "c1/c1_seg.nii c1/c1_seg.npz c2/c2_seg.nii", "c1.nii c2.nii")
    side = found.cases[0].pred
    assert side is not None
    assert side.scores == tmp_path / "pred" / "c1" / "c1_seg.npz"


def test_i5_only_archives(tmp_path):
    found = paired(tmp_path, "c1.npz c2.npz", "c1.nii.gz c2.nii.gz")
    side = found.cases[0].pred
    assert side is not None
    assert side.files == {"": tmp_path / "pred" / "c1.npz"}
    assert side.scores is None


def test_i6_image_channels_are_never_masks(tmp_path):
    found = paired(tmp_path, "c1.nii.gz c1_0000.nii.gz c1_0001.nii.gz", "c1.nii.gz")
    assert shown(found) == [("c1", "c1.nii.gz", "c1.nii.gz")]
    assert "2 image files left aside" in found.sentence
    with pytest.raises(NothingToScore, match="no mask in the prediction") as problem:
        pair_paths(tree(tmp_path / "imagesTs", "c1_0000.nii.gz"), tmp_path / "gt", Settings())
    assert "1 image file" in problem.value.facts[0]


def test_m2_nothing_is_paired_by_position(tmp_path):
    with pytest.raises(NothingToScore):
        paired(tmp_path, "a1.png a2.png", "b1.png b2.png")


def test_m2_patterns_replace_the_levels(tmp_path):
    found = paired(
        tmp_path,
        "run7_p1_x.png run8_p2_x.png",
        "p1_final.png p2_final.png notes.png",
        pair_regex_pred=r"run\d_(?P<case>p\d)",
        pair_regex_gt=r"(?P<case>p\d)_final",
    )
    assert shown(found)[0] == ("p1", "run7_p1_x.png", "p1_final.png")
    assert found.sentence == "paired 2 of 2 cases by pattern"
    assert [(item.code, item.names) for item in found.inventory.left_aside] == [
        ("W-not-matched", ("notes.png",))
    ]


def test_m2_a_pattern_on_one_side_meets_stems(tmp_path):
    found = paired(tmp_path, "run7_p1.png", "p1.png", pair_regex_pred=r"_(?P<case>p\d)")
    assert ids(found) == ["p1"]
    with pytest.raises(RequestError, match="two files of the prediction have the case 'p1'"):
        paired(tmp_path, "run7_p1.png run8_p1.png", "p1.png", pair_regex_pred=r"_(?P<case>p\d)")


def test_m4_extra_predictions_are_a_note_or_with_strict_an_error(tmp_path):
    found = paired(tmp_path, "a.png b.png", "a.png")
    assert found.extra == ("b.png",)
    assert found.notes[0].code == "N-extra-prediction"
    assert found.notes[0].text == "1 prediction has no ground truth: b.png"
    assert "(1 prediction has no ground truth)" in found.sentence
    with pytest.raises(PairingError, match="1 prediction without ground truth") as problem:
        paired(tmp_path, "a.png b.png", "a.png", strict=True)
    assert problem.value.exit_status == 3


def test_m5_zero_pairs(tmp_path):
    names = " ".join(f"p{n}.png" for n in range(7))
    with pytest.raises(NothingToScore, match="no prediction has the name") as problem:
        paired(tmp_path, names, "g.png")
    assert problem.value.exit_status == 4
    assert problem.value.facts == (
        "pred: p0.png, p1.png, p2.png, p3.png, p4.png and 2 more",
        "gt: g.png",
    )


def test_m1_no_usable_level_shows_the_shared_key(tmp_path):
    with pytest.raises(RequestError, match="two files of one side share a name") as problem:
        paired(tmp_path, "x/a.png y/a.png", "a.png", layout="flat")
    assert problem.value.facts[0] == "shared: a"


@pytest.mark.parametrize("how", ["same folder", "same bytes", "link"])
def test_m6_the_same_file_on_both_sides(tmp_path, how):
    pred, gt = tree(tmp_path / "p"), tree(tmp_path / "g")
    (gt / "a.png").write_bytes(b"mask")
    if how == "same folder":
        pred = gt
    elif how == "same bytes":
        (pred / "a.png").write_bytes(b"mask")
    else:
        (pred / "a.png").symlink_to(gt / "a.png")
    notes = pair_paths(pred, gt, Settings()).notes
    assert [note.code for note in notes] == ["W-same-file"]


def test_m6_links_are_found_without_reading(tmp_path):
    pred, gt = tree(tmp_path / "p"), tree(tmp_path / "g", "a.png", "b.png")
    (pred / "a.png").symlink_to(gt / "a.png")
    (pred / "b.png").touch()  # empty files are alike and mean nothing
    (note,) = pair_paths(pred, gt, Settings()).notes
    assert note.text == "prediction and ground truth are the same file in 1 case: a"


def test_m6_other_bytes_of_the_same_size_are_no_warning(tmp_path):
    pred, gt = tree(tmp_path / "p"), tree(tmp_path / "g")
    (pred / "a.png").write_bytes(b"mask")
    (gt / "a.png").write_bytes(b"task")
    assert pair_paths(pred, gt, Settings()).notes == ()


@pytest.mark.parametrize("side", ["prediction", "ground truth"])
def test_x4_a_path_that_does_not_exist(tmp_path, side):
    there = tree(tmp_path / "there", "a.png")
    paths = (tmp_path / "no", there) if side == "prediction" else (there, tmp_path / "no")
    with pytest.raises(RequestError, match=f"the {side} does not exist") as problem:
        pair_paths(*paths, Settings())
    assert problem.value.exit_status == 2


def test_x4_a_folder_without_masks(tmp_path):
    with pytest.raises(NothingToScore, match="no mask in the ground truth") as problem:
        paired(tmp_path, "a.png", "a.dcm b.dcm")
    assert problem.value.facts[0].endswith("gt holds 2 .dcm")
    with pytest.raises(NothingToScore, match="prediction and in the ground truth"):
        pair_paths(tree(tmp_path / "e"), tree(tmp_path / "e"), Settings())


@pytest.mark.parametrize(
    "names",
    [
        "bear/00000.png bear/00001.png goat/00000.png goat/00001.png",
        "p1/scan1.nii p1/scan2.nii p2/scan1.nii p2/scan2.nii",
    ],
)
def test_p2_folders_with_two_readings(tmp_path, names):
    with pytest.raises(RequestError, match="could be one of the files of a case") as problem:
        paired(tmp_path / "a", names, names)
    assert len(problem.value.facts) == 3
    assert len(ids(paired(tmp_path / "b", names, names, layout="flat"))) == 4
    first = names.split("/")[0]
    cases = class_files(paired(tmp_path / "c", names, names, layout="case-folders"))
    assert first in cases
    classes = class_files(paired(tmp_path / "d", names, names, layout="class-folders"))
    assert all(first in those for those in classes.values())


def test_p2_a_layout_that_neither_side_can_have(tmp_path):
    with pytest.raises(RequestError, match="neither side can be read as --layout case-folders"):
        paired(tmp_path, "a.png", "a.png", layout="case-folders")


def test_a_forced_layout_holds_for_the_side_that_can_have_it(tmp_path):
    found = paired(tmp_path, "x1/a1.nii x1/a2.nii", "x1.nii", layout="case-folders")
    assert shown(found) == [("x1", "x1", "x1.nii")]


def test_p2_two_files_of_one_class(tmp_path):
    found = paired(tmp_path, "s1/liver.nii s1/liver.nrrd s1/heart.nii", "s1.nii")
    pred = found.cases[0].pred
    assert pred is not None
    assert pred.many == 3
    assert pred.faults["liver"].message == "two files of one case are the class 'liver'"


def test_p2_a_label_map_among_class_files(tmp_path):
    found = paired(tmp_path, "s1/liver.nii s1/heart.nii s1/labels.nii", "s1.nii")
    pred = found.cases[0].pred
    assert pred is not None
    assert "s1/labels.nii' could be the label map of its case" in pred.faults[""].message


def test_order_of_the_files_does_not_matter(tmp_path):
    names = [f"s{n}/{organ}.nii" for n in (3, 20, 100) for organ in ("liver", "heart")]
    one = paired(tmp_path / "a", " ".join(names), " ".join(names))
    two = paired(tmp_path / "b", " ".join(names[::-1]), " ".join(names[::-1]))
    assert shown(one) == shown(two)
    assert class_files(one) == class_files(two)


REAL = SHARED / "data"
real = pytest.mark.skipif(not REAL.is_dir(), reason="shared/data is not beside the project")


@real
def test_real_two_observers_are_one_case():
    root = REAL / "oar_two_observers"
    found = pair_paths(root / "radiographer", root / "oncologist", Settings())
    (case,) = found.cases
    assert case.id == "oncologist"
    assert case.pred is not None
    assert list(case.pred.files) == list(case.truth.files)
    assert len(case.truth.files) == 21
    assert found.notes == ()


@real
def test_real_organ_files_against_a_label_map():
    root = REAL / "totalseg_ct"
    (case,) = pair_paths(root / "fast_per_organ", root / "example_seg.nii.gz", Settings()).cases
    assert case.id == "example_seg"
    assert case.pred is not None
    assert len(case.pred.files) == 12
    assert list(case.truth.files) == [""]


@real
def test_real_files_and_pictures():
    root = REAL / "spine_mr_instances"
    assert ids(pair_paths(root / "pred.nii.gz", root / "ref.nii.gz", Settings())) == ["ref"]
    pictures = REAL / "png_masks" / "palette"
    found = pair_paths(pictures, pictures, Settings())
    assert ids(found) == [f"0000{n}_gt" for n in range(5)]
    assert found.notes[0].code == "W-same-file"
