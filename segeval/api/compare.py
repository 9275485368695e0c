"""`segeval.compare`: which model is better, over the same cases; of the command too (CLI-Y3)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.api.choices import combine_settings
from segeval.api.told_errors import tell_in_python
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, Note, RequestError
from segeval.scorecard.card import Scorecard

if TYPE_CHECKING:
    from segeval.reports.comparison import ModelComparison


@tell_in_python
def compare(
    *results: Scorecard | str | Path,
    names: Sequence[str] = (),
    ci: float | None = None,
    seed: int | None = None,
    allow_different_settings: bool | None = None,
    allow_different_cases: bool | None = None,
) -> ModelComparison:
    """Compare models over the cases that they share: each with the first, as `segeval compare`.

    results  scorecards or result files, two or more; the first is what others are compared with
    names    of the models; without them those of the files, else `model 1`, `model 2`, …
    ci       level of the intervals, 0.95 without one
    seed     of the resamples of intervals
    allow_different_settings  compare results of different signatures
    allow_different_cases     compare the cases that all have
    returns  differences by class and metric with intervals and tests, ranks of three and more;
             `print` shows tables, `to_dataframe()` has a row a difference
    Raises RequestError where there is nothing to compare, or results cannot be compared, and
    CaseError where no case is in all of them.
    """
    from segeval.api.cards import load

    choices = {k: v for k, v in locals().items() if k not in ("results", "names", "load")}
    settings = combine_settings(None, choices)
    if len(results) < 2:
        raise RequestError("there is nothing to compare with", help="segeval.compare(a, b)")
    called = list(names) or name_results(results)
    if len(called) != len(results):
        raise RequestError(f"{len(called)} names of {len(results)} results")
    cards = [one if isinstance(one, Scorecard) else load(one) for one in results]
    check_comparable(called, cards, settings)
    missing = describe_missing_cases(called, cards)
    if missing and not settings.allow_different_cases:
        raise RequestError(
            "the results are of different cases",
            facts=tuple(missing),
            help="allow_different_cases=True compares those that all have",
        )
    return compare_models(called, cards, settings)


def name_results(results: Sequence[Scorecard | str | Path]) -> list[str]:
    """What models are called that nobody named.

    results  scorecards have no name, result files have that of the file
    """
    if any(isinstance(one, Scorecard) for one in results):
        return [f"model {k}" for k in range(1, len(results) + 1)]
    return name_models([str(one) for one in results])


def check_comparable(
    paths: Sequence[str], cards: Sequence[Scorecard], settings: Settings
) -> list[Note]:
    """Refuse results under other settings, or say how they differ. Raises RequestError."""
    from segeval.scorecard.signature import incomparable_fields
    from segeval.statistics.compare import shared_metrics

    if not shared_metrics(cards):
        facts = tuple(
            f"{path}: {', '.join(c.metrics)}" for path, c in zip(paths, cards, strict=True)
        )
        raise RequestError("no metric is in all files that can be better or worse", facts=facts)
    foreign = [(p, c) for p, c in zip(paths, cards, strict=True) if c.foreign]
    if foreign:
        from segeval.gates.baseline import foreign_settings_note

        return [foreign_settings_note(card, path) for path, card in foreign]
    notes = []
    for path, card in zip(paths[1:], cards[1:], strict=True):
        facts = incomparable_fields(cards[0].fields, card.fields)
        if facts and not settings.allow_different_settings:
            raise RequestError(
                f"{paths[0]} and {path} were scored under different settings",
                facts=facts,
                help="score them alike; or --allow-different-settings",
            )
        notes += [Note("W-different-settings", "; ".join(facts), path)] if facts else []
    return notes


def describe_missing_cases(paths: Sequence[str], cards: Sequence[Scorecard]) -> list[str]:
    """What cases a file lacks that another has, in words."""
    from segeval.scorecard.row_index import index_rows

    own = [index_rows(card.cases).places for card in cards]
    every = dict.fromkeys(name for names in own for name in names)
    said = []
    for path, names in zip(paths, own, strict=True):
        if left := [name for name in every if name not in names]:
            more = f" and {len(left) - 5} more" if len(left) > 5 else ""
            what = "case" if len(left) == 1 else "cases"
            said.append(f"{path}: {len(left)} {what} missing: {', '.join(left[:5])}{more}")
    return said


def compare_scorecards(
    paths: Sequence[str], cards: Sequence[Scorecard], settings: Settings
) -> ModelComparison:
    """All differences and ranks of result files.

    paths     of the files, which give the models their names
    cards     what they hold
    settings  level and seed of intervals
    """
    return compare_models(name_models(paths), cards, settings)


def compare_models(
    names: Sequence[str], cards: Sequence[Scorecard], settings: Settings
) -> ModelComparison:
    """All differences and ranks.

    names     of the models
    cards     their results, in the same order
    settings  level and seed of intervals
    Raises CaseError where no case is in all of them.
    """
    from segeval.reports.comparison import ModelComparison
    from segeval.statistics.compare import model_differences, model_rankings
    from segeval.statistics.intervals import check_level
    from segeval.statistics.shared_cases import SharedCases

    level, seed = check_level(settings.ci), settings.seed
    shared = len(SharedCases(*(card.cases for card in cards)))
    if not shared:
        raise no_common_case_error(names, cards)
    return ModelComparison(
        tuple(names),
        shared,
        level,
        seed,
        tuple(model_differences(cards, level, seed)),
        tuple(model_rankings(cards, level, seed)),
    )


def no_common_case_error(names: Sequence[str], cards: Sequence[Scorecard]) -> CaseError:
    """The error where models share no case, with the first cases of each.

    names  of the models
    cards  their results
    """
    from segeval.scorecard.row_index import index_rows

    facts = []
    for name, card in zip(names, cards, strict=True):
        own = list(index_rows(card.cases).names)
        more = f" and {len(own) - 3} more" if len(own) > 3 else ""
        what = "case" if len(own) == 1 else "cases"
        facts.append(f"{name}: {len(own)} {what}: {', '.join(own[:3])}{more}")
    return CaseError(
        "no case is in all of them: there is nothing to compare",
        facts=tuple(facts),
        help="score the models against one ground truth; cases are paired by their names",
    )


def name_models(paths: Sequence[str]) -> list[str]:
    """Names of the models: of the files, with as much of their folders as tells them apart."""
    parts = [Path(path).with_suffix("").parts for path in paths]
    for many in range(1, max(map(len, parts)) + 1):
        names = ["/".join(own[-many:]) for own in parts]
        if all(a != b for a, b in combinations(names, 2)):
            return names
    return [f"{path} ({k})" for k, path in enumerate(paths, 1)]


def warn_few_cases(found: ModelComparison) -> list[Note]:
    """A warning where there are too few cases for an interval."""
    from segeval.gates.baseline_notes import FEW_CASES, few_cases_note

    counts = {
        f"{d.name.class_}/{d.name.metric}": d.patients
        for d in found.differences
        if 0 < d.patients < FEW_CASES
    }
    return [few_cases_note(counts, "compare")] if counts else []
