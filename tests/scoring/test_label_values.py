"""Label values as files have them: stored with a slope, negative, renamed, of other tools."""

import build
import nibabel as nib
import numpy as np
import pytest
from runs import dice, only, problem, run, values

from segeval.classes.label_tables import parse_label_table, shipped_tables
from segeval.runtime.errors import RequestError

T = build.blocks(labels=3)
P = np.roll(T, 1, 2)


def saved(path, array, dtype, slope=1.0, inter=0.0):
    """A NIfTI file of stored integers with a slope."""
    image = nib.Nifti1Image(array.T.astype(dtype), np.diag([-1.0, -2, 3, 1]))
    image.header.set_slope_inter(slope, inter)
    image.to_filename(path)
    return path


def right(truth=T, pred=P, labels=(1, 2, 3)):
    return {str(v): pytest.approx(dice(truth == v, pred == v), abs=1e-12) for v in labels}


def codes(card):
    return [note.code for note in only(card).notes] + [note.code for note in card.notes]


@pytest.mark.parametrize("side", ["pred", "gt"])
@pytest.mark.parametrize(("scale", "slope"), [(81, 1 / 81.2), (10_000, 1.00002e-4)])
def test_a15_labels_that_are_stored_with_a_slope(tmp_path, side, scale, slope):
    # ACCOUNT-A15: 3 comes back as 2.9926, or as 3.00006
    kind = np.uint8 if scale < 100 else np.int32
    path = saved(
        tmp_path / f"{side}.nii.gz", (P if side == "pred" else T) * np.int64(scale), kind, slope
    )
    other = build.nifti(tmp_path / "other.nii.gz", T if side == "pred" else P, grid_of(path))
    sides = (path, other) if side == "pred" else (other, path)
    card = run(*sides, "dice")
    assert values(card) == right()
    assert "W-rounded-labels" in codes(card)


def grid_of(path):
    from segeval.readers import nifti
    from segeval.volume.read_options import ReadOptions

    return nifti.read(path, ReadOptions()).geometry


def test_a15_what_is_farther_off_is_no_label(tmp_path):
    path = saved(tmp_path / "p.nii.gz", P * np.int64(50), np.uint8, 1 / 49.0)  # 3 is 3.06
    other = build.nifti(tmp_path / "g.nii.gz", T, grid_of(path))
    status, text = problem(run(path, other, "dice"))
    assert status == "unreadable"
    status, text = problem(run(path, other, "dice", kind="labels"))
    assert (status, "not all whole" in text) == ("unreadable", True)


def test_a15_near_whole_numbers_are_never_called_logits(tmp_path):
    path = saved(tmp_path / "p.nii.gz", (P > 0) * np.int64(254), np.uint8, 1 / 255)
    other = build.nifti(tmp_path / "g.nii.gz", (T > 0).astype(np.uint8), grid_of(path))
    status, text = problem(run(path, other, "dice", kind="logits"))
    assert (status, "no logits" in text, "--kind labels" in text) == ("unreadable", True, True)
    for kind in ("labels", "auto"):
        assert values(run(path, other, "dice", kind=kind)) == right(T > 0, P > 0, [1])


@pytest.mark.parametrize("suffix", [".npy", ".png"])
def test_a15_a_mask_of_one_is_no_map_of_probabilities_in_8_bits(tmp_path, suffix):
    mask, shades = (P[0] > 0).astype(np.uint8), (P[0] > 0).astype(np.uint8) * 200
    write = build.npy if suffix == ".npy" else build.png
    write(tmp_path / f"g{suffix}", (T[0] > 0).astype(np.uint8))
    write(tmp_path / f"p{suffix}", mask)
    write(tmp_path / f"q{suffix}", shades)
    truth = tmp_path / f"g{suffix}"
    status, text = problem(run(tmp_path / f"p{suffix}", truth, "dice", kind="prob"))
    assert (status, "largest value is 1 of 255" in text) == ("unreadable", True)
    card = run(tmp_path / f"q{suffix}", truth, "dice", kind="prob")
    assert values(card) == right(T[0] > 0, P[0] > 0, [1])


def test_a16_label_maps_in_channels_are_no_masks(tmp_path):
    frames = np.stack([P, np.roll(P, 1, 1)])
    build.stack(tmp_path / "p.nii.gz", frames)
    build.stack(tmp_path / "g.nii.gz", np.stack([T, np.roll(T, 1, 1)]))
    status, text = problem(run(tmp_path / "p.nii.gz", tmp_path / "g.nii.gz", "dice"))
    assert status == "unreadable"
    assert "frames of a series, or masks" in text
    assert "--frames" in text


def test_a16_masks_of_255_are_masks(tmp_path):
    for name, array in (("p", P), ("g", T)):
        masks = np.stack([(array == v) * np.uint8(255) for v in (1, 2)])
        build.stack(tmp_path / f"{name}.nii.gz", masks)
    card = run(tmp_path / "p.nii.gz", tmp_path / "g.nii.gz", "dice")
    assert values(card) == right(labels=[1, 2])


@pytest.mark.parametrize("value", [-1, -100, -9999])
def test_a17_a_negative_label_may_be_ignored_or_renamed(tmp_path, value):
    away = np.zeros(T.shape, bool)
    away[:, :2] = True
    truth = np.where(away, value, T.astype(np.int16)).astype(np.int16)
    build.nifti(tmp_path / "g.nii.gz", truth)
    build.nifti(tmp_path / "p.nii.gz", P)
    sides = tmp_path / "p.nii.gz", tmp_path / "g.nii.gz"
    status, text = problem(run(*sides, "dice"))
    assert status == "unreadable"
    assert f"--ignore-label={value}" in text
    assert f"--remap-gt={value}=0" in text
    assert values(run(*sides, "dice", ignore_label=(value,))) == right(T[:, 2:], P[:, 2:])
    zero = np.where(away, 0, T)
    assert values(run(*sides, "dice", remap_gt=((value, 0),))) == right(zero)
    one = np.where(away, 2, T)
    assert values(run(*sides, "dice", remap_gt=((value, 2),))) == right(one)


def test_a17_a_negative_label_in_floats_and_turned_axes(tmp_path):
    truth = np.where(T == 3, -1.0, T).astype(np.float32)
    turned = build.Geometry(
        T.shape, build.GRID.spacing, (10.0, 6.0, 7.0), ((0, 0, 1), (0, 1, 0), (-1, 0, 0))
    )
    build.nifti(tmp_path / "g.nii.gz", truth[..., ::-1].copy(), turned)
    build.nifti(tmp_path / "p.nii.gz", P)
    card = run(tmp_path / "p.nii.gz", tmp_path / "g.nii.gz", "dice", "hd95", ignore_label=(-1,))
    keep = T != 3
    want = right(np.where(keep, T, 0), np.where(keep, P, 0))
    assert {k: v for k, v in values(card).items() if k != "3"} == {k: want[k] for k in "12"}


def test_a6_several_labels_are_ignored(tmp_path):
    truth = T.copy()
    truth[:, 0], truth[:, 1] = 8, 9
    build.nifti(tmp_path / "g.nii.gz", truth)
    build.nifti(tmp_path / "p.nii.gz", P)
    card = run(tmp_path / "p.nii.gz", tmp_path / "g.nii.gz", "dice", ignore_label=(8, 9))
    assert values(card) == right(T[:, 2:], P[:, 2:])
    assert "|ignore_label:8,9|" in card.signature


@pytest.mark.parametrize("ignored", [(9,), (9, -1)])
def test_a7_the_ignored_value_is_a_miss_of_the_prediction_and_no_class(tmp_path, ignored):
    truth, pred = T.astype(np.int16), P.astype(np.int16)
    truth[:, 0], pred[:, 1] = 9, 9
    build.nifti(tmp_path / "g.nii.gz", truth)
    build.nifti(tmp_path / "p.nii.gz", pred)
    card = run(tmp_path / "p.nii.gz", tmp_path / "g.nii.gz", "dice", "miou", ignore_label=ignored)
    assert values(card) == right(truth[:, 1:], pred[:, 1:])


def test_a17_labels_are_renamed_before_anything_else(tmp_path):
    build.nifti(tmp_path / "g.nii.gz", T)
    swapped = np.array([2, 0, 3, 1], np.uint8)[P]  # 0 is 2, 1 is 0, 2 is 3, 3 is 1
    build.nifti(tmp_path / "p.nii.gz", swapped)
    table = ((2, 0), (0, 1), (3, 2), (1, 3))
    sides = tmp_path / "p.nii.gz", tmp_path / "g.nii.gz"
    card = run(*sides, "dice", "hd95", remap_pred=table)
    assert values(card) == right()
    assert "|remap_pred:2=0,0=1,3=2,1=3|" in card.signature
    wide = np.where(T == 3, 70_000, T.astype(np.int32))
    build.nifti(tmp_path / "w.nii.gz", wide)
    card = run(tmp_path / "w.nii.gz", tmp_path / "g.nii.gz", "dice", remap_pred=((70_000, 3),))
    assert set(values(card).values()) == {1.0}
    flipped = run(*reversed(sides), "dice", remap_gt=table)
    assert values(flipped) == right(P, T)


def test_a17_probabilities_have_no_labels_to_rename(tmp_path):
    from runs import soft

    build.stack(tmp_path / "p.nii.gz", soft(4))
    build.nifti(tmp_path / "g.nii.gz", T)
    status, text = problem(
        run(tmp_path / "p.nii.gz", tmp_path / "g.nii.gz", "dice", remap_pred=((1, 2),))
    )
    assert (status, "--remap-pred changes label values" in text) == ("unreadable", True)


def test_a17_two_sides_without_a_common_label_are_said_to_be_so(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "p").mkdir(exist_ok=True)
        (tmp_path / "g").mkdir(exist_ok=True)
        build.nifti(tmp_path / "p" / f"{name}.nii.gz", np.where(P, P + 10, 0).astype(np.uint8))
        build.nifti(tmp_path / "g" / f"{name}.nii.gz", T)
    card = run(tmp_path / "p", tmp_path / "g", "dice")
    [note] = [note for note in card.notes if note.code == "W-no-common-label"]
    assert "pred 11, 12, 13; gt 1, 2, 3" in note.text
    assert "--remap-pred" in note.text
    table = ((11, 1), (12, 2), (13, 3))
    card = run(tmp_path / "p", tmp_path / "g", "dice", remap_pred=table)
    assert "W-no-common-label" not in [note.code for note in card.notes]


def test_unlisted_colours_are_left_out_like_ignored_ones(tmp_path):
    from segeval.classes.class_list import ClassDef
    from segeval.classes.make_classes import labelled_class_list

    colours = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [1, 2, 3]], np.uint8)
    build.png(tmp_path / "g.png", colours[T[0]])
    build.png(tmp_path / "p.png", colours[P[0]])
    red, green = ClassDef("red", (1,), (9, 0, 0)), ClassDef("green", (2,), (0, 9, 0))
    listed = labelled_class_list((red, green))
    sides = tmp_path / "p.png", tmp_path / "g.png"
    status, text = problem(run(*sides, "dice", classes=listed))
    assert (status, "--unlisted ignore" in text) == ("unreadable", True)
    card = run(*sides, "dice", "iou", classes=listed, unlisted="ignore")
    keep = T[0] != 3
    for name, label in (("red", 1), ("green", 2)):
        assert values(card)[name] == pytest.approx(
            dice((T[0] == label) & keep, (P[0] == label) & keep), abs=1e-12
        )


TABLES = {
    "text": ("3=4, 0=255", ((3, 4), (0, 255))),
    "negative": ("-1=0", ((-1, 0),)),
    "shipped": ("brats-4-to-3", ((4, 3),)),
}


@pytest.mark.parametrize("what", TABLES)
def test_a_table_of_labels(what):
    text, table = TABLES[what]
    assert parse_label_table(text) == table


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "old,new\n3,4\n0,255\n"),
        ("a.csv", "\ufeff3;4\n0;255\n"),
        ("a.json", '{"3": 4, "0": 255}'),
    ],
)
def test_a_table_of_labels_in_a_file(tmp_path, name, content):
    (tmp_path / name).write_text(content, "utf-8")
    assert parse_label_table(str(tmp_path / name)) == ((3, 4), (0, 255))


@pytest.mark.parametrize("text", ["", "3", "3=x", "1=2,1=3", "nothere.csv", "brats"])
def test_what_is_no_table_of_labels(text):
    with pytest.raises(RequestError):
        parse_label_table(text)


def test_the_shipped_tables():
    tables = {name: dict(table) for name, table in shipped_tables().items()}
    assert tables["cityscapes-train-ids"][26] == 13  # car
    assert sorted(v for v in tables["cityscapes-train-ids"].values() if v != 255) == [*range(19)]
    assert tables["cityscapes-label-ids"] == {
        new: old for old, new in tables["cityscapes-train-ids"].items() if new != 255
    }
    assert tables["zero-based"][0] == 255
    assert tables["zero-based"][150] == 149
    assert tables["one-based"][149] == 150


@pytest.mark.parametrize(
    ("choice", "said"),
    [({"remap_pred": ((1, 2),)}, "contours have none"), ({"geometry": "gt"}, "contours have none")],
)
def test_contours_have_neither_labels_nor_a_grid(choice, said):
    from pathlib import Path

    data = Path(__file__).resolve().parents[2] / "sample_data" / "contours"
    status, text = problem(run(data / "pred", data / "gt", "dice", **choice))
    assert status in ("unreadable", "geometry_mismatch")
    assert said in text
