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

from segeval.gates.rules import reaches
from segeval.reports.problems import accepted, error_of, failed, faults_of
from segeval.reports.table_model import clean, counted
from segeval.reports.verdicts import rule, sentence, subject
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen, replace
from segeval.scorecard.card import OVERALL, CaseResult, Row, Scorecard
from segeval.scorecard.row_index import census, marked

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from segeval.gates.verdict import Verdict
    from segeval.runtime.errors import SegevalError

MOST = 5000  # test cases; more make the pages of most systems unusable
FILE = "cases"  # the suite of what was not scored
RowsOf = Mapping[tuple[str, str], Sequence[Row]]


@frozen
class Test:
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

    root = _document(tests(card, settings), card.signature)
    ElementTree.indent(root)
    file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    file.write(ElementTree.tostring(root, encoding="unicode") + "\n")


def tests(card: Scorecard, settings: Settings) -> list[Test]:
    """The test cases: as fine as the gates are, per class where those are too many."""
    rows, many = _rows(card), _many(card, settings)
    judged = [test for verdict in card.gates for test in _fine(verdict, rows)]
    if len(judged) + many > MOST:
        judged = [_of_class(verdict) for verdict in card.gates]
    cases = (test for case in (card.cases if many else ()) for test in _of_case(case, settings))
    room = max(MOST - len(judged), 1)
    few = list(islice(cases, room + 1))
    if len(few) > room:
        left = Counter(test.outcome for test in chain(few[room - 1 :], cases))
        more = counted(left.total(), "more test", "more tests")
        few = [*few[: room - 1], Test(FILE, f"segeval.{FILE}", more, *_rest(left["error"]))]
    return [*judged, *few]


def _rest(bad: int) -> tuple[str, str]:
    """The outcome of tests that are told together: the worst of them."""
    return ("error", f"{bad} of them not scored") if bad else ("", "")


def _rows(card: Scorecard) -> RowsOf:
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


def _fine(verdict: Verdict, rows: RowsOf) -> Iterator[Test]:
    if not _every_case(verdict):
        yield _of_class(verdict)
        return
    for row in rows[verdict.class_, verdict.metric]:
        if verdict.group in ("", row.group):
            yield _of_row(verdict, row)


def _of_class(verdict: Verdict) -> Test:
    failed = () if verdict.passed else ("failure", sentence(verdict), "gate")
    return Test(clean(verdict.gate), f"segeval.{rule(verdict)}", subject(verdict), *failed)


def _of_row(verdict: Verdict, row: Row) -> Test:
    name = clean(f"{row.case}/{row.class_}")
    test = Test(clean(verdict.gate), f"segeval.{rule(verdict)}", name)
    if math.isnan(row.value):
        return replace(test, outcome="skipped", message=f"{verdict.metric}: {row.reason}")
    if reaches(row.value, verdict.bar, verdict.better):
        return test
    one = replace(verdict, statistic="mean", value=row.value, n=1, passed=False, group="")
    return replace(test, outcome="failure", message=sentence(one), kind="gate")


def _many(card: Scorecard, settings: Settings) -> int:
    """How many tests what was not scored makes beside the others; none where gates say it all."""
    if card.gates and not failed(card, settings) and not census(card.cases).faulty:
        return 0
    return len(card.cases) + sum(len(case.faults) for case in marked(card.cases))


def _of_case(case: CaseResult, settings: Settings) -> Iterator[Test]:
    test = Test(FILE, f"segeval.{FILE}", clean(case.case))
    if case.scored:
        yield test
    elif accepted(case.status, settings):
        yield replace(test, outcome="skipped", message=case.status)
    else:
        yield _error(test, case.status, error_of(case))
    for status, fault in faults_of(case):
        yield _error(replace(test, name=clean(fault.where)), status, fault)


def _error(test: Test, status: str, problem: SegevalError) -> Test:
    more = "\n".join(map(clean, problem.lines()))
    return replace(test, outcome="error", message=clean(problem.message), kind=status, more=more)


def _document(every: Sequence[Test], signature: str) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    suites: dict[str, list[Test]] = {}
    for test in every:
        suites.setdefault(test.suite, []).append(test)
    root = Element("testsuites", {"name": "segeval", **_numbers(every)})
    for name, of_suite in suites.items():
        skipped = {"skipped": str(sum(test.outcome == "skipped" for test in of_suite))}
        suite = SubElement(root, "testsuite", {"name": name, **_numbers(of_suite), **skipped})
        properties = SubElement(suite, "properties")
        SubElement(properties, "property", name="signature", value=clean(signature))
        for test in of_suite:
            _add(suite, test)
    return root


def _add(suite: Element, test: Test) -> None:
    from xml.etree.ElementTree import SubElement

    element = SubElement(suite, "testcase", classname=test.class_, name=test.name)
    if test.outcome:
        said = SubElement(element, test.outcome, message=test.message)
        if test.kind:
            said.set("type", test.kind)
        said.text = test.more or test.message


def _numbers(every: Sequence[Test]) -> dict[str, str]:
    outcomes = [test.outcome for test in every]
    return {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error")),
    }
