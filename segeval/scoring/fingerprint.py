"""What says that the input of a case is still the same.

Of every file its size, its time of change, its first and last 64 KiB, and what it stands for: one
that is renamed from `liver` to `spleen` is another input. So is another spacing in the table of
cases. A stamp of each side leaves the times out, so that a copy is the same.
"""

from __future__ import annotations

import os
import re
import time
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from segeval.pairing.cases import Case, CaseFiles
from segeval.runtime.errors import ReadError

ENDS = 1 << 16
TICK = 12_000_000  # nanoseconds; clocks of file systems go on by 1 to 10 ms at a time
SIDES = ("gt", "pred")
SIDE_OF_ROLE = re.compile("(gt|pred)(?=[@/ ])")


FileState = tuple[int, int, int]  # size, time of change, and place
FileStates = dict[str, FileState]  # by path


def case_fingerprint(case: Case) -> str:
    """Of all files of a case; "" where one cannot be read."""
    return case_stamps(case)[0]


def case_stamps(case: Case) -> tuple[str, dict[str, str], FileStates]:
    """The fingerprint of a case, the stamps of its sides `gt` and `pred`, and how its files are.

    Fingerprint and stamps are empty where a file cannot be read.
    """
    own = list_case_files(case)
    states: FileStates = {}
    files: list[str] = []
    sides: dict[str, list[str]] = {side: [] for side in SIDES}
    try:
        for role, path in own:
            state, check = read_file_ends(path)
            states[os.fspath(path)] = state
            size, changed, _ = state
            files.append(f"{role} {size:x}.{changed:x}.{check:08x}")
            if (side := SIDE_OF_ROLE.match(role)) is not None:
                sides[side[0]].append(f"{role} {size:x}.{check:08x}")
    except OSError:
        return "", {}, file_states(path for _, path in own)
    whole = _digest([*files, f"spacing {case.spacing}", *slice_locations(case)])
    return whole, {side: _digest(lines) for side, lines in sides.items() if lines}, states


def _digest(lines: Sequence[str]) -> str:
    state = "\n".join(lines).encode("utf-8", "surrogatepass")  # names of files need not be text
    return f"{zlib.crc32(state):08x}{zlib.adler32(state):08x}"


def file_stamp(path: Path) -> str:
    """Size and ends of a file, which are those of its copies; "" where it cannot be read."""
    try:
        (size, _, _), check = read_file_ends(path)
        return f"{size:x}.{check:08x}"
    except OSError:
        return ""


def settled_stamps(case: Case) -> tuple[str, dict[str, str], FileStates]:
    """The stamps of a case once a write after them would show: later than the tick of the last."""
    found = case_stamps(case)
    newest = max((state[1] for state in found[2].values()), default=0)
    if 0 <= (passed := time.time_ns() - newest) < TICK:
        time.sleep((TICK - passed) / 1e9)
        found = case_stamps(case)
    return found


def file_states(paths: Iterable[Path | str]) -> FileStates:
    """Of each file its size, its time of change and its place; of none that is not there."""
    found: FileStates = {}
    for path in paths:
        with suppress(OSError):
            found[os.fspath(path)] = _file_state(os.stat(path))
    return found


def _file_state(state: os.stat_result) -> FileState:
    return state.st_size, state.st_mtime_ns, state.st_ino


def first_difference(before: FileStates, after: FileStates) -> str | None:
    """The first file that is another now; None where all are the same."""
    if before == after:
        return None
    return next((path for path in before if before[path] != after.get(path)), None)


def overwrite_error(path: str) -> ReadError:
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
    known = [(role, path) for role, path in found if path is not None]
    for role, side in sides:
        if side is not None:
            known += list_side_files(role, side)
    return known + [(f"{role} data", path) for role, head in known for path in data_files(head)]


def list_side_files(role: str, side: CaseFiles) -> list[tuple[str, Path]]:
    """The files of one side, and what they stand for.

    role  `gt`, `pred` or what else the side is
    """
    role = role if side.frame is None else f"{role}@{side.frame}"
    found = [(f"{role}/{name}", path) for name, path in side.files.items()]
    found += [(f"{role} set", one.path) for one in side.sets]
    return found if side.scores is None else [*found, (f"{role} scores", side.scores)]


def data_files(path: Path) -> list[Path]:
    """The file beside a header of MetaImage or NRRD that holds the voxels."""
    if not os.fspath(path).lower().endswith((".mhd", ".nhdr")):
        return []
    suffix = path.suffix.lower()
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


def read_file_ends(path: Path) -> tuple[FileState, int]:
    """How a file is, and a checksum of its ends. Raises OSError."""
    state = os.stat(path)
    size = state.st_size
    if not S_ISREG(state.st_mode):
        raise OSError(f"{path} is a pipe or a device")  # which would be waited for
    with open(path, "rb") as file:
        check = zlib.crc32(file.read(min(size, ENDS)))
        if size > ENDS:
            file.seek(max(ENDS, size - ENDS))
            check = zlib.crc32(file.read(ENDS), check)
    return _file_state(state), check
