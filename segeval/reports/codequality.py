"""GitLab's code quality report: what is wrong as findings beside the change of a merge request.

A finding that is in both branches is recognised by its fingerprint, which therefore holds no value:
a gate missed by more than before is the same finding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import IO, Any

from segeval.reports.problems import case_error, class_faults, is_accepted
from segeval.reports.verdicts import (
    gate_without_bar,
    missed_verdicts,
    unscored_cases,
    verdict_sentence,
    verdict_subject,
)
from segeval.request.settings import Settings
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import Scorecard
from segeval.scorecard.row_index import noteworthy_cases

MISSED, LOST = "major", "critical"  # of info, minor, major, critical, blocker
LINE = 1  # a gate may come from an option: there is no better one
NOWHERE = "segeval.toml"  # GitLab refuses a finding without a path


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the missed gates and the unscored cases as findings."""
    found = list(findings(card, settings))
    json.dump(found, file, indent=2, allow_nan=False)
    file.write("\n")


def findings(card: Scorecard, settings: Settings) -> Iterator[dict[str, Any]]:
    """The findings in the order of gates and cases."""
    place = card.place or NOWHERE
    for verdict in missed_verdicts(card):
        said = f"{verdict_subject(verdict)}: {verdict_sentence(verdict)}"
        yield _finding(
            f"segeval.{gate_without_bar(verdict)}", verdict_subject(verdict), said, MISSED, place
        )
    lost = [(case.status, case_error(case)) for case in unscored_cases(card, settings)]
    lost += [
        (status, fault)
        for case in noteworthy_cases(card.cases)
        for status, fault in class_faults(case)
        if not is_accepted(status, settings)
    ]
    for status, error in lost:
        said = f"{clean_name(error.where)}: {clean_name(error.message)}"
        yield _finding(f"segeval.{status}", error.where, said, LOST, place)


def _finding(check: str, what: str, said: str, severity: str, place: str) -> dict[str, Any]:
    words = "\0".join((check, what)).encode("utf-8", "surrogateescape")
    return {
        "description": said,
        "check_name": check,
        "fingerprint": sha256(words).hexdigest(),
        "severity": severity,
        "location": {"path": place, "lines": {"begin": LINE}},
    }
