"""Random small cases, scored by the program and the slow and obvious way (`tests/slow.py`).

    python benchmarks/slow_cases.py [--cases 10000] [--seed 0]

Overlap, distances of border voxels under four conventions, instances, topology, losses and
calibration: about 60 numbers a class. The short form is `tests/test_slow.py`.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
import slow

CLOSE = 1e-9
OF_FLOATS = 2e-6  # probabilities are float32
BINS = 7
Found = tuple[str, str, float, float]  # metric, class, the program's number, the slow one


def random_labels(rng: np.random.Generator, shape: Sequence[int], labels: int) -> np.ndarray:
    """Noise, blocks, or both; now and then nothing."""
    made = np.zeros(shape, np.uint8)
    how = rng.integers(0, 8)
    if how == 0:
        return made
    for label in range(1, labels + 1):
        for _ in range(int(rng.integers(0, 4))):
            corner = [int(rng.integers(0, side)) for side in shape]
            made[tuple(slice(c, c + int(rng.integers(1, 5))) for c in corner)] = label
    if how < 4:
        noisy = rng.random(shape) < rng.uniform(0, 0.4)
        made[noisy] = rng.integers(0, labels + 1, int(noisy.sum()))
    return made


def random_pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, tuple[float, ...], int]:
    """Two label maps, millimetres along their axes, and how many labels there may be."""
    shape = tuple(int(n) for n in rng.integers(1, 8, rng.choice([2, 3])))
    labels = int(rng.integers(1, 4))
    truth = random_labels(rng, shape, labels)
    pred = random_labels(rng, shape, labels)
    if rng.random() < 0.6:  # alike, as predictions are
        pred = np.roll(truth, int(rng.integers(-1, 2)), int(rng.integers(0, len(shape))))
        other = rng.random(shape) < 0.1
        pred[other] = rng.integers(0, labels + 1, int(other.sum()))
    step = tuple(float(s) for s in rng.choice([1.0, 0.7, 2.5, 3.0], len(shape)))
    return truth, pred, step, labels


def voxels_of(array: np.ndarray, label: int) -> set[tuple[int, ...]]:
    """The voxels of a label."""
    return {tuple(map(int, place)) for place in np.argwhere(array == label)}


def numbers_of(pred: object, truth: object, metrics: Sequence[str], **how: object) -> dict:
    """What the program says: (metric, class) -> value."""
    import segeval

    card = segeval.score(pred, truth, metrics=list(metrics), **how)
    return {(row.metric, row.class_): row.value for row in card.rows}


def of_masks(rng: np.random.Generator) -> Iterator[Found]:
    """A pair of label maps: overlap, distances, instances, topology."""
    truth, pred, step, labels = random_pair(rng)
    box = truth.shape
    slowly: dict[tuple[str, str], float] = {}
    for label in range(1, labels + 1):
        t, p = voxels_of(truth, label), voxels_of(pred, label)
        made = slow.overlap(t, p, box) | slow.distances(t, p, step)
        made |= slow.instances(t, p, box) | slow.topology(t, p, box)
        slowly |= {(name, f"c{label}"): value for name, value in made.items()}
    whole = ({tuple(v): int(a[v]) for v in np.ndindex(box)} for a in (truth, pred))
    slowly |= {(name, "all"): value for name, value in slow.of_all(*whole, labels).items()}
    metrics = dict.fromkeys(name for name, _ in slowly)
    classes = {f"c{label}": label for label in range(1, labels + 1)}
    found = numbers_of(
        pred, truth, metrics, spacing=step, classes=classes, instances="components",
        kind="labels",
    )  # fmt: skip
    for (name, class_), value in slowly.items():
        yield name, class_, found.get((name, class_), math.inf), value


def of_scores(rng: np.random.Generator) -> Iterator[Found]:
    """Probabilities against a label map: losses and calibration."""
    shape = tuple(int(n) for n in rng.integers(2, 6, rng.choice([2, 3])))
    labels = int(rng.integers(2, 5))
    logits = rng.normal(0, rng.uniform(0.3, 3), (labels, *shape))
    p = np.exp(logits - logits.max(0))
    p = (p / p.sum(0)).clip(1e-4, 0.9999).astype(np.float32)
    p /= p.sum(0, dtype=np.float32)
    truth = rng.integers(0, labels, shape).astype(np.uint8)
    rows = [[float(v) for v in p[(slice(None), *place)]] for place in np.ndindex(shape)]
    y = [int(truth[place]) for place in np.ndindex(shape)]
    slowly = {(n, "all"): v for n, v in slow.voxel_losses(rows, y).items()}
    slowly |= {(n, "all"): v for n, v in slow.calibration(rows, y, BINS).items()}
    names = [f"c{label}" for label in range(labels)]
    for label, name in enumerate(names):
        own = slow.class_losses(rows, y, label) | slow.class_calibration(rows, y, label, BINS)
        slowly |= {(n, name): v for n, v in own.items()}
    found = numbers_of(
        p, truth, dict.fromkeys(name for name, _ in slowly), kind="prob", channel_axis=0,
        classes={name: label for label, name in enumerate(names)}, background=True,
    )  # fmt: skip
    for (name, class_), value in slowly.items():
        yield name, class_, found.get((name, class_), math.inf), value


def agree(one: float, other: float, close: float) -> bool:
    """Whether two numbers are one, undefined ones too."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return abs(one - other) <= close * max(1.0, abs(other))


def try_cases(cases: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Compare so many cases: how many numbers of each metric, and those that differ."""
    compared, wrong = Counter[str](), []
    for number in range(cases):
        rng = np.random.default_rng([seed, number])
        make, close = (of_scores, OF_FLOATS) if number % 4 == 3 else (of_masks, CLOSE)
        for name, class_, fast, slowly in make(rng):
            compared[name] += 1
            if not agree(fast, slowly, close):
                wrong.append(f"case {number} {class_} {name}: {fast!r}, slowly {slowly!r}")
    return compared, wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare; 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    compared, wrong = try_cases(asked.cases, asked.seed)
    print(*wrong[:60], sep="\n")
    print(f"{asked.cases} cases, {compared.total()} numbers of {len(compared)} metrics and "
          f"conventions, {len(wrong)} differ")  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
