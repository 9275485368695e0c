"""Surface metrics class by class: the values of all at once, and any process may measure."""

import pickle

import numpy as np
import pytest
from surfaces import tally_of

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.metrics.registry import evaluate_metric, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.scoring import surfaces_by_class
from segeval.scoring.surfaces_by_class import measure_class

NAMES = ("hd", "hd95:as=medpy", "masd", "nsd", "nsd@1mm:as=deepmind", "hd50:as=itk", "biou@1mm",
         "hd95:as=subvoxel", "masd:by=slice")  # fmt: skip
RNG = np.random.default_rng(3)
MAPS = [(RNG.integers(0, 4, (5, 9, 10)) * (RNG.random((5, 9, 10)) < 0.5)) for _ in range(2)]
#  b is a union, c the ground truth alone has, d nobody
PARTS = {"a": ({1}, {1}), "b": ({1, 2, 3}, {2, 3}), "c": ({3}, {9}), "d": ({8}, {8})}
TARGETS = [
    ScoredClass(name, *(LabelSelector(0, frozenset(labels)) for labels in sides))
    for name, sides in PARTS.items()
]


def asked():
    return tuple(resolve_metric(parse_metric(name)) for name in NAMES)


def surfaces():
    return tally_of(*MAPS).finish(TARGETS, (2.0, 1.0, 1.0), (1.0, np.nan, 2.0, 1.0))


def through_pickles(function, tasks):
    """What another process does, and in an order that it may take."""
    sent = [pickle.dumps(task) for task in tasks]
    back = {n: pickle.dumps(function(pickle.loads(sent[n]))) for n in reversed(range(len(sent)))}
    return [pickle.loads(back[n]) for n in range(len(sent))]


@pytest.mark.parametrize("share", [map, through_pickles])
def test_the_values_are_those_of_all_classes_at_once(share, monkeypatch):
    monkeypatch.setattr(surfaces_by_class, "FEW", 0)
    found = surfaces_by_class.score_surfaces_by_class(surfaces(), asked(), share)
    assert {str(metric) for metric in found} == set(NAMES) - {"hd95:as=subvoxel"}
    for metric, definition in asked():
        if metric in found:
            own, whole = found[metric], evaluate_metric(metric, definition, surfaces())
            assert np.array_equal(own.classes, whole.classes, equal_nan=True)
            assert (own.reason, own.unit, own.beside) == (whole.reason, whole.unit, whole.beside)
            assert (own.worst is None) == (whole.worst is None)
            assert own.worst is None or np.array_equal(own.worst, whole.worst, equal_nan=True)


def test_a_class_is_sent_without_the_others():
    one = surfaces().only(1)
    assert [target.name for target in one.targets] == ["b"]
    assert one.size(0) == surfaces().size(1) < sum(surfaces().size(place) for place in range(4))
    assert len(pickle.dumps(surfaces().only(3))) < len(pickle.dumps(one)) / 2


def test_little_work_is_not_shared():
    def nobody(function, tasks):
        raise AssertionError("no process is started for 200 runs")

    assert surfaces_by_class.score_surfaces_by_class(surfaces(), asked(), nobody)


def test_nothing_is_kept_of_a_class(monkeypatch):
    seen = []

    def watched(task):
        values = measure_class(task)
        seen.append(len(task[0]._known))
        return values

    monkeypatch.setattr(surfaces_by_class, "measure_class", watched)
    whole = surfaces()
    surfaces_by_class.score_surfaces_by_class(whole, asked())
    assert seen
    assert not whole._known
