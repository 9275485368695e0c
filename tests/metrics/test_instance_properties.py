"""What must change no number of instances, over every metric and convention, on maps full of ties.

The maps are made of few blocks, so that instances touch, overlap in halves and thirds, and scores
are equal; `benchmarks/invariance.py` runs the same over solids.
"""

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from metamorphic import metric_texts

from segeval.metrics.registry import metric_arguments, resolve_metric
from segeval.reports.html.metric_doc import documentation
from segeval.request.grammar import parse_metric
from segeval.tallies.instance_tables import InstanceTables

sys.path.insert(0, str(Path(__file__).parent.parent / "tallies"))

from instance_build import components_of, instances_of

TEXTS = metric_texts(("instances", "instance_surfaces"))
# More thresholds and rules: below one half it matters who is whose.
TEXTS += [
    f"{name}{rule}"
    for name in ("pq@30%", "f1@25%", "pq@10%:as=panoptica")
    for rule in ("", ":match=greedy", ":match=optimal", ":match=optimal-sum", ":match=many",
                 ":match=merge")
]  # fmt: skip
TEXTS += ["f1@25%:hit=ior", "f1@25%:hit=iop", "f1@50%:hit=dice", "f1@2px", "cell_ap@75%",
          "lesion_recall@10%", "lesion_recall@30%:hit=dice", "lesion_recall@2px",
          "lesion_f1@3px"]  # fmt: skip
# Of equal scores the lower id is first (INSTANCES-T3), so these ask for the order of the ids; and
# references that take in their order ask for it as well.
BY_ORDER = ("aji:", "aji_plus", "as=grand-challenge", "match=greedy", "match=many", "match=merge",
            "@10%:as=panoptica", "f1@2px")  # fmt: skip


def free(text):
    """Whether the order of the ids makes no difference."""
    return not any(word in text for word in BY_ORDER)


def every(text):
    """All of them."""
    return True


@st.composite
def maps(draw, axes=None):
    """Two maps of ids, and a spacing."""
    axes = axes or draw(st.sampled_from([2, 3]))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 31)))
    coarse = rng.integers(1, 5, axes)
    times = rng.integers(1, 4, axes)
    density = rng.choice([0.2, 0.5, 0.9])

    def side():
        made = rng.integers(1, 6, coarse) * (rng.random(coarse) < density)
        for axis, n in enumerate(times):
            made = np.repeat(made, n, axis)
        return made.astype(np.uint16)

    truth, pred = side(), side()
    if rng.random() < 0.6:  # mostly right
        keep = rng.random(truth.shape) < 0.8
        pred = np.where(keep, truth, pred).astype(np.uint16)
    spacing = tuple(float(s) for s in rng.choice([0.5, 1.0, 2.0, 3.0], axes))
    return truth, pred, spacing


def names():
    """Every metric as its text, definition and arguments."""
    for text in TEXTS:
        metric, definition = resolve_metric(parse_metric(text))
        yield text, definition, metric_arguments(metric, definition)


ASKED = list(names())


def values(found, only=every):
    """The value of every metric of class 1."""
    made = {}
    for text, definition, arguments in ASKED:
        if only(text):
            value = definition.compute(found, **arguments)
            each = [*np.ravel([] if value.classes is None else value.classes), np.nan]
            made[text] = float(each[0] if value.whole is None else value.whole)
    return made


def agree(one, other):
    """Every value of one is that of the other."""
    wrong = {k: (v, other[k]) for k, v in one.items()
             if not np.isclose(v, other[k], rtol=1e-9, atol=1e-12, equal_nan=True)}  # fmt: skip
    assert not wrong, wrong


def renamed(ids, rng, top, keep=False):
    """Other ids for the same instances, in any order or in their own."""
    own = np.unique(ids[ids > 0])
    names = rng.choice(9, len(own), replace=False) * (top // 9) + 1
    names = np.sort(names) if keep else names
    table = dict(zip(own.tolist(), names.tolist(), strict=True)) | {0: 0}
    return np.array([table[i] for i in ids.ravel().tolist()], np.uint32).reshape(ids.shape)


def scored(truth, pred, spacing, **how):
    return instances_of(truth, pred, spacing, **how)


@settings(max_examples=60, deadline=None)
@given(maps(), st.integers(0, 1 << 20), st.sampled_from([9, 60_000, (1 << 32) - 2]))
def test_ids_are_names(drawn, seed, top):
    truth, pred, spacing = drawn
    rng = np.random.default_rng(seed)
    one = values(scored(truth, pred, spacing))
    ordered = [renamed(side, rng, top, keep=True) for side in (truth, pred)]
    agree(one, values(scored(*ordered, spacing)))
    loose = {text: value for text, value in one.items() if free(text)}
    agree(
        loose, values(scored(*(renamed(side, rng, top) for side in (truth, pred)), spacing), free)
    )


@settings(max_examples=40, deadline=None)
@given(maps(), st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_the_axes_and_their_direction_change_nothing(drawn, random, components):
    truth, pred, spacing = drawn
    make = components_of if components else instances_of
    if components:
        truth, pred = (np.minimum(side, 1).astype(np.uint8) for side in (truth, pred))
    axes = list(range(truth.ndim))
    random.shuffle(axes)
    only = free if components else every  # components are numbered as they come
    one = values(make(truth, pred, spacing=spacing), only)
    other = [np.ascontiguousarray(side.transpose(axes)) for side in (truth, pred)]
    agree(one, values(make(*other, spacing=tuple(spacing[a] for a in axes)), only))
    axis = random.choice(axes)
    flipped = [np.ascontiguousarray(np.flip(side, axis)) for side in (truth, pred)]
    agree(one, values(make(*flipped, spacing=spacing), only))


@settings(max_examples=40, deadline=None)
@given(maps(), st.integers(0, 3), st.integers(0, 3), st.integers(1, 50), st.booleans())
def test_background_around_and_slabs_change_nothing(drawn, before, after, slab, components):
    truth, pred, spacing = drawn
    make = components_of if components else instances_of
    if components:
        truth, pred = (np.minimum(side, 1).astype(np.uint8) for side in (truth, pred))
    one = values(make(truth, pred, spacing=spacing))
    wide = [np.pad(side, [(before, after)] * side.ndim) for side in (truth, pred)]
    agree(one, values(make(*wide, spacing=spacing, slab=slab)))


@settings(max_examples=30, deadline=None)
@given(st.lists(maps(axes=2), min_size=2, max_size=5), st.integers(1, 4))
def test_shards_change_nothing(drawn, cut):
    kept = []
    for truth, pred, spacing in drawn:
        found = scored(truth, pred, spacing)
        values(found)
        kept.append(InstanceTables.from_json(found.to_json()))
    of_tables = {text for text, definition, _ in ASKED if definition.of == "instances"}
    only = of_tables.__contains__
    whole = values(InstanceTables.pool_cases(kept), only)
    shards = [InstanceTables.pool_cases(part) for part in (kept[:cut], kept[cut:]) if part]
    again = [InstanceTables.from_json(shard.to_json()) for shard in shards]
    agree(whole, values(InstanceTables.pool_cases(again), only))


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(0, 40),
    st.sampled_from(["pq@", "f1@", "cell_ap@", "lesion_recall@"]),
    st.sampled_from(["iou", "ior", "iop", "dice"]),
)  # fmt: skip
def test_a_score_exactly_at_the_threshold_is_a_tie_whatever_the_rational(a, b, n, name, hit):
    n = min(n, a, b)
    if not n:
        return
    hit = "iou" if name in ("pq@", "cell_ap@") else hit
    whole = {"iou": a + b - n, "ior": a, "iop": b, "dice": Fraction(a + b, 2)}[hit]
    score = Fraction(n, 1) / whole
    percent = score * 100
    text = decimal(percent)
    if text is None or score > 1:
        return  # no decimal that is written to its end
    truth, pred = np.zeros((1, a + b), np.uint8), np.zeros((1, a + b), np.uint8)
    truth[0, :a] = 1
    pred[0, a - n : a - n + b] = 1
    option = "" if hit == "iou" else f":hit={hit}"
    for tie, want in (("hit", 1), ("miss", 0)):
        metric, definition = resolve_metric(parse_metric(f"{name}{text}%{option}:tie={tie}"))
        arguments = metric_arguments(metric, definition)
        value = definition.compute(instances_of(truth, pred), **arguments)
        got = float(value.classes[0])
        assert (got > 0) == bool(want), (text, tie, got)


def decimal(number):
    """A number as a decimal to its end; None where it has none of a few digits."""
    for digits in range(7):
        scaled = number * 10**digits
        if scaled.denominator == 1:
            whole, part = divmod(int(scaled), 10**digits)
            return f"{whole}.{part:0{digits}d}" if digits else str(whole)
    return None


def test_what_depends_on_the_order_of_ids_says_so():
    for text in TEXTS:
        if not free(text):
            doc = resolve_metric(parse_metric(text))[1].doc
            assert "renaming" in dict(documentation(doc)[1]), text


def test_aji_of_hovernet_by_the_order_of_equal_predictions():
    """A reference of 4 px, a prediction inside it and one half outside: both IoU 1/4."""
    truth = np.array([[1, 1, 1, 1, 0, 0, 0, 0, 0]], np.uint8)
    inside = np.array([[1, 0, 2, 2, 2, 2, 2, 2, 0]], np.uint8)  # IoU 1/4, IoU 2/8
    swapped = np.array([0, 2, 1], np.uint8)[inside]
    ask = lambda pred: dict(values(instances_of(truth, pred), "aji:as=hovernet".__eq__))  # noqa: E731
    # The small one first: 1 / (4 + 6); the large one: 2 / (8 + 1).
    assert ask(inside) == {"aji:as=hovernet": 1 / 10}
    assert ask(swapped) == {"aji:as=hovernet": 2 / 9}
    # An assignment has the same choice, and the same tie.
    one, other = (
        values(instances_of(truth, p), "aji_plus:as=hovernet".__eq__) for p in (inside, swapped)
    )
    assert one != other


def test_dice2_of_cases_without_a_pair_adds_nothing():
    apart = instances_of(np.array([[1, 0, 0]], np.uint8), np.array([[0, 0, 1]], np.uint8))
    half = instances_of(np.array([[1, 1, 0]], np.uint8), np.array([[0, 1, 1]], np.uint8))
    only = "dice2:as=hovernet".__eq__
    assert [values(one, only)["dice2:as=hovernet"] for one in (apart, half)] == [0, 0.5]
    assert values(InstanceTables.pool_cases([apart, half]), only) == {"dice2:as=hovernet": 0.5}


def test_every_metric_of_instances_is_asked():
    assert len(ASKED) > 90
    assert {d.of for _, d, _ in ASKED} == {"instances", "instance_surfaces"}
    assert len([text for text in TEXTS if not free(text)]) == 17
