"""Every value of the oracles that a metric gives, once more through the command line.

The adapters of tests/oracles ask the same metrics of the same batches; here each batch is written
to files of every format that can hold it, and one run of `segeval score` answers all that is asked.
"""

import numpy as np
import oracles.arrays  # noqa: F401 - registers the conventions that need more than sums
import pytest
from oracles import command, sums
from oracles.conventions import answer
from oracles.read import records

from segeval.metrics.registry import resolve_metric
from segeval.request.grammar import parse_metric

CASES = sorted({r.case for r in records()})
LEFT = ("decode.dont_care", "negative_control")


def key(batch):
    """What tells batches of a case apart."""
    return tuple((name, a.shape, a.dtype.str, a.tobytes()) for name, a in sorted(batch.items()))


def asked(monkeypatch, case):
    """The metrics that the records of a case ask, by batch; and the records that ask any."""
    batches, texts, kept = {}, {}, []

    def noted(text, batch):
        batches[key(batch)] = batch
        texts.setdefault(key(batch), {})[spelled(text)] = None
        noted.count += 1
        return kernels(text, batch)

    kernels, noted.count = sums.answers, 0
    monkeypatch.setattr(sums, "answers", noted)
    for r in records():
        if r.case == case and r.convention not in LEFT and r.case != "large_constant":
            before = noted.count
            answer(r)
            if noted.count > before:
                kept.append(r)
    return batches, texts, kept


def spelled(text):
    return str(resolve_metric(parse_metric(text))[0])


@pytest.mark.parametrize("form", command.FORMATS)
@pytest.mark.parametrize("case", CASES)
def test_the_value_of_the_library(segeval, tmp_path, monkeypatch, case, form):
    batches, texts, kept = asked(monkeypatch, case)
    cards = {
        one: command.card_of(segeval, tmp_path / str(place), form, batch, texts[one])
        for place, (one, batch) in enumerate(batches.items())
        if command.holds(form, batch)
    }

    def of_files(text, batch):
        if key(batch) not in cards:
            pytest.skip("the format cannot hold this")
        return command.values_of(cards[key(batch)], spelled(text), batch["p"].shape[1])

    monkeypatch.setattr(sums, "answers", of_files)
    for r in kept:
        got = np.asarray(answer(r), float)
        np.testing.assert_allclose(got, r.want, r.rtol, r.atol, equal_nan=True, err_msg=r.id)
        if r.exact is not None:
            np.testing.assert_allclose(got, r.exact, 1e-9, 1e-12, err_msg=r.id)
