"""`segeval.gate`: results against rules and a baseline; of the command too (CLI-Y3)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segeval.api.cards import load
from segeval.api.choices import combine_settings
from segeval.api.told_errors import tell_in_python
from segeval.api.words import Adjust, Leads, Missing, Policy, Undefined
from segeval.gates.judge import judge_in_full
from segeval.gates.verdict import Judgement
from segeval.reports.problems import count_failed, count_faulty
from segeval.request.grammar import Gate, parse_metric
from segeval.runtime.errors import MERGE_HELP, RequestError
from segeval.runtime.frozen import replace
from segeval.scorecard.card import Scorecard
from segeval.scorecard.summary import summarise_results
from segeval.scoring.pooling import pools_of


@tell_in_python
def gate(  # noqa: PLR0913 - the choices of `segeval gate`
    results: Scorecard | str | Path,
    rules: str | Gate | Sequence[str | Gate] = (),
    *,
    baseline: Scorecard | str | Path | None = None,
    policy: Policy | None = None,
    baseline_tolerance: str | Sequence[str | Gate] | None = None,
    adjust: Adjust | None = None,
    ci: float | None = None,
    seed: int | None = None,
    undefined: Undefined | None = None,
    missing: Missing | None = None,
    leads: Leads | None = None,
    allow_different_settings: bool | None = None,
    allow_different_cases: bool | None = None,
    allow_different_truth: bool | None = None,
) -> Judgement:
    """Judge results by rules, by a baseline, or by both, as `segeval gate` does.

    results   a scorecard or a result file
    rules     `dice=0.85`, `liver/hd95.worst=5mm`; one or several
    baseline  an earlier run: a scorecard or a result file
    policy    when worse than the baseline fails: any, regression, noninferior
    baseline_tolerance  how much worse is none: `dice=0.01`
    adjust    how intervals hold for all rules together: max, holm, none
    ci        level of the intervals; 0.95 without one
    seed      of the resamples of intervals
    undefined what was said of numbers that cannot be computed: whoever says it accepts them
    missing   `skip`: cases without a prediction are accepted
    leads     the statistic of rules that name none
    allow_different_settings  compare with a baseline of another signature
    allow_different_cases     compare the cases that both have
    allow_different_truth     compare with a baseline of another ground truth
    returns   the verdicts, and whether all passed: `if not segeval.gate(card, "dice=0.85"): …`
    Raises RequestError where there is nothing to judge by, or a rule asks for what is not there.
    """
    named = {k: v for k, v in locals().items() if k not in ("results", "rules", "baseline")}
    settings = combine_settings(None, {**named, "gates": rules})
    if not settings.gates and baseline is None:
        raise RequestError("there is nothing to judge by", help='give rules: "dice=0.85"')
    card = results if isinstance(results, Scorecard) else load(results)
    settings = replace(settings, missing=missing or card.fields.get("missing", "error"))
    accept = undefined is not None or card.fields.get("undefined", "exclude") != "exclude"
    before = baseline if baseline is None or isinstance(baseline, Scorecard) else load(baseline)
    if before is not None and before.shard:
        raise RequestError("a shard is no baseline", help=MERGE_HELP)
    card = summarise_again(card)
    found = judge_in_full(card, settings, accept, before)
    unscored = count_failed(card, settings) + count_faulty(card, settings)
    return replace(found, unscored=unscored)


def summarise_again(card: Scorecard, where: object = "") -> Scorecard:
    """A scorecard with its summary made of its cases: a file's may have been edited.

    card   a whole run
    where  the file, for messages
    Raises RequestError for a part of a run.
    """
    if card.shard:
        raise RequestError("a shard decides nothing", where=where, help=MERGE_HELP)
    metrics = [parse_metric(text) for text in card.metrics]
    return replace(card, summary=summarise_results(card.cases, metrics, pools_of(card.cases, True)))
