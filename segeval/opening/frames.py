"""Series of frames in one file (`--frames`): each frame is a case of its own, `case@t03`.

Rule ACCOUNT-A16.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segeval.pairing.cases import Case, CaseFiles
from segeval.readers.registry import open_volume
from segeval.runtime.errors import CaseError
from segeval.runtime.frozen import replace
from segeval.volume.read_options import ReadOptions


def expand_frames(cases: Iterable[Case], reading: ReadOptions) -> Iterator[Case]:
    """Every frame of every case as a case; one that cannot be opened stays as it is.

    reading  how files are opened
    """
    for case in cases:
        count = count_frames(case.truth, reading)
        if count < 2:
            yield case
            continue
        digits = max(2, len(str(count - 1)))
        for frame in range(count):
            yield replace(
                case,
                id=f"{case.id}@t{frame:0{digits}}",
                truth=replace(case.truth, frame=frame),
                pred=None if case.pred is None else replace(case.pred, frame=frame),
            )


def count_frames(side: CaseFiles, reading: ReadOptions) -> int:
    """The frames of the file of a side; 1 where it is no single file that can be opened."""
    if "" not in side.files or side.scores is not None:
        return 1
    try:
        return len(open_volume(side.files[""], reading).channels)
    except CaseError:
        return 1  # scoring says what is wrong
