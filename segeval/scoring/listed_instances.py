"""Sides whose files list their instances one by one, as runs of masks that may overlap.

COCO, polygons and regions of interest list masks of an image. The segments of a DICOM SEG and the
structures of an RTSTRUCT are masks of a volume, and instances where `--instances ids` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from segeval.classes.class_list import ClassList, LabelSelector
from segeval.kernels.label_runs import LabelRuns, find_label_runs, split_at_rows
from segeval.kernels.mask_runs import runs_of_box
from segeval.kernels.mask_stack import MaskStack, crop_of_edges
from segeval.kernels.rle import NO_EDGES, unite_edges
from segeval.opening.open_side import OpenSide
from segeval.runtime.arrays import Counted
from segeval.scoring.case_stages import CaseRead
from segeval.tallies.instance_sides import NO_RUNS, label_mask
from segeval.tallies.listed_instances import ListedInstances, list_masks
from segeval.volume.align import read_whole_channel
from segeval.volume.instance_masks import InstanceMasks
from segeval.volume.volume import Volume

IDS, COMPONENTS = "ids", "components"  # of --instances
Value = int | str


def lists_instances(side: OpenSide, instances: str) -> bool:
    """Whether a side's file lists its instances, and the request does not take them apart."""
    volume = side.volume
    if instances == IDS and side.apart:
        return True
    listed = volume.instances is not None and volume.coding is None
    return listed and instances != COMPONENTS


def list_side(read: CaseRead, which: int) -> ListedInstances | None:
    """The instances of a side, 0 the ground truth; None where its file does not list them."""
    start = read.start
    sides = start.truth, start.pred
    volume = sides[which].volume
    if not lists_instances(sides[which], start.job.settings.instances):
        return None
    if volume.instances is None:
        places = {target.name: place for place, target in enumerate(read.resolved.targets)}
        return list_segments(sides[which], places)
    found = volume.instances()
    own = places_of_values(volume, found, [(t.truth, t.pred)[which] for t in read.resolved.targets])
    return list_image(found, own, None if which else start.job.classes.ignore)


def places_of_values(
    volume: Volume, found: InstanceMasks, parts: Sequence[LabelSelector]
) -> dict[Value, int]:
    """The place among the classes of each value that instances have; values of none are left out.

    parts  what stands for each class on the side
    """
    names = getattr(volume.regions, "names", None) or {}
    stored: dict[Value, tuple[int, Value]] = {value: (0, value) for value in set(found.values)}
    if volume.values is not None:
        stored = {value: (channel, 1) for channel, value in enumerate(volume.values)}
    elif volume.segments:
        stored = {
            value: volume.segments[name]
            for value in set(found.values)
            if (name := names.get(value, str(value))) in volume.segments
        }
    return {
        value: place
        for value, (channel, label) in stored.items()
        for place, part in enumerate(parts)
        if part.channel == channel and (part.labels is None or label in part.labels)
    }


def list_segments(side: OpenSide, places: Mapping[str, int]) -> ListedInstances:
    """Segments or structures of a volume; each channel is read as a whole, one after another."""
    volume, masks, own = side.volume, [], []
    wanted = [(places[name], part) for name, parts in side.apart.items() if name in places
              for part in parts]  # fmt: skip
    for channel in sorted({part.channel for _, part in wanted}):
        labels = read_whole_channel(volume.channels[channel], volume.geometry).reshape(-1)
        runs = split_at_rows(find_label_runs(labels, 0), volume.geometry.shape[-1])
        for place, part in wanted:
            if part.channel == channel:
                masks.append(runs.taken(label_mask(runs, part)))
                own.append(place)
    return list_masks(masks, own, [False] * len(own))


def list_image(
    found: InstanceMasks, places: Mapping[Value, int], ignored: int | None = None
) -> ListedInstances:
    """Masks of an image; those of an ignored value are void, and no instances.

    places  of each value its class
    """
    own = [-1 if value == ignored else places.get(value, -1) for value in found.values]
    masks = [row_runs(found.masks, k) if place >= 0 else NO_RUNS for k, place in enumerate(own)]
    return list_masks(masks, own, found.crowd.tolist())


def row_runs(masks: MaskStack, place: int) -> LabelRuns:
    """The runs, in rows, of one mask."""
    crop, corner = crop_of_edges(masks.mask(place), masks.shape)
    edges = runs_of_box(crop, corner, masks.shape).edges
    start, stop = edges[::2], edges[1::2]
    whole = LabelRuns(start, stop, np.ones(len(start), np.uint8))
    return split_at_rows(whole, masks.shape[1])


def image_void(found: InstanceMasks, ignored: int | None) -> Counted:
    """The edges of what counts for nothing: of the file, and of the ignored label."""
    parts = [found.masks.mask(k) for k, value in enumerate(found.values) if value == ignored]
    return unite_edges([part for part in (found.void, *parts) if len(part)] or [NO_EDGES])


def void_of_listed(side: OpenSide, ignored: int | None) -> LabelRuns:
    """The runs of void of a ground truth that lists its instances, in rows, sorted by start."""
    if side.volume.instances is None:
        return NO_RUNS
    found = side.volume.instances()
    edges = image_void(found, ignored)
    if not len(edges):
        return NO_RUNS
    shape = found.masks.shape
    return row_runs(MaskStack(shape, edges, np.array([len(edges)], np.int64)), 0)


def names_of_values(truth: Volume, classes: ClassList) -> dict[Value, str]:
    """What each category id or label value is called: by the class list, else by the file."""
    regions = truth.regions
    called: dict[Value, str] = dict(getattr(regions, "names", {}) or {})
    for class_ in classes.classes:
        called |= dict.fromkeys(class_.labels or (), class_.name)
    return called
