"""Files that are the same on both sides: everybody once scores a folder against itself
(LAYOUTS-M6)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.pairing.cases import Case
from segeval.pairing.messages import count_with_noun, first_names
from segeval.runtime.errors import Note

if TYPE_CHECKING:
    from segeval.volume.channel import Channel

LOOKED = 2000  # cases whose files are compared
COMPARED = 8  # pairs of equal sizes and ends of which all bytes are compared
END = 4096  # bytes
CHECKED = (".gz", ".mgz")  # whose last bytes are a checksum
EMPTY_CHUNK = 1 << 18  # values that are looked at in one go


def is_empty_mask(path: Path) -> bool:
    """Whether a mask has no voxel: two such files are equal, and nothing is mixed up.

    Rule ACCOUNT-A4.
    """
    from segeval.readers.registry import open_volume
    from segeval.runtime.errors import CaseError
    from segeval.volume.read_options import ReadOptions

    try:
        return all(
            is_empty_channel(channel) for channel in open_volume(path, ReadOptions()).channels
        )
    except CaseError:
        return False


def is_empty_channel(channel: Channel) -> bool:
    """Whether a channel is 0 everywhere; it is read only until a value is not. Raises ReadError."""
    from segeval.volume.channel_streams import open_channels

    with open_channels([channel], EMPTY_CHUNK) as (stream,):
        left = channel.count
        while left > 0:
            count = min(left, EMPTY_CHUNK)
            if stream.read(count).any():
                return False
            left -= count
    return True


def same_files_note(cases: Sequence[Case]) -> list[Note]:
    """The warning where both sides are the same files, which scores a folder against itself
    (LAYOUTS-M6).

    Of very many cases some from everywhere are looked at.
    """
    compare = FileComparison()
    same: list[str] = []
    number = 0
    for place in range(0, len(cases), len(cases) // LOOKED + 1):
        case = cases[place]
        if case.pred is None or max(len(case.pred.sets), len(case.truth.sets)) > 1:
            continue  # which of them is meant is found out later
        found = [name for name, *files in common_files(case) if compare.are_same(*files)]
        number += bool(found)
        whole = len(found) == len(case.truth.files)
        same += [case.id] if whole else [f"{case.id}/{name}" for name in found]
    if not same:
        return []
    least = "at least " if compare.passed_over or len(cases) > LOOKED else ""
    many = count_with_noun(number, "case")
    text = f"prediction and ground truth are the same file in {least}{many}"
    return [Note("W-same-file", f"{text}: {first_names(same)}", "")]


def common_files(case: Case) -> Iterator[tuple[str, Path, Path]]:
    """The files of both sides that stand for the same, by its name."""
    assert case.pred is not None
    pred, truth = case.pred.files, case.truth.files
    if len(pred) == len(truth) == 1:
        yield next(iter(truth)), next(iter(pred.values())), next(iter(truth.values()))
        return
    for name in truth:
        if name in pred:
            yield name, pred[name], truth[name]


class FileComparison:
    """Says of two files whether they are one, or hold the same and are not empty.

    Where sizes and ends are equal all bytes are compared, of a handful of pairs; of more, the ends
    of packed files tell, which hold a checksum.
    """

    def __init__(self) -> None:
        self._left = COMPARED
        self.passed_over = False  # pairs that may be one, of which nothing was said

    def are_same(self, pred: Path, truth: Path) -> bool:
        """Whether two files are the same; of one that cannot be read its reader says so."""
        with suppress(OSError):
            states = os.stat(pred), os.stat(truth)
            if os.path.samestat(*states):
                return True
            size = states[0].st_size
            if size != states[1].st_size or not size or not have_equal_ends(pred, truth, size):
                return False
            import filecmp

            self._left -= 1
            if self._left < 0:
                told = truth.name.lower().endswith(CHECKED)
                self.passed_over = self.passed_over or not told
                return told and not is_empty_mask(truth)
            return filecmp.cmp(pred, truth, shallow=False) and not is_empty_mask(truth)
        return False


def have_equal_ends(pred: Path, truth: Path, size: int) -> bool:
    """Whether the last bytes of two files of a size are the same, and the first."""
    with pred.open("rb") as one, truth.open("rb") as other:
        for place in (max(0, size - END), 0):
            one.seek(place)
            other.seek(place)
            if one.read(END) != other.read(END):
                return False
    return True
