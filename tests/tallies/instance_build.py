"""Instances of arrays, as the tally finds them in a case of one or several classes."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.kernels.label_runs import LabelRuns, find_label_runs, split_at_rows
from segeval.tallies.block import Block
from segeval.tallies.case_instances import CaseInstances
from segeval.tallies.instance_sides import (
    CROWD,
    REGION,
    STUFF,
    THING,
    VOID,
    InstanceGrid,
    InstanceIds,
)
from segeval.tallies.instance_tally import InstanceTally


def grid_of(shape, spacing=None, connectivity="", least=0):
    """The grid of an array."""
    if spacing is None:
        voxel = (1.0, "voxels" if len(shape) == 3 else "px")
    else:
        voxel = (prod(spacing) / 1000, "ml") if len(shape) == 3 else (prod(spacing), "mm2")
    return InstanceGrid(tuple(shape), spacing, voxel, str(connectivity or ""), least)


def one_class(class_of=lambda ids: (ids > 0).astype(np.int64)):
    """Ids above 0 are instances of class 1."""
    return InstanceIds(class_of, lambda ids: np.where(ids > 0, THING, ""))


def instances_of(truth, pred, spacing=None, slab=None, **how) -> CaseInstances:
    """Maps of ids of one class."""
    return tallied(truth, pred, [1], (one_class(), one_class()), spacing, slab, **how)


def components_of(truth, pred, classes=(1,), spacing=None, slab=None, **how) -> CaseInstances:
    """Maps of classes, or of unions of them: {"WT": (1, 2, 3)}."""
    return tallied(truth, pred, classes, (None, None), spacing, slab, **how)


def tallied(truth, pred, classes, ids, spacing=None, slab=None, ignored=None, **how):
    """Two maps through the tally, slab by slab."""
    tally = InstanceTally(truth.shape)
    size = truth.size
    sides = [np.ascontiguousarray(side).reshape(-1) for side in (truth, pred)]
    for start in range(0, size, slab or size):
        t, p = (side[start : start + (slab or size)] for side in sides)
        labels = [
            (v != 0).astype(np.uint8) if own else v for v, own in zip((t, p), ids, strict=True)
        ]
        own = (t if ids[0] else None, p if ids[1] else None)
        tally.update(Block(start, len(t), {0: labels[0]}, {0: labels[1]}, ids=own))
    named = classes if isinstance(classes, Mapping) else {str(c): (c,) for c in classes}
    targets = [
        ScoredClass(name, LabelSelector(0, frozenset(labels)), LabelSelector(0, frozenset(labels)))
        for name, labels in named.items()
    ]
    return tally.finish(targets, grid_of(truth.shape, spacing, **how), ids, ignored)


def told_ids(segments, things=frozenset()):
    """What a list of segments says of its ids: class, crowd; 0 is void."""
    class_of = {0: 0} | {s["id"]: s["category_id"] for s in segments}
    crowds = {s["id"]: REGION for s in segments if s.get("iscrowd")}
    last = {s["category_id"]: s["id"] for s in segments if s.get("iscrowd")}
    crowds |= dict.fromkeys(last.values(), CROWD)

    def kind(one: int) -> str:
        if one == 0:
            return VOID
        if one in crowds:
            return crowds[one]
        return THING if class_of[one] in things else STUFF

    return InstanceIds(
        lambda ids: np.array([class_of[int(i)] for i in ids], np.int64),
        lambda ids: np.array([kind(int(i)) for i in ids], "<U6"),
    )


def runs_in_rows(labels) -> LabelRuns:
    """The runs of a map."""
    return split_at_rows(
        find_label_runs(np.ascontiguousarray(labels).reshape(-1), 0), labels.shape[-1]
    )
