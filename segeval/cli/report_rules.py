"""Rules that `segeval report` is given: they are judged, as `segeval gate` does (ACCOUNT-A35)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from segeval.cli.conclude import judge_gates, load_baseline, report_refusals, report_verdicts
from segeval.cli.gate import request_of_results
from segeval.cli.messages import print_message
from segeval.cli.problems import exit_status, report_problems
from segeval.cli.settings_sources import ResolvedSettings
from segeval.cli.warnings_output import report_notes
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace

if TYPE_CHECKING:
    from segeval.gates.verdict import Judgement
    from segeval.scorecard.card import Scorecard

SAME = ("gate", "class", "metric", "statistic", "group")  # what makes two verdicts one


def judge_for_page(
    card: Scorecard, request: ResolvedSettings, path: str
) -> tuple[Scorecard, Judgement | None]:
    """Results with the verdicts of the rules that are given, beside those that they have.

    path     of the result file
    returns  the results for the page; what came of the rules, None where none are given
    Raises RequestError.
    """
    settings = request.settings
    if not (settings.gates or settings.baseline):
        return card, None
    from segeval.api.gate import summarise_again

    own = request_of_results(card, request, path)
    found = judge_gates(summarise_again(card, path), own, load_baseline(settings))
    if found is None:
        return card, None
    new = {_same(verdict) for verdict in found.verdicts}
    kept = (verdict for verdict in card.gates if _same(verdict) not in new)
    refused = dict.fromkeys([*card.refused, *(one.text for one in found.refused)])
    return replace(card, gates=(*kept, *found.verdicts), refused=tuple(refused)), found


def tell_judgement(card: Scorecard, found: Judgement, request: ResolvedSettings, path: str) -> int:
    """Say on stderr what came of the rules; gives the exit status.

    path  of the result file
    """
    own = request_of_results(card, request, path)
    errors = report_notes(found.notes, own.settings)
    report_problems(card, own.settings)
    errors += report_refusals(found.refused)
    report_verdicts(replace(card, gates=found.verdicts), own)
    return exit_status(card, found.verdicts, errors, own.settings)


def _same(verdict: Any) -> tuple[Any, ...]:
    """What a verdict is of, whether it was judged now or read from a file."""
    if isinstance(verdict, Mapping):
        return tuple(verdict.get(name, "") for name in SAME)
    return tuple(getattr(verdict, "class_" if name == "class" else name) for name in SAME)


def refuse_rules(given: Mapping[str, Any], request: ResolvedSettings, paths: Iterable[str]) -> None:
    """Refuse rules of several models; those of a settings file are not judged, which is said.

    given  what was typed
    paths  of the result files
    Raises RequestError.
    """
    first = next(iter(paths))
    if given["gates"] or given["baseline"]:
        raise RequestError(
            "rules are judged of one result file, and here are several",
            help=f"segeval gate {first} for each, or leave the rules out",
        )
    settings = request.settings
    if (settings.gates or settings.baseline) and not settings.quiet:
        origin = request.origins["gates" if settings.gates else "baseline"]
        place = origin.rpartition(":")[0] or origin
        named = f" -c {given['config']}" if given["config"] else ""
        print_message(f"the rules of {place} are not judged of models: segeval gate {first}{named}")
