"""The signature: what changes a number is in it, and nothing else is."""

import math
from dataclasses import fields

import build
import dicom_build
import numpy as np
import pytest
from runs import run, settings, sigmoids, soft

from segeval.classes.class_list import ClassDef, ClassList
from segeval.classes.make_classes import labelled_class_list
from segeval.classes.parse_classes import parse_classes
from segeval.metrics.registry import resolve_metric
from segeval.request.grammar import parse_charge, parse_gate
from segeval.request.settings import NUMBERS, Settings
from segeval.scorecard.signature import signature_fields, signature_line
from segeval.scoring.finish_tallies import unsaid_choices

NII = (build.nifti, ".nii.gz")
T, P = build.blocks(), build.blocks(seed=5)


def line(*metrics, classes=ClassList(), **choices):  # noqa: B008 - a frozen value
    """The signature of a request."""
    chosen = settings(*metrics, **choices)
    asked = [resolve_metric(m) for m in chosen.metrics]
    parts = signature_fields(chosen, asked, classes, unsaid_choices(asked))
    return signature_line(parts)


def test_the_line_of_a_plain_request():
    metrics, *rest = line("dice", "iou").split("|")
    assert metrics == "dice,iou"
    assert rest[:4] == ["kind:auto", "gt_kind:labels", "activation:auto", "threshold:0.5"]
    assert {"resample:never", "undefined:exclude", "background:no"} < set(rest)
    assert rest[-1] == f"numbers:{NUMBERS}"


def test_metrics_have_their_defaults_written_out():
    assert line("ece").startswith("ece@15:as=torchmetrics:bins=width:box=none|")
    assert line("ece@10:as=monai").startswith("ece@10:as=monai:box=none:right=no|")
    assert line("fbeta").startswith("fbeta@1|")


def test_classes_and_spacing():
    text = line(classes=parse_classes("5=liver,1+2=tumour"), spacing=(3.0, 0.5, 0.5))
    assert "|classes:5=liver,1+2=tumour|" in text
    assert "|spacing:3,0.5,0.5|" in text


def test_many_classes_are_a_number_and_a_checksum():
    many = parse_classes(",".join(f"{i}=c{i}" for i in range(1, 30)))
    other = parse_classes(",".join(f"{i}=c{i}" for i in range(2, 31)))
    assert "|classes:29#" in line(classes=many)
    assert line(classes=many) != line(classes=other)


@pytest.mark.parametrize(
    "change",
    [
        {"colour": (1, 2, 3)},
        {"aliases": ("hepar",)},
        {"labels": (2,)},
        {"name": "x"},
        {"tolerance": "2mm"},
    ],
)
def test_what_a_class_stands_for_is_signed(change):
    plain = {"name": "liver", "labels": (1,)}
    one, other = (ClassList((ClassDef(**c),)) for c in (plain, plain | change))
    assert line(classes=one) != line(classes=other)


def test_an_ignored_label_of_the_data_is_signed():
    assert "|ignore_label:9|" in line(classes=ClassList(ignore=9))


def test_charges_and_tables_are_spelled_out():
    charges = tuple(map(parse_charge, ("hd95.pred_empty=374.0mm", "dice.gt_empty=undefined")))
    text = line(charges=charges, tolerances=("flare-2022",))
    assert "|tolerances:flare-2022|charges:hd95.pred_empty=374mm,dice.gt_empty=undefined|" in text


def test_no_path_is_in_it(tmp_path):
    text = line(resample=str(tmp_path / "grid.nii.gz"))
    assert "|resample:grid.nii.gz|" in text
    assert str(tmp_path) not in text


def lumps(path):
    """Two voxels that share a corner, of which one is found, and one more."""
    truth, pred = np.zeros((2, 6, 7), np.uint8), np.zeros((2, 6, 7), np.uint8)
    truth[0, 0, 0] = truth[1, 1, 1] = pred[0, 0, 0] = pred[0, 5, 5] = 1
    truth[0, 3, 3:6] = pred[0, 3, 3:6] = 1
    pred_file = build.nifti(path / "pred.nii.gz", pred)
    return pred_file, build.nifti(path / "gt.nii.gz", truth)


def maps(path):
    (path / "pred").mkdir()
    (path / "gt").mkdir()
    for name, pred in (("a", P), ("b", None)):
        build.nifti(path / "gt" / f"{name}.nii.gz", T)
        if pred is not None:
            build.nifti(path / "pred" / f"{name}.nii.gz", pred)
    return path / "pred", path / "gt"


def pictures(path):
    build.png(path / "pred" / "a.png", P[0])
    build.png(path / "gt" / "a.png", T[0])
    return path / "pred", path / "gt"


def scores(path):
    (path / "pred").mkdir()
    (path / "gt").mkdir()
    build.stack(path / "pred" / "a.nii.gz", soft(3))
    build.nifti(path / "gt" / "a.nii.gz", T % 3)
    return path / "pred", path / "gt"


def one_score(path):
    (path / "pred").mkdir()
    (path / "gt").mkdir()
    build.nifti(path / "pred" / "a.nii.gz", sigmoids(1)[0])
    build.nifti(path / "gt" / "a.nii.gz", (T == 1).astype(np.float32))
    return path / "pred", path / "gt"


def square(path):
    """Three channels of three slices: two axes fit."""
    cube = np.moveaxis(np.random.default_rng(0).dirichlet(np.ones(3), (3, 3, 3)), -1, 0)
    cube = np.stack([cube[0], cube[1], 1 - cube[0] - cube[1]]).astype(np.float32)
    build.npy(path / "pred" / "a.npy", cube)
    build.npy(path / "gt" / "a.npy", (np.arange(27) % 3).astype(np.uint8).reshape(3, 3, 3))
    return path / "pred", path / "gt"


def class_files(path):
    empty = np.zeros_like(T)
    one, two = (T == 1).astype(np.uint8), (T == 2).astype(np.uint8)
    build.folder(path / "pred" / "c", NII, liver=empty, spleen=two)
    build.folder(path / "gt" / "c", NII, liver=one)
    return path / "pred", path / "gt"


def smaller(path):
    grid = build.Geometry((4, 5, 4), build.GRID.spacing, build.GRID.origin, build.GRID.directions)
    (path / "pred").mkdir()
    (path / "gt").mkdir()
    build.nifti(path / "pred" / "a.nii.gz", P[..., :4].copy(), grid)
    build.nifti(path / "gt" / "a.nii.gz", T)
    return path / "pred", path / "gt"


def series(path):
    """Two frames of masks in a file."""
    for side, array in (("pred", P), ("gt", T)):
        (path / side).mkdir()
        build.stack(path / side / "a.nii.gz", np.stack([array == 1, array == 2]).astype(np.uint8))
    return path / "pred", path / "gt"


def coloured(path):
    """Pictures of colours, one of which no class has."""
    colours = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [1, 2, 3]], np.uint8)
    build.png(path / "pred" / "a.png", colours[P[0] % 3])
    build.png(path / "gt" / "a.png", colours[T[0] % 4])
    return path / "pred", path / "gt"


def larger(path):
    """A prediction that reaches beyond the ground truth; `--resample gt` is chosen beside."""
    pred, gt = smaller(path)
    return gt, pred


def shifted(path):
    """The same voxels under two headers."""
    moved = build.Geometry(
        build.GRID.shape, build.GRID.spacing, (5.0, 6.0, 7.2), build.GRID.directions
    )
    (path / "pred").mkdir()
    (path / "gt").mkdir()
    build.nifti(path / "pred" / "a.nii.gz", P, moved)
    build.nifti(path / "gt" / "a.nii.gz", T)
    return path / "pred", path / "gt"


def structure_sets(path, pred, gt, series=True, **more):
    """A patient with one structure a side, or one a file where there are several."""
    if series:
        dicom_build.series(path / "gt" / "P1" / "CT", (8, 20, 20), (2.0, 1.0, 1.0))
    for side, files in (("pred", pred), ("gt", gt)):
        for name, rings in files.items():
            organs = [dicom_build.Organ("Heart", rings)]
            file = path / side / "P1" / f"{name}.dcm"
            dicom_build.rtstruct(file, organs, **(more if side == "pred" else {}))
    return path / "pred", path / "gt"


def squares(low, high, heights=(2, 4, 6)):
    return [dicom_build.square(low, high, z) for z in heights]


WHOLE = squares(3.5, 9.5)


def on_centres(path):
    return structure_sets(path, {"a": squares(3, 9)}, {"a": squares(3, 9)})


def two_files(path):
    both = {"a": squares(3.5, 8.5), "b": WHOLE}
    return structure_sets(path, both, {"a": WHOLE, "b": squares(1.5, 8.5)})


def crossing(path):
    rings = [dicom_build.square(3.5, 9.5, 4), dicom_build.square(6.5, 12.5, 4)]
    return structure_sets(path, {"a": rings}, {"a": WHOLE})


def with_gap(path):
    return structure_sets(path, {"a": squares(3.5, 9.5, (2, 6))}, {"a": WHOLE})


def broken(path):
    return structure_sets(
        path, {"a": [*WHOLE, dicom_build.Ring(WHOLE[0].points, count=9)]}, {"a": WHOLE}
    )


def no_series(path):
    return structure_sets(path, {"a": squares(3.5, 9.9)}, {"a": WHOLE}, series=False)


def other_frame(path):
    return structure_sets(path, {"a": WHOLE}, {"a": WHOLE}, frame="9.9", uid="")


def regions(path):
    """Two RoIs of one map against an instance map."""
    rng = np.random.default_rng(3)
    boxes = np.array([[2.3, 1.1, 9.6, 8.2], [7.2, 6.4, 14.1, 15.3]])
    arrays = {"boxes": boxes, "labels": np.array([0, 0]), "scores": np.array([0.9, 0.3])}
    (path / "pred").mkdir()
    np.savez(path / "pred" / "a.npz", masks=rng.normal(0, 4, (2, 1, 7, 7)), **arrays)
    ids = np.zeros((16, 16), np.uint16)
    ids[2:8, 3:9], ids[7:15, 8:14] = 1001, 2001
    build.npy(path / "gt" / "a.npy", ids)
    return path / "pred", path / "gt"


def low(path):
    """Logits of a third of the size, and those of the mirrored picture."""
    rng = np.random.default_rng(5)
    for folder in ("pred", "flipped"):
        (path / folder).mkdir()
        np.savez(path / folder / "a.npz", logits=rng.normal(0, 3, (3, 4, 5)))
    build.npy(path / "gt" / "a.npy", rng.integers(0, 3, (12, 15)).astype(np.uint8))
    return path / "pred", path / "gt"


def mirrored(path):
    return low(path)


def organs(path):
    empty = np.zeros_like(T)
    brain = (T == 1).astype(np.uint8)
    build.folder(path / "pred" / "c", NII, Brain=brain, Liver=empty)
    build.folder(path / "gt" / "c", NII, Brain=np.roll(brain, 1, 1), Liver=brain)
    return path / "pred", path / "gt"


# Each signed field: the input, a value and another one that gives other numbers.
SIGNED = {
    "kind": (one_score, "prob", "logits"),
    "gt_kind": (one_score, "labels", "prob"),
    "activation": (scores, "auto", "none"),
    "threshold": (one_score, 0.5, 0.7),
    "ci": (maps, None, 0.9),
    "seed": (maps, 0, 1),
    "channel_axis": (square, 0, 1),
    "spacing": (pictures, None, (2.0, 2.0)),
    "ignore_label": (maps, (), (3,)),
    "resample": (smaller, "gt", "pred"),
    "remap_pred": (maps, (), ((2, 1),)),
    "remap_gt": (maps, (), ((1, 2), (2, 1))),
    "frames": (series, False, True),
    "unlisted": (coloured, "error", "ignore"),
    "resample_loss": (larger, "error", "accept"),
    "geometry": (shifted, "own", "gt"),
    "paste": (regions, "detectron2", "torchvision"),
    "min_score": (regions, 0.0, 0.5),
    "roi_offset": (regions, 1, 2),
    "instances": (regions, "1000", "500"),
    "connectivity": (lumps, "26", "6"),
    "min_size": (lumps, "", "2px"),
    "upsample": (low, "align_corners", "half_pixel"),
    "flip": (mirrored, "logit_sum", "softmax_mean"),
    "missing": (maps, "skip", "worst"),
    "absent_gt": (class_files, "not-annotated", "empty"),
    "undefined": (class_files, "exclude", "worst"),
    "background": (maps, False, True),
    "tolerances": (organs, ("flare-2022",), ("nikolov-2021",)),
    "charges": (organs, (), (parse_charge("dice.pred_empty=0.5"),)),
    "pred_select": (two_files, "a*", "b*"),
    "gt_select": (two_files, "a*", "b*"),
    "rt_boundary": (on_centres, "centre", "inclusive"),
    "pred_rt_boundary": (on_centres, "same", "inclusive"),
    "gt_rt_boundary": (on_centres, "same", "inclusive"),
    "rt_overlap": (crossing, "parity", "union"),
    "rt_fill_gaps": (with_gap, "none", "nearest"),
    "rt_bad_contour": (broken, "error", "skip"),
    "rt_grid": (no_series, 1.0, 0.5),
    "ignore_frame_of_reference": (other_frame, False, True),
}
# The same rows: another sense of them (the reference is shares), or only intervals differ.
SAME_NUMBERS = ("gt_kind", "ci", "seed")
METRICS = ("dice", "precision", "pred_volume", "l2")


def numbers(card):
    """Everything that a report could print of a run."""
    return [
        (r.case, r.class_, r.metric, None if math.isnan(r.value) else r.value, r.unit, r.status)
        for case in card.cases
        for r in case.rows
    ]


@pytest.mark.parametrize("name", SIGNED)
def test_a_signed_choice_changes_the_line(tmp_path, name):
    make, one, other = SIGNED[name]
    sides = make(tmp_path)
    rest = {"roi_offset": 1, "instances": "1000"} if make is regions else {}
    if name == "seed":
        rest = {"ci": 0.9}
    if make is mirrored:
        rest = {"upsample": "half_pixel", "flipped": str(tmp_path / "flipped")}
    if make is larger:
        rest = {"resample": "gt"}
    if make is two_files:  # the other side is to be one file
        rest = {"gt_select": "a*", "pred_select": "a*"}
    metrics = (*METRICS, "nsd") if name == "tolerances" else METRICS
    metrics = ("lesion_f1", "lesion_count_difference") if make is lumps else metrics
    if make is coloured:
        red, green = ClassDef("red", (1,), (9, 0, 0)), ClassDef("green", (2,), (0, 9, 0))
        rest = {"classes": labelled_class_list((red, green))}
    if name == "resample":
        rest = {"resample_loss": "accept"}
    cards = [run(*sides, *metrics, **rest | {name: choice}) for choice in (one, other)]
    assert cards[0].signature != cards[1].signature
    assert cards[0].fields != cards[1].fields
    if name not in SAME_NUMBERS:
        assert numbers(cards[0]) != numbers(cards[1])


def test_every_signed_choice_is_tried():
    assert {f.name for f in fields(Settings) if f.metadata["signed"]} == set(SIGNED)


# What names the input, or the metrics, which are in the line themselves.
INPUTS = ("pairs", "classes", "aliases", "layout", "pair_regex_pred", "pair_regex_gt", "strict",
          "images", "case_key")  # fmt: skip
OUTPUTS = ("aux", "flipped", "weights", "weight_maps")
ENGINES = ("scheduler",)  # tests/engines/test_cluster.py
METRIC_CHOICES = ("metrics", "preset", "gates", "size_bins")
BARS = ("baseline",)
FREE = {
    "output": ("x.json",), "format": "json", "wide": True, "digits": 9, "per_case": True,
    "worst": 3, "quiet": True, "verbose": 2, "log_file": "x.log", "color": "always",
    "progress": "none", "safe_csv": True, "percent": True, "jobs": 2,
    "error": ("W-x",), "ignore": ("W-x",),
    "exit_zero": True,
    "policy": "any", "baseline_tolerance": (parse_gate("dice=0.1"),), "adjust": "none",
    "allow_different_settings": True, "allow_different_cases": True,
    "allow_different_truth": True, "only_gates": True, "leads": "pooled",
    "max_memory": 1 << 20, "resume": True, "shard": "1/1", "no_ci": True,
    "pictures": 3, "window": "lung", "error_maps": "maps", "error_maps_by": "class",
}  # fmt: skip


@pytest.mark.parametrize("name", FREE)
def test_a_free_choice_changes_neither_number_nor_line(tmp_path, name):
    sides = maps(tmp_path)
    one, other = run(*sides, *METRICS), run(*sides, *METRICS, **{name: FREE[name]})
    assert one.signature == other.signature
    assert one.fields == other.fields
    assert numbers(one) == numbers(other)


def test_every_free_choice_is_tried():
    free = {f.name for f in fields(Settings) if not f.metadata["signed"]}
    assert free == {*FREE, *INPUTS, *OUTPUTS, *ENGINES, *METRIC_CHOICES, *BARS}


def test_a_gate_adds_its_metric_to_the_line(tmp_path):
    card = run(*maps(tmp_path), "dice", gates=(parse_gate("iou=0.5"),))
    assert card.signature.startswith("dice,iou|")
