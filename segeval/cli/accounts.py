"""What was left aside, on stderr: a line a reason, with the count and a few names (ACCOUNT-A2)."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.cli.log import LOG
from segeval.cli.messages import print_message
from segeval.request.settings import Settings
from segeval.runtime.errors import Note
from segeval.runtime.inventory import ASKED, EXAMPLES, LOST, SAID, LeftAside, describe


def tell_left_aside(items: Sequence[LeftAside], settings: Settings) -> tuple[list[Note], int]:
    """Print a line for every reason that the user did not ask for; with -v all, and all names.

    Gives what is a warning (ACCOUNT-A3), to be told with the others, and how many errors were said:
    of what could not be looked at (ACCOUNT-A33).
    """
    lines: dict[tuple[str, ...], list[LeftAside]] = {}
    warnings, lost = [], []
    for item in items:
        LOG.line(f"left aside: {describe([item], most=0)}")
        if item.code == SAID:
            continue
        if item.weight == LOST:
            where = f"{item.side}: " if item.side else ""
            lost += [f"error: {where}{item.kind} {item.reason}: {name}" for name in item.names]
        elif item.code:
            warnings.append(Note(item.code, describe([item._replace(case="")]), item.case))
        elif item.weight != ASKED or settings.verbose:
            lines.setdefault((item.kind, item.reason), []).append(item)
    most = 0 if settings.verbose else EXAMPLES
    for alike in lines.values() if not settings.quiet else ():
        print_message(f"left aside: {describe(alike, most)}")
    for line in lost:
        print_message(line)
    return warnings, len(lost)
