"""Metrics the slow and obvious way: sets of voxels, loops, no kernel and no library of distances.

Every function is written from the definition (`segeval metrics NAME`) and shares nothing with the
program. A mask is a set of index tuples, `box` the shape of the array, `step` millimetres along the
same axes. Undefined is nan.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence

Voxel = tuple[int, ...]
Mask = set[Voxel]
NAN = math.nan


def all_voxels(box: Sequence[int]) -> Iterable[Voxel]:
    """Every voxel of an array."""
    return itertools.product(*map(range, box))


def share(part: float, whole: float) -> float:
    """A ratio; undefined of nothing."""
    return part / whole if whole else NAN


# -- overlap --------------------------------------------------------------------------------------


def overlap(truth: Mask, pred: Mask, box: Sequence[int]) -> dict[str, float]:
    """What the counts of two masks say."""
    tp, fp, fn = len(truth & pred), len(pred - truth), len(truth - pred)
    n = math.prod(box)
    tn = n - tp - fp - fn
    r, p = tp + fn, tp + fp
    chance = (r * p + (n - r) * (n - p)) / n**2
    product = r * p * (n - r) * (n - p)
    sens, spec = share(tp, r), share(tn, tn + fp)
    return {
        "dice": share(2 * tp, r + p),
        "iou": share(tp, tp + fp + fn),
        "precision": share(tp, p),
        "recall": sens,
        "specificity": spec,
        "fbeta@2": share(5 * tp, 5 * tp + 4 * fn + fp),
        "accuracy": (tp + tn) / n,
        "balanced_accuracy": (sens + spec) / 2,
        "mcc": (tp * tn - fp * fn) / math.sqrt(product) if product else NAN,
        "kappa": share((tp + tn) / n - chance, 1 - chance) if chance != 1 else NAN,
        "volumetric_similarity": 1 - abs(p - r) / (p + r) if p + r else NAN,
        "false_positive_rate": share(fp, fp + tn),
        "false_negative_rate": share(fn, r),
        "relative_volume_difference": share(100 * (p - r), r),
    }


def of_all(truth: dict[Voxel, int], pred: dict[Voxel, int], labels: int) -> dict[str, float]:
    """Numbers of a whole label map."""
    n = len(truth)
    ious, sizes = [], []
    for label in range(1, labels + 1):
        t = {v for v, own in truth.items() if own == label}
        p = {v for v, own in pred.items() if own == label}
        if t | p:
            ious.append(len(t & p) / len(t | p))
            sizes.append(len(t))
    weighted = sum(i * s for i, s in zip(ious, sizes, strict=True))
    return {
        "pixel_accuracy": sum(truth[v] == pred[v] for v in truth) / n,
        "miou": sum(ious) / len(ious) if ious else NAN,
        "fwiou": share(weighted, sum(sizes)),
    }


# -- distances ------------------------------------------------------------------------------------


def border(mask: Mask) -> list[Voxel]:
    """Voxels with a face towards another voxel or the edge of the array."""

    def inside(voxel: Voxel, axis: int, by: int) -> bool:
        return (*voxel[:axis], voxel[axis] + by, *voxel[axis + 1 :]) in mask

    return sorted(
        v for v in mask if not all(inside(v, a, by) for a in range(len(v)) for by in (-1, 1))
    )


def to_other(here: Sequence[Voxel], there: Sequence[Voxel], step: Sequence[float]) -> list[float]:
    """Millimetres from each voxel to the nearest of others, sorted."""

    def square(a: Voxel, b: Voxel) -> float:
        return sum(((i - j) * s) ** 2 for i, j, s in zip(a, b, step, strict=True))

    return sorted(math.sqrt(min(square(a, b) for b in there)) for a in here)


def percentile(ordered: Sequence[float], share_of: float) -> float:
    """The percentile of sorted numbers, between two of them in proportion."""
    place = share_of / 100 * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def distances(truth: Mask, pred: Mask, step: Sequence[float]) -> dict[str, float]:
    """The distances of border voxels under the conventions that are made of them."""
    names = [
        *(f"hd:as={c}" for c in ("monai", "medpy", "metrics-reloaded", "panoptica")),
        *(f"hd95:as={c}" for c in ("monai", "medpy", "metrics-reloaded", "panoptica")),
        "hd80:as=monai", "assd:as=monai", "assd:as=metrics-reloaded", "masd:as=metrics-reloaded",
        "nsd@1.6mm:as=metrics-reloaded", "asd_gt_to_pred:as=monai", "asd_pred_to_gt:as=monai",
    ]  # fmt: skip
    if not truth or not pred:
        found = dict.fromkeys(names, NAN)
        if truth or pred:
            found["nsd@1.6mm:as=metrics-reloaded"] = 0.0
        return found
    t, p = border(truth), border(pred)
    forth, back = to_other(t, p, step), to_other(p, t, step)
    pooled = sorted(forth + back)
    mean = [sum(d) / len(d) for d in (forth, back)]

    def worst(at: float) -> float:
        return max(percentile(forth, at), percentile(back, at))

    near = sum(d <= 1.6 for d in pooled) / len(pooled)
    values = [
        *[pooled[-1]] * 4, worst(95), percentile(pooled, 95), worst(95), percentile(pooled, 95),
        worst(80), sum(pooled) / len(pooled), sum(pooled) / len(pooled), sum(mean) / 2,
        near, mean[0], mean[1],
    ]  # fmt: skip
    return dict(zip(names, values, strict=True))


# -- instances and topology -----------------------------------------------------------------------


def touching(box: Sequence[int], full: bool) -> list[Voxel]:
    """Steps to the neighbours of a voxel: over corners, or over faces alone."""
    steps = (s for s in itertools.product((-1, 0, 1), repeat=len(box)) if any(s))
    return [s for s in steps if full or sum(map(abs, s)) == 1]


def components(mask: Mask, steps: Sequence[Voxel]) -> list[Mask]:
    """Connected parts, in the order of their first voxels."""
    left, found = set(mask), []
    for start in sorted(mask):
        if start not in left:
            continue
        part, todo = {start}, [start]
        left.discard(start)
        while todo:
            here = todo.pop()
            for by in steps:
                there = tuple(i + j for i, j in zip(here, by, strict=True))
                if there in left:
                    left.discard(there)
                    part.add(there)
                    todo.append(there)
        found.append(part)
    return found


def most_pairs(fits: Sequence[Sequence[int]]) -> int:
    """The most pairs, one to one; `fits` are the predictions that each reference may take."""
    taken: dict[int, int] = {}

    def place(reference: int, seen: set[int]) -> bool:
        for pred in fits[reference]:
            if pred not in seen:
                seen.add(pred)
                if pred not in taken or place(taken[pred], seen):
                    taken[pred] = reference
                    return True
        return False

    return sum(place(reference, set()) for reference in range(len(fits)))


def instances(truth: Mask, pred: Mask, box: Sequence[int]) -> dict[str, float]:
    """Instances that are the connected parts of both masks."""
    steps = touching(box, full=True)
    t, p = components(truth, steps), components(pred, steps)
    iou = [[len(a & b) / len(a | b) for b in p] for a in t]

    def pairs(holds: Callable[[float], bool]) -> int:
        return most_pairs([[k for k, v in enumerate(row) if holds(v)] for row in iou])

    def found(at: float) -> float:
        return share(2 * pairs(lambda v: v >= at), len(t) + len(p))

    def accuracy(at: float) -> float:
        hits = pairs(lambda v: v >= at)
        return share(hits, len(t) + len(p) - hits)

    strict = [v for row in iou for v in row if v > 0.5]
    lesions = [lesion_overlap(a, p) for a in t]
    return {
        "pq": share(sum(strict), (len(t) + len(p)) / 2),
        "f1@50%": found(0.5),
        "f1@30%": found(0.3),
        "cell_ap@50%": accuracy(0.5),
        "aji": aggregated_jaccard(t, p, iou),
        "lesion_dice": sum(lesions) / len(lesions) if lesions else NAN,
    }


def lesion_overlap(lesion: Mask, parts: Sequence[Mask]) -> float:
    """Dice of a lesion and all predictions that touch it."""
    met = set().union(*(part for part in parts if part & lesion))
    return 2 * len(lesion & met) / (len(lesion) + len(met))


def aggregated_jaccard(
    t: Sequence[Mask], p: Sequence[Mask], iou: Sequence[Sequence[float]]
) -> float:
    """Every reference takes its best prediction, which may serve twice."""
    if not t and not p:
        return NAN
    both = either = 0
    used = set()
    for a, row in zip(t, iou, strict=True):
        best = max(range(len(p)), key=lambda k: (row[k], -k), default=-1)
        if best < 0 or not row[best]:
            either += len(a)
            continue
        used.add(best)
        both += len(a & p[best])
        either += len(a | p[best])
    return both / (either + sum(len(b) for k, b in enumerate(p) if k not in used))


def topology(truth: Mask, pred: Mask, box: Sequence[int]) -> dict[str, float]:
    """How many parts, loops and cavities the sides differ by, parts over corners and over faces."""
    found = {}
    for word in ("26", "6"):
        (b0, b1, b2, chi), other = (betti(m, box, word == "26") for m in (truth, pred))
        own = f":connectivity={word if len(box) == 3 else {'26': '8', '6': '4'}[word]}"
        found[f"betti0_error{own}"] = abs(b0 - other[0])
        found[f"betti1_error{own}"] = abs(b1 - other[1])
        if len(box) == 3:
            found[f"betti2_error{own}"] = abs(b2 - other[2])
        found[f"euler_error{own}"] = abs(chi - other[3])
    return found


def betti(mask: Mask, box: Sequence[int], full: bool) -> tuple[int, int, int, int]:
    """Parts, loops, cavities and the Euler number; in a plane, holes are loops."""
    parts = len(components(mask, touching(box, full)))
    grown = {tuple(i - 1 for i in v) for v in itertools.product(*(range(side + 2) for side in box))}
    outside = len(components(grown - mask, touching(box, not full))) - 1
    chi = euler(mask, full)
    if len(box) == 2:
        return parts, outside, 0, chi
    return parts, parts + outside - chi, outside, chi


def euler(mask: Mask, full: bool) -> int:
    """Cells of even less those of odd dimension: of closed voxels, or of their centres."""
    dimensions = len(next(iter(mask), ()))
    chi = 0
    for spread in itertools.product((0, 1), repeat=dimensions):
        corners = list(itertools.product(*(range(s + 1) for s in spread)))
        if full:  # a face, edge or corner belongs to any voxel that has it
            sides = list(itertools.product(*((-1, 1) if s else (0,) for s in spread)))
            cells = {
                tuple(2 * i + d for i, d in zip(v, by, strict=True)) for v in mask for by in sides
            }
            chi += (-1) ** (dimensions - sum(spread)) * len(cells)
        else:  # an edge, square or cube between centres needs all of them
            whole = sum(
                all(tuple(i + d for i, d in zip(v, by, strict=True)) in mask for by in corners)
                for v in mask
            )
            chi += (-1) ** sum(spread) * whole
    return chi


# -- probabilities --------------------------------------------------------------------------------

Scores = Sequence[Sequence[float]]  # of each voxel, one a class


def voxel_losses(p: Scores, y: Sequence[int]) -> dict[str, float]:
    """Losses and scores that are a mean over voxels."""
    n, k = len(y), len(p[0])
    ce = sum(-math.log(p[i][y[i]]) for i in range(n)) / n
    hits = [[float(y[i] == c) for c in range(k)] for i in range(n)]
    every = [(p[i][c], hits[i][c]) for i in range(n) for c in range(k)]
    square = sum((q - g) ** 2 for q, g in every)
    return {
        "ce": ce,
        "nll": ce,
        "bce": sum(-g * math.log(q) - (1 - g) * math.log(1 - q) for q, g in every) / len(every),
        "brier": square / n,
        "brier:as=mean_over_classes": square / n / k,
        "ce:smoothing=0.1": 0.9 * ce - 0.1 / k * sum(math.log(q) for q, _ in every) / n,
        "focal:activation=softmax": sum(
            -((1 - p[i][y[i]]) ** 2) * math.log(p[i][y[i]]) for i in range(n)
        )
        / n
        / k,
        "l2": square / n / k,
        "l1": sum(abs(q - g) for q, g in every) / len(every),
    }


def class_losses(p: Scores, y: Sequence[int], label: int) -> dict[str, float]:
    """Overlap losses of one class."""
    own = [row[label] for row in p]
    g = [float(one == label) for one in y]
    both, pred, truth = sum(a * b for a, b in zip(own, g, strict=True)), sum(own), sum(g)
    fp, fn, s = pred - both, truth - both, 1e-5
    return {
        "dice_loss": 1 - (2 * both + s) / (pred + truth + s),
        "jaccard_loss": 1 - (2 * both + s) / (2 * (both + fp + fn) + s),
        "dice_loss:as=nnunet": -(2 * both + s) / max(pred + truth + s, 1e-8),
        "tversky_loss:alpha=0.3:beta=0.7": 1 - (both + s) / (both + 0.3 * fp + 0.7 * fn + s),
        "soft_dice": share(2 * both, pred + truth),
    }


def bin_gaps(sure: Sequence[float], true: Sequence[float], bins: int) -> list[tuple[float, float]]:
    """Of each bin that holds any voxel its share of them, and how far it is from what is true."""
    held: dict[int, list[tuple[float, float]]] = {}
    for p, g in zip(sure, true, strict=True):
        held.setdefault(math.floor(p * bins), []).append((p, g))
    gaps = []
    for inside in held.values():
        many = len(inside)
        gap = abs(sum(p for p, _ in inside) - sum(g for _, g in inside)) / many
        gaps.append((many / len(sure), gap))
    return gaps


def calibration(p: Scores, y: Sequence[int], bins: int) -> dict[str, float]:
    """How far the label that is predicted is right as often as it is sure."""
    sure = [max(row) for row in p]
    hits = [float(row.index(s) == own) for row, s, own in zip(p, sure, y, strict=True)]
    gaps = bin_gaps(sure, hits, bins)
    return {
        f"ece@{bins}": sum(w * gap for w, gap in gaps),
        f"rmsce@{bins}": math.sqrt(sum(w * gap**2 for w, gap in gaps)),
        f"mce@{bins}": max(gap for _, gap in gaps),
        f"ace@{bins}": sum(gap for _, gap in gaps) / len(gaps),
    }


def class_calibration(p: Scores, y: Sequence[int], label: int, bins: int) -> dict[str, float]:
    """The same of a class: how often a voxel is of it, where its probability says so."""
    gaps = bin_gaps([row[label] for row in p], [float(own == label) for own in y], bins)
    return {
        f"ece@{bins}:as=torchmetrics_binary": sum(w * gap for w, gap in gaps),
        f"mce@{bins}:as=torchmetrics_binary": max(gap for _, gap in gaps),
    }
