import json

import pytest
from trees import ids, paired, shown, sides, tree

from segeval.pairing.pair import pair_paths
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError

LABELS = {"background": 0, "liver": 1, "tumour": 2}


def described(folder, **content):
    tree(folder)
    (folder / "dataset.json").write_text(json.dumps(content))
    return folder


def nnunet(tmp_path, train="", test="", **content):
    root = described(tmp_path / "Dataset001", labels=LABELS, **content)
    tree(root, *(f"labelsTr/{n}.nii.gz" for n in train.split()))
    tree(root, *(f"imagesTr/{n}_0000.nii.gz" for n in train.split()))
    tree(root, *(f"labelsTs/{n}.nii.gz" for n in test.split()))
    return root


def test_l7_a_data_set_root_as_ground_truth(tmp_path):
    root = nnunet(tmp_path, "c1 c2")
    found = pair_paths(tree(tmp_path / "pred", "c1.nii.gz", "c2.nii.gz"), root, Settings())
    assert shown(found)[0] == ("c1", "c1.nii.gz", "c1.nii.gz")
    assert found.classes.names == ("liver", "tumour")


@pytest.mark.parametrize(("names", "chosen"), [("c1 c2", "labelsTr"), ("d1 d2 c1", "labelsTs")])
def test_i3_the_folder_whose_names_match_better(tmp_path, names, chosen):
    root = nnunet(tmp_path, "c1 c2 c3", "d1 d2")
    pred = tree(tmp_path / "pred", *(f"{n}.nii.gz" for n in names.split()))
    found = pair_paths(pred, root, Settings())
    assert {case.truth.root.name for case in found.cases} == {chosen}


def test_i3_a_tie_is_an_error(tmp_path):
    root = nnunet(tmp_path, "c1", "d1")
    with pytest.raises(RequestError, match="two folders of labels") as problem:
        pair_paths(tree(tmp_path / "pred", "c1.nii.gz", "d1.nii.gz"), root, Settings())
    assert problem.value.facts == ("labelsTr: 1 in common", "labelsTs: 1 in common")


def test_l7_the_folder_of_labels_itself_knows_the_data_set(tmp_path):
    root = nnunet(tmp_path, "c1", "d1")
    found = pair_paths(tree(tmp_path / "pred", "c1.nii.gz"), root / "labelsTr", Settings())
    assert found.classes.names == ("liver", "tumour")


def test_l8_classes_beside_the_predictions(tmp_path):
    pred, gt = sides(tmp_path, "c1.nii.gz c1.npz c1.pkl plans.json", "c1.nii.gz")
    described(pred, labels={"background": 0, "whole": [1, 2], "core": [2], "ignore": 3})
    found = pair_paths(pred, gt, Settings())
    assert ids(found) == ["c1"]
    assert found.classes.names == ("whole", "core")
    assert found.classes.regions
    assert found.classes.ignore == 3


def test_l8_both_sides_agree_in_any_order(tmp_path):
    root = nnunet(tmp_path, "c1")
    turned = dict(reversed(LABELS.items()))
    pred = described(tree(tmp_path / "pred", "c1.nii.gz"), labels=turned)
    assert pair_paths(pred, root, Settings()).classes.names == ("liver", "tumour")


def test_p2_two_data_sets_that_disagree(tmp_path):
    root = nnunet(tmp_path, "c1")
    pred = described(tree(tmp_path / "pred", "c1.nii.gz"), labels={"spleen": 1})
    with pytest.raises(RequestError, match="name their labels differently") as problem:
        pair_paths(pred, root, Settings())
    assert "1=liver, 2=tumour" in problem.value.facts[0]


def test_another_kind_of_dataset_json_is_no_class_list(tmp_path):
    pred, gt = sides(tmp_path, "c1.png", "c1.png")
    described(gt, images=[], annotations=[])
    assert not pair_paths(pred, gt, Settings()).classes


def test_a_damaged_dataset_json_is_said(tmp_path):
    pred, gt = sides(tmp_path, "c1.png", "c1.png")
    (gt / "dataset.json").write_text("{")
    with pytest.raises(RequestError, match="not a JSON file"):
        pair_paths(pred, gt, Settings())


def test_v4_names_of_a_data_set_make_a_flat_folder_one_case(tmp_path):
    pred, gt = sides(tmp_path, "foo.nii bar.nii", "p1.nii")
    described(gt, labels={"foo": 1, "bar": 2})
    (case,) = pair_paths(pred, gt, Settings()).cases
    assert case.id == "p1"
    assert case.pred is not None
    assert list(case.pred.files) == ["bar", "foo"]


def test_without_a_data_set_nothing_says_what_classes_there_are(tmp_path):
    assert not paired(tmp_path, "a.png", "a.png").classes
