"""The conventions of LOSSES.md that come from sums: how a record is asked of segeval.

A batch is as many cases. A value of the whole batch is the pooled one; a mean over the batch is the
mean over cases.
"""

import numpy as np

from segeval.kernels.softmax import sigmoid, softmax
from segeval.metrics.registry import metric_arguments, needed_terms, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.tallies.block import Block
from segeval.tallies.sums import Sums, SumsTally


def blocks(batch):
    """One block a case of a batch: a dict of arrays, first axis the case."""
    for i in range(len(batch["p"])):
        item = {name: array[i] for name, array in batch.items() if array is not None}
        p = item["p"].reshape(len(item["p"]), -1)
        flat = {
            n: a.reshape(-1) if n in ("y", "valid") else a.reshape(len(p), -1)
            for n, a in item.items()
        }
        y = flat.get("y", np.zeros(p.shape[1], np.uint8))
        hard = (
            {0: p.argmax(axis=0).astype(np.uint8)}
            if "y" in flat
            else {c: (row >= 0.5).view(np.uint8) for c, row in enumerate(p)}
        )
        yield Block(
            0,
            p.shape[1],
            {0: y},
            hard,
            flat["p"],
            flat.get("z"),
            flat.get("g"),
            flat.get("soft"),
            flat.get("valid"),
        )


def answers(text, batch):
    """What a metric says of each case, and of the pooled ones."""
    metric, definition = resolve_metric(parse_metric(text))
    needs = needed_terms(metric, definition)
    given = metric_arguments(metric, definition)
    found = tallies(batch, needs)
    return [definition.compute(s, **given) for s in [*found, Sums.pool_cases(found)]]


def tallies(batch, needs=()):
    """The sums of each case."""
    found = []
    for block in blocks(batch):
        tally = SumsTally(len(block.scores), "y" in batch, needs)
        tally.update(block)
        found.append(tally.finish([str(c) for c in range(len(block.scores))]))
    return found


def tallied(batch, needs=()):
    """The sums of all cases."""
    return Sums.pool_cases(tallies(batch, needs))


def whole(text, batch):
    """The number of the pooled cases."""
    return answers(text, batch)[-1].whole


def mean(text, batch):
    """The mean over cases of the number of each."""
    return np.mean([v.whole for v in answers(text, batch)[:-1]])


def total(text, batch):
    """The sum over cases of the number of each."""
    return np.sum([v.whole for v in answers(text, batch)[:-1]])


def each(text, batch):
    """The number of each case."""
    return np.array([v.whole for v in answers(text, batch)[:-1]])


def classes(text, batch):
    """The numbers of the classes of the pooled cases."""
    return answers(text, batch)[-1].classes


def each_class(text, batch):
    """The numbers of the classes of each case."""
    return np.array([v.classes for v in answers(text, batch)[:-1]])


def word(values):
    """Numbers as a list of an option."""
    return "+".join(repr(float(v)) for v in np.ravel(values))


def from_labels(x, y, ignore=None, logits=True):
    """A batch of exclusive channels."""
    z = np.ascontiguousarray(x).astype(np.float64 if x.dtype == np.float16 else x.dtype)
    valid = None if ignore is None else y != ignore
    kept = np.where(valid, y, 0) if ignore is not None else y
    batch = {"p": softmax(z, 1) if logits else z, "y": kept.astype(np.uint8)}
    batch |= {"z": z} if logits else {}
    return batch | ({"valid": valid} if valid is not None else {})


def from_masks(x, g, logits=True, valid=None):
    """A batch of independent channels."""
    batch = {"p": sigmoid(x) if logits else x, "g": g.astype(bool)}
    batch |= {"z": x} if logits else {}
    return batch | ({"valid": valid} if valid is not None else {})


def flat(x, g, logits=True, valid=None):
    """One channel of all elements: a mean over elements, whatever their channel."""
    one = from_masks(x.reshape(1, 1, -1), g.reshape(1, 1, -1), logits)
    if g.dtype.kind == "f":
        one |= {"soft": g.reshape(1, 1, -1)}
        del one["g"]
    return one | ({"valid": valid.reshape(1, -1)} if valid is not None else {})
