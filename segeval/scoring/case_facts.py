"""What was found in a case, for whoever has to trust the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segeval.runtime.inventory import current
from segeval.runtime.memory_budget import PROGRAM_BYTES, format_mib
from segeval.scorecard.card import (
    WHOLE,
    Row,
)
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.case_stages import CaseRead
from segeval.scoring.finish_tallies import (
    FinishedTallies,
    kept_over_budget,
)
from segeval.scoring.no_room import OVER_BUDGET
from segeval.scoring.pass_plan import Job, TallyRequest
from segeval.scoring.points import point_kinds
from segeval.volume.instances import RoiMasks


def find_unmet(read: CaseRead) -> list[str]:
    """The parts of the request that the case has nothing for; none is looked for where there is
    none."""
    job = read.start.job
    if not job.is_watched:
        return []
    from segeval.scoring.unmet_settings import unmet_settings

    return unmet_settings(read)


def count_scored_classes(resolved: CaseClasses, found: Sequence[Row]) -> None:
    """Count the classes of a case, and what became of each by its rows."""
    inventory = current()
    many = len(resolved.targets) + len(resolved.skipped) + len(resolved.faults)
    inventory.add_found("class", many, "")
    valued_classes = {r.class_ for r in found if r.metric} - {WHOLE}
    only_whole = not valued_classes and any(r.metric for r in found)
    scored_classes = len(resolved.targets) if only_whole else len(valued_classes)
    inventory.add_scored("class", scored_classes, "")
    for r in found:
        if not r.metric:
            inventory.add_unscored("class", r.status, 1, "")


def case_facts(read: CaseRead) -> dict[str, Any]:
    """What was found, for whoever has to trust the numbers."""
    truth, pred, grid = read.start.truth, read.start.pred, read.start.grid
    found = read.passed.found
    kinds = {"pred": found[1].kind, "gt": found[0].kind}
    kept: dict[str, Any] = {"kind": kinds | point_kinds(truth, pred)}
    if len(point_kinds(truth, pred)) < len(kinds):  # else there is no grid
        shape, spacing = (list(reversed(own or ())) for own in (grid.shape, grid.spacing))
        kept = {"shape": shape, "spacing": spacing or None} | kept
    if pred.scores is not None:
        kept["scores"] = Path(pred.scores.path).name
    named = {"pred": pred.facts, "gt": truth.facts}
    if structures := {side: dict(own) for side, own in named.items() if own}:
        kept["structures"] = structures
    if isinstance(pred.volume.regions, RoiMasks):
        kept["rois"] = pred.volume.regions.facts()
    return kept


def faulty_classes(
    resolved: CaseClasses, finished: FinishedTallies, requests: Sequence[TallyRequest], job: Job
) -> dict[str, Any]:
    """The classes that cannot be scored and what there was no memory for, and why."""
    found = {
        name: {"status": f.status, "message": f.message, "facts": list(f.facts), "help": f.help}
        for name, f in resolved.faults.items()
    }
    for name, size in kept_over_budget(finished, requests).items():
        found[name] = {
            "status": OVER_BUDGET,
            "message": f"would take {format_mib(size)} "
            f"beside the {format_mib(PROGRAM_BYTES)} of the program",
            "facts": [f"--max-memory is {format_mib(job.settings.budget)}"],
            "help": f"--max-memory {format_mib(size + PROGRAM_BYTES).replace(' ', '')}, "
            "or fewer metrics",
        }
    return {"faults": found} if found else {}
