"""What came of a bar, of a rule or of a baseline, as a value and as a line for people."""

from __future__ import annotations

import math
from typing import Any

from segeval.runtime.errors import Note
from segeval.runtime.frozen import fields, frozen

BASELINE = "baseline"  # the gate of every verdict here

SIGNS = {
    "higher": (">= ", "< "),
    "lower": ("<= ", "> "),
    "zero": ("within +-", "beyond +-"),
}


@frozen
class BaselineComparison:
    """The baseline's side of a verdict: the paired difference, and how it was judged.

    policy      any, regression or noninferior
    baseline    the baseline's mean over the cases that both have
    difference  this run's mean minus that; of a metric that is better nearer to zero, the
                difference of the distances from zero
    low, high   the interval of the difference; nan where there is none
    level       of the interval, 0.95
    adjust      how the level holds for all rules together: max, holm or none
    tolerance   how much worse is no regression, in the metric's unit
    """

    policy: str
    baseline: float
    difference: float
    low: float
    high: float
    level: float
    adjust: str
    tolerance: float


@frozen
class Verdict:
    """What came of a bar for one class of one group.

    gate     the rule as it is written, `liver/dice=0.9`; `baseline` where that is the bar
    value    the statistic, unrounded; nan where there was nothing to judge
    bar      what the value must reach; of a baseline its mean made worse by the tolerance
    n        values behind the statistic; of a baseline, the cases that were paired
    reason   why it was missed where the number does not say it
    expected the statistic that a rule means which names none
    worst    the worst value and its case, a difference where the bar is a baseline
    against  of a baseline; None of a rule
    """

    gate: str
    class_: str
    metric: str
    statistic: str
    value: float
    bar: float
    better: str
    n: int
    passed: bool
    group: str = ""
    reason: str = ""
    unit: str = ""
    against: BaselineComparison | None = None
    expected: str = "mean"
    worst: float = math.nan
    worst_case: str = ""

    @property
    def name(self) -> str:
        """What is judged: `liver/dice.worst [site A]`; once within a gate."""
        place = f"{self.class_}/{self.metric}" if self.class_ else self.metric
        plain = self.statistic == self.expected == "mean"
        statistic = "" if plain or not self.statistic else f".{self.statistic}"
        return f"{place}{statistic}" + (f" [{self.group}]" if self.group else "")

    @property
    def text(self) -> str:
        """The verdict in one line, with the digits that decide it."""
        return f"{self.name}: {self.reason}" if self.reason else f"{self.name} {self.finding}"

    @property
    def line(self) -> str:
        """The verdict in one line, of a missed one with the worst case."""
        if self.passed or not self.worst_case or f" {self.worst_case}," in self.reason:
            return self.text
        return f"{self.text}; worst {self.worst:.4g} in {self.worst_case}"

    @property
    def finding(self) -> str:
        """The numbers of the verdict, without what was judged; the reason where there are none."""
        if self.reason:
            return self.reason
        return _rule_line(self) if self.against is None else _baseline_line(self, self.against)


@frozen
class Refusal:
    """Why a run is not judged, or not in full: whatever the verdicts, it cannot pass.

    help  what to do
    """

    text: str
    help: str = ""


@frozen
class Judgement:
    """What came of all bars of a run; true where it passed.

    refused   why it cannot pass, whatever the verdicts
    unscored  cases that were not scored, or not in full
    """

    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[Note, ...] = ()
    refused: tuple[Refusal, ...] = ()
    unscored: int = 0

    @property
    def missed(self) -> tuple[Verdict, ...]:
        """The verdicts of the bars that were missed."""
        return tuple(verdict for verdict in self.verdicts if not verdict.passed)

    @property
    def passed(self) -> bool:
        """Whether every bar was cleared, over all that should have been scored."""
        return not (self.missed or self.refused or self.unscored)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        """A line a verdict, and what else keeps the run from passing: what `print` shows."""
        lines = [f"{'PASS' if one.passed else 'FAIL'} {one.line}" for one in self.verdicts]
        lines += [f"error: {refusal.text}" for refusal in self.refused]
        if self.unscored:
            lines.append(f"error: {self.unscored} cases not scored in full")
        return "\n".join([*lines, f"gates: {len(self.missed)} of {len(self.verdicts)} missed"])


def _rule_line(verdict: Verdict) -> str:
    value, bar = enough_digits(verdict.value, verdict.bar)
    if verdict.better == "zero":  # digits that show on which side of the bar the size is
        value, bar = enough_digits(abs(verdict.value), verdict.bar)
        value = f"-{value}" if verdict.value < 0 else value
    # a rule of another version may not say it
    sign = SIGNS.get(verdict.better, ("beside ", "beside "))[0 if verdict.passed else 1]
    return f"{value} {sign}{bar}{_unit_text(verdict)} (n={verdict.n})"


def _baseline_line(verdict: Verdict, against: BaselineComparison) -> str:
    """`0.831 against 0.862: -0.031 [-0.045, -0.017], tolerance 0.01, regression (n=42)`."""
    value, baseline = enough_digits(verdict.value, against.baseline)
    worse = -against.tolerance if verdict.better == "higher" else against.tolerance
    difference, _ = enough_digits(against.difference, worse)
    text = f"{value} against {baseline}{_unit_text(verdict)}: {_with_sign(difference)}"
    if not math.isnan(against.low):
        ends = (enough_digits(end, worse)[0] for end in (against.low, against.high))
        text += f" [{', '.join(map(_with_sign, ends))}]"
    return f"{text}, tolerance {against.tolerance:g}, {against.policy} (n={verdict.n})"


def _with_sign(text: str) -> str:
    return text if text.startswith("-") or float(text) == 0 else f"+{text}"


def _unit_text(verdict: Verdict) -> str:
    return f" {verdict.unit}" if verdict.unit else ""


def enough_digits(value: float, bar: float) -> tuple[str, str]:
    """Both numbers with so many digits that they differ where they do."""
    for digits in range(3, 17):
        texts = f"{value:.{digits}g}", f"{bar:.{digits}g}"
        if texts[0] != texts[1] or value == bar:
            return texts
    return repr(value), repr(bar)


def read_verdict(kept: Any) -> Verdict:
    """A verdict of this run, or one that was read from a result file."""
    if isinstance(kept, Verdict):
        return kept
    known = {f.name: f for f in fields(Verdict)}
    names = {key: f"{key}_" if f"{key}_" in known else key for key in kept}
    given: dict[str, Any] = {
        names[key]: value for key, value in kept.items() if names[key] in known
    }
    given |= {key: _number_or_nan(given.get(key)) for key in ("value", "bar", "worst")}
    if held := kept.get("against"):
        numbers = ("baseline", "difference", "low", "high", "level", "tolerance")
        read: dict[str, Any] = {
            k: _number_or_nan(v) if k in numbers else v for k, v in held.items()
        }
        given["against"] = BaselineComparison(**read)
    blank = {"class_": "", "metric": "", "statistic": "mean", "better": "", "n": 0}
    return Verdict(**{**blank, **given})


def _number_or_nan(value: Any) -> float:
    return math.nan if value is None else float(value)
