"""Images beside masks, masks named like images, and trees of several kinds (ACCOUNT-A8, A9)."""

import build
import dicom_build
import numpy as np
import pytest
from runs import run
from trees import tree

from segeval.pairing.pair import pair_paths
from segeval.request.settings import Settings

RINGS = [dicom_build.square(1.5, 5.5, z) for z in (0, 1, 2)]


def pairs(tmp_path, pred, gt, **choices):
    """Case -> the files of both sides, of empty files with these names."""
    tree(tmp_path / "pred", *pred.split())
    tree(tmp_path / "gt", *gt.split())
    found = pair_paths(tmp_path / "pred", tmp_path / "gt", Settings(**choices))
    return {
        case.id: (case.pred and sorted(map(str, names(case.pred))), sorted(names(case.truth)))
        for case in found.cases
    }, found.inventory


def names(side):
    return [path.relative_to(side.root).as_posix() for path in side.files.values()]


def left(inventory):
    return {item.reason: item.names for item in inventory.left_aside}


@pytest.mark.parametrize(
    ("image", "mask"),
    [("s1", "s1_mask"), ("s1", "s1.label"), ("s1", "gt_s1"), ("s1_leftImg8bit", "s1_gtFine")],
)
def test_account_a8_a_name_beside_the_same_name_with_a_role_is_an_image(tmp_path, image, mask):
    found, inventory = pairs(tmp_path, "s1.png", f"{image}.png {mask}.png")
    # even where the other side has that name
    assert list(found.values()) == [(["s1.png"], [f"{mask}.png"])]
    assert left(inventory) == {"named as the image of a mask beside it": (f"{image}.png",)}


@pytest.mark.parametrize("image", ["imaging", "SUV", "CTres", "img", "CT"])
def test_account_a8_images_of_the_field_are_known(tmp_path, image):
    found, inventory = pairs(
        tmp_path, "p1.nii p2.nii", f"p1/seg.nii p1/{image}.nii p2/seg.nii p2/{image}.nii"
    )
    assert [truth for _, truth in found.values()] == [["p1/seg.nii"], ["p2/seg.nii"]]
    assert len(next(iter(left(inventory).values()))) == 2


@pytest.mark.parametrize("name", ["pet", "FLAIR", "T2", "dwi"])
def test_account_a8_what_both_sides_have_is_a_mask_whatever_its_name(tmp_path, name):
    both = f"a.nii a_{name}.nii b.nii b_{name}.nii"
    found, inventory = pairs(tmp_path, both, both)
    assert len(found) == 4
    assert not left(inventory)


def test_account_a8_one_mask_of_that_name_is_enough_for_all_of_them(tmp_path):
    gt = "a.nii a_t1.nii b.nii b_t1.nii"
    found, _ = pairs(tmp_path, "a.nii a_t1.nii b.nii", gt)
    assert found["b_t1"] == (None, ["b_t1.nii"])  # missing, and not an image


def test_account_a8_a_pattern_decides_what_a_mask_is(tmp_path):
    gt = "c1/imaging.nii c1/seg.nii c2/imaging.nii c2/seg.nii"
    pattern = r"(?P<case>c\d)/imaging"
    found, inventory = pairs(tmp_path, "c1.nii c2.nii", gt, pair_regex_gt=pattern)
    assert found["c1"] == (["c1.nii"], ["c1/imaging.nii"])
    assert left(inventory) == {
        f"not matched by {pattern!r}, so no case": ("c1/seg.nii", "c2/seg.nii")
    }


def test_account_a34_what_only_its_name_calls_an_image_and_holds_labels_is_no_known_image(tmp_path):
    few, many = np.eye(9, dtype=np.uint8), np.arange(900, dtype=np.uint16).reshape(30, 30)
    for side in ("pred", "gt"):
        build.folder(tmp_path / side, (build.npy, ".npy"), a=few)
    build.folder(tmp_path / "gt", (build.npy, ".npy"), a_t1=few, a_t2=many)
    card = run(tmp_path / "pred", tmp_path / "gt")
    found = {name: x["weight"] for x in card.inputs["left_aside"] for name in x["names"]}
    assert found == {"a_t1.npy": "unknown", "a_t2.npy": "known"}


def test_account_a9_pictures_among_volumes_are_left_aside(tmp_path):
    gt = "a/x.nii a/y.nii b/x.nii b/y.nii a/preview.png b/scan.png"
    found, inventory = pairs(tmp_path, "a/x.nii a/y.nii b/x.nii b/y.nii", gt)
    assert set(found) == {"a", "b"}
    assert left(inventory) == {
        "named like plots or previews": ("a/preview.png",),
        "in a picture format among volumes": ("b/scan.png",),
    }


def patients(root, *names):
    for number, name in enumerate(names):
        organs = [dicom_build.Organ(organ, RINGS) for organ in ("Heart", "Cord")]
        dicom_build.rtstruct(root / name / "RS", organs, patient=f"ID{number}", uid=f"1.2.{number}")


@pytest.mark.parametrize("stray", ["plot.png", "x.npy", ".x.png", "notes.txt", "label.nii"])
@pytest.mark.parametrize("side", ["pred", "gt"])
def test_account_a9_nothing_hides_structure_sets(tmp_path, stray, side):
    for root in ("pred", "gt"):
        patients(tmp_path / root, "P1", "P2")
    build.npy(tmp_path / "x.npy", np.eye(4, dtype=np.uint8))
    (tmp_path / side / "P1" / stray).write_bytes((tmp_path / "x.npy").read_bytes())
    card = run(tmp_path / "pred", tmp_path / "gt")
    assert {(r.case, r.class_) for r in card.rows} == {
        (case, organ) for case in ("P1", "P2") for organ in ("Heart", "Cord")
    }


def test_account_a9_a_patient_with_masks_beside_a_patient_with_a_structure_set(tmp_path):
    for root in ("pred", "gt"):
        patients(tmp_path / root, "P1")
        build.folder(tmp_path / root / "P2", (build.nifti, ".nii.gz"), Heart=build.ball())
    card = run(tmp_path / "pred", tmp_path / "gt")
    assert {(r.case, r.class_, r.status) for r in card.rows} == {
        ("P1", "Heart", "ok"), ("P1", "Cord", "ok"), ("P2", "Heart", "ok")
    }  # fmt: skip


def test_account_a9_links_are_followed_in_trees_of_patients(tmp_path):
    patients(tmp_path / "store", "P1", "P2")
    for root in ("pred", "gt"):
        (tmp_path / root).mkdir()
        for name in ("P1", "P2"):
            (tmp_path / root / name).symlink_to(tmp_path / "store" / name)
    card = run(tmp_path / "pred", tmp_path / "gt")
    assert {case.case for case in card.cases} == {"P1", "P2"}


@pytest.mark.parametrize(
    "choices",
    [
        {"layout": "flat"},
        {"case_key": "study"},
        {"pair_regex_pred": r"(?P<case>\d)", "pair_regex_gt": r"(?P<case>\d)"},
    ],
)
def test_d2_structure_sets_of_one_patient_can_be_told_apart(tmp_path, monkeypatch, choices):
    for root in ("pred", "gt"):
        for number in (1, 2):
            monkeypatch.setattr(dicom_build, "STUDY", f"1.9.{number}")
            organs = [dicom_build.Organ("Heart", RINGS)]
            path = tmp_path / root / f"RS{number}.dcm"
            dicom_build.rtstruct(path, organs, patient="ANON", uid=f"1.2.{number}")
    card = run(tmp_path / "pred", tmp_path / "gt", **choices)
    assert [case.status for case in card.cases] == ["ok", "ok"]
    plain = run(tmp_path / "pred", tmp_path / "gt")
    assert plain.cases[0].status == "ambiguous"
    assert "--layout flat" in plain.cases[0].error["help"]


def test_images_alone_say_what_they_are(tmp_path):
    from segeval.runtime.errors import NothingToScore

    patients(tmp_path / "pred", "P1")
    dicom_build.series(tmp_path / "gt" / "P1", (3, 8, 8), patient="ID0")
    with pytest.raises(NothingToScore) as caught:
        run(tmp_path / "pred", tmp_path / "gt")
    assert "holds 3 CT slices" in "\n".join(caught.value.facts)


@pytest.mark.parametrize("image", ["ct", "t1", "CT", "imaging"])
@pytest.mark.parametrize("folder", ["segmentations", "masks", "structures"])
def test_account_a8_an_image_beside_the_folder_of_its_masks(tmp_path, image, folder):
    names = " ".join(
        f"{case}/{name}.nii.gz"
        for case in ("s1", "s2")
        for name in (image, f"{folder}/liver", f"{folder}/t1")
    )
    for both in (names, names.replace(f"s1/{image}.nii.gz ", "")):
        root = tmp_path / str(len(both))
        found, inventory = pairs(root, both, names)
        masks = {
            case: [f"{case}/{folder}/{name}.nii.gz" for name in ("liver", "t1")]
            for case in ("s1", "s2")
        }
        assert found == {case: (paths, paths) for case, paths in masks.items()}
        gone = left(inventory)["named as the image of a mask beside it"]
        assert f"s2/{image}.nii.gz" in gone


def test_account_a9_previews_of_both_sides_are_no_masks(tmp_path):
    names = "a/x.nii a/y.nii a/preview_total.png b/x.nii b/y.nii b/preview_total.png"
    found, inventory = pairs(tmp_path, names, names)
    own = {case: [f"{case}/x.nii", f"{case}/y.nii"] for case in "ab"}
    assert found == {case: (paths, paths) for case, paths in own.items()}
    assert left(inventory) == {
        "named like plots or previews": ("a/preview_total.png", "b/preview_total.png")
    }


@pytest.mark.parametrize("other", ["pred", "gt"])
@pytest.mark.parametrize(
    ("stray", "weight"), [("overview.png", "unknown"), ("montage.tif", "known")]
)
def test_account_a9_a_picture_right_in_a_tree_of_patients(tmp_path, other, stray, weight):
    for root in ("pred", "gt"):
        patients(tmp_path / root, "P1", "P2")
    build.png(tmp_path / "x.png", np.eye(4, dtype=np.uint8))
    (tmp_path / other / stray).write_bytes((tmp_path / "x.png").read_bytes())
    card = run(tmp_path / "pred", tmp_path / "gt")
    assert {case.case: case.status for case in card.cases} == {"P1": "ok", "P2": "ok"}
    (item,) = [one for one in card.inputs["left_aside"] if one["kind"] == "file"]
    assert (item["names"], item["weight"]) == ((stray,), weight)


@pytest.mark.parametrize("flat", [False, True])
def test_account_a8_an_image_is_not_the_mask_of_the_case_that_lacks_one(tmp_path, flat):
    names = [f"{c}/{c}_{what}.nii.gz" for c in "ab" for what in ("seg", "flair")]
    names = [*names, "c/c_flair.nii.gz"]
    gt = " ".join(name.partition("/")[2] if flat else name for name in names)
    root = tree(tmp_path / "pred", "a.nii.gz", "b.nii.gz", "c.nii.gz")
    pairing = pair_paths(root, tree(tmp_path / "gt", *gt.split()), Settings())
    faults = {case.id: case.truth.faults for case in pairing.cases if case.truth.faults}
    (problem,) = [fault[""] for fault in faults.values()]
    assert problem.status == "ambiguous"
    assert "c_flair.nii.gz' is named like the images" in problem.message


def test_account_a8_masks_named_like_images_stay_where_no_image_is(tmp_path):
    found, _ = pairs(tmp_path, "a_flair.nii c_flair.nii", "a_flair.nii.gz c_flair.nii.gz")
    assert set(found) == {"a_flair", "c_flair"}


@pytest.mark.parametrize("side", ["pred", "gt"])
@pytest.mark.parametrize("dicom", [False, True])
def test_account_a33_a_link_to_nothing_is_what_it_would_hold(tmp_path, side, dicom):
    for root in ("pred", "gt"):
        if dicom:
            patients(tmp_path / root, "P1", "P2")
        else:
            build.folder(tmp_path / root / "P1", (build.nifti, ".nii.gz"), Heart=build.ball())
    (tmp_path / side / "P3").symlink_to(tmp_path / "not mounted")
    card = run(tmp_path / "pred", tmp_path / "gt")
    (item,) = [one for one in card.inputs["left_aside"] if one["kind"] == "file"]
    assert (item["names"], item["weight"], item["side"]) == (("P3",), "lost", side)
