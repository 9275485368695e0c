"""Cases one after the other, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segeval.engines.work import work
from segeval.pairing.cases import Case
from segeval.scorecard.result_store import Done
from segeval.scoring.pass_plan import Job


def run(cases: Sequence[Case], job: Job) -> Iterator[Done]:
    """Score every case; results come in the order of the cases."""
    for case in cases:
        yield work(case, job)
