"""A case becomes rows: every shape of input, against numbers that NumPy gives without the program.

Rules are those of docs/layouts.md and docs/formats.md: I for layouts, V for values, G for grids.
"""

import json
import math
from dataclasses import replace

import build
import numpy as np
import pytest
from runs import bce, ce, dice, every, iou, l2, only, problem, reasons, run, sigmoids, soft, values

from segeval.grid.geometry import Geometry

T, P = build.blocks(), build.blocks(seed=5)
M, S = soft(4), sigmoids(3)
NII = (build.nifti, ".nii.gz")
LABELS = (1, 2, 3)
EXACT = {"rel": 1e-12, "abs": 1e-12}
NEAR = {"rel": 1e-6}  # float32 probabilities


def masks(labels, *chosen):
    """One mask a label."""
    return np.stack([labels == v for v in chosen]).astype(np.uint8)


def stacked(path, array):
    """Write channels in the way of the suffix: last axis in NIfTI, first in NumPy."""
    if path.name.endswith((".nii", ".nii.gz")):
        return build.stack(path, array)
    return build.npz(path, array) if path.suffix == ".npz" else build.npy(path, array)


def trees(tmp_path):
    """Two folders with one case each, to be filled."""
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
    return tmp_path / "pred", tmp_path / "gt"


# Label maps


def test_label_maps_equal_a_plain_count(tmp_path):
    pred, gt = build.nifti(tmp_path / "p.nii", P), build.nifti(tmp_path / "g.nii", T)
    card = run(pred, gt, "dice", "iou", "precision", "volume_difference")
    for v in LABELS:
        t, p = v == T, v == P
        assert values(card, "dice")[str(v)] == pytest.approx(dice(t, p), **EXACT)
        assert values(card, "iou")[str(v)] == pytest.approx(iou(t, p), **EXACT)
        assert values(card, "precision")[str(v)] == pytest.approx((t & p).sum() / p.sum(), **EXACT)
        ml = (int(p.sum()) - int(t.sum())) * 0.006  # 1 x 2 x 3 mm
        assert values(card, "volume_difference")[str(v)] == pytest.approx(ml, rel=1e-9)


def test_background_is_a_class_where_it_is_asked_for(tmp_path):
    pred, gt = build.nifti(tmp_path / "p.nii", P), build.nifti(tmp_path / "g.nii", T)
    assert list(values(run(pred, gt))) == ["1", "2", "3"]
    card = run(pred, gt, background=True)
    assert list(values(card)) == ["0", "1", "2", "3"]
    assert values(card)["0"] == pytest.approx(dice(T == 0, P == 0), **EXACT)


def test_a_listed_class_without_voxels_is_annotated_as_absent(tmp_path):  # V4
    pred, gt = build.nifti(tmp_path / "p.nii", P), build.nifti(tmp_path / "g.nii", T)
    card = run(pred, gt, classes="1=a,2=b,3=c,9=d")
    assert reasons(card)["d"] == ("undefined", "both_empty")
    assert list(values(card)) == ["a", "b", "c", "d"]


def test_account_a5_a_selection_says_what_it_leaves_out_of_either_side(tmp_path):  # V3
    few = np.where(T == 3, 0, T).astype(np.uint8)
    pred, gt = build.nifti(tmp_path / "p.nii", P), build.nifti(tmp_path / "g.nii", few)
    for sides, side in (((pred, gt), "pred"), ((gt, pred), "gt")):
        card = run(*sides, classes="1=a,2=b")
        (left,) = card.inputs["left_aside"]
        voxels = np.count_nonzero(P == 3)
        assert (left["code"], left["side"]) == ("W-unknown-label", side)
        assert left["names"] == (f"3: {voxels} voxels",)
        assert values(card)["a"] == pytest.approx(dice(few == 1, P == 1), **EXACT)
        assert set(values(card)) == {"a", "b"}


def test_account_a5_a_list_that_nobody_asked_for_leaves_nothing_out(tmp_path):
    pred, gt = trees(tmp_path)
    build.nifti(pred / "p.nii", P), build.nifti(gt / "p.nii", T)
    (gt / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "a": 1, "b": 2}}))
    card = run(pred, gt)
    assert list(values(card)) == ["a", "b", "3"]
    assert [n.code for n in only(card).notes] == ["W-unknown-label"] * 2


def test_ignored_voxels_are_in_no_count(tmp_path):
    truth = T.copy()
    truth[0] = 9
    valid = truth != 9
    pred, gt = build.nifti(tmp_path / "p.nii", P), build.nifti(tmp_path / "g.nii", truth)
    card = run(pred, gt, "dice", "pixel_accuracy", ignore_label=(9,))
    for v in LABELS:
        want = dice((truth == v) & valid, (v == P) & valid)
        assert values(card)[str(v)] == pytest.approx(want, **EXACT)
    assert values(card, "pixel_accuracy")["all"] == pytest.approx(
        (truth == P)[valid].mean(), **EXACT
    )


def test_regions_and_ignore_of_a_data_set(tmp_path):  # I4
    pred, gt = trees(tmp_path)
    truth = T.copy()
    truth[0, 0] = 9
    labels = {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "enhancing": 3, "ignore": 9}
    (gt / "dataset.json").write_text(json.dumps({"labels": labels, "regions_class_order": LABELS}))
    build.nifti(pred / "a.nii.gz", P)
    build.nifti(gt / "a.nii.gz", truth)
    card = run(pred, gt)
    valid = truth != 9
    for name, union in (("whole", (1, 2, 3)), ("core", (2, 3)), ("enhancing", (3,))):
        want = dice(np.isin(truth, union) & valid, np.isin(P, union) & valid)
        assert values(card)[name] == pytest.approx(want, **EXACT)
    assert list(values(card)) == ["whole", "core", "enhancing"]


# Class files


def class_files(tmp_path, pred, gt, write=NII):
    """One case of class files on both sides."""
    build.folder(tmp_path / "pred" / "c1", write, **pred)
    build.folder(tmp_path / "gt" / "c1", write, **gt)
    return tmp_path / "pred", tmp_path / "gt"


A, B, C = masks(T, *LABELS)
D, E, F = masks(P, *LABELS)


def test_class_files_may_overlap(tmp_path):
    whole = (T > 0).astype(np.uint8)
    sides = class_files(tmp_path, {"liver": D, "body": D | E}, {"liver": A, "body": whole})
    card = run(*sides, "dice", "pixel_accuracy")
    assert values(card) == {
        "body": pytest.approx(dice(T > 0, (D | E) > 0), **EXACT),
        "liver": pytest.approx(dice(A > 0, D > 0), **EXACT),
    }
    assert reasons(card, "pixel_accuracy")["all"] == ("undefined", "overlapping_classes")


def test_a_class_file_that_the_prediction_lacks_is_predicted_empty(tmp_path):  # I2
    card = run(*class_files(tmp_path, {"liver": D}, {"liver": A, "spleen": B}))
    assert values(card)["spleen"] == 0
    assert reasons(card)["spleen"] == ("ok", "class_absent")
    assert values(card)["liver"] == pytest.approx(dice(A > 0, D > 0), **EXACT)


def test_a_class_file_that_the_truth_lacks_is_not_annotated(tmp_path):  # I2
    sides = class_files(tmp_path, {"liver": D, "spleen": E}, {"liver": A})
    (row,) = [r for r in only(run(*sides)).rows if r.class_ == "spleen"]
    assert (row.metric, row.status) == ("", "not_annotated")
    assert math.isnan(row.value)
    card = run(*sides, absent_gt="empty")
    assert (values(card)["spleen"], reasons(card)["spleen"]) == (0, ("ok", "gt_empty"))


def test_an_empty_class_file_of_the_truth_is_annotated_as_absent(tmp_path):  # I2
    empty = A * 0
    sides = class_files(tmp_path, {"liver": D, "spleen": empty}, {"liver": empty, "spleen": empty})
    card = run(*sides, "dice", "volume_difference")
    assert reasons(card) == {"liver": ("ok", "gt_empty"), "spleen": ("undefined", "both_empty")}
    assert values(card, "volume_difference")["spleen"] == 0


def test_a_missing_class_file_of_an_absent_organ_is_empty_on_both_sides(tmp_path):
    card = run(*class_files(tmp_path, {"liver": D}, {"liver": A, "spleen": B * 0}))
    assert reasons(card)["spleen"] == ("undefined", "both_empty")


def test_class_files_with_several_labels_are_refused(tmp_path):  # I12
    status, text = problem(run(*class_files(tmp_path, {"liver": P}, {"liver": A})))
    assert status == "several_labels"
    assert "c1/liver.nii.gz" in text
    assert "--layout flat" in text


def test_black_and_white_class_files(tmp_path):  # I8
    png = (build.png, ".png")
    card = run(*class_files(tmp_path, {"liver": D[0] * 255}, {"liver": A[0] * 255}, png))
    assert values(card) == {"liver": pytest.approx(dice(A[0] > 0, D[0] > 0), **EXACT)}


def test_a_label_map_against_class_files(tmp_path):
    build.folder(tmp_path / "gt" / "c1", NII, liver=A, spleen=B, pancreas=C)
    (tmp_path / "pred").mkdir()
    build.nifti(tmp_path / "pred" / "c1.nii.gz", P)
    sides = tmp_path / "pred", tmp_path / "gt"
    card = run(*sides, classes="3=pancreas,1=liver,2=spleen")
    assert list(values(card)) == ["pancreas", "liver", "spleen"]
    for name, v in (("liver", 1), ("spleen", 2), ("pancreas", 3)):
        assert values(card)[name] == pytest.approx(dice(v == T, v == P), **EXACT)
    status, text = problem(run(*sides))
    assert status == "classes_unknown"
    assert "--classes" in text


def test_a_label_map_against_one_class_file_has_no_confusion_of_labels(tmp_path):
    # labels 3 and 1 both mean liver: a table of label values would call every hit a miss
    build.folder(tmp_path / "pred" / "c1", NII, liver=D)
    (tmp_path / "gt").mkdir()
    build.nifti(tmp_path / "gt" / "c1.nii.gz", A * 3)
    card = run(
        tmp_path / "pred", tmp_path / "gt", "dice", "pixel_accuracy",
        classes="3=liver", layout="case-folders",
    )  # fmt: skip
    assert values(card)["liver"] == pytest.approx(dice(A > 0, D > 0), **EXACT)
    assert math.isnan(values(card, "pixel_accuracy")["all"])


def test_a_black_and_white_label_map_against_class_files(tmp_path):  # I8
    build.png(tmp_path / "pred" / "road" / "a.png", D[0])
    build.png(tmp_path / "gt" / "a.png", A[0] * 255)
    card = run(tmp_path / "pred", tmp_path / "gt", classes="1=road", layout="class-folders")
    assert values(card) == {"road": pytest.approx(dice(A[0] > 0, D[0] > 0), **EXACT)}


# Segments


SEGMENTS = {"Segment0_ID": "s0", "Segment0_Name": "liver", "Segment0_LabelValue": "3"}
MORE = {"Segment1_ID": "s1", "Segment1_Name": "spleen", "Segment1_LabelValue": "1"}


def test_segments_are_joined_by_name_whatever_their_values(tmp_path):
    truth = np.where(T == 1, 3, np.where(T == 2, 1, 0)).astype(np.uint8)
    build.nrrd_file(tmp_path / "g.seg.nrrd", truth, **SEGMENTS, **MORE)
    other = {**SEGMENTS, "Segment0_LabelValue": "1"}, {**MORE, "Segment1_LabelValue": "2"}
    two = np.where(P == 3, 0, P).astype(np.uint8)
    build.nrrd_file(tmp_path / "p.seg.nrrd", two, **other[0], **other[1])
    card = run(tmp_path / "p.seg.nrrd", tmp_path / "g.seg.nrrd", "dice", "pixel_accuracy")
    assert values(card) == {
        "liver": pytest.approx(dice(T == 1, P == 1), **EXACT),
        "spleen": pytest.approx(dice(T == 2, P == 2), **EXACT),
    }
    assert math.isnan(values(card, "pixel_accuracy")["all"])  # their values do not agree


def test_segments_of_layers_overlap(tmp_path):
    layers = np.stack([A * 3, (A | B)], axis=-1)  # Slicer: layers are the fastest axis
    fields = {**SEGMENTS, "Segment0_Layer": "0", **MORE, "Segment1_Layer": "1"}
    directions = [[np.nan] * 3, [1, 0, 0], [0, 2, 0], [0, 0, 3]]
    build.nrrd_file(
        tmp_path / "g.seg.nrrd", layers, build.GRID,
        **{"space directions": np.array(directions), "kinds": ["list", *["domain"] * 3]}, **fields,
    )  # fmt: skip
    build.nifti(tmp_path / "p.nii.gz", P)
    card = run(tmp_path / "p.nii.gz", tmp_path / "g.seg.nrrd", classes="1=liver,2=spleen,3=x")
    assert values(card) == {
        "liver": pytest.approx(dice(A > 0, P == 1), **EXACT),
        "spleen": pytest.approx(dice((A | B) > 0, P == 2), **EXACT),
    }


# Stacks


@pytest.mark.parametrize(
    ("pred", "gt"),
    [("p.nii.gz", "map"), ("map", "g.nii"), ("p.nii", "g.nii.gz"), ("p.npy", "map")],
)
def test_one_hot_stacks_are_label_maps(tmp_path, pred, gt):
    sides = [
        build.nifti(tmp_path / f"{side}.nii", labels)
        if name == "map"
        else stacked(tmp_path / name, masks(labels, 0, 1, 2, 3))
        for side, name, labels in (("pred", pred, P), ("gt", gt, T))
    ]
    choices = {"channel_axis": 0} if pred == "p.npy" else {}  # four channels of four slices
    card = run(*sides, **choices)
    assert values(card) == {str(v): pytest.approx(dice(v == T, v == P), **EXACT) for v in LABELS}


def test_stacks_of_masks_that_leave_gaps_are_classes_from_1_on(tmp_path):
    pred, gt = (
        stacked(tmp_path / "p.nii", masks(P, 1, 2)),
        stacked(tmp_path / "g.nii", masks(T, 1, 2)),
    )
    want = {"1": dice(T == 1, P == 1), "2": dice(T == 2, P == 2)}
    assert values(run(pred, gt)) == pytest.approx(want, **EXACT)


@pytest.mark.parametrize(
    ("one", "other"),
    [((1, 2), (1, 2, 3)), ((0, 1, 2, 3), (1, 2)), ((0, 1, 2, 3), (1, 2, 3, 3))],
)
def test_stacks_of_other_classes_are_refused(tmp_path, one, other):  # P2
    pred, gt = (
        stacked(tmp_path / "p.nii", masks(P, *one)),
        stacked(tmp_path / "g.nii", masks(T, *other)),
    )
    status, text = problem(run(pred, gt))
    assert status == "classes_unknown"
    assert f"pred: {len(one)} channels" in text
    assert f"gt: {len(other)} channels" in text


def test_a_one_hot_truth_and_masks_without_background_agree(tmp_path):
    pred = stacked(tmp_path / "p.nii", masks(P, 1, 2, 3))
    gt = stacked(tmp_path / "g.nii", masks(T, 0, 1, 2, 3))
    assert values(run(pred, gt)) == {str(v): pytest.approx(dice(v == T, v == P)) for v in LABELS}


def test_a_region_has_no_channel_in_a_one_hot_stack(tmp_path):
    pred, gt = stacked(tmp_path / "p.nii", masks(P, 0, 1, 2, 3)), build.nifti(tmp_path / "g.nii", T)
    status, _ = problem(run(gt, pred, classes="1+2+3=whole,3=core"))
    assert status == "classes_unknown"


def test_a_float_one_hot_stack_asked_to_be_labels(tmp_path):
    pred = stacked(tmp_path / "p.nii", masks(P, 0, 1, 2, 3).astype(np.float32))
    card = run(pred, build.nifti(tmp_path / "g.nii", T), kind="labels")
    assert values(card) == {str(v): pytest.approx(dice(v == T, v == P)) for v in LABELS}


# Probabilities


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".npy", ".npz"])
def test_exclusive_probabilities(tmp_path, suffix):  # V1
    pred = stacked(tmp_path / f"p{suffix}", M)
    gt = build.nifti(tmp_path / "g.nii", T)
    choices = {"channel_axis": 0} if suffix == ".npy" else {}
    card = run(pred, gt, "dice", "ce", "l2", "pixel_accuracy", **choices)
    best = M.argmax(0)
    for v in LABELS:
        assert values(card)[str(v)] == pytest.approx(dice(v == T, best == v), **EXACT)
        assert values(card, "l2")[str(v)] == pytest.approx(l2(v == T, M[v]), **NEAR)
    assert values(card, "ce")["all"] == pytest.approx(ce(T, M), **NEAR)
    assert values(card, "pixel_accuracy")["all"] == pytest.approx((best == T).mean(), **EXACT)
    assert only(card).facts["kind"] == {"pred": "prob", "gt": "labels"}


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".npy", ".npz"])
@pytest.mark.parametrize("activation", ["none", "sigmoid"])
def test_independent_probabilities(tmp_path, suffix, activation):  # V1
    stored = S if activation == "none" else np.log(S / (1 - S))
    pred, gt = stacked(tmp_path / f"p{suffix}", stored), build.nifti(tmp_path / "g.nii", T)
    card = run(pred, gt, "dice", "bce", activation=activation)
    each = [bce(v == T, S[v - 1]) for v in LABELS]
    assert values(card, "bce")["all"] == pytest.approx(np.mean(each), **NEAR)
    for v, cost in zip(LABELS, each, strict=True):
        assert values(card)[str(v)] == pytest.approx(dice(v == T, S[v - 1] >= 0.5), **EXACT)
        assert values(card, "bce")[str(v)] == pytest.approx(cost, **NEAR)


def test_two_axes_that_fit_are_refused(tmp_path):  # V1
    pred, gt = build.npy(tmp_path / "p.npy", M), build.nifti(tmp_path / "g.nii", T)
    status, text = problem(run(pred, gt))
    assert status == "unreadable"
    assert "--channel-axis" in text
    pred = build.npy(tmp_path / "q.npy", np.moveaxis(M, 0, -1))
    assert values(run(pred, gt))["1"] == pytest.approx(dice(T == 1, M.argmax(0) == 1), **EXACT)


def test_sums_off_1_are_refused_with_both_readings(tmp_path):  # V2
    card = run(stacked(tmp_path / "p.nii", S), build.nifti(tmp_path / "g.nii", T % 3))
    status, text = problem(card)
    assert status == "unreadable"
    assert "--activation softmax" in text
    assert "--activation none" in text


@pytest.mark.parametrize("how", ["kind", "activation", "name"])
def test_logits_of_classes(tmp_path, how):
    raw = (np.log(M) * 2).astype(np.float32)
    p = np.exp(raw.astype(float)) / np.exp(raw.astype(float)).sum(0)
    pred = build.npz(tmp_path / "p.npz", raw, "logits" if how == "name" else "softmax")
    asked = {"kind": {"kind": "logits"}, "activation": {"activation": "softmax"}, "name": {}}[how]
    card = run(pred, build.nifti(tmp_path / "g.nii", T), "dice", "ce", **asked)
    assert values(card, "ce")["all"] == pytest.approx(ce(T, p), **NEAR)
    assert only(card).facts["kind"]["pred"] == "logits"
    assert values(card)["1"] == pytest.approx(dice(T == 1, p.argmax(0) == 1), **EXACT)


def test_one_probability_map_and_its_threshold(tmp_path):
    pred, gt = build.nifti(tmp_path / "p.nii", S[0]), build.nifti(tmp_path / "g.nii", A)
    for threshold in (0.5, 0.2):
        card = run(pred, gt, "dice", "bce", threshold=threshold)
        assert values(card) == {"1": pytest.approx(dice(A > 0, S[0] >= threshold), **EXACT)}
        assert values(card, "bce") == pytest.approx(
            dict.fromkeys(("1", "all"), bce(A, S[0])), **NEAR
        )


@pytest.mark.parametrize("classes", ["", "1=liver"])
def test_one_probability_map_against_black_and_white(tmp_path, classes):  # I8
    pred, gt = build.nifti(tmp_path / "p.nii", S[0]), build.nifti(tmp_path / "g.nii", A * 255)
    card = run(pred, gt, "dice", "bce", classes=classes)
    assert values(card) == {classes[2:] or "1": pytest.approx(dice(A > 0, S[0] >= 0.5), **EXACT)}
    assert values(card, "bce")["all"] == pytest.approx(bce(A, S[0]), **NEAR)


def test_two_exclusive_channels_against_black_and_white(tmp_path):  # I8
    two = soft(2)
    pred, gt = stacked(tmp_path / "p.nii", two), build.nifti(tmp_path / "g.nii", A * 255)
    card = run(pred, gt, "dice", "ce")
    assert values(card) == {"1": pytest.approx(dice(A > 0, two.argmax(0) == 1), **EXACT)}
    assert values(card, "ce")["all"] == pytest.approx(ce(A, two), **NEAR)


def test_white_beside_other_labels_is_not_guessed(tmp_path):  # I8, P2
    mixed = np.where(T == 1, 255, T == 2).astype(np.uint8)
    pred, gt = build.nifti(tmp_path / "p.nii", S[0]), build.nifti(tmp_path / "g.nii", mixed)
    status, text = problem(run(pred, gt, "dice", "bce"))
    assert status == "unreadable"
    assert "--ignore-label 255" in text
    card = run(pred, gt, "dice", "bce", ignore_label=(255,))
    valid = mixed != 255
    assert values(card, "bce")["1"] == pytest.approx(bce(mixed[valid], S[0][valid]), **NEAR)


@pytest.mark.parametrize("value", [1, 7])
def test_the_only_class_is_the_only_channel(tmp_path, value):
    gt = build.nifti(tmp_path / "g.nii", A * value)
    card = run(build.nifti(tmp_path / "p.nii", S[0]), gt, "dice", "bce", classes=f"{value}=liver")
    assert values(card) == {"liver": pytest.approx(dice(A > 0, S[0] >= 0.5), **EXACT)}
    assert values(card, "bce")["liver"] == pytest.approx(bce(A, S[0]), **NEAR)
    assert only(card).notes == ()


def test_a_class_that_is_picked_by_its_value_has_its_own_channel(tmp_path):
    pred, gt = stacked(tmp_path / "p.nii", S), build.nifti(tmp_path / "g.nii", T)
    card = run(pred, gt, "dice", "bce", classes="2", activation="none")
    assert values(card, "bce") == pytest.approx(dict.fromkeys(("2", "all"), bce(B, S[1])), **NEAR)


def test_ignored_voxels_are_in_no_loss(tmp_path):
    truth = T.copy()
    truth[1:3] = 200
    valid = truth != 200
    pred, gt = stacked(tmp_path / "p.nii", M), build.nifti(tmp_path / "g.nii", truth)
    card = run(pred, gt, "ce", "dice", ignore_label=(200,))
    assert values(card, "ce")["all"] == pytest.approx(ce(truth[valid], M[:, valid]), **NEAR)


def test_a_label_without_a_channel(tmp_path):
    status, text = problem(
        run(stacked(tmp_path / "p.nii", soft(3)), build.nifti(tmp_path / "g.nii", T), "ce")
    )
    assert status == "unknown_label"
    assert "label 3" in text
    assert "3 channels" in text


def test_probability_class_files(tmp_path):
    sides = class_files(tmp_path, {"liver": S[0], "spleen": S[1]}, {"Liver": A, "Spleen": B})
    card = run(*sides, "dice", "bce")  # they are joined by name in another spelling too
    assert values(card, "bce") == pytest.approx(
        {"Liver": bce(A, S[0]), "Spleen": bce(B, S[1]), "all": bce(masks(T, 1, 2), S[:2])}, **NEAR
    )
    assert values(card)["Spleen"] == pytest.approx(dice(B > 0, S[1] >= 0.5), **EXACT)


def test_a_class_that_is_not_annotated_is_in_no_mean(tmp_path):  # I2
    sides = class_files(tmp_path, {"liver": S[0], "spleen": S[1]}, {"liver": A})
    card = run(*sides, "bce")
    assert values(card, "bce") == pytest.approx(
        dict.fromkeys(("liver", "all"), bce(A, S[0])), **NEAR
    )


def test_probability_class_files_against_a_label_map(tmp_path):
    build.folder(tmp_path / "pred" / "c1", NII, liver=S[0], spleen=S[1])
    (tmp_path / "gt").mkdir()
    build.nifti(tmp_path / "gt" / "c1.nii.gz", T)
    card = run(tmp_path / "pred", tmp_path / "gt", "dice", "bce", classes="2=liver,3=spleen,1=x")
    assert values(card, "bce")["liver"] == pytest.approx(bce(B, S[0]), **NEAR)
    assert values(card)["spleen"] == pytest.approx(dice(C > 0, S[1] >= 0.5), **EXACT)
    assert values(card)["x"] == 0


@pytest.mark.parametrize(
    ("scores", "choices"), [(S, {"activation": "none"}), (soft(4), {}), (S[:1], {})]
)
def test_scores_against_class_files(tmp_path, scores, choices):
    truth = {"liver": B, "spleen": A, "pancreas": C} if len(scores) > 1 else {"liver": B}
    build.folder(tmp_path / "gt" / "c1", NII, **truth)
    (tmp_path / "pred").mkdir()
    build.stack(tmp_path / "pred" / "c1.nii.gz", scores if len(scores) > 1 else scores[0])
    classes = "2=liver,1=spleen,3=pancreas" if len(scores) > 1 else "5=liver"
    card = run(tmp_path / "pred", tmp_path / "gt", "dice", "l2", "ce", classes=classes, **choices)
    if len(scores) == 4:
        mine = scores.argmax(0) == 2, scores[2]
        assert values(card, "ce")["all"] == pytest.approx(ce(T, scores), **NEAR)
    else:
        channel = scores[1 if len(scores) > 1 else 0]
        mine = channel >= 0.5, channel
    assert values(card)["liver"] == pytest.approx(dice(B > 0, mine[0]), **EXACT)
    assert values(card, "l2")["liver"] == pytest.approx(l2(B, mine[1]), **NEAR)


def test_exclusive_scores_need_every_class_of_the_truth(tmp_path):
    build.folder(tmp_path / "gt" / "c1", NII, liver=B, spleen=A)
    (tmp_path / "pred").mkdir()
    build.stack(tmp_path / "pred" / "c1.nii.gz", M)
    sides = tmp_path / "pred", tmp_path / "gt"
    status, text = problem(run(*sides, "dice", "ce", classes="2=liver,1=spleen"))
    assert status == "classes_unknown"
    assert "channel 3" in text
    assert values(run(*sides, classes="2=liver,1=spleen"))["liver"] == pytest.approx(
        dice(B > 0, M.argmax(0) == 2), **EXACT
    )


@pytest.mark.parametrize("labels", [(0, 1, 2, 3), (1, 2, 3)])
@pytest.mark.parametrize("exclusive", [True, False])
def test_scores_against_a_stack_of_masks(tmp_path, labels, exclusive):
    gt = stacked(tmp_path / "g.nii", masks(T, *labels))
    pred = stacked(tmp_path / "p.nii", M if exclusive else S)
    choices = {} if exclusive else {"activation": "none"}
    card = run(pred, gt, "dice", "l2", "ce", **choices)
    for v in LABELS:
        p = M[v] if exclusive else S[v - 1]
        mine = M.argmax(0) == v if exclusive else p >= 0.5
        assert values(card)[str(v)] == pytest.approx(dice(v == T, mine), **EXACT)
        assert values(card, "l2")[str(v)] == pytest.approx(l2(v == T, p), **NEAR)
    if exclusive:
        assert values(card, "ce")["all"] == pytest.approx(ce(T, M), **NEAR)


def test_masks_that_overlap_are_no_reference_of_exclusive_channels(tmp_path):
    gt = stacked(tmp_path / "g.nii", np.stack([A | B, B, C]))
    pred = stacked(tmp_path / "p.nii", M)
    status, text = problem(run(pred, gt, "ce"))
    assert status == "classes_unknown"
    assert "--activation none" in text
    assert values(run(pred, gt))["1"] == pytest.approx(dice((A | B) > 0, M.argmax(0) == 1))


# A soft ground truth


def test_a_soft_truth(tmp_path):
    pred, gt = build.nifti(tmp_path / "p.nii", S[0]), build.nifti(tmp_path / "g.nii", S[1])
    card = run(pred, gt, "dice", "bce", "l2", gt_kind="prob")
    assert values(card) == {"1": pytest.approx(dice(S[1] >= 0.5, S[0] >= 0.5), **EXACT)}
    assert values(card, "bce")["1"] == pytest.approx(bce(S[1], S[0]), **NEAR)
    assert values(card, "l2")["1"] == pytest.approx(l2(S[1], S[0]), **NEAR)
    status, text = problem(run(pred, gt))
    assert status == "unreadable"
    assert "--gt-kind prob" in text


def test_a_soft_truth_of_class_files(tmp_path):
    sides = class_files(tmp_path, {"liver": S[0], "spleen": S[1]}, {"Spleen": S[2], "Liver": S[1]})
    card = run(*sides, "dice", "l2", gt_kind="prob")
    assert values(card, "l2")["Liver"] == pytest.approx(l2(S[1], S[0]), **NEAR)
    assert values(card, "l2")["Spleen"] == pytest.approx(l2(S[2], S[1]), **NEAR)
    assert values(card)["Spleen"] == pytest.approx(dice(S[2] >= 0.5, S[1] >= 0.5), **EXACT)


def test_a_soft_truth_of_exclusive_channels(tmp_path):
    other = soft(4, seed=3)
    pred, gt = stacked(tmp_path / "p.nii", M), stacked(tmp_path / "g.nii", other)
    card = run(pred, gt, "dice", "l2", "ce", gt_kind="prob")
    assert values(card)["1"] == pytest.approx(dice(other.argmax(0) == 1, M.argmax(0) == 1), **EXACT)
    assert values(card, "l2")["2"] == pytest.approx(l2(other[2], M[2]), **NEAR)
    want = -(other * np.log(M.astype(float))).sum(0).mean()
    assert values(card, "ce")["all"] == pytest.approx(want, **NEAR)


@pytest.mark.parametrize(("truth", "pred"), [(S[0], M), (M, S[0])])
def test_soft_truths_of_other_channels_are_refused(tmp_path, truth, pred):
    sides = build.stack(tmp_path / "p.nii", pred), build.stack(tmp_path / "g.nii", truth)
    status, text = problem(run(*sides, "l2", gt_kind="prob"))
    assert status == "classes_unknown"
    assert "channels" in text


# nnU-Net: probabilities beside the label map


def nnunet(tmp_path, scores, *metrics, key="probabilities", truth=T, **choices):
    """A prediction folder with a label map and its archive."""
    pred, gt = trees(tmp_path)
    build.nifti(gt / "a.nii.gz", truth)
    build.nifti(pred / "a.nii.gz", P)
    build.npz(pred / "a.npz", scores, key)
    return run(pred, gt, *metrics, **choices)


def test_losses_use_the_archive_and_overlap_the_label_map(tmp_path):  # I5
    card = nnunet(tmp_path, M, "dice", "ce", "l2")
    assert values(card)["1"] == pytest.approx(dice(T == 1, P == 1), **EXACT)
    assert values(card, "ce")["all"] == pytest.approx(ce(T, M), **NEAR)
    assert values(card, "l2")["3"] == pytest.approx(l2(T == 3, M[3]), **NEAR)
    assert only(card).facts["scores"] == "a.npz"
    assert only(card).facts["kind"] == {"pred": "labels", "gt": "labels"}


def test_the_archive_makes_its_own_labels(tmp_path):  # I5
    # the label map says nothing of how sure the probabilities are of their own label
    card = nnunet(tmp_path, M, "ece@10", "soft_dice:as=vnet_caffe")
    best, sure = M.argmax(0), M.max(0)
    places = np.minimum(np.floor(sure * np.float64(10)), 10)
    gaps = [abs((best == T)[places == b].sum() - sure[places == b].sum()) for b in range(11)]
    assert values(card, "ece@10")["all"] == pytest.approx(sum(gaps) / T.size, rel=1e-5)
    want = [dice(v == T, best == v) for v in LABELS]
    found = values(card, "soft_dice:as=vnet_caffe")
    assert [found[str(v)] for v in LABELS] == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize("scores", [M.transpose(0, 3, 2, 1), M[..., :-1], M[0], M[:, :, :, [0]]])
def test_an_archive_of_another_shape(tmp_path, scores):  # I5
    status, text = problem(nnunet(tmp_path, scores, "dice", "ce"))
    assert status == "geometry_mismatch"
    assert "a.npz" in text
    assert "label map 6x5x4" in text


def test_channels_of_regions(tmp_path):  # I5
    pred, gt = trees(tmp_path)
    labels = {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "enhancing": 3}
    (gt / "dataset.json").write_text(json.dumps({"labels": labels}))
    build.nifti(gt / "a.nii.gz", T)
    build.nifti(pred / "a.nii.gz", P)
    build.npz(pred / "a.npz", S)
    card = run(pred, gt, "dice", "bce", *every("sums"))
    for i, (name, union) in enumerate({"whole": LABELS, "core": (2, 3), "enhancing": (3,)}.items()):
        truth = np.isin(T, union)
        assert values(card, "bce")[name] == pytest.approx(bce(truth, S[i]), **NEAR)
        assert values(card)[name] == pytest.approx(dice(truth, np.isin(P, union)), **EXACT)
    picked = run(pred, gt, "bce", classes="core")
    assert values(picked, "bce") == pytest.approx(
        dict.fromkeys(("core", "all"), bce(np.isin(T, (2, 3)), S[1])), **NEAR
    )


def test_a_picture_beside_its_archive(tmp_path):
    pred, gt = trees(tmp_path)
    build.png(gt / "a.png", T[0])
    build.png(pred / "a.png", P[0])
    build.npz(pred / "a.npz", M[:, :1])  # nnU-Net: (class, 1, y, x)
    card = run(pred, gt, "dice", "ce")
    assert values(card, "ce")["all"] == pytest.approx(ce(T[0], M[:, 0]), **NEAR)


def test_an_archive_beside_a_turned_label_map(tmp_path):
    pred, gt = trees(tmp_path)
    build.nifti(gt / "a.nii.gz", T)
    turned = Geometry((4, 5, 6), (3, 2, 1), (10.0, 6, 7), ((0, 0, 1), (0, 1, 0), (-1, 0, 0)))
    build.nifti(
        gt / "a.nii.gz", T, replace(turned, origin=(5.0, 6, 7), directions=build.GRID.directions)
    )
    build.nifti(pred / "a.nii.gz", P[..., ::-1].copy(), turned)
    build.npz(pred / "a.npz", M[..., ::-1].copy())
    card = run(pred, gt, "dice", "ce")
    assert values(card)["2"] == pytest.approx(dice(T == 2, P == 2), **EXACT)
    assert values(card, "ce")["all"] == pytest.approx(ce(T, M), **NEAR)


# Missing and undefined


def three(tmp_path, *predictions, write=NII):
    """Three cases of the truth; some of the predictions."""
    build.folder(tmp_path / "gt", write, a=T, b=T, c=T)
    build.folder(tmp_path / "pred", write, **dict.fromkeys(predictions, P))
    return tmp_path / "pred", tmp_path / "gt"


@pytest.mark.parametrize("missing", ["error", "skip"])
def test_a_missing_prediction_is_a_case_with_a_status(tmp_path, missing):  # P1, M3
    card = run(*three(tmp_path, "a", "c"), missing=missing)
    assert [c.status for c in card.cases] == ["ok", "missing_prediction", "ok"]
    assert "b.nii.gz" in problem(card, 1)[1]
    assert card.summary[""]["1"]["dice"].n_missing == 1


@pytest.mark.parametrize("kind", ["auto", "prob", "logits"])
def test_a_missing_prediction_as_the_worst(tmp_path, kind):  # M3
    pred, gt = three(tmp_path, "a")
    build.nifti(pred / "a.nii.gz", S[0])
    card = run(pred, gt, "dice", "recall", "bce", missing="worst", kind=kind)
    assert [c.status for c in card.cases] == ["ok"] * 3
    rows = [r for r in card.cases[1].rows if r.class_ != "all"]
    assert {(r.metric, r.value, r.reason) for r in rows if r.metric != "bce"} == {
        ("dice", 0, "pred_empty"), ("recall", 0, "pred_empty")
    }  # fmt: skip
    assert {r.reason for r in rows if r.metric == "bce"} == {"no_probabilities"}


@pytest.mark.parametrize("kind", ["auto", "prob"])
def test_missing_class_files_as_the_worst(tmp_path, kind):
    sides = class_files(tmp_path, {"liver": S[0], "spleen": S[1]}, {"liver": A, "spleen": B})
    build.folder(tmp_path / "gt" / "c2", NII, liver=A, spleen=B * 0)
    card = run(*sides, "dice", "bce", missing="worst", kind=kind)
    assert [c.status for c in card.cases] == ["ok", "ok"]
    found = {(r.class_, r.metric): (r.value, r.reason) for r in card.cases[1].rows}
    assert found["liver", "dice"] == (0, "pred_empty")
    assert found["spleen", "dice"][1] == "both_empty"
    assert found["liver", "bce"][1] == "no_probabilities"


def test_undefined_values_of_a_missed_class_as_the_worst(tmp_path):
    sides = class_files(
        tmp_path,
        {"liver": D * 0, "spleen": E * 0, "pancreas": F},
        {"liver": A, "spleen": B * 0, "pancreas": C * 0},
    )
    exclude = values(run(*sides, "precision", "recall"), "precision")
    assert {name for name, v in exclude.items() if math.isnan(v)} == {"liver", "spleen"}
    worst = run(*sides, "precision", "recall", undefined="worst")
    assert values(worst, "precision")["liver"] == 0  # missed
    assert math.isnan(values(worst, "precision")["spleen"])  # nothing was missed
    assert values(worst, "recall")["pancreas"] == 0  # spurious
    assert reasons(worst, "precision")["liver"] == ("ok", "pred_empty")


# Grids


GRID = build.GRID
FLIPPED = Geometry(GRID.shape, GRID.spacing, (10.0, 6, 7), ((0, 0, 1), (0, 1, 0), (-1, 0, 0)))


def on(tmp_path, array, grid, *metrics, **choices):
    """A prediction on another grid than the ground truth."""
    gt = build.nifti(tmp_path / "g.nii.gz", T)
    return run(build.nifti(tmp_path / "p.nii.gz", array, grid), gt, *metrics, **choices)


def test_a_flipped_prediction_is_turned_without_a_word(tmp_path):  # G2
    card = on(tmp_path, P[..., ::-1].copy(), FLIPPED)
    assert values(card)["1"] == pytest.approx(dice(T == 1, P == 1), **EXACT)
    assert only(card).notes == ()


@pytest.mark.parametrize(
    ("array", "grid", "said"),
    [
        (P, replace(GRID, origin=(6.0, 6.0, 7.0)), "corner shift 1 mm"),
        (P[:3], replace(GRID, shape=(3, 5, 6)), "6x5x3"),
        (P, replace(GRID, spacing=(2.5, 2.0, 1.0)), "1 x 2 x 2.5"),
    ],
    ids=["shifted", "cropped", "spaced"],
)
def test_another_grid_is_refused_with_the_facts_of_both_sides(tmp_path, array, grid, said):  # G1
    status, text = problem(on(tmp_path, array, grid))
    assert status == "geometry_mismatch"
    assert said in text
    assert "gt 6x5x4, 1 x 2 x 3 mm" in text
    assert "--resample " in text or "--geometry gt" in text


SMALL = replace(GRID, shape=(4, 5, 4))


@pytest.mark.parametrize("where", ["gt", "pred", "file"])
def test_resampling_is_asked_for_and_recorded(tmp_path, where):  # G3
    other = replace(GRID, shape=(4, 5, 5))
    file = build.nifti(tmp_path / "other.nii.gz", np.zeros(other.shape, np.int16), other)
    width = {"gt": 6, "pred": 4, "file": 5}[where]
    card = on(
        tmp_path,
        P[..., :4].copy(),
        SMALL,
        resample=str(file) if where == "file" else where,
        resample_loss="accept",
    )
    seen = np.zeros_like(P)
    seen[..., :4] = P[..., :4]
    for v in LABELS:
        want = dice(T[..., :width] == v, seen[..., :width] == v)
        assert values(card)[str(v)] == pytest.approx(want, **EXACT)
    assert only(card).facts["shape"] == [width, 5, 4]
    assert "N-resampled" in [n.code for n in only(card).notes]


OUTSIDE = {
    "sigmoids": (S, {"activation": "none"}, [S[v - 1] >= 0.5 for v in LABELS]),
    "softmax": (M, {}, [M.argmax(0) == v for v in LABELS]),
    "logits": (np.log(M), {"kind": "logits"}, [M.argmax(0) == v for v in LABELS]),
    "one": (S[0], {}, [S[0] >= 0.5]),
    "one logit": (S[0] * 2 - 1, {"kind": "logits"}, [S[0] >= 0.5]),
    "one-hot": (masks(P, 0, 1, 2, 3), {}, [v == P for v in LABELS]),
    "masks": (masks(P, 1, 2), {}, [P == 1, P == 2]),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_beyond_the_field_of_view_is_background(tmp_path, name):  # G3
    array, choices, inside = OUTSIDE[name]
    card = on(
        tmp_path, np.ascontiguousarray(array[..., :4]), SMALL,
        "pred_volume:unit=voxels", resample="gt", **choices,
    )  # fmt: skip
    found = values(card, "pred_volume:unit=voxels")
    assert [found[str(v)] for v in range(1, len(inside) + 1)] == [m[..., :4].sum() for m in inside]


def test_beyond_the_field_of_view_of_class_files(tmp_path):
    build.folder(tmp_path / "gt" / "c1", NII, liver=A, spleen=B)
    (tmp_path / "pred" / "c1").mkdir(parents=True)
    for name, p in (("liver", S[0]), ("spleen", S[1])):
        build.nifti(tmp_path / "pred" / "c1" / f"{name}.nii.gz", p[..., :4].copy(), SMALL)
    card = run(tmp_path / "pred", tmp_path / "gt", "pred_volume:unit=voxels", resample="gt")
    want = {"liver": (S[0][..., :4] >= 0.5).sum(), "spleen": (S[1][..., :4] >= 0.5).sum()}
    assert values(card, "pred_volume:unit=voxels") == want


# Damage: the case says what is wrong, the others are scored


def nan_at(array):
    """A float copy with one value that is no number."""
    array = array.astype(np.float32)
    array[1, 2, 3] = np.nan
    return array


DAMAGED = {
    "empty": (lambda p: p.write_bytes(b""), "unreadable", "empty"),
    "text": (lambda p: p.write_bytes(b"no image" * 100), "unreadable", "b.nii.gz"),
    "truncated": (lambda p: p.write_bytes(p.read_bytes()[:-40]), "unreadable", "cut off"),
    "nan": (lambda p: build.nifti(p, nan_at(S[0])), "unreadable", "3, 2, 1"),
    "fractions": (lambda p: build.nifti(p, P.astype("f4") + 0.5), "unreadable", "--kind logits"),
    "negative": (lambda p: build.nifti(p, P.astype("i2") - 1), "unreadable", "0 to 65535"),
    "cropped": (lambda p: build.nifti(p, P[:2]), "geometry_mismatch", "6x5x2"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_prediction_spoils_no_other_case(tmp_path, name):  # P1, E1
    damage, status, said = DAMAGED[name]
    pred, gt = three(tmp_path, "a", "b", "c")
    damage(pred / "b.nii.gz")
    card = run(pred, gt)
    assert [c.status for c in card.cases] == ["ok", status, "ok"]
    _, text = problem(card, 1)
    assert said in text
    assert str(tmp_path) not in text  # paths are relative to the roots
    assert card.cases[1].error["help"]
    assert card.cases[0].rows[0].value == pytest.approx(dice(T == 1, P == 1), **EXACT)
    assert card.cases[2].rows[0].value == card.cases[0].rows[0].value


def test_float_labels_are_labels(tmp_path):
    card = on(tmp_path, P.astype(np.float64), None)
    assert values(card)["2"] == pytest.approx(dice(T == 2, P == 2), **EXACT)
    assert only(card).facts["kind"]["pred"] == "labels"


def test_scaled_integers_are_what_they_come_to(tmp_path):
    pred = build.nifti(tmp_path / "p.nii", P)
    raw = bytearray(pred.read_bytes())
    raw[112:120] = np.float32([2, 0]).tobytes()  # scl_slope, scl_inter
    pred.write_bytes(raw)
    card = run(pred, build.nifti(tmp_path / "g.nii", T * 2))
    assert values(card)["4"] == pytest.approx(dice(T == 2, P == 2), **EXACT)


def test_pictures_of_another_size(tmp_path):  # G6
    build.png(tmp_path / "p.png", P[0, :3])
    build.png(tmp_path / "g.png", T[0])
    status, text = problem(run(tmp_path / "p.png", tmp_path / "g.png"))
    assert status == "geometry_mismatch"
    assert "--resample gt resizes" in text


def test_a_file_without_geometry_takes_that_of_the_other(tmp_path):  # G4
    pred, gt = build.npy(tmp_path / "p.npy", P), build.nifti(tmp_path / "g.nii", T)
    card = run(pred, gt, "dice", "volume_difference")
    assert values(card)["1"] == pytest.approx(dice(T == 1, P == 1), **EXACT)
    assert {r.unit for r in only(card).rows if r.metric == "volume_difference"} == {"ml"}
    assert "N-geometry-from-other" in [n.code for n in only(card).notes]


# Pictures


@pytest.mark.parametrize("palette", [True, False])
def test_a_palette_is_its_indices(tmp_path, palette):  # L3
    build.png(tmp_path / "p.png", P[0], palette)
    build.png(tmp_path / "g.png", T[0], palette)
    card = run(tmp_path / "p.png", tmp_path / "g.png")
    assert values(card)["1"] == pytest.approx(dice(T[0] == 1, P[0] == 1), **EXACT)


def test_shades_of_grey_are_refused_until_they_are_named(tmp_path):  # I8
    shades = np.arange(256, dtype=np.uint8).reshape(16, 16)
    mask = (shades > 100).astype(np.uint8)
    pred, gt = build.png(tmp_path / "p.png", shades), build.png(tmp_path / "g.png", mask * 255)
    status, text = problem(run(pred, gt))
    assert status == "unreadable"
    assert "--kind prob" in text
    card = run(pred, gt, "dice", "bce", kind="prob")
    assert values(card) == {"1": pytest.approx(dice(mask > 0, shades / 255 >= 0.5), **EXACT)}
    assert values(card, "bce")["1"] == pytest.approx(bce(mask, shades / 255), **NEAR)


def test_two_values_are_black_and_white(tmp_path):  # I8
    pred, gt = build.png(tmp_path / "p.png", D[0] * 255), build.png(tmp_path / "g.png", A[0])
    assert values(run(pred, gt)) == {"1": pytest.approx(dice(A[0] > 0, D[0] > 0), **EXACT)}


def test_255_beside_labels_is_refused_until_it_is_declared(tmp_path):  # I8, I10
    mixed = np.where(T[0] == 3, 255, T[0]).astype(np.uint8)
    pred, gt = build.png(tmp_path / "p.png", P[0]), build.png(tmp_path / "g.png", mixed)
    assert "--ignore-label 255" in problem(run(pred, gt))[1]
    card = run(pred, gt, ignore_label=(255,))
    valid = mixed != 255
    assert values(card)["1"] == pytest.approx(dice((mixed == 1) & valid, (P[0] == 1) & valid))
    assert "255" in values(run(pred, gt, classes="1=a,2=b,255=255,3=c"))


def test_a32_an_error_says_of_which_side_its_file_is(tmp_path):
    from advice.driver import invoke

    for side, array in (("pred", [[0.5, 3.2]]), ("gt", [[0, 1]])):
        build.npy(tmp_path / side / "a.npy", np.array(array, np.float32))
    done = invoke(["score", tmp_path / "pred", tmp_path / "gt", "-m", "dice", "--format", "json"])
    assert "  in a.npy, prediction\n" in done.err
    assert '"side": "pred"' in done.out
    done = invoke(["score", tmp_path / "gt", tmp_path / "pred", "-m", "dice", "-q"])
    assert "  in a.npy, ground truth\n" in done.err
