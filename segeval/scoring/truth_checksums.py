"""What a result file keeps of a ground truth: its voxels by class, and checksums of its labels.

A baseline knows by them whether it was scored against the same ground truth (ACCOUNT-A36). Voxels
are compared whatever the files look like. Checksums are compared where the labels lie alike: the
same grid, the same label values, read in the same way. So a mask that is packed anew, or saved with
another header, is the same ground truth, and one of equal volume in another place is not.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

from segeval.classes.class_list import ScoredClass
from segeval.scoring.case_stages import CaseRead
from segeval.tallies.pair_cells import Pair, PairCells
from segeval.volume.label_checksums import LabelChecksum
from segeval.volume.volume import Volume

WHOLE_MAP = ""  # the name of a label map that holds every class


def stored_truth_labels(tables: Mapping[Pair, PairCells]) -> dict[int, tuple[int, ...]]:
    """The label values of each channel of the ground truth.

    tables  how often each pair of labels stands together, by pair of channels
    """
    found: dict[int, set[int]] = {}
    for pair, cells in tables.items():
        found.setdefault(pair[0], set()).update(cells.truth.tolist())
    return {channel: tuple(sorted(values)) for channel, values in found.items()}


def describe_truth(read: CaseRead) -> tuple[dict[str, int], dict[str, str]]:
    """The voxels of each class on the ground truth's own grid, and the checksums of its labels."""
    names = [target.name for target in read.resolved.targets]
    if read.start.truth.unmoved is None:
        counts: Sequence[int] = read.counts.truth.tolist()
        checksums, volume = read.passed.truth, read.start.truth.volume
    else:
        from segeval.opening.own_grid import count_on_own_grid

        parts = [target.truth for target in read.classes.targets]
        volume = read.start.truth.unmoved[0]
        counts, checksums = count_on_own_grid(*read.start.truth.unmoved, parts)
    found: dict[str, str] = {}
    scored: dict[int, list[frozenset[int] | None]] = {}
    for target in read.classes.targets:
        scored.setdefault(target.truth.channel, []).append(target.truth.labels)
    for channel, name in name_channels(volume, read.resolved.targets).items():
        labels = read.labels.get(channel, ())
        own = scored.get(channel, ())
        if channel in checksums and is_judged(labels, own, read.classes.ignored):
            found[name] = truth_checksum(read, volume, labels, checksums[channel])
    return dict(zip(names, counts, strict=True)), found


def name_channels(volume: Volume, targets: Sequence[ScoredClass]) -> dict[int, str]:
    """What the channels of a ground truth are called: a map of every class, else a class each."""
    if len(volume.channels) == 1:
        return {0: WHOLE_MAP}
    owners: dict[int, list[str]] = {}
    for target in targets:
        owners.setdefault(target.truth.channel, []).append(target.name)
    return {channel: names[0] for channel, names in owners.items() if len(names) == 1}


def is_judged(
    labels: Sequence[int], own: Sequence[frozenset[int] | None], ignored: int | None
) -> bool:
    """Whether every label is of a scored class, or ignored: others may change unseen.

    labels  of a channel
    own     those of each class of the channel; None: all that is not 0
    """
    known: set[int | None] = {0, ignored}
    known = known.union(*(values for values in own if values is not None))
    return None in own or known.issuperset(labels)


def truth_checksum(
    read: CaseRead, volume: Volume, labels: Sequence[int], checksum: LabelChecksum
) -> str:
    """How the labels lie and how they were read, and their checksum: two words of eight digits."""
    grid, settings = volume.geometry, read.start.job.settings
    placed = (grid.shape, drop_last_digits(grid.directions))
    if read.start.truth.drawn is not None:  # contours have no grid of their own
        placed = (
            grid.shape,
            [*placed[1], *drop_last_digits((grid.spacing or (), grid.origin or ()))],
        )
    how = (read.start.plan.wanted[0], settings.remap_gt, read.start.job.classes.ignored)
    state = repr((checksum.width, placed, labels, how))
    return f"{zlib.crc32(state.encode()):08x}-{checksum.crc:08x}"


def drop_last_digits(rows: Sequence[Sequence[float]] | None) -> list[list[float]]:
    """Numbers without the last digits, which differ between formats."""
    return [[round(float(value), 3) + 0.0 for value in row] for row in rows or ()]
