"""Cases one after the other, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segeval.engines.work import score_with_files
from segeval.pairing.cases import Case
from segeval.scorecard.result_store import FinishedCase
from segeval.scoring.pass_plan import Job


def run(cases: Sequence[Case], job: Job) -> Iterator[FinishedCase]:
    """Score every case; results come in the order of the cases."""
    for case in cases:
        yield score_with_files(case, job)
