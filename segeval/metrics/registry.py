"""What the program knows of each metric, and how a request becomes a metric that can be computed.

A metric is a small pure function of a finished tally. Its docstring is its documentation: the first
paragraph says what it is, the aligned fields (`formula`, `returns`, `empty`, `source`) the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from importlib import import_module
from inspect import cleandoc
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from segeval.metrics import FAMILIES, FAMILIES_OF, SEARCH_ORDER
from segeval.metrics.aliases import CANONICAL, NEAR, TWO_MEANINGS
from segeval.metrics.quantities import resolve_quantity
from segeval.request.grammar import Metric, format_number, parse_metric, parse_quantity
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import field, frozen, replace

BOX, NO_BOX = "box", "none"  # the option that asks for a part of the case, and its default
SHARE, UPWARDS = (0.0, 1.0), (0.0, math.inf)  # bounds of a share, and of what has no upper one
Better = Literal["higher", "lower", "zero", ""]
TermsOfOptions = Callable[[Mapping[str, Any]], tuple[Hashable, ...]]


@frozen
class Values:
    """What a metric gives: a number a class, one for the whole case, or both.

    classes  float64, one a class of the tally, nan where there was nothing to measure; or None
    whole    the value of the class `all`; None where the metric has none
    reason   why a nan is a nan where it is not the absence of a class, as `no_probabilities`
    unit     of the values, where it is the grid's and not the metric's
    worst    what a missed class is charged, where that is the case's and not the metric's; a class
    beside   a reason for each class, of a nan or beside its number; () where there is none
    groups   values of groups of classes by their name, as `things`
    """

    classes: Floats | None = None
    whole: float | None = None
    reason: str = ""
    unit: str = ""
    worst: Floats | None = None
    beside: tuple[str, ...] = ()
    groups: Mapping[str, float] = field(default_factory=dict)


@frozen
class Option:
    """A choice inside a metric: its default and, if they are a list, the words it takes.

    read  what the function is given instead of the word; ValueError for a word that it cannot be
    of    words with which the metric reads another tally
    """

    default: str
    words: tuple[str, ...] = ()
    read: Callable[[str], Any] = str
    of: Mapping[str, str] = field(default_factory=dict)


@frozen
class Definition:
    """What the program knows of a metric.

    of      the tally that it reads: counts, sums, …
    better  the better side; "" for a size, which has none and cannot be a gate
    unit    of the value: "" for a ratio, "%", "volume" (ml, mm2, px), "length" (mm, px): the grid's
    at      units that its quantity may have, "" for a bare number; () where it takes none
    default the quantity when none is given
    bounds  the range, from which the worst value follows
    origin  whose convention it is, the word of `as`; "" where the name has only one
    origins every convention under the name, by that word
    given   arguments that the convention fixes
    needs   what the tally has to add for it beyond what it always adds, from the arguments
    drops   labels that no channel stands for are left out; for other losses they are an error
    leads   the statistic over cases that people quote: mean, or pooled (ACCOUNT-A27)
    one     whether `leads` is the only statistic that it has over cases, as an AP is pooled
    library the distribution whose version is part of the number, and so of the signature
    whole   the function is given its quantity with the unit, not the number alone
    grouped the mean of a whole case over all cases is that of the means of their groups
    most    the quantity counts something, from 1 to so many; 0: it measures something
    needs_at it says nothing without its quantity, and is no request without it
    """

    name: str
    of: str
    compute: Callable[..., Any]
    better: Better = ""
    unit: str = ""
    at: tuple[str, ...] = ()
    default: str = ""
    options: Mapping[str, Option] = None  # type: ignore[assignment]
    bounds: tuple[float, float] = (float("-inf"), float("inf"))
    origin: str = ""
    origins: Mapping[str, Definition] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    needs: TermsOfOptions | None = None
    drops: bool = False
    library: str = ""
    whole: bool = False
    leads: str = "mean"
    one: bool = False
    grouped: bool = False
    most: int = 0
    needs_at: bool = False

    @property
    def doc(self) -> str:
        """The docstring of the function, which only Python 3.13 and later keep without indents."""
        return cleandoc(self.compute.__doc__ or "")

    def tally(self, metric: Metric) -> str:
        """The tally that a request reads by name: `sums`, of a part of the case `sums:box=8mm`."""
        of = self.of
        for key, option in self.options.items():
            of = option.of.get(metric.option(key, option.default), of) if option.of else of
        box = metric.option(BOX, NO_BOX) if BOX in self.options else NO_BOX
        return of if box == NO_BOX else f"{of}:{BOX}={box}"

    @property
    def worst(self) -> float:
        """The value that a missed class is charged; nan where there is no such value."""
        low, high = self.bounds
        value = {"higher": low, "lower": high, "zero": high}.get(self.better, float("nan"))
        return value if math.isfinite(value) else float("nan")

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to a worker process by name: functions need not be sent."""
        return find_convention, (self.name, self.origin)


KNOWN: dict[str, Definition] = {}


def metric(  # noqa: PLR0913 - the fields of a Definition, by keyword
    name: str,
    *,
    of: str,
    better: Better = "",
    unit: str = "",
    at: tuple[str, ...] = (),
    default: str = "",
    options: Mapping[str, Option] | None = None,
    bounds: tuple[float, float] = (float("-inf"), float("inf")),
    origin: str = "",
    given: Mapping[str, Any] | None = None,
    needs: TermsOfOptions | None = None,
    drops: bool = False,
    library: str = "",
    whole: bool = False,
    leads: str = "mean",
    one: bool = False,
    grouped: bool = False,
    most: int = 0,
    needs_at: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of a finished tally under a name.

    Functions of one name that differ in `origin` are its conventions; the first is the default.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        facts = name, of, function, better, unit, at, default, options or {}, bounds, origin
        made = Definition(*facts, given=given or {}, needs=needs, drops=drops)
        more = {"leads": leads, "one": one, "grouped": grouped, "most": most}
        made = replace(made, library=library, whole=whole, needs_at=needs_at, **more)
        KNOWN[name] = _default_convention(made) if origin else made
        return function

    return register


def _default_convention(new: Definition) -> Definition:
    """The default convention of a name, which lists them all; each can be asked for by `as`."""
    old = KNOWN[new.name].origins if new.name in KNOWN else {}
    every = {**old, new.origin: new}
    whose = {"as": Option(next(iter(every)), tuple(every))}
    every = {word: replace(d, options=whose | dict(d.options) | whose) for word, d in every.items()}
    return replace(next(iter(every.values())), origins=every)


def leading_statistic(text: str, leads: str) -> str:
    """The statistic of a metric that a table shows and a rule without one means (ACCOUNT-A27).

    text   the metric
    leads  of the run: mean or pooled
    """
    definition = resolve_metric(parse_metric(text))[1]
    return "pooled" if "pooled" in (leads, definition.leads) else "mean"


def load_all_metrics() -> dict[str, Definition]:
    """Every metric, by name; the families are loaded when they are first asked for."""
    for family in FAMILIES:
        import_module(f"segeval.metrics.{family}")
    return KNOWN


def find_metric(name: str) -> Definition | None:
    """The metric of a name; families are loaded only until it is found, for they cost start-up."""
    for family in FAMILIES_OF.get(name, ()):
        import_module(f"segeval.metrics.{family}")
    for family in SEARCH_ORDER:
        if name in KNOWN:
            break
        import_module(f"segeval.metrics.{family}")
    return KNOWN.get(name)


def find_convention(name: str, origin: str = "") -> Definition:
    """A definition by the words that it was registered under."""
    definition = load_all_metrics()[name]
    return definition.origins[origin] if origin else definition


def resolve_metric(metric: Metric) -> tuple[Metric, Definition]:
    """Check a request and give it its one spelling: defaults left out. Raises RequestError."""
    metric = canonical_metric(metric)
    definition = find_metric(metric.name)
    if definition is None:
        raise _unknown_metric_error(metric.name)
    definition = definition.origins.get(metric.option("as"), definition)
    at = resolve_quantity(metric, definition.at, definition.default, definition.most)
    options = []
    for key, word in metric.options:
        option = definition.options.get(key)
        if option is None:
            if not definition.options:
                raise RequestError(
                    f"{_convention_of(definition)} has no option {key!r}, and no other"
                )
            raise _unknown_word_error(
                f"option of {_convention_of(definition)}", key, list(definition.options)
            )
        if option.words and word not in option.words:
            raise _unknown_word_error(f"{metric.name}:{key}", word, list(option.words))
        word = _spell_option(metric, key, word, option)
        if word != _spell_option(metric, key, option.default, option):
            options.append((key, word))
    return Metric(metric.name, at, tuple(options)), definition


def canonical_metric(metric: Metric) -> Metric:
    """A request by the name that segeval prints (CLI-U3). Raises RequestError for two meanings."""
    if metric.name in TWO_MEANINGS and metric.at is None:
        raise RequestError(
            f"{metric.name} has two meanings", help=f"write {TWO_MEANINGS[metric.name]}"
        )
    canonical = CANONICAL.get(metric.name)
    if canonical is None:
        return metric
    named = parse_metric(canonical)
    if named.at is not None and metric.at is not None:
        raise RequestError(f"{metric.name} is {canonical} and takes no quantity")
    return Metric(named.name, named.at or metric.at, metric.options)


def _unknown_metric_error(name: str) -> RequestError:
    """The error for a name that no metric has: by meaning first, then by letters."""
    if name in NEAR:
        return RequestError(f"unknown metric {name!r}", help=f"near in meaning: {NEAR[name]}")
    several = name.split("_")
    if all(map(_is_metric, several)):  # "dice hd95"
        return RequestError(f"unknown metric {name!r}", help=f"write {','.join(several)}")
    long = {alias: metric for alias, metric in CANONICAL.items() if len(alias) > 5}
    problem = _unknown_word_error("metric", name, [*KNOWN, *long], long)
    near = problem.help.startswith("did you mean")
    return problem if near else RequestError(problem.message, help="segeval metrics lists them")


def _is_metric(word: str) -> bool:
    known = word in CANONICAL or word in TWO_MEANINGS
    return known or (word[:1].isalpha() and find_metric(parse_metric(word).name) is not None)


def _convention_of(definition: Definition) -> str:
    return f"{definition.name}:as={definition.origin}" if definition.origin else definition.name


def _spell_option(metric: Metric, key: str, word: str, option: Option) -> str:
    """The word of an option; numbers as every number is written. Raises RequestError."""
    try:
        value = option.read(word)
    except ValueError as problem:
        raise RequestError(f"{metric}: {key}={word} cannot be read ({problem})") from problem
    return format_number(value) if isinstance(value, float) and np.isfinite(value) else word


def metric_units(definition: Definition) -> tuple[str, ...]:
    """The units in which people may write a value of a metric; "" is a bare number."""
    grids = {"length": ("mm", "px"), "volume": ("ml", "px")}
    return ("", *grids.get(definition.unit, ("%",) if definition.unit == "%" else ()))


def metric_arguments(metric: Metric, definition: Definition) -> dict[str, Any]:
    """The keyword arguments of the function: `at` as a float, every option as it is read.

    The function of a convention is the convention, so it is not told `as`; nor is it told the box,
    which its tally has seen to.
    """
    given = {
        key: option.read(metric.option(key, option.default))
        for key, option in definition.options.items()
        if key != BOX and (key != "as" or not definition.origin)
    } | dict(definition.given)
    if not definition.at:
        return given
    at = metric.at or (parse_quantity(definition.default) if definition.default else None)
    if definition.whole:
        return {"at": at, **given}
    return {"at": None if at is None else at.number, **given}


def evaluate_metric(metric: Metric, definition: Definition, tally: Any) -> Values:
    """What a metric says of a tally."""
    value: Values = definition.compute(tally, **metric_arguments(metric, definition))
    return value


def needed_terms(metric: Metric, definition: Definition) -> tuple[Hashable, ...]:
    """What the tally has to add for the metric beyond what it always adds."""
    return definition.needs(metric_arguments(metric, definition)) if definition.needs else ()


def full_metric_text(metric: Metric, definition: Definition) -> str:
    """The metric with every default written out, for the signature."""
    at = metric.at or (parse_quantity(definition.default) if definition.default else None)
    options = {key: metric.option(key, o.default) for key, o in definition.options.items()}
    return str(Metric(metric.name, at, tuple(sorted(options.items()))))


def _unknown_word_error(
    kind: str, word: str, known: list[str], names: Mapping[str, str] = MappingProxyType({})
) -> RequestError:
    """The error for a word that is not known, with the nearest.

    names  what a near word is shown as
    """
    from difflib import get_close_matches

    near = list(dict.fromkeys(names.get(w, w) for w in get_close_matches(word, known, 3, 0.5)))
    all_known = ", ".join(sorted(set(known) - set(names)))
    help = f"did you mean {', '.join(near)}?" if near else f"known: {all_known}"
    return RequestError(f"unknown {kind} {word!r}", help=help)
