"""`--max-memory` in parts: what a process may keep, and how many processes there can be.

The budget is the resident memory of the whole run, of all its processes, Python and libraries
included; where none is given, each process has USUAL. A process that scores keeps counts and
buffers of a few megabytes whatever the size of the case; only what needs neighbourhoods or an order
(surfaces, some losses) keeps more, and asks here.
"""

from __future__ import annotations

import sys

from segeval.runtime.errors import ReadError

MIB = 1 << 20
DEFAULT_BUDGET = 512 * MIB  # of a process where nothing is said
# A process with its libraries and the buffers of a pass; those for Python 3.14 are larger.
PROGRAM_BYTES = (50 if sys.version_info < (3, 14) else 60) * MIB
PROCESS_BYTES = 64 * MIB  # the least that it is worth to start one for


def case_budget(budget: int) -> int:
    """Bytes that a case may keep in a process that has this budget."""
    return max(0, budget - PROGRAM_BYTES)


def check_room(where: object, what: str, needed: int, room: int) -> None:
    """Refuse what takes more memory than half of what a case may keep: the other side is read, too.

    needed  bytes
    room    bytes that a case may keep

    Raises ReadError.
    """
    if 2 * needed > room:
        raise ReadError(
            f"{what} would take {format_mib(needed)}",
            where=where,
            facts=(f"--max-memory is {format_mib(room + PROGRAM_BYTES)}, for both sides",),
            help=f"--max-memory {format_mib(2 * needed + PROGRAM_BYTES).replace(' ', '')}",
            status="over_budget",
        )


def process_budget(budget: int, processes: int) -> int:
    """The budget of each of several processes; the one that hands out the cases takes a share."""
    return budget // (processes + 1)


def affordable_processes(budget: int) -> int:
    """How many processes the budget of a run is enough for; 1 is the run itself."""
    return max(1, budget // PROCESS_BYTES - 1)


def format_mib(size: int) -> str:
    """Bytes as people write them: whole MiB, rounded up."""
    return f"{-(-size // MIB)} MiB"
