"""JUnit XML: gates as tests, for every CI system that shows test results.

    suite        a gate; `cases` where a case was not scored, or nothing was judged
    test case    a class; of a gate on the worst value, which holds for every case, a case and class
    failure      dice 0.79 < 0.85 (n=42)
    error        a case or class that was not scored

Names hold no numbers: a system that follows a test through builds sees the same one again. There
are no times and dates: the same run gives the same bytes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import IO, TYPE_CHECKING

from segeval.gates.rules import reaches_bar
from segeval.reports.problems import (
    case_error,
    class_faults,
    count_failed,
    count_faulty,
    is_accepted,
)
from segeval.reports.table_model import format_count
from segeval.reports.verdicts import gate_without_bar, verdict_sentence, verdict_subject
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import OVERALL, CaseResult, Row, Scorecard
from segeval.scorecard.row_index import noteworthy_cases

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from segeval.gates.verdict import Verdict
    from segeval.runtime.errors import SegevalError

MOST = 5000  # test cases; more make the pages of most systems unusable
UNSCORED_SUITE = "cases"  # the suite of what was not scored
RowsByClass = Mapping[tuple[str, str], Sequence[Row]]


@frozen
class JUnitCase:
    """One test case.

    outcome  "" where it passed, else the element that says how it did not
    kind     the type of the failure or error
    more     its text, below the message
    """

    suite: str
    class_: str
    name: str
    outcome: str = ""
    message: str = ""
    kind: str = ""
    more: str = ""


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the gates and what was not scored as test suites."""
    from xml.etree import ElementTree

    root = _document(junit_cases(card, settings), card.signature)
    ElementTree.indent(root)
    file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    file.write(ElementTree.tostring(root, encoding="unicode") + "\n")


def junit_cases(card: Scorecard, settings: Settings) -> list[JUnitCase]:
    """The test cases: as fine as the gates are, per class where those are too many."""
    rows, many = _rows_by_class(card), _count_unscored(card, settings)
    judged = [test for verdict in card.gates for test in _cases_by_row(verdict, rows)]
    if len(judged) + many > MOST:
        judged = [_class_case(verdict) for verdict in card.gates]
    cases = (
        test for case in (card.cases if many else ()) for test in _unscored_cases(case, settings)
    )
    room = max(MOST - len(judged), 1)
    few = list(islice(cases, room + 1))
    if len(few) > room:
        left = Counter(test.outcome for test in chain(few[room - 1 :], cases))
        more = format_count(left.total(), "more test", "more tests")
        few = [
            *few[: room - 1],
            JUnitCase(
                UNSCORED_SUITE, f"segeval.{UNSCORED_SUITE}", more, *_rest_outcome(left["error"])
            ),
        ]
    return [*judged, *few]


def _rest_outcome(bad: int) -> tuple[str, str]:
    """The outcome of tests that are told together: the worst of them."""
    return ("error", f"{bad} of them not scored") if bad else ("", "")


def _rows_by_class(card: Scorecard) -> RowsByClass:
    """The rows of a class and metric, for gates that hold for every case."""
    wanted = {(v.class_, v.metric) for v in card.gates if _every_case(v)}
    found: dict[tuple[str, str], list[Row]] = {key: [] for key in wanted}
    for row in (row for case in card.cases for row in case.rows) if wanted else ():
        if (row.class_, row.metric) in found:
            found[row.class_, row.metric].append(row)
    return found


def _every_case(verdict: Verdict) -> bool:
    """Whether it holds for every case; the `worst` of `overall` is a mean over classes."""
    ruled = verdict.against is None and not verdict.reason
    return ruled and verdict.statistic == "worst" and verdict.class_ != OVERALL


def _cases_by_row(verdict: Verdict, rows: RowsByClass) -> Iterator[JUnitCase]:
    if not _every_case(verdict):
        yield _class_case(verdict)
        return
    for row in rows[verdict.class_, verdict.metric]:
        if verdict.group in ("", row.group):
            yield _row_case(verdict, row)


def _class_case(verdict: Verdict) -> JUnitCase:
    failed = () if verdict.passed else ("failure", verdict_sentence(verdict), "gate")
    return JUnitCase(
        clean_name(verdict.gate),
        f"segeval.{gate_without_bar(verdict)}",
        verdict_subject(verdict),
        *failed,
    )


def _row_case(verdict: Verdict, row: Row) -> JUnitCase:
    name = clean_name(f"{row.case}/{row.class_}")
    test = JUnitCase(clean_name(verdict.gate), f"segeval.{gate_without_bar(verdict)}", name)
    if math.isnan(row.value):
        return replace(test, outcome="skipped", message=f"{verdict.metric}: {row.reason}")
    if reaches_bar(row.value, verdict.bar, verdict.better):
        return test
    one = replace(verdict, statistic="mean", value=row.value, n=1, passed=False, group="")
    return replace(test, outcome="failure", message=verdict_sentence(one), kind="gate")


def _count_unscored(card: Scorecard, settings: Settings) -> int:
    """How many tests what was not scored makes beside the others; none where gates say it all."""
    if card.gates and not count_failed(card, settings) and not count_faulty(card, settings):
        return 0
    return len(card.cases) + sum(len(case.faults) for case in noteworthy_cases(card.cases))


def _unscored_cases(case: CaseResult, settings: Settings) -> Iterator[JUnitCase]:
    test = JUnitCase(UNSCORED_SUITE, f"segeval.{UNSCORED_SUITE}", clean_name(case.case))
    if case.scored:
        yield test
    elif is_accepted(case.status, settings):
        yield replace(test, outcome="skipped", message=case.status)
    else:
        yield _error_case(test, case.status, case_error(case))
    for status, fault in class_faults(case):
        if is_accepted(status, settings):
            continue
        yield _error_case(replace(test, name=clean_name(fault.where)), status, fault)


def _error_case(test: JUnitCase, status: str, problem: SegevalError) -> JUnitCase:
    more = "\n".join(map(clean_name, problem.lines()))
    return replace(
        test, outcome="error", message=clean_name(problem.message), kind=status, more=more
    )


def _document(every: Sequence[JUnitCase], signature: str) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    suites: dict[str, list[JUnitCase]] = {}
    for test in every:
        suites.setdefault(test.suite, []).append(test)
    root = Element("testsuites", {"name": "segeval", **_suite_counts(every)})
    for name, of_suite in suites.items():
        skipped = {"skipped": str(sum(test.outcome == "skipped" for test in of_suite))}
        suite = SubElement(root, "testsuite", {"name": name, **_suite_counts(of_suite), **skipped})
        properties = SubElement(suite, "properties")
        SubElement(properties, "property", name="signature", value=clean_name(signature))
        for test in of_suite:
            _add_case(suite, test)
    return root


def _add_case(suite: Element, test: JUnitCase) -> None:
    from xml.etree.ElementTree import SubElement

    element = SubElement(suite, "testcase", classname=test.class_, name=test.name)
    if test.outcome:
        said = SubElement(element, test.outcome, message=test.message)
        if test.kind:
            said.set("type", test.kind)
        said.text = test.more or test.message


def _suite_counts(every: Sequence[JUnitCase]) -> dict[str, str]:
    outcomes = [test.outcome for test in every]
    return {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error")),
    }
