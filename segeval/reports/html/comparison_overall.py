"""`overall` of several models: over the same classes and the same cases, else it compares nothing.

A result file has an `overall` over its own cases. Of models that lack different ones it says more
of the cases than of the models, so the page leads with the mean over what all have, and names the
other where it is another number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from segeval.reports.comparison import ModelComparison
from segeval.reports.html.comparison_lacks import Lacking, missed_structures
from segeval.reports.html.shown import Heading, label
from segeval.reports.html.signed_values import is_signed
from segeval.reports.table_model import format_count
from segeval.runtime.frozen import frozen
from segeval.scorecard.card import GROUPS, OVERALL, WHOLE, Scorecard
from segeval.scorecard.row_index import index_rows

NAMED = 5  # classes


@frozen
class CommonMeans:
    """The mean over classes of each model's mean over the cases that all have.

    means    a number a model; of |v| where a metric has a sign; nan where no class is common
    classes  that it is over
    """

    means: tuple[float, ...]
    classes: tuple[str, ...]


def common_means(found: ModelComparison, head: Heading) -> CommonMeans:
    """The overall of a metric over what all models have; of a metric of whole cases that mean."""
    own = [r for r in found.rankings if (r.name.metric, r.name.unit) == (head.name, head.unit)]
    every = [r for r in own if r.name.class_ not in (WHOLE, OVERALL, *GROUPS)] or own[:1]
    means = tuple(_mean([r.sizes[k] for r in every]) for k in range(len(found.models)))
    return CommonMeans(means, tuple(r.name.class_ for r in every))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def leading_model(
    found: ModelComparison, head: Heading, common: CommonMeans
) -> dict[str, Any] | None:
    """Who has the best mean in a metric, and in how many classes; None where nothing is common.

    names  all models with that mean
    first  classes in which they have the best mean, alone or with others
    """
    known = [mean for mean in common.means if not math.isnan(mean)]
    if not known:
        return None
    best = max(known) if head.definition.better == "higher" else min(known)
    leaders = [k for k, mean in enumerate(common.means) if mean == best]
    ranked = [
        r.rank_of_means
        for r in found.rankings
        if (r.name.metric, r.name.unit) == (head.name, head.unit)
        and r.name.class_ in common.classes
    ]
    return {
        "head": head,
        "names": [found.models[k] for k in leaders],
        "value": head.show(best),
        "of": format_count(len(common.classes), "class", "classes"),
        "classes": len(common.classes),
        "first": sum(min(ranks) in [ranks[k] for k in leaders] for ranks in ranked),
    }


def model_rows(
    found: ModelComparison,
    cards: Sequence[Scorecard],
    heads: Sequence[Heading],
    overall: Sequence[CommonMeans],
) -> list[dict[str, Any]]:
    """What each model has: its cases, what it missed, and its means over what all have."""
    every = len({name for card in cards for name in index_rows(card.cases).names})
    rows = []
    for k, (name, card) in enumerate(zip(found.models, cards, strict=True)):
        counted = index_rows(card.cases)
        rows.append(
            {
                "name": name,
                "cases": len(card.cases),
                "scored": counted.scored,
                "missing": every - counted.scored,
                "missed": missed_structures(card),
                "overall": [
                    {
                        "mean": head.show(common.means[k]),
                        "own": own_overall(card, head, common.means[k]),
                        "best": is_best(common.means, k, head),
                    }
                    for head, common in zip(heads, overall, strict=True)
                ],
            }
        )
    return rows


def own_overall(card: Scorecard, head: Heading, common: float) -> Any:
    """The overall of a result file where it shows as another number; None where it does not."""
    of_class = card.summary.get("", {})
    names = [name for name in of_class if name != OVERALL]
    whole = of_class.get(OVERALL) or (of_class[names[0]] if len(names) == 1 else {})
    if head.key not in whole or is_signed(head):
        return None
    shown = head.show(whole[head.key].mean)
    return shown if shown.text != head.show(common).text else None


def is_best(means: Sequence[float], place: int, head: Heading) -> bool:
    """Whether a model has the best mean of all, as it is shown."""
    known = [mean for mean in means if not math.isnan(mean)]
    if len(known) < 2 or math.isnan(means[place]):
        return False
    best = max(known) if head.definition.better == "higher" else min(known)
    return head.show(means[place]).text == head.show(best).text


def overall_remarks(
    found: ModelComparison,
    heads: Sequence[Heading],
    overall: Sequence[CommonMeans],
    lacking: Sequence[Lacking],
) -> list[str]:
    """What the means of models are over, and which classes are in none of them."""
    said = []
    for head, common in zip(heads, overall, strict=True):
        out = [one.class_ for one in lacking
               if one.metric == head.name and one.class_ not in common.classes
               and one.class_ not in (WHOLE, OVERALL, *GROUPS)]  # fmt: skip
        if out:
            more = f" and {len(out) - NAMED} more" if len(out) > NAMED else ""
            named = ", ".join(map(label, out[:NAMED])) + more
            said.append(
                f"{head.key}: {format_count(len(out), 'class', 'classes')} without a case in which "
                f"all models have a value, so in no overall: {named}"
            )
    return said
