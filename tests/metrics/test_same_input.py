"""The table of docs/instances.md, "same input, different numbers": every row is computed here.

A row is a case of the oracles, a metric in a convention, and the record in which the value of the
program stands. `python -m tests.metrics.test_same_input` prints the rows as the page has them.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1]))

from segeval.kernels.froc import (
    CAMELYON,
    LUNA16,
    curve_points,
    interpolate_sensitivities,
    nearest_in_order,
)
from segeval.metrics.panoptic_conventions import CONVENTIONS
from segeval.metrics.registry import find_convention, find_metric
from segeval.tallies.instance_tables import InstanceTables
from tests.metrics import test_candidates as candidates
from tests.metrics import test_detections as detections
from tests.metrics import test_instance_oracles as oracles

PAGE = Path(__file__).parents[2] / "docs" / "instances.md"
GLI, MEN, MET = (f"as=brats-2023:{oracles.CHALLENGES[f'BraTS-{c}']}" for c in ("GLI", "MEN", "MET"))

# Case and scene, metric, program, record, and where its value stands among several.
ROWS = (
    ("panoptica_ties", "pq:as=panoptica", "panoptica", "naive_50_pq", 2),
    ("cells_ties", "pq:as=stardist", "stardist", "sd_0.5_pq", 0),
    ("cells_ties", "pq:as=hovernet", "HoVer-Net", "hover_pq_0.5", 2),
    ("cells_ties", "pq:as=monai", "MONAI", "monai_pq_0.5", 0),
    ("mr_instances, ties", "pq:as=metrics-reloaded", "MetricsReloaded",
     "ties_mask_iou_0.5_greedy", 3),
    ("panoptica_ties", "pq:as=panoptica:hit=dice", "panoptica", "naive_dice_50_pq", 2),
    ("panoptica_ties", "pq@30%:as=panoptica:match=many", "panoptica", "naive_30_many_pq", 2),
    ("panoptica_ties", "pq:as=panoptica:match=merge", "panoptica", "merge_50_pq", 2),
    ("panoptica_3d", "pq@10%:as=panoptica:match=optimal", "panoptica", "bipartite_10_pq", 2),
    ("cells_ties", "cell_ap", "stardist", "dsb_mean", None),
    ("cells_ties", "cell_ap:as=dsb", "DSB-2018 formula", "dsb_strict", None),
    ("cells_ties", "aji", "HoVer-Net", "aji", None),
    ("cells_ties", "aji_plus", "HoVer-Net", "aji_plus", None),
    ("cells_ties", "aji:as=cellpose", "Cellpose", "cellpose_aji", None),
    ("cells_ties", "dice2", "HoVer-Net", "dice_2", None),
    ("cells_cells", "pq:as=stardist", "stardist", "sd_0.5_pq", 0),
    ("cells_cells", "pq:as=hovernet", "HoVer-Net", "hover_pq_0.5", 2),
    ("cells_cells", "pq:as=monai", "MONAI", "monai_pq_0.5", 0),
    ("cells_cells", "cell_ap", "stardist", "dsb_mean", None),
    ("cells_cells", "cell_ap:as=dsb", "DSB-2018 formula", "dsb_strict", None),
    ("cells_cells", "aji", "HoVer-Net", "aji", None),
    ("cells_cells", "aji_plus", "HoVer-Net", "aji_plus", None),
    ("cells_cells", "aji:as=cellpose", "Cellpose", "cellpose_aji", None),
    ("cells_dataset, pooled", "pq:as=stardist", "stardist", "sd_dataset_pooled_0.5_pq", 0),
    ("cells_pannuke", "pq:as=pannuke", "PanNuke-metrics, mPQ", "mpq", None),
    ("cells_pannuke", "pq:as=pannuke:classes=union", "PanNuke-metrics, bPQ", "bpq", None),
    ("panoptic_void", "pq", "panopticapi", "coco_all_pq", None),
    ("panoptic_void", "pq:as=deeplab2", "deeplab2", "deeplab2_summary", 0),
    ("panoptic_void", "pq:as=torchmetrics", "torchmetrics", "tm_mean", 0),
    ("panoptic_void", "pq:as=torchmetrics:stuff=modified", "torchmetrics", "tm_modified", None),
    ("panoptic_crowd", "pq", "panopticapi", "coco_all_pq", None),
    ("panoptic_crowd", "pq:as=deeplab2", "deeplab2", "deeplab2_summary", 0),
    ("lesion_detection, corner_touch, 26 neighbours", "lesion_f1:as=isles", "ISLES 2022",
     "corner_touch_isles_f1_26", None),
    ("lesion_detection, corner_touch, 18 neighbours", "lesion_f1:as=isles", "ISLES 2022",
     "corner_touch_isles_f1_18", None),
    ("lesion_detection, corner_touch, 6 neighbours", "lesion_f1:as=isles", "ISLES 2022",
     "corner_touch_isles_f1_6", None),
    ("lesion_detection, many", "lesion_f1:as=isles", "ISLES 2022", "many_isles_f1_26", None),
    ("lesion_detection, many", "lesion_count_difference:as=isles", "ISLES 2022",
     "many_isles_count_26", None),
    ("lesion_detection, many", "lesion_recall:as=ivadomed:overlap=1px", "ivadomed",
     "many_ltpr_1vox", None),
    ("lesion_detection, many", "lesion_recall:as=ivadomed:overlap=3px", "ivadomed",
     "many_ltpr_3vox", None),
    ("lesion_detection, many", "lesion_recall:as=ivadomed:overlap=20%", "ivadomed",
     "many_ltpr_ratio20", None),
    ("lesion_detection, many", "lesion_fp_volume:as=autopet", "autoPET, ml", "many_fp_volume",
     None),
    ("lesion_detection, many", "lesion_fn_volume:as=autopet", "autoPET, ml", "many_fn_volume",
     None),
    ("lesion_brats2023, joined ET", f"lesion_dice:{GLI}", "BraTS-2023-Metrics, GLI",
     "joined_GLI_ET_dice", None),
    ("lesion_brats2023, joined ET", f"lesion_dice:{MEN}", "BraTS-2023-Metrics, MEN",
     "joined_MEN_ET_dice", None),
    ("lesion_brats2023, joined ET", f"lesion_dice:{MET}", "BraTS-2023-Metrics, MET",
     "joined_MET_ET_dice", None),
    ("lesion_brats2023, joined ET", f"lesion_hd95:{GLI}", "BraTS-2023-Metrics, GLI, mm",
     "joined_GLI_ET_hd95", None),
    ("panoptica_3d", "lesion_dice:as=panoptica", "panoptica, sq_dsc", "naive_50_dice", 0),
    ("panoptica_3d", "pq_dice:as=panoptica", "panoptica, pq_dsc", "naive_50_dice", 1),
    ("panoptica_3d", "lesion_hd95:as=panoptica", "panoptica, mm", "naive_50_surface", 1),
    ("coco_main", "ap", "pycocotools", "AP", None),
    ("coco_main", "ap:hit=box", "pycocotools", "bbox", 0),
    ("coco_main", "ap:classes=union", "pycocotools, useCats=0", "class_agnostic", 0),
    ("coco_main", "boundary_ap", "faster-coco-eval", "faster_boundary", 0),
    ("lvis_federated", "ap:as=lvis", "lvis", "AP", None),
    ("cityscapes_instances", "ap:as=cityscapes", "cityscapesScripts", "ap", None),
    ("lesion_picai", "lesion_ap:as=picai", "picai_eval", "ap_0.1_allow", None),
    ("lesion_picai", "lesion_ap:as=picai:extra=fp", "picai_eval", "ap_0.1_fp", None),
    ("lesion_picai", "froc@1:as=picai", "picai_eval", "froc_1_0.1_allow", None),
    ("lesion_points", "froc", "MONAI", "froc_score", None),
    ("lesion_points", "froc:as=luna16", "MONAI, rates of LUNA16", "froc_score_luna", None),
    ("lesion_points, scene 0", "f1@5mm:as=grand-challenge", "grand-challenge-metrics",
     "points_0_5.0", "f1"),
)  # fmt: skip


def record_of(case, name):
    """A record, by its id."""
    told = oracles.case_of(case.partition(",")[0])[0]
    return next(record for record in told["expected"] if record["id"] == name)


def printed(case, name, place):
    """The value of a program."""
    value = record_of(case, name)["value"]
    if place == "f1":
        found, missed, false = value
        return 2 * found / (2 * found + missed + false)
    return float(value if place is None else value[place])


def computed(case, metric, record):
    """What segeval says of the same input."""
    case, _, scene = case.partition(", ")
    family = case.split("_")[0]
    if case == "cells_pannuke":
        return oracles.pannuke(record)
    if family == "panoptic":
        return oracles.whole_of(metric, panoptic_images(case), "all")
    if family == "lesion" and case in ("lesion_picai", "lesion_points"):
        return {"lesion_picai": of_maps, "lesion_points": of_points}[case](metric, record)
    if case in ("coco_main", "lvis_federated", "cityscapes_instances"):
        return detections.value(scored(case), metric)
    if case == "cells_dataset":
        return oracles.data_set(record)[0]
    return oracles.ask(metric, tables_of(case, scene, record))


def tables_of(case, scene, record):
    """The instances of a case."""
    if case.startswith("panoptica"):
        return oracles.panoptica_case(case, record["params"])
    if case == "lesion_brats2023":
        truth, pred = oracles.scene(case, record["params"])
        region = record["params"]["region"]
        spacing = tuple(record["params"]["spacing"])
        return oracles.components_of(truth, pred, {region: oracles.REGIONS[region]}, spacing)
    if case == "lesion_detection":
        truth, pred = oracles.scene(case, record["params"])
        near = scene.rpartition(", ")[2].removesuffix(" neighbours")
        asked = {"connectivity": near} if near.isdecimal() else {}
        return oracles.components_of(
            truth, pred, spacing=tuple(record["params"]["spacing"]), **asked
        )
    if case == "mr_instances":
        arrays = oracles.case_of(case)[1]
        return oracles.instances_of(arrays[f"{scene}_gt"], arrays[f"{scene}_pred"])
    return oracles.cells(case)


@lru_cache
def panoptic_images(case):
    """The images of a panoptic case as a data set."""
    told = oracles.case_of(case)[0]
    things = {c["id"] for c in told["categories"] if c["isthing"]}
    every = [oracles.panoptic(case, image, things) for image in told["segments"]]
    for one in every:
        for place in range(6):
            one.tables(place)
    return InstanceTables.pool_cases(every)


@lru_cache
def scored(case):
    """The scored instances of a case."""
    if case == "cityscapes_instances":
        told, arrays = oracles.case_of(case)
        return detections.cityscapes(arrays, told["detections"], detections.CITYSCAPES)
    truth, pred = (detections.content(case)[f"coco_{side}"] for side in ("gt", "dt"))
    return detections.tables(truth, pred, union=True, boundary=True)


def of_maps(metric, _):
    """Detection maps."""
    return candidates.value(candidates.picai(), metric)


def of_points(metric, record):
    """Points, or what they hit."""
    if metric.startswith("f1"):
        points, scene = oracles.case_of("lesion_points")[1], record["params"]["scene"]
        truth, pred = (points[f"pts_{side}_{scene}"] for side in ("gt", "pred"))
        apart = np.linalg.norm(truth[:, None] - pred[None], axis=2)
        found, missed, false = nearest_in_order(apart, record["params"]["radius_mm"])
        return 2 * found / (2 * found + missed + false)
    scenes = list(candidates.lands())
    found, false = (np.concatenate([one[k] for one in scenes]) for k in (0, 1))
    count = int(sum(one[2] for one in scenes))
    rates, lowest = (LUNA16, True) if "luna16" in metric else (CAMELYON, False)
    points = curve_points(found, false, count, len(scenes), lowest)
    return interpolate_sensitivities(points, rates).mean()


def lines():
    """The rows as the page has them."""
    for case, metric, program, name, place in ROWS:
        ours, theirs = computed(case, metric, record_of(case, name)), printed(case, name, place)
        yield f"| `{case}` | `{metric}` | {ours:.4f} | {program} | {theirs:.4f} |"


def test_the_page_of_instances_says_what_is_computed():
    page = [row for row in PAGE.read_text("utf-8").splitlines() if row.startswith("| `")]
    made = list(lines())
    assert [row for row in page if row.count("|") == 6] == made
    for row in made:
        cells = row.strip("| ").split(" | ")
        assert cells[2] == cells[4], row


def test_every_convention_of_panoptic_quality_lesions_and_ap_has_a_row():
    asked = {metric.partition("@")[0].partition(":")[0]: set() for _, metric, *_ in ROWS}
    for _, metric, *_ in ROWS:
        name, origin = metric.partition("@")[0].partition(":")[0], "as=" in metric
        word = metric.partition("as=")[2].partition(":")[0]
        asked[name].add(word if origin else find_metric(name).origin)
    assert asked["pq"] == set(CONVENTIONS)
    for name in ("ap", "lesion_ap", "froc", "aji"):
        assert asked[name] == set(find_metric(name).origins), name
    ours = {"overlap", "signed"}  # which no program prints
    lesions = {o for n, own in asked.items() if n.startswith("lesion_") for o in own}
    assert lesions == {"isles", "ivadomed", "autopet", "brats-2023", "panoptica", "picai"}
    for name in ("lesion_recall", "lesion_fp_volume", "lesion_dice", "lesion_f1"):
        known = set(find_metric(name).origins) - ours
        assert known == asked[name], name
        assert all(find_convention(name, word).origin == word for word in known)


if __name__ == "__main__":
    print("\n".join(lines()))
