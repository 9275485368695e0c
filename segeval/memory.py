"""Memory that is freed is used again.

A page that was never touched comes at 1 GB/s, less than what counting takes, and glibc gives the
pages of every large array back when it is freed: a fifth of the time of scoring pictures. The
owner of a process says that it should keep them; a library does not decide that for a notebook.
"""

from __future__ import annotations

LARGE = 8 << 20  # bytes; an array above it still gets, and gives back, pages of its own
KEPT = 32 << 20  # bytes at the end of the heap that are kept
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)


def keep_freed() -> None:
    """Make this process keep freed memory, where the C library can."""
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # not glibc
        return
    mallopt(M_MMAP_THRESHOLD, LARGE)
    mallopt(M_TRIM_THRESHOLD, KEPT)
