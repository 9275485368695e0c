"""Memory that is given back to the system has to be cleared by it before it is used again.

The C library gives large arrays back as soon as they are freed, so a program that makes an array a
step pays for new pages at every step: a fifth of the time of scoring pictures. A process of our own
keeps some of what it freed; one that imports the library is not ours to change.
"""

from __future__ import annotations

import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of mallopt, glibc's malloc.h
KEPT = 32 << 20


def keep_freed() -> None:
    """Let this process keep 32 MiB that it freed, where the C library can be told so."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library than glibc
        return
    mallopt(MMAP_THRESHOLD, KEPT)
    mallopt(TRIM_THRESHOLD, KEPT)
