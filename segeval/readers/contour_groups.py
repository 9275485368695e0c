"""The structures of a set by the series that they were drawn on (ACCOUNT-A22, A23)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from segeval.contours.structure_set import Contours, Roi
from segeval.grid.joined_slices import (
    complete_slices,
    find_unheld_planes,
)
from segeval.grid.slices import Slices
from segeval.kernels.heights import find_planes
from segeval.readers.contour_slices import heights_above, lie_on_slices, slices_of_contours
from segeval.readers.series import Series
from segeval.readers.series_matching import UNKNOWN, file_uids, match_series
from segeval.runtime.errors import CaseError, GeometryError, Note
from segeval.runtime.frozen import frozen, replace


@frozen
class ContourGroup:
    """Structures of a set that were drawn on one series.

    numbers  of the structures
    series   None where there is none
    slices   those of the series, or what its contours make of it; None without a series
    notes    how the series was found, and what was wrong with it
    error    why none of the structures can be scored
    lent     the series of the other side whose slices are taken where there is no series
    """

    numbers: frozenset[int]
    series: Series | None = None
    slices: Slices | None = None
    notes: tuple[Note, ...] = ()
    error: CaseError | None = None
    lent: Series | None = None

    @property
    def derived(self) -> bool:
        """Whether the slices are made of contours alone."""
        notes = () if self.slices is None else self.slices.notes
        return any(note.code == "W-derived-grid" for note in notes)

    @property
    def unknown(self) -> Note | None:
        """What says that nothing tells its series."""
        return next((note for note in self.notes if note.code == UNKNOWN), None)


def group_by_series(
    contours: Contours,
    index: Mapping[str, Series],
    wanted: Collection[int] | None = None,
    ignore_frame: bool = False,
    pixel: float = 1.0,
) -> list[ContourGroup]:
    """The structures of a set by the series that they were drawn on (ACCOUNT-A23). Raises
    CaseError.

    wanted  numbers of the structures that are scored; None: all of them
    pixel   mm of a pixel where nothing says it
    """
    series_of = {uid: s.uid for s in index.values() for uid in file_uids(i.uid for i in s.images)}
    found = [
        with_slices(group, contours, pixel)
        for rois, named in split_by_series(contours, series_of)
        for group in match_group(contours, rois, named, index, ignore_frame)
    ]
    asked = [g for g in found if wanted is None or not g.numbers.isdisjoint(wanted)] or found
    errors = [group.error for group in asked if group.error]
    if errors and len(errors) == len(asked):
        raise errors[0]
    return merge_groups(asked)


def split_by_series(
    contours: Contours, series_of: Mapping[str, str]
) -> Iterator[tuple[list[Roi], frozenset[str]]]:
    """The structures that say the same of frame and series, and the series that they name.

    series_of  Series Instance UID of every image
    """
    found: dict[tuple[str, frozenset[str]], list[Roi]] = {}
    for roi in contours.rois:
        images = {uid for contour in roi.contours for uid in contour.images}
        named = frozenset(series_of[uid] for uid in images if uid in series_of)
        found.setdefault((roi.frame, named), []).append(roi)
    return ((rois, named) for (_, named), rois in found.items())


def match_group(
    contours: Contours,
    rois: Sequence[Roi],
    named: frozenset[str],
    index: Mapping[str, Series],
    ignore_frame: bool,
) -> Iterator[ContourGroup]:
    """The series of some structures; where nothing tells it of all, of each by itself.

    named  series of the images that their contours name: hints, which geometry has to confirm
           (DICOM-F4)
    """
    frames = tuple(dict.fromkeys(roi.frame for roi in rois if roi.frame))
    some = replace(contours, rois=tuple(rois), frames=frames or contours.frames)
    numbers = frozenset(roi.number for roi in rois)
    if len(named) == 1 and lie_on_series(some, index[min(named)]):
        some = replace(some, series=tuple(named))
    try:
        series, notes = match_series(some, index, ignore_frame)
    except CaseError as problem:
        yield ContourGroup(numbers, error=problem)
        return
    group = ContourGroup(numbers, series, None, notes)
    if group.unknown is None or len(numbers) == 1:
        yield group
        return
    for roi in rois:
        yield from match_group(contours, [roi], named, index, ignore_frame)


def lie_on_series(contours: Contours, series: Series) -> bool:
    """Whether contours lie on the slices of the series that they name, as far as can be told."""
    try:
        return lie_on_slices(contours, series.slices())
    except GeometryError:
        return True


def merge_groups(groups: Sequence[ContourGroup]) -> list[ContourGroup]:
    """Groups of one series as one."""
    merged: dict[tuple[str, bool], ContourGroup] = {}
    for group in groups:
        key = "" if group.series is None else group.series.uid, group.error is None
        same = merged.get(key)
        if same is not None:
            notes = tuple(dict.fromkeys((*same.notes, *group.notes)))
            group = replace(same, numbers=same.numbers | group.numbers, notes=notes)
        merged[key] = group
    return list(merged.values())


def with_slices(group: ContourGroup, contours: Contours, pixel: float) -> ContourGroup:
    """A group with the slices of its series, if the images give any."""
    if group.series is None or group.error is not None:
        return group
    try:
        return replace(group, slices=group.series.slices())
    except GeometryError as problem:
        own = replace(contours, rois=tuple(r for r in contours.rois if r.number in group.numbers))
        try:
            slices = slices_of_contours(group.series, own, pixel)
        except GeometryError:
            return replace(group, error=problem)
        text = f"the images are no grid ({problem.message}); the contours give the slices"
        note = Note("W-series-no-grid", text, contours.path.name)
        return replace(group, slices=slices, notes=(*group.notes, note))


def complete_group(
    group: ContourGroup, contours: Contours, wanted: Collection[int] | None
) -> ContourGroup:
    """A group whose slices hold every plane of its contours.

    All its structures tell which slices were lost, so that a number does not depend on what else is
    scored; those that are scored extend the series at its ends. Where more than half of the planes
    of a structure lie beyond them, it was drawn on another series, and adds none (DICOM-R10).
    """
    if group.slices is None:
        return group
    slices, lost = group.slices, []
    for roi in contours.rois:
        if roi.number not in group.numbers or roi.support or roi.twins:
            continue
        one = replace(contours, rois=(roi,))
        planes = find_planes(heights_above(one, slices)[0])[1]
        unheld = find_unheld_planes(slices, planes)
        first, last = slices.positions[0], slices.positions[-1]
        beyond = unheld & ((planes < first) | (planes > last))
        if 2 * int(beyond.sum()) > len(planes):
            continue
        lost.append(planes[unheld & ~beyond])
        if wanted is None or roi.number in wanted:
            lost.append(planes[beyond])
    heights = np.concatenate([*lost, np.zeros(0)])
    if not len(heights):
        return group
    heights = find_planes(heights)[1]
    try:
        return replace(group, slices=complete_slices(slices, heights, contours.path.name))
    except GeometryError:
        return group
