"""What says that an input file is still the same: size, time of change, first and last 64 KiB."""

from __future__ import annotations

import zlib
from pathlib import Path

from segeval.cases import Case

ENDS = 1 << 16


def fingerprint(case: Case) -> str:
    """Of all files of a case; "" where one cannot be read."""
    try:
        return "-".join(_of_file(path) for path in files(case))
    except OSError:
        return ""


def files(case: Case) -> list[Path]:
    """Every file that the case is scored from."""
    sides = [side for side in (case.pred, case.truth) if side is not None]
    found = [path for side in sides for path in (*side.files.values(), side.scores) if path]
    return found if case.image is None else [*found, case.image]


def _of_file(path: Path) -> str:
    state = path.stat()
    with path.open("rb") as file:
        check = zlib.crc32(file.read(ENDS))
        if state.st_size > ENDS:
            file.seek(max(ENDS, state.st_size - ENDS))
            check = zlib.crc32(file.read(ENDS), check)
    return f"{state.st_size:x}.{state.st_mtime_ns:x}.{check:08x}"
