"""What says that the input of a case is still the same.

Of every file its size, its time of change, its first and last 64 KiB, and what it stands for: one
that is renamed from `liver` to `spleen` is another input. So is another spacing in the table of
cases. A stamp of each side leaves the times out, so that a copy is the same.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from segeval.pairing.cases import Case, CaseFiles
from segeval.runtime.errors import ReadError

ENDS = 1 << 16
TICK = 12_000_000  # nanoseconds; clocks of file systems go on by 1 to 10 ms at a time
SIDES = ("gt", "pred")


def case_fingerprint(case: Case) -> str:
    """Of all files of a case; "" where one cannot be read."""
    return case_stamps(case)[0]


def case_stamps(case: Case) -> tuple[str, dict[str, str]]:
    """The fingerprint of a case, and the stamps of its sides `gt` and `pred`.

    Both are empty where a file cannot be read.
    """
    try:
        found = [(role, *_file_state(path)) for role, path in list_case_files(case)]
    except OSError:
        return "", {}
    files = [f"{role} {size:x}.{time:x}.{check:08x}" for role, size, time, check in found]
    sides: dict[str, list[str]] = {side: [] for side in SIDES}
    for role, size, _, check in found:
        sides.get(re.split("[@/ ]", role, maxsplit=1)[0], []).append(f"{role} {size:x}.{check:08x}")
    whole = _digest([*files, f"spacing {case.spacing}", *slice_locations(case)])
    return whole, {side: _digest(lines) for side, lines in sides.items() if lines}


def _digest(lines: Sequence[str]) -> str:
    state = "\n".join(lines).encode("utf-8", "surrogatepass")  # names of files need not be text
    return f"{zlib.crc32(state):08x}{zlib.adler32(state):08x}"


def file_stamp(path: Path) -> str:
    """Size and ends of a file, which are those of its copies; "" where it cannot be read."""
    try:
        size, _, check = _file_state(path)
        return f"{size:x}.{check:08x}"
    except OSError:
        return ""


def case_file_stamps(case: Case) -> dict[Path, tuple[int, ...]]:
    """What shows that a file of a case was written to."""
    return file_states(path for _, path in list_case_files(case))


def settled_file_stamps(case: Case) -> dict[Path, tuple[int, ...]]:
    """The same, once a write after it would show: later than the tick of the last one."""
    found = case_file_stamps(case)
    newest = max((state[1] for state in found.values()), default=0)
    if 0 <= (passed := time.time_ns() - newest) < TICK:
        time.sleep((TICK - passed) / 1e9)
        found = case_file_stamps(case)
    return found


def file_states(paths: Iterable[Path]) -> dict[Path, tuple[int, ...]]:
    """Of each file its size, its time of change and its place; of none that is not there."""
    found: dict[Path, tuple[int, ...]] = {}
    for path in paths:
        with suppress(OSError):
            state = path.stat()
            found[path] = (state.st_size, state.st_mtime_ns, state.st_ino)
    return found


def first_difference(
    before: dict[Path, tuple[int, ...]], after: dict[Path, tuple[int, ...]]
) -> Path | None:
    """The first file that is another now; None where all are the same."""
    return next((path for path in before if before[path] != after.get(path)), None)


def overwrite_error(path: Path) -> ReadError:
    """The error for a file that was replaced or written to while its case was scored."""
    return ReadError(
        "the file changed while its case was scored",
        where=path,
        help="score again when nothing writes to it any more",
    )


def list_case_files(case: Case) -> list[tuple[str, Path]]:
    """Every file that the case is scored from, and what it stands for."""
    found = [("image", case.image), ("weights", case.weights)]
    sides = [("pred", case.pred), ("gt", case.truth), ("flipped", case.flipped)]
    sides += [("weight map", case.weight_map)]
    sides += [(f"aux{number}", side) for number, side in enumerate(case.aux)]
    for role, side in sides:
        if side is not None:
            found += list_side_files(role, side)
    known = [(role, path) for role, path in found if path is not None]
    return [*known, *((f"{role} data", path) for role, head in known for path in data_files(head))]


def list_side_files(role: str, side: CaseFiles) -> Iterator[tuple[str, Path | None]]:
    """The files of one side, and what they stand for.

    role  `gt`, `pred` or what else the side is
    """
    role = role if side.frame is None else f"{role}@{side.frame}"
    yield from ((f"{role}/{name}", path) for name, path in side.files.items())
    yield from ((f"{role} set", one.path) for one in side.sets)
    yield f"{role} scores", side.scores


def data_files(path: Path) -> list[Path]:
    """The file beside a header of MetaImage or NRRD that holds the voxels."""
    suffix = path.suffix.lower()
    if suffix not in (".mhd", ".nhdr"):
        return []
    with suppress(ReadError, OSError):
        if suffix == ".mhd":
            from segeval.readers.mha import find_data, parse_header

            return [find_data(parse_header(path))[0]]
        from segeval.readers.nrrd import find_data_file
        from segeval.readers.nrrd_header import parse_nrrd_header

        return [find_data_file(parse_nrrd_header(path))[0]]
    return []


def slice_locations(case: Case) -> list[str]:
    """Where the slices of the image series lie; their pixels are not read."""
    return [
        f"{series.uid} {series.frame} {image.uid} {image.position} {image.orientation} "
        f"{image.spacing} {image.shape}"
        for series in case.series
        for image in series.images
    ]


def _file_state(path: Path) -> tuple[int, int, int]:
    """The size of a file, its time of change, and a checksum of its ends. Raises OSError."""
    state = path.stat()
    if not S_ISREG(state.st_mode):
        raise OSError(f"{path} is a pipe or a device")  # which would be waited for
    with path.open("rb") as file:
        check = zlib.crc32(file.read(ENDS))
        if state.st_size > ENDS:
            file.seek(max(ENDS, state.st_size - ENDS))
            check = zlib.crc32(file.read(ENDS), check)
    return state.st_size, state.st_mtime_ns, check
