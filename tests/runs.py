"""The whole job on small files, and the numbers that it must give, made without the program."""

import math

import build
import numpy as np

from segeval.api.run import score_paths
from segeval.classes.parse_classes import parse_classes
from segeval.metrics.registry import find_metric, load_all_metrics
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.scorecard.card import Scorecard


def settings(*metrics, classes="", **choices):
    """Settings of a run, its metrics and classes as people write them."""
    if classes:
        choices["classes"] = parse_classes(classes) if isinstance(classes, str) else classes
    return Settings(metrics=tuple(map(parse_metric, metrics or ("dice",))), **choices)


def run(pred, gt, *metrics, **choices) -> Scorecard:
    """Score two paths; what an instance is has to be told where a metric is of them."""
    chosen = settings(*metrics, **choices)
    if "instances" not in choices and any(of_instances(metric) for metric in chosen.metrics):
        chosen = replace(chosen, instances="components")
    return score_paths(pred, gt, chosen)


def of_instances(metric):
    """Whether a metric is of instances; one that does not exist is not."""
    known = find_metric(metric.name)
    return known is not None and known.of.startswith("instance")


def only(card):
    """The one case of a run, which must have been scored."""
    (case,) = card.cases
    assert case.status == "ok", case.error
    return case


def values(card, metric="dice"):
    """Class -> value of the one case."""
    return {row.class_: row.value for row in only(card).rows if row.metric == metric}


def reasons(card, metric="dice"):
    """Class -> (status, reason) of the one case."""
    return {row.class_: (row.status, row.reason) for row in only(card).rows if row.metric == metric}


def problem(card, place=0):
    """What a case that was not scored says: status, and all its words in one text."""
    case = card.cases[place]
    assert case.error is not None, case.rows
    told = case.error
    return case.status, "\n".join(
        [case.case, told["where"], told["message"], *told["facts"], told["help"]]
    )


def dice(truth, pred):
    """Dice of two masks; nan where both are empty."""
    whole = np.count_nonzero(truth) + np.count_nonzero(pred)
    return 2 * np.count_nonzero(truth & pred) / whole if whole else math.nan


def iou(truth, pred):
    """Intersection over union of two masks."""
    return np.count_nonzero(truth & pred) / np.count_nonzero(truth | pred)


def bce(g, p):
    """Binary cross-entropy; a logarithm is at least -100."""
    with np.errstate(divide="ignore"):
        logs = [np.maximum(np.log(x), -100) for x in (p.astype(float), 1 - p.astype(float))]
    return float(np.mean(-(g * logs[0] + (1 - g) * logs[1])))


def l2(g, p):
    """Mean squared distance."""
    return float(np.mean((p.astype(float) - g) ** 2))


def ce(labels, p):
    """Cross-entropy of (channels, …) probabilities."""
    own = np.take_along_axis(p.astype(float), labels[None].astype(int), 0)[0]
    return float(np.mean(-np.log(own)))


def every(of=""):
    """Every metric of a tally in every convention, as people write it."""
    return [
        f"{d.name}:as={word}" if word else d.name
        for d in load_all_metrics().values()
        for word in (d.origins or [""])
        if of in ("", d.of)
    ]


def soft(channels, shape=build.GRID.shape, seed=1):
    """Probabilities of channels that exclude each other, float32 (channels, z, y, x)."""
    p = np.random.default_rng(seed).dirichlet(np.ones(channels), shape).astype(np.float32)
    return np.moveaxis(p, -1, 0).copy()


def sigmoids(channels, shape=build.GRID.shape, seed=1):
    """Probabilities of channels that do not."""
    return np.random.default_rng(seed).random((channels, *shape), np.float32)
