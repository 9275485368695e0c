"""`segeval selftest`: known shapes in every format, scored again; expected against found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from segeval.cli.options import PATH_OR_URL, Command, GroupedOption
from segeval.runtime.errors import RequestError

WRONG = 1


def check_installation(given: Mapping[str, Any]) -> int:
    """Check this installation: shapes of known numbers in every format, scored again.

    For acceptance on site, after an update, or on another machine: `-o selftest.html` is a page to
    file. The signature is the same on all machines on which all numbers are, to nine digits. The
    exit status is 0, or 1 where a number is wrong or missing.
    """
    from segeval.cli.print_table import print_rows
    from segeval.selftest.checks import run_checks
    from segeval.selftest.page import (
        CHECK_HEADS,
        check_rows,
        failure_lines,
        sign_checks,
        summary_rows,
    )

    outputs = [Path(path) for path in given["output"]]
    _check_endings(outputs)
    checks = list(run_checks())
    if given["verbose"]:
        print_rows(CHECK_HEADS, check_rows(checks))
    else:
        print_rows(("shape", "format", "right", "largest error"), summary_rows(checks))
    wrong = sum(not check.passed for check in checks)
    said = (
        f"{wrong} of {len(checks)} numbers are wrong" if wrong else f"{len(checks)} numbers right"
    )
    click.echo(f"{said}, signature {sign_checks(checks)}")
    for line in failure_lines(checks):
        click.echo(line, err=True)
    _write_pages(checks, outputs)
    return WRONG if wrong else 0


def _check_endings(outputs: list[Path]) -> None:
    from segeval.selftest.page import page_writer

    for path in outputs:
        if page_writer(path) is None:
            raise RequestError(
                f"{path}: a self-test is written as .html or .json", help="-o selftest.html"
            )


def _write_pages(checks: list[Any], outputs: list[Path]) -> None:
    from datetime import datetime

    from segeval.reports.outputs import replace_file
    from segeval.selftest.page import page_writer

    made = datetime.now().astimezone().isoformat(" ", "minutes")
    for path in outputs:
        try:
            with replace_file(path) as file:
                page_writer(path)(checks, file, made)
        except OSError as problem:
            raise RequestError(f"cannot be written ({problem.strerror})", where=path) from problem


def _options() -> list[click.Parameter]:
    output = GroupedOption(
        ["-o", "--output"],
        metavar="PATH",
        type=PATH_OR_URL,
        multiple=True,
        help="also write a page (.html) or .json; repeatable",
    )
    verbose = GroupedOption(["-v", "--verbose"], is_flag=True, help="a row for every number")
    output.group = verbose.group = "output"
    return [output, verbose]


command = Command(
    "selftest",
    check_installation,
    _options(),
    ["segeval selftest", "segeval selftest -v", "segeval selftest -o selftest.html"],
)
