"""Masks to surfaces and metrics of them, the way a case does it."""

import numpy as np

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.metrics.registry import metric_arguments, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.tallies.block import Block
from segeval.tallies.surface import SurfaceTally

ONE = LabelSelector(0, frozenset([1]))


def tally_of(truth, pred, slab=1000):
    """A tally that has seen both masks (or label maps), slab by slab."""
    tally = SurfaceTally(truth.shape)
    flat = [side.astype(np.uint8).ravel() for side in (truth, pred)]
    for start in range(0, truth.size, slab):
        t, p = (side[start : start + slab] for side in flat)
        tally.update(Block(start, len(t), {0: t}, {0: p}))
    return tally


def surfaces(truth, pred, spacing=None, slab=1000, tolerances=()):
    """The surfaces of two masks as the one class of a case."""
    return tally_of(truth, pred, slab).finish([ScoredClass("a", ONE, ONE)], spacing, tolerances)


def value(s, text, place=0):
    """A metric of one class, by the name that a user writes."""
    metric, definition = resolve_metric(parse_metric(text))
    return float(definition.compute(s, **metric_arguments(metric, definition)).classes[place])
