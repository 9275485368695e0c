"""What an engine does with one case, wherever it does it, and with a part of the budget.

Of several processes each has a share of `--max-memory`. A case that needs more than a share, and no
more than the whole, is scored again when the others are done and it has the whole to itself. So
what is over the budget does not depend on how many processes there are. Where no budget is given
each process has what a run of one has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.pairing.cases import Case
from segeval.pairing.remote import fetch_case
from segeval.runtime.errors import CaseError, RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.memory_budget import process_budget as part_of
from segeval.scorecard.card import CaseResult
from segeval.scorecard.result_store import FinishedCase
from segeval.scoring.case import score_case
from segeval.scoring.no_room import OVER_BUDGET
from segeval.scoring.pass_plan import Job
from segeval.scoring.unscored_case import make_unscored_case

if TYPE_CHECKING:
    from segeval.scoring.surfaces_by_class import ParallelMap


def share_job(job: Job, processes: int) -> Job:
    """The job of each of several processes: less to keep things in, the same slabs."""
    if job.settings.max_memory is None:
        return job
    return replace(job, part=part_of(job.settings.max_memory, processes))


def second_reading_text(count: int) -> str:
    """That cases are read a second time, and why."""
    cases, need = ("case", "needs") if count == 1 else ("cases", "need")
    return (
        f"{count} {cases} {need} more memory than one of several processes has of --max-memory: "
        "read a second time, with all of it"
    )


def ignore_message(text: str) -> None:
    """Nobody listens."""


def exceeds_budget(result: CaseResult) -> bool:
    """Whether something was left out that would have taken more than the budget of the process."""
    if result.status == OVER_BUDGET:
        return True
    return any(fault["status"] == OVER_BUDGET for fault in result.faults.values())


def check_shared_store(job: Job) -> None:
    """Refuse a store that other processes cannot see. Raises RequestError."""
    for store in job.stores:
        if store.of_one_process:
            raise RequestError(
                "no other process can read from this store",
                where=store.url,
                help="leave out -j and --scheduler",
            )


def score_with_files(case: Case, job: Job, share: ParallelMap = map) -> FinishedCase:
    """Score a case; its remote files come over before and go afterwards.

    share  calls a function for every class, as `map` does
    """
    try:
        with fetch_case(case, job.stores) as here:
            result = score_case(here, job, share)
    except CaseError as problem:  # score_case has none left: of the store
        result = make_unscored_case(case, problem)
    return FinishedCase.of(result, exceeds_budget(result))
