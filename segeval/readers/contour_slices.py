"""The slices that the structures of a set were drawn on (docs/rules/ACCOUNT.md, A22 to A24).

A set may hold structures of several series and of several frames of reference; a series may be no
grid (several time points, a localiser inside, a tilted gantry) or lack slices. What the contours
say themselves, and where they lie, decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from segeval.contours.own_planes import derive_slices
from segeval.contours.structure_set import Contours, Roi
from segeval.grid.joined_slices import (
    arrange_slanted,
    complete_slices,
    find_unheld_planes,
    unique_heights,
)
from segeval.grid.slices import Frame, Slices, arrange_slices
from segeval.kernels.heights import HAIR, find_planes, usual_gap
from segeval.readers.series import SAME_ANGLE, Series, SliceHeader
from segeval.readers.series_matching import UNKNOWN, file_uids, match_series
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError, GeometryError, Note
from segeval.runtime.frozen import frozen, replace

FLAT = 0.1  # mm that the first points of a contour on a slice may differ in height


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
        for rois, named in alike(contours, series_of)
        for group in match_group(contours, rois, named, index, ignore_frame)
    ]
    asked = [g for g in found if wanted is None or not g.numbers.isdisjoint(wanted)] or found
    errors = [group.error for group in asked if group.error]
    if errors and len(errors) == len(asked):
        raise errors[0]
    return merge_groups(asked)


def alike(
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
    if len(named) == 1 and confirmed(some, index[min(named)]):
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


def confirmed(contours: Contours, series: Series) -> bool:
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


# What a series gives (ACCOUNT-A24).


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


def slices_of_contours(series: Series, contours: Contours, pixel: float) -> Slices:
    """The slices of a series that is no grid, as far as contours tell them. Raises GeometryError.

    Images that the contours name, or else those that lie alike and on which all contours lie, give
    the pixels and the heights; without such, the contours' own planes give the heights.
    """
    fallback: tuple[Frame, Floats, float | None] | None = None
    for images in image_candidates(series, contours):
        frame = frame_of_images(images)
        if frame is None or not are_parallel(contours, frame):
            continue
        corners = np.array([image.position for image in images])
        fallback = fallback or (frame, corners[0], images[0].thickness)
        for arrange in (arrange_slices, arrange_slanted):
            try:
                slices = arrange(
                    frame,
                    corners,
                    [image.uid for image in images],
                    images[0].thickness,
                    contours.path.name,
                )
            except GeometryError:
                continue
            if lie_on_slices(contours, slices):
                return slices
    if fallback is None:
        return derive_slices([contours], spacing_of(series) or pixel)
    return derive_slices([contours], pixel, *fallback)


def are_parallel(contours: Contours, frame: Frame) -> bool:
    """Whether most contours are parallel to images."""
    heights, others = first_point_heights(contours, np.zeros(3), np.array(frame.normal), FLAT)
    return len(heights) >= others


def image_candidates(series: Series, contours: Contours) -> Iterator[list[SliceHeader]]:
    """Images of a series that may be its slices: named ones first, then the most that lie alike."""
    images = [i for i in series.images if len(i.position) == 3 and len(i.orientation) == 6]
    named = [i for i in images if i.uid.partition("#")[0] in named_images(contours)]
    if named and frame_of_images(named) is not None:
        yield same_lattice(named, [i for i in images if frame_of_images([named[0], i])])
    sets: list[list[SliceHeader]] = []
    for image in images:
        for one in sets:
            if frame_of_images([one[0], image]):
                one.append(image)
                break
        else:
            sets.append([image])
    for one in sorted(sets, key=len, reverse=True):
        heights = heights_of(one)
        yield [one[i] for i in unique_heights(heights, hair(heights))]


def named_images(contours: Contours) -> frozenset[str]:
    """The images that single contours name, else those that the set names for all of it."""
    single = frozenset(uid for r in contours.rois for c in r.contours for uid in c.images)
    return file_ids(single) or file_ids(contours.images)


def file_ids(images: Collection[str]) -> frozenset[str]:
    """The UIDs of files."""
    return frozenset(file_uids(images))


def same_lattice(named: list[SliceHeader], pool: list[SliceHeader]) -> list[SliceHeader]:
    """Named images, one a height, and others that continue their row: of other heights."""
    heights = heights_of(named)
    kept = [named[i] for i in unique_heights(heights, hair(heights))]
    own = heights_of(kept)
    gap = usual_gap(own)
    if gap is None:
        return kept
    others = heights_of(pool)
    steps = (others - own[0]) / gap
    free = np.abs(others[:, None] - own[None]).min(axis=1) > gap / 2
    on = free & (np.abs(steps - np.rint(steps)) < HAIR)
    more = [image for image, ok in zip(pool, on.tolist(), strict=True) if ok]
    return kept + [more[i] for i in unique_heights(others[on], gap / 2)]


def heights_of(images: Sequence[SliceHeader]) -> Floats:
    """Heights of images along the normal of the first."""
    if not images:
        return np.zeros(0)
    along = np.reshape(images[0].orientation, (2, 3))
    heights: Floats = np.array([i.position for i in images]) @ np.cross(*along)
    return heights


def hair(heights: Floats) -> float:
    """Millimetres within which images lie at one place."""
    gap = usual_gap(heights)
    return 0.01 if gap is None else HAIR * gap


def frame_of_images(images: Sequence[SliceHeader]) -> Frame | None:
    """How images lie, if they all lie alike."""
    first = images[0]
    if len(first.spacing) != 2 or min(first.spacing) <= 0 or not all(first.shape):
        return None
    for image in images:
        if image.shape != first.shape or len(image.spacing) != 2:
            return None
        if np.abs(np.subtract(image.orientation, first.orientation)).max() > SAME_ANGLE:
            return None
        if np.abs(np.subtract(image.spacing, first.spacing)).max() > 1e-3 * min(first.spacing):
            return None
    along = np.reshape(first.orientation, (2, 3))
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    row, column = (tuple(v.tolist()) for v in along)
    return Frame(row, column, (first.spacing[0], first.spacing[1]), first.shape)


def lie_on_slices(contours: Contours, slices: Slices) -> bool:
    """Whether the planes of most contours are those of some slices: parallel, and held by them."""
    heights, others = heights_above(contours, slices)
    if not len(heights):
        return not others
    held = ~find_unheld_planes(slices, np.sort(heights))
    return bool(2 * held.sum() >= len(heights) + others)


def spacing_of(series: Series) -> float | None:
    """Millimetres of a pixel, where all images of a series say the same."""
    sizes = {round(side, 4) for image in series.images for side in image.spacing}
    return sizes.pop() if len(sizes) == 1 and min(sizes) > 0 else None


# Slices that the series has lost (ACCOUNT-A22).


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


def heights_above(contours: Contours, slices: Slices) -> tuple[Floats, int]:
    """Heights above the first slice of the contours that are parallel to slices.

    returns  and how many contours are not parallel
    """
    geometry = slices.geometry
    assert geometry.directions is not None
    assert geometry.spacing is not None
    flat = max(FLAT, 0.05 * geometry.spacing[0])
    return first_point_heights(
        contours, np.array(geometry.origin), np.array(geometry.directions[0]), flat
    )


def first_point_heights(
    contours: Contours, origin: Floats, along: Floats, flat: float
) -> tuple[Floats, int]:
    """Heights of contours along a normal, from their first points; the others are not parsed.

    flat     mm that the points of one may differ in height
    returns  and how many contours are not flat
    """
    heights, others = [], 0
    for contour in (contour for roi in contours.rois for contour in roi.areas):
        points = contour.first_points()
        if points is None:
            continue
        at = (points - origin) @ along
        if np.ptp(at) <= flat:
            heights.append(float(at.mean()))
        else:
            others += 1
    return np.array(heights), others
