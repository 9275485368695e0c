"""What kind of file a path is, and whose: before it is read to its end or replaced."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from errno import EINVAL
from pathlib import Path


def refuse_device(path: Path) -> None:
    """Raise OSError for a device, which may have no end; a terminal and a pipe have one."""
    mode = os.stat(path).st_mode
    if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and not is_terminal(path)):
        raise OSError(EINVAL, "a device, no file")


def is_terminal(path: Path) -> bool:
    """Whether a character device is a terminal, which people type into."""
    number = os.open(path, os.O_RDONLY | os.O_NOCTTY)
    try:
        return os.isatty(number)
    finally:
        os.close(number)


def keep_access(fresh: Path, goal: Path) -> None:
    """Give a file that is to take the place of another one its permissions, and its owner.

    fresh  still empty, so that nobody reads it who may not
    goal   the file that it replaces; where there is none nothing is changed
    """
    with suppress(OSError):
        old, new = goal.stat(), fresh.stat()
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            with suppress(OSError):  # only root gives files away
                os.chown(fresh, old.st_uid, old.st_gid)
        os.chmod(fresh, stat.S_IMODE(old.st_mode))
