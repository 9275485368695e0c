"""What must not change a number, over every metric of label maps and instances in every convention.

    mirrored    both sides flipped along an axis
    turned      both sides in another order of axes, the spacing with them
    wider       background around both sides
    moved       both sides moved inside the array
    larger      every side of a voxel twice as long: lengths times 2, volumes times 8, no ratio
    swapped     sides exchanged, for what is the same either way
    renamed     the classes under other label values

`tests/test_metamorphic.py` runs a few pairs in CI; `benchmarks/invariance.py` as many as asked.
"""

from __future__ import annotations

import math

import numpy as np

import segeval
from segeval.metrics.registry import Definition, load_all_metrics, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.runtime.errors import RequestError

CLASSES = "1=a,2=b"
# nothing can be said of them without a length
BARE = {"nsd", *(name for name, known in load_all_metrics().items() if known.needs_at)}
# These count voxels that are in neither mask, so background around both sides changes them.
OF_BACKGROUND = {"specificity", "accuracy", "balanced_accuracy", "mcc", "kappa", "pixel_accuracy",
                 "miou", "fwiou", "overall_kappa", "false_positive_rate"}  # fmt: skip
# Conventions that take one diagonal of a square or one way to cut a cell, and say so in their
# docstrings: what a mirror or another order of axes changes is how far they are from the others.
ONE_WAY = ("meshmetrics", "relaxed", "vtk")
# Thinning visits voxels in an order (skimage, Lee 1994); its docstrings say so.
OF_SKELETONS = {"cldice", "skeleton_precision", "skeleton_recall", "skeleton_length_difference"}
# Contours are traced plane by plane, and a plane is along the first axis.
OF_PLANES = {"apl", "apl_px"}
SYMMETRIC = {"dice", "iou", "volumetric_similarity", "kappa", "mcc", "masd", "assd", "hd", "nsd",
             "absolute_volume_difference", "pixel_accuracy", "overall_kappa"}  # fmt: skip


def metric_texts(of: tuple[str, ...]) -> list[str]:
    """Every metric of some tallies, in every convention, as it is asked for."""
    return [
        with_quantity(name, f":as={origin}" if origin else "", definition)
        for name, definition in load_all_metrics().items()
        if definition.of in of
        for origin in definition.origins or {"": definition}
    ]


def with_quantity(name: str, options: str, definition: Definition) -> str:
    """A metric with a quantity, where it needs one."""
    try:
        resolve_metric(parse_metric(name + options))
    except RequestError:
        return f"{name}@1.5{definition.at[0]}{options}"
    return f"{name}@1.5mm{options}" if plain(name) in BARE else name + options


def solids(seed: int, axes: int = 3) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
    """Two label maps of two classes that are alike, and a spacing; nothing touches the edge."""
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(14, 20, axes))
    spacing = tuple(float(s) for s in rng.choice((0.5, 1.0, 2.0, 3.0), axes))
    index = np.indices(shape).astype(float)

    def ball(centre: np.ndarray, radius: float) -> np.ndarray:
        away = [(i - c) / r for i, c, r in zip(index, centre, radius, strict=True)]
        return sum(a * a for a in away) <= 1

    sides = []
    centres = [rng.uniform(5, np.array(shape) - 6) for _ in range(3)]
    radii = [rng.uniform(1.2, 3.4, axes) for _ in range(3)]
    for _ in range(2):
        made = np.zeros(shape, np.uint8)
        for label, centre, radius in zip((1, 2, 1), centres, radii, strict=True):
            made[ball(centre + rng.uniform(-1, 1, axes), radius * rng.uniform(0.8, 1.2, axes))] = (
                label
            )
        inner = (slice(1, -1),) * axes
        kept = np.zeros_like(made)
        kept[inner] = made[inner]
        sides.append(kept)
    return sides[0], sides[1], spacing


def values_of(pred, truth, spacing, metrics, classes=CLASSES) -> dict[tuple[str, str], float]:
    """Every value of a pair, by class and metric."""
    card = segeval.score(
        np.ascontiguousarray(pred), np.ascontiguousarray(truth), metrics, spacing=spacing,
        classes=classes, instances="components",
    )  # fmt: skip
    return {(row.class_, row.metric): row.value for row in card.rows}


def differing(
    one, other, skip=lambda name: False, factor=lambda name: 1.0, within=1e-9
) -> list[str]:
    """The values that are not what a change makes of them."""
    wrong = []
    for key, value in one.items():
        name = key[1]
        if skip(name):
            continue
        want, got = value * factor(name), other[key]
        same = (math.isnan(want) and math.isnan(got)) or want == got
        if not same and not abs(got - want) <= within * max(1.0, abs(want)):
            wrong.append(f"{key[0]}/{name}: {value!r} became {got!r}, expected {want!r}")
    return wrong


def plain(name: str) -> str:
    return name.partition(":")[0].partition("@")[0]


def one_way(name: str) -> bool:
    return any(f"as={word}" in name for word in ONE_WAY)


def power_of(metric: str, axes: int) -> int:
    """To which power of a length a metric goes."""
    unit = load_all_metrics()[plain(metric)].unit
    if "skeleton_length" in metric or unit == "length":
        return 1
    return axes if unit == "volume" else 0


def faults(seed: int, axes: int = 3, metrics: list[str] | None = None) -> list[str]:
    """What a pair's numbers do that they must not."""
    asked = metrics or metric_texts(("counts", "surface", "instances", "instance_surfaces"))
    truth, pred, spacing = solids(seed, axes)
    base = values_of(pred, truth, spacing, asked)
    found = []

    def against(word, other, **how):
        found.extend(
            f"seed {seed}, {axes}-D, {word}: {line}" for line in differing(base, other, **how)
        )

    oriented = lambda name: one_way(name) or plain(name) in OF_SKELETONS  # noqa: E731
    for axis in range(axes):
        mirrored = values_of(np.flip(pred, axis), np.flip(truth, axis), spacing, asked)
        against(f"mirrored along {axis}", mirrored, skip=oriented)
    order = np.roll(np.arange(axes), 1)
    turned = values_of(
        pred.transpose(order), truth.transpose(order), tuple(spacing[k] for k in order), asked
    )
    against("turned", turned, skip=lambda n: oriented(n) or plain(n) in OF_PLANES)
    wider = values_of(np.pad(pred, 3), np.pad(truth, 3), spacing, asked)
    against("wider", wider, skip=lambda n: plain(n) in OF_BACKGROUND)
    moved = values_of(
        np.roll(np.pad(pred, 2), 1, 0), np.roll(np.pad(truth, 2), 1, 0), spacing, asked
    )
    against("moved", moved, skip=lambda n: plain(n) in OF_BACKGROUND)
    sized = [m for m in asked if "@" not in m and "brats-2023" not in m]  # drops below 50 mm3
    twice = values_of(pred, truth, tuple(2 * s for s in spacing), sized)
    against_sized = {  # a distance in mm that is part of the metric stays what it is
        key: value for key, value in base.items() if key in twice and "@" not in key[1]
    }
    found.extend(
        f"seed {seed}, {axes}-D, larger: {line}"
        for line in differing(against_sized, twice, factor=lambda n: 2.0 ** power_of(n, axes))
    )
    same_way = [m for m in asked if plain(m) in SYMMETRIC]
    swapped = values_of(truth, pred, spacing, same_way)
    found.extend(
        f"seed {seed}, {axes}-D, swapped: {line}"
        for line in differing({k: v for k, v in base.items() if k in swapped}, swapped)
    )
    table = np.array([0, 7, 3], np.uint8)
    renamed = values_of(table[pred], table[truth], spacing, asked, classes="7=a,3=b")
    against("renamed", renamed)
    return found
