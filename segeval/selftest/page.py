"""What came of a self-test: lines for a terminal, a page to file, JSON for a program."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

from segeval import __version__
from segeval.selftest.checks import Check

LIBRARIES = ("numpy", "scipy", "pillow", "nibabel", "pynrrd", "pydicom", "libigl", "isal")
DIGITS = 9  # significant ones, of which the signature is made
TEMPLATE = "page.html"


def sign_checks(checks: Sequence[Check]) -> str:
    """Eight letters that are the same wherever every number is, to nine digits."""
    told = [f"segeval {__version__}"]
    for check in checks:
        name = (check.subject, check.format, check.expected.class_, check.expected.metric)
        told.append(" ".join([*name, f"{check.found:.{DIGITS}g}"]))
    return blake2b("\n".join(told).encode(), digest_size=4).hexdigest()


def summary_rows(checks: Sequence[Check]) -> list[list[str]]:
    """A row for the files of each shape and format: how many numbers are right, and the worst."""
    groups: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        groups.setdefault((check.subject, check.format), []).append(check)
    return [
        [*name, f"{sum(one.passed for one in own)} of {len(own)}", worst_error(own)]
        for name, own in groups.items()
    ]


def worst_error(checks: Sequence[Check]) -> str:
    """The largest error, as a share of its tolerance."""
    shares = [abs(c.found - c.expected.value) / c.expected.tolerance for c in checks]
    if any(map(math.isnan, shares)):
        return "no number"
    return f"{max(shares):.0%} of tolerance" if max(shares) >= 0.005 else "exact"


def check_rows(checks: Sequence[Check]) -> list[list[str]]:
    """A row for each number."""
    return [
        [
            check.subject,
            check.format,
            check.expected.class_,
            check.expected.metric,
            f"{check.expected.value:.9g}",
            "-" if math.isnan(check.found) else f"{check.found:.9g}",
            f"{check.expected.tolerance:.0e}",
            "ok" if check.passed else "WRONG",
        ]
        for check in checks
    ]


CHECK_HEADS = ("shape", "format", "class", "metric", "expected", "found", "tolerance", "")


def failure_lines(checks: Sequence[Check]) -> Iterator[str]:
    """What is wrong, a line a number."""
    for check in checks:
        if not check.passed:
            one = check.expected
            found = check.problem or f"{check.found:.9g}"
            yield (
                f"error: {check.subject} as {check.format}: {one.class_}/{one.metric} is {found}, "
                f"expected {one.value:.9g} within {one.tolerance:.0e} ({one.why})"
            )


def machine_facts() -> dict[str, str]:
    """What the numbers were made with."""
    facts = {
        "segeval": __version__,
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    for name in LIBRARIES:
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    return facts


def write_page(checks: Sequence[Check], file: IO[str], made: str) -> None:
    """An HTML page that needs nothing else.

    made  when, in words
    """
    from jinja2 import Environment

    template = files("segeval.selftest").joinpath(TEMPLATE).read_text("utf-8")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    wrong = sum(not check.passed for check in checks)
    file.write(
        environment.from_string(template).render(
            heads=CHECK_HEADS,
            rows=check_rows(checks),
            reasons=[check.expected.why for check in checks],
            facts=machine_facts(),
            signature=sign_checks(checks),
            made=made,
            wrong=wrong,
            many=len(checks),
        )
        + "\n"
    )


def write_json(checks: Sequence[Check], file: IO[str], made: str) -> None:
    """The same for a program."""
    content: dict[str, Any] = {
        "schema": "segeval.selftest/1",
        "made": made,
        "signature": sign_checks(checks),
        "passed": all(check.passed for check in checks),
        "made_with": machine_facts(),
        "checks": [
            {
                "shape": check.subject,
                "format": check.format,
                "class": check.expected.class_,
                "metric": check.expected.metric,
                "expected": check.expected.value,
                "tolerance": check.expected.tolerance,
                "found": None if math.isnan(check.found) else check.found,
                "why": check.expected.why,
                "problem": check.problem,
                "passed": check.passed,
            }
            for check in checks
        ],
    }
    json.dump(content, file, indent=1, allow_nan=False)
    file.write("\n")


def page_writer(path: Path) -> Any:
    """What writes a path, by its ending; None for another ending."""
    return {".html": write_page, ".json": write_json}.get(path.suffix.lower())
