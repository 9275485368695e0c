"""What an engine does with one case, wherever it does it."""

from __future__ import annotations

from segeval.errors import CaseError
from segeval.pairing.cases import Case
from segeval.pairing.remote import fetched
from segeval.scorecard import CaseResult
from segeval.scoring.case import score_case, unscored_case
from segeval.scoring.planning import Job


def work(case: Case, job: Job) -> CaseResult:
    """Score a case; its remote files come over before and go afterwards."""
    try:
        with fetched(case, job.stores) as here:
            return score_case(here, job)
    except CaseError as problem:  # score_case has none left: of the store
        return unscored_case(case, problem)
