"""What the owner of a process may say of its memory; a library does not decide it for a notebook.

Memory that is freed is used again: a page that was never touched comes at 1 GB/s, less than what
counting takes, and glibc gives the pages of every large array back when it is freed, a fifth of
the time of scoring pictures.

Nothing of a start is garbage: the collector would look through all that importing makes, twice
while it is made and once more at the end, a sixth of the time of scoring a small case.
"""

from __future__ import annotations

import gc

LARGE = 8 << 20  # bytes; an array above it still gets, and gives back, pages of its own
KEPT = 32 << 20  # bytes at the end of the heap that are kept
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)

START_THRESHOLD = 100_000  # objects that may come before the collector looks: a start makes 60 000
DEFAULT_THRESHOLDS = (
    gc.get_threshold()
)  # afterwards, as Python has it: files of DICOM leave cycles behind


def delay_collector() -> None:
    """Let the collector wait until everything is loaded."""
    gc.set_threshold(START_THRESHOLD)


def freeze_collector() -> None:
    """What there is stays to the end: the collector looks at what comes from now on."""
    gc.freeze()
    gc.set_threshold(*DEFAULT_THRESHOLDS)


def keep_freed_memory() -> None:
    """Make this process keep freed memory, where the C library can."""
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # not glibc
        return
    mallopt(M_MMAP_THRESHOLD, LARGE)
    mallopt(M_TRIM_THRESHOLD, KEPT)
