"""Scorecards of the sizes and kinds that the HTML report is looked at with; made, seeded.

patients(50)       contours of a planning CT: 20 organs, Dice, HD95, surface Dice, volume difference
pictures(30)       label pictures of 19 classes with their confusion
probabilities(8)   one independent class with reliability bins
nothing()          every case unreadable
"""

from __future__ import annotations

import math
import random

from cards import NAN, card, unscored

from segeval.gates.judge import judge_scorecard
from segeval.request.grammar import parse_gate
from segeval.request.settings import Settings
from segeval.runtime.errors import Note
from segeval.runtime.frozen import replace
from segeval.scorecard.card import CaseResult, Row
from segeval.scoring.pooling import GroupPools

ORGANS = {
    "Brainstem": (25.0, 0.90), "SpinalCord": (22.0, 0.86), "Parotid_L": (28.0, 0.87),
    "Parotid_R": (27.0, 0.87), "Submand_L": (9.0, 0.82), "Submand_R": (9.0, 0.83),
    "Mandible": (60.0, 0.93), "OpticNrv_L": (0.6, 0.68), "OpticNrv_R": (0.6, 0.69),
    "OpticChiasm": (0.4, 0.55), "Larynx": (20.0, 0.85), "Esophagus": (11.0, 0.78),
    "Lung_L": (1600.0, 0.98), "Lung_R": (1900.0, 0.98), "Heart": (680.0, 0.94),
    "Thyroid": (15.0, 0.84), "Cochlea_L": (0.1, 0.62), "Cochlea_R": (0.1, 0.63),
    "Lips": (18.0, 0.76), "Oral_Cavity": (120.0, 0.90),
}  # fmt: skip
STREET = [
    "road",
    "sidewalk",
    "building",
    "wall",
    "fence",
    "pole",
    "traffic_light",
    "traffic_sign",
    "vegetation",
    "terrain",
    "sky",
    "person",
    "rider",
    "car",
    "truck",
    "bus",
    "train",
    "motorcycle",
    "bicycle",
]


def row(case, class_, metric, value, unit="", reason="", group=""):
    """A row; nan is undefined."""
    status = "undefined" if math.isnan(value) else "ok"
    return Row(case, class_, metric, value, unit, status, reason, group)


def patients(count=50, seed=1, groups=("",), name="PAT{:03d}"):
    """Cases of organs: some are missed or spurious, some cases were not scored."""
    chance = random.Random(seed)
    made = []
    for number in range(1, count + 1):
        case, group = name.format(number), groups[number % len(groups)]
        if number % 17 == 0:
            made.append(
                unscored(
                    case,
                    "geometry_mismatch",
                    group,
                    message="prediction and ground truth are on different grids",
                    facts=["pred 512×512×98, 0.98×0.98×3 mm", "gt 512×512×196, 0.98×0.98×1.5 mm"],
                    help="--resample gt puts the prediction on the ground truth's grid",
                )
            )
            continue
        made.append(_patient(case, group, chance))
    return made


def _patient(case, group, chance):
    rows, classes = [], {}
    voxel = 0.00286
    for organ, (ml, dice) in ORGANS.items():
        size = max(20, round(ml * math.exp(chance.gauss(0, 0.25)) / voxel))
        fate = chance.random()
        score = min(0.995, max(0.05, dice + chance.gauss(0, 0.18 * (1 - dice) + 0.012)))
        if fate < 0.004:
            classes[organ] = [0, 0, size, 10**7]
            cells = [(0.0, ""), (NAN, "mm"), (0.0, ""), (-size * voxel, "ml")]
            reason = "pred_empty"
        elif fate < 0.007:
            classes[organ] = [0, size, 0, 10**7]
            cells = [(0.0, ""), (NAN, "mm"), (0.0, ""), (size * voxel, "ml")]
            reason = "gt_empty"
        else:
            both = round(size * score)
            more = round((size - both) * chance.uniform(0.6, 1.5))
            less = size - both
            classes[organ] = [both, more, less, 10**7]
            far = 1.0 + 22 * (1 - score) * chance.uniform(0.6, 1.6)
            near = min(1.0, max(0.0, score + chance.gauss(0.05, 0.03)))
            cells = [
                (2 * both / (2 * both + more + less), ""),
                (far, "mm"),
                (near, ""),
                ((more - less) * voxel, "ml"),
            ]
            reason = ""
        names = ("dice", "hd95", "nsd@2mm", "volume_difference")
        rows += [
            row(case, organ, m, v, unit, reason, group)
            for m, (v, unit) in zip(names, cells, strict=True)
        ]
    sets = {
        side: {
            "label": word,
            "rois": {o: {"number": k} for k, o in enumerate(ORGANS)} | extra,
            "names": {o: (o if side == "gt" else o.lower()) for o in ORGANS},
        }
        for side, word, extra in (
            ("pred", "network", {"Bolus": {}}),
            ("gt", "clinic", {"BODY": {}}),
        )
    }
    return CaseResult(
        case,
        f"{case}/RS.pred.dcm",
        f"{case}/RS.dcm",
        tuple(rows),
        group=group,
        classes=tuple(ORGANS),
        tallies={"counts": {"classes": classes, "unit": "ml", "voxel": voxel}},
        facts={
            "shape": [512, 512, 98],
            "spacing": [0.977, 0.977, 3.0],
            "kind": {"pred": "labels", "gt": "labels"},
            "structures": sets,
        },
        notes=(Note("W-cut-structure", "cut by the edge of the image: Lung_L", case),)
        if chance.random() < 0.2
        else (),
    )


def pictures(count=30, seed=2):
    """Label pictures of 19 classes."""
    chance = random.Random(seed)
    k = len(STREET)
    made = []
    for number in range(count):
        case = f"frankfurt_{number:06d}_leftImg8bit"
        cells = {}
        for t in range(k):
            whole = round(2e6 * math.exp(-0.28 * t) * chance.uniform(0.2, 1.6))
            if t > 12 and chance.random() < 0.5:
                continue
            right = round(whole * chance.uniform(0.6 if t > 3 else 0.9, 0.99))
            cells[t, t] = right
            left = whole - right
            for _ in range(3):
                p = min(k - 1, max(0, t + chance.choice([-3, -2, -1, 1, 2, 4])))
                part = left // 3
                if p != t and part:
                    cells[t, p] = cells.get((t, p), 0) + part
        total = sum(cells.values())
        table = {}
        rows = []
        for c, name in enumerate(STREET):
            tp = cells.get((c, c), 0)
            fn = sum(n for (t, p), n in cells.items() if t == c and p != c)
            fp = sum(n for (t, p), n in cells.items() if p == c and t != c)
            table[name] = [tp, fp, fn, total - tp - fp - fn]
            size = tp + fp + fn
            reason = (
                ""
                if tp + fn and tp + fp
                else ("both_empty" if not size else "gt_empty" if tp + fp else "pred_empty")
            )
            rows.append(row(case, name, "iou", tp / size if size else NAN, "", reason))
        rows.append(
            row(case, "all", "pixel_accuracy", sum(cells.get((c, c), 0) for c in range(k)) / total)
        )
        made.append(
            CaseResult(
                case,
                f"{case}.png",
                f"{case}.png",
                tuple(rows),
                classes=tuple(STREET),
                tallies={
                    "counts": {
                        "classes": table,
                        "unit": "px",
                        "voxel": 1.0,
                        "confusion": [[t, p, n] for (t, p), n in sorted(cells.items())],
                    }
                },
                facts={
                    "shape": [2048, 1024],
                    "spacing": None,
                    "kind": {"pred": "labels", "gt": "labels"},
                },
            )
        )
    return made


def probabilities(count=8, seed=3):
    """One class with its probabilities in 15 bins."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        case = f"lesion_{number:02d}"
        bins = []
        for b in range(16):
            n = chance.randrange(500, 90000) if b < 15 else 0
            confidence = (b + chance.random()) / 15
            bins.append([float(n), n * confidence, float(round(n * confidence**1.4))])
        size = sum(b[0] for b in bins)
        gap = sum(abs(b[2] - b[1]) for b in bins) / size
        both, more, less = (chance.randrange(100, 4000) for _ in range(3))
        rows = (
            row(case, "lesion", "dice", 2 * both / (2 * both + more + less)),
            row(case, "lesion", "ece:as=torchmetrics_binary", gap),
            row(case, "all", "ece:as=torchmetrics_binary", gap),
        )
        made.append(
            CaseResult(
                case,
                f"{case}.nii.gz",
                f"{case}.nii.gz",
                rows,
                classes=("lesion",),
                tallies={
                    "counts": {
                        "classes": {"lesion": [both, more, less, 10**6]},
                        "unit": "ml",
                        "voxel": 0.01,
                    },
                    "sums": {
                        "classes": ["lesion"],
                        "exclusive": False,
                        "logits": False,
                        "soft": False,
                        "cases": 1,
                        "voxels": int(size),
                        "valid": int(size),
                        "table": [[0.0]] * 11,
                        "pieces": {"class_bins:15:torchmetrics:True": [bins]},
                    },
                },
                facts={
                    "shape": [96, 96, 40],
                    "spacing": [1.0, 1.0, 3.0],
                    "kind": {"pred": "prob", "gt": "labels"},
                },
            )
        )
    return made


def nothing(count=3):
    """Cases of which none can be read."""
    return [
        unscored(
            f"case_{k}",
            "unreadable",
            message="not a readable NIfTI file (end of file)",
            where=f"case_{k}.nii.gz",
            facts=["0 bytes"],
            help="copy the file again",
        )
        for k in range(count)
    ]


def whole(results, *metrics, gates=(), pooled=True, **more):
    """The scorecard of results, judged by gates as on the command line."""
    has_sums = any("sums" in one.tallies for one in results)
    pools = GroupPools(results) if pooled and not has_sums else None
    made = card(results, *metrics, pools=pools, **more)
    made = replace(made, fields={"metrics": {m: m for m in made.metrics}, **made.fields})
    if not gates:
        return made
    settings = Settings(gates=tuple(parse_gate(text) for text in gates))
    return replace(made, gates=judge_scorecard(made, settings, accept=False).verdicts)
