"""What must change no number of scored instances and of lesion candidates, in any convention."""

import json

import numpy as np
from detections_build import tables
from hypothesis import given, settings
from hypothesis import strategies as st
from metamorphic import metric_texts

from segeval.grid.geometry import Geometry
from segeval.metrics.registry import metric_arguments, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.tallies.block import Block
from segeval.tallies.candidates import Candidates, CandidateTally
from segeval.tallies.detections import Detections

OF_IMAGES = [
    *metric_texts(("detections",)),
    *("ap@50%", "ap@75%", "ap:area=small", "ap:area=medium", "ap:hit=box", "ap:max=1"),
    *("ap:classes=union", "ar:max=1", "ar:area=large", "boundary_ap@50%"),
]
OF_CANDIDATES = [
    *metric_texts(("candidates",)),
    *("froc@0.5", "froc@1:as=luna16", "froc@2:as=picai:extra=fp", "lesion_ap@30%:extra=fp"),
]


def numbers(found, texts):
    """The values of every class and of the whole."""
    made = {}
    for text in texts:
        metric, definition = resolve_metric(parse_metric(text))
        value = definition.compute(found, **metric_arguments(metric, definition))
        whole = [] if value.whole is None else [value.whole]
        each = [] if value.classes is None else value.classes
        made[text] = [*whole, *np.ravel(each).tolist(), *value.groups.values()]
    return made


def agree(one, other):
    wrong = {k: (v, other[k]) for k, v in one.items()
             if not np.allclose(v, other[k], rtol=1e-9, atol=1e-12, equal_nan=True)}  # fmt: skip
    assert not wrong, wrong


def runs(mask):
    """A mask as COCO writes it: run lengths down the columns."""
    flat = mask.ravel(order="F").astype(int)
    ends = np.flatnonzero(np.diff(np.concatenate([[0], flat, [1 - flat[-1]]])))
    lengths = np.diff(np.concatenate([[0], ends])).tolist()
    return {"size": list(mask.shape), "counts": lengths}


@st.composite
def data_sets(draw):
    """Images with references and detections as masks of rectangles; scores are often equal."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 31)))
    shapes = [tuple(int(n) for n in rng.integers(6, 16, 2)) for _ in range(rng.integers(1, 5))]
    annotations, detections = [], []
    for image, shape in enumerate(shapes, 1):
        for _ in range(rng.integers(0, 5)):
            box = rectangle(rng, shape)
            own = {"image_id": image, "category_id": int(rng.integers(1, 4))}
            annotations.append(own | {"mask": box, "iscrowd": int(rng.random() < 0.2)})
            if rng.random() < 0.7:
                near = np.roll(box, int(rng.integers(0, 2)), int(rng.integers(0, 2)))
                detections.append(own | {"mask": near, "score": float(rng.integers(1, 6)) / 5})
        for _ in range(rng.integers(0, 2)):
            own = {"image_id": image, "category_id": int(rng.integers(1, 4))}
            detections.append(own | {"mask": rectangle(rng, shape), "score": 0.4})
    return shapes, annotations, detections


def rectangle(rng, shape):
    mask = np.zeros(shape, np.uint8)
    (y, x), (h, w) = (rng.integers(0, np.array(shape) - 3), rng.integers(1, 8, 2))
    mask[y : y + h, x : x + w] = 1
    return mask


def tabled(drawn, change=lambda mask: mask, number=lambda n: n, only=None):
    """The tables of a data set whose masks, and ids of images and categories, are changed."""
    shapes, annotations, detections = drawn
    kept = [k for k in range(1, len(shapes) + 1) if only is None or k in only]
    sides = []
    for marks in (annotations, detections):
        mine = [m for m in marks if m["image_id"] in kept]
        made = []
        for mark in mine:
            mask = change(mark["mask"])
            one = {k: v for k, v in mark.items() if k != "mask"}
            one |= {"segmentation": runs(mask), "image_id": number(mark["image_id"]),
                    "category_id": number(mark["category_id"])}  # fmt: skip
            if "score" not in mark:
                one["area"] = int(mask.sum())
            made.append(one)
        sides.append(made)
    sizes = [change(np.zeros(shapes[k - 1], np.uint8)).shape for k in kept]
    truth = {
        "images": [{"id": number(k), "height": h, "width": w}
                   for k, (h, w) in zip(kept, sizes, strict=True)],
        "annotations": sides[0],
        "categories": [{"id": number(c), "name": f"c{c}", "frequency": "rcf"[c - 1]}
                       for c in (1, 2, 3)],
    }  # fmt: skip
    return tables(truth, sides[1], union=True, boundary=True)


@settings(max_examples=40, deadline=None)
@given(data_sets(), st.sampled_from(["turned", "mirrored", "upside down"]))
def test_the_axes_of_an_image_change_nothing(drawn, how):
    change = {"turned": np.transpose, "mirrored": np.fliplr, "upside down": np.flipud}[how]
    agree(
        numbers(tabled(drawn), OF_IMAGES),
        numbers(tabled(drawn, lambda m: np.ascontiguousarray(change(m))), OF_IMAGES),
    )


@settings(max_examples=40, deadline=None)
@given(data_sets(), st.integers(0, 5), st.integers(0, 5))
def test_background_around_an_image_changes_nothing(drawn, before, after):
    # The width of a boundary is a share of the diagonal.
    texts = [text for text in OF_IMAGES if not text.startswith("boundary")]
    wide = tabled(drawn, lambda m: np.pad(m, ((before, after), (after, before))))
    agree(numbers(tabled(drawn), texts), numbers(wide, texts))


@settings(max_examples=40, deadline=None)
@given(data_sets(), st.integers(2, 1 << 40), st.integers(0, 3))
def test_ids_and_shards_change_nothing(drawn, times, cut):
    whole = numbers(tabled(drawn), OF_IMAGES)
    agree(whole, numbers(tabled(drawn, number=lambda n: n * times + 7), OF_IMAGES))
    many = len(drawn[0])
    parts = [range(1, min(cut, many) + 1), range(min(cut, many) + 1, many + 1)]
    shards = [tabled(drawn, only=set(part)) for part in reversed(parts) if len(part)]
    again = [Detections.from_json(json.loads(json.dumps(one.to_json()))) for one in shards]
    agree(whole, numbers(Detections.pool_cases(again), OF_IMAGES))


def candidates(maps, spacing, slab=1 << 30):
    """The candidates of some cases of one class."""
    made = []
    for scores, lesions in maps:
        tally = CandidateTally(1, Geometry(scores.shape, spacing))
        flat, truth = scores.ravel(), lesions.ravel()
        for start in range(0, flat.size, slab):
            part = slice(start, start + slab)
            tally.update(Block(start, len(flat[part]), {}, {}, scores=flat[part][None],
                               onehot=truth[part][None]))  # fmt: skip
        made.append(tally.finish(["lesion"], [0]))
    return Candidates.pool_cases(made)


@st.composite
def detection_maps(draw):
    """Cases of confidences and lesions, in blocks; confidences are often equal."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 31)))
    axes = int(rng.integers(2, 4))
    cases = []
    for _ in range(rng.integers(1, 5)):
        coarse = rng.integers(2, 5, axes)
        times = rng.integers(1, 3, axes)
        lesions = rng.random(coarse) < 0.3
        scores = rng.integers(1, 5, coarse) / 4 * (lesions ^ (rng.random(coarse) < 0.2))
        for axis, n in enumerate(times):
            lesions, scores = (np.repeat(side, n, axis) for side in (lesions, scores))
        cases.append((scores.astype(np.float32), lesions))
    return cases, tuple(float(s) for s in rng.choice([0.5, 1.0, 2.0], axes))


@settings(max_examples=60, deadline=None)
@given(detection_maps(), st.randoms(use_true_random=False), st.integers(0, 3), st.integers(1, 40))
def test_axes_background_slabs_and_shards_of_detection_maps(drawn, random, wide, slab):
    cases, spacing = drawn
    whole = numbers(candidates(cases, spacing), OF_CANDIDATES)
    axes = list(range(len(spacing)))
    random.shuffle(axes)
    turned = [tuple(np.ascontiguousarray(s.transpose(axes)) for s in case) for case in cases]
    # The voxel that a centre is nearest to is the upper one of two, on every axis alike.
    agree(whole, numbers(candidates(turned, tuple(spacing[a] for a in axes)), OF_CANDIDATES))
    padded = [tuple(np.pad(side, wide) for side in case) for case in cases]
    agree(whole, numbers(candidates(padded, spacing, slab), OF_CANDIDATES))
    parts = [candidates([case], spacing) for case in cases]
    again = [Candidates.from_json(json.loads(json.dumps(one.to_json()))) for one in parts]
    agree(whole, numbers(Candidates.pool_cases(again), OF_CANDIDATES))
