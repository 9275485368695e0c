"""What is read together, before a voxel is read."""

from pathlib import Path

import numpy as np
import pytest
from runs import settings

from segeval.api.request_checks import requested_metrics
from segeval.classes.class_list import ClassList, LabelSelector
from segeval.classes.parse_classes import parse_classes
from segeval.grid.geometry import Geometry
from segeval.opening.open_side import NOWHERE, OpenSide
from segeval.scoring.finish_tallies import metrics_of_channels
from segeval.scoring.pass_plan import Job, number_channels, plan_pass
from segeval.volume.channel import Channel
from segeval.volume.volume import Volume

GRID = Geometry((1, 2, 2))


def volume(channels, dtype):
    made = Channel(lambda: np.zeros(GRID.shape, dtype), np.dtype(dtype), GRID.shape)
    return Volume(GRID, (made,) * channels, Path("x"))


def side(channels=1, dtype="u1", names=(), beside=None):
    scores = None if beside is None else volume(beside, "f4")
    return OpenSide(
        volume(channels, dtype), {n: LabelSelector(i) for i, n in enumerate(names)}, scores
    )


def plan(truth, pred, *metrics, classes="", **choices):
    chosen = settings(*metrics, **choices)
    known = parse_classes(classes) if classes else ClassList()
    job = Job(chosen, known, requested_metrics(chosen))
    return plan_pass(truth, pred, job, metrics_of_channels(job))[0]


A, B, C = (frozenset([v]) for v in (1, 2, 3))


def test_two_label_maps():
    made = plan(side(), side())
    assert made.pairs == ((0, 0),)
    assert (made.onehot, made.masks, made.sums) == ((), (), False)


def test_class_files_are_compared_by_name():
    made = plan(side(2, names="ab"), side(2, names="ba"))
    assert made.pairs == ((0, 1), (1, 0))


def test_missing_files_are_the_empty_mask():
    made = plan(side(2, names="ab"), side(2, names="bc"), absent_gt="empty")
    assert made.pairs == ((-1, 1), (0, -1), (1, 0))


def test_a_case_without_any_annotated_class_still_reads_the_truth():
    made = plan(side(1, names="a"), side(1, names="b"), classes="b")
    assert made.pairs == ((0, -1),)


def test_a_label_map_against_class_files():
    assert plan(side(), side(2, names="ab"), classes="1=a,2=b").pairs == ((0, 0), (0, 1))
    assert plan(side(2, names="ab"), side(), classes="1=a,2=b").pairs == ((0, 0), (1, 0))


def test_a_label_map_against_a_stack():
    assert plan(side(), side(3)).pairs == ((0, 0), (0, 1), (0, 2))
    assert plan(side(3), side()).pairs == ((0, 0), (1, 0), (2, 0))


def test_channels_that_exclude_each_other_are_one_label_map():
    assert plan(side(), side(3, "f4")).pairs == ((0, 0),)
    assert plan(side(), side(3, "u1"), kind="prob").pairs == ((0, 0),)
    assert plan(side(), side(3, "f4"), kind="labels").pairs == ((0, 0), (0, 1), (0, 2))
    assert plan(side(), side(3, "f4"), activation="none").pairs == ((0, 0), (0, 1), (0, 2))


def test_two_stacks_are_compared_with_their_neighbours():
    # channel 0 of one may be the background and not that of the other
    assert plan(side(2), side(2)).pairs == ((0, 0), (0, 1), (1, 0), (1, 1))


def test_probabilities_beside_a_label_map_do_not_change_what_is_counted():
    made = plan(side(), side(beside=4), "ce")
    assert (made.pairs, made.onehot, made.sums) == (((0, 0),), (), True)


def test_what_is_true_of_channels_of_their_own():
    made = plan(side(), side(3, "f4"), "bce", activation="none")
    assert made.onehot == (LabelSelector(0, A), LabelSelector(0, B), LabelSelector(0, C))


def test_what_is_true_of_class_files():
    made = plan(side(2, names=("Liver", "spleen")), side(2, "f4", names=("spleen", "liver")), "bce")
    assert made.onehot == (LabelSelector(1), LabelSelector(0))


def test_nothing_is_true_of_a_channel_that_is_no_class():
    made = plan(side(1, names="a"), side(2, "f4", names="ab"), "bce")
    assert made.onehot == (LabelSelector(0), NOWHERE)


def test_what_is_true_of_files_against_a_label_map():
    made = plan(side(), side(2, "f4", names="ab"), "bce", classes="7=a,4=b")
    assert made.onehot == (LabelSelector(0, frozenset([7])), LabelSelector(0, frozenset([4])))


def test_masks_of_the_truth_for_channels_that_exclude_each_other():
    made = plan(side(2, names="ab"), side(4, "f4"), "ce", classes="3=a,1=b")
    assert made.masks == (LabelSelector(1), None, LabelSelector(0))


@pytest.mark.parametrize(
    ("stack", "classes", "channels", "want"),
    [
        (1, "", 1, {0: LabelSelector(0, frozenset([1, 255]))}),
        (1, "1=a", 1, {0: LabelSelector(0, frozenset([1, 255]))}),
        (1, "1=a,255=b", 1, {0: LabelSelector(0, frozenset([1]))}),
        (1, "7=a", 1, {0: LabelSelector(0, frozenset([7]))}),
        (1, "", 2, {0: LabelSelector(0, A), 1: LabelSelector(0, B)}),
        (1, "2", 3, {1: LabelSelector(0, B)}),
        (1, "1+2=w,2=c", 2, {0: LabelSelector(0, A | B), 1: LabelSelector(0, B)}),
        (3, "", 3, {0: LabelSelector(0), 1: LabelSelector(1), 2: LabelSelector(2)}),
        (4, "", 3, {0: LabelSelector(1), 1: LabelSelector(2), 2: LabelSelector(3)}),
        (4, "3=c", 3, {2: LabelSelector(3)}),
    ],
)
def test_channels_by_number(stack, classes, channels, want):
    known = parse_classes(classes) if classes else ClassList()
    found = {p.channel: t for p, t in number_channels(stack, known, channels) if p.channel >= 0}
    assert found == want


def test_the_ignored_label_is_that_of_the_list():
    known = ClassList(ignore=9)
    made, _ = plan_pass(side(), side(), Job(settings(), known, requested_metrics(settings())), [])
    assert made.ignored == 9
