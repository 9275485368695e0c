"""Instance maps as classes and instances, and names for masks that are only numbered.

ids         every value above 0 is an instance of class 1
N           id = class * N + instance (MOTS and Cityscapes 1000, KITTI 256); an id below N is a
            class without instances
beside      a JSON file beside the map, of the same stem, says the class value of every id
components  values are classes, and instances are connected components
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segeval.classes.class_list import ClassList, LabelSelector
from segeval.kernels.rois import mask_box
from segeval.runtime.arrays import Labels, Raw
from segeval.runtime.errors import CaseError, Note, ReadError, RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.json_text import parse_json
from segeval.volume.align import read_whole_channel
from segeval.volume.channel import Channel
from segeval.volume.id_coding import IdCoding
from segeval.volume.instances import Instances
from segeval.volume.value_kinds import LARGEST_LABEL
from segeval.volume.volume import Volume

if TYPE_CHECKING:
    from segeval.volume.instance_masks import InstanceMasks

LARGEST_ID = (1 << 32) - 1
IDS, COMPONENTS, BESIDE = "ids", "components", "beside"


def check_instance_coding(coding: str) -> None:
    """Whether `--instances` can be read. Raises RequestError."""
    words = ("", IDS, COMPONENTS, BESIDE)
    base = int(coding) if coding.isdecimal() and len(coding) < 11 else 0
    if coding not in words and not 1 < base <= LARGEST_ID:
        raise RequestError(
            f"--instances {coding}: none of ids, components and beside, nor a number from 2 on",
            help="--instances ids: every value is an instance; "
            "--instances components: connected components of each class; "
            "--instances 1000: id = class * 1000 + instance; "
            "--instances beside: a JSON file beside each map, {id: class value}",
        )


def code_ids(volume: Volume, coding: str, ignored: int | None) -> Volume:
    """A map of ids that is read as the classes that they stand for. Raises ReadError.

    coding   ids, a number, or beside
    ignored  an id, or a class of them, that is left out of both sides
    """
    if len(volume.channels) != 1 or volume.segments:
        raise ReadError(
            f"a map of instances has one channel, and this file has {len(volume.channels)}",
            where=volume.path,
            help="leave out --instances; --instances components takes masks apart",
        )
    divisor = int(coding) if coding.isdecimal() else 0
    table = read_table(volume.path) if coding == BESIDE else {}
    told = IdCoding(divisor, table, ignored=ignored)
    return replace(volume, coding=told, names={}, picture=False, regions=None)


def read_instance_map(
    volume: Volume, coding: str, named: bool, ignored: int | None = None
) -> Volume:
    """A map of instance ids as a label map of classes, with its instances. Raises ReadError.

    named    a class list says what values are called; else they are called as they are
    ignored  an id, or a class of them, that is void
    """
    if len(volume.channels) != 1:
        raise ReadError(
            f"a map of instances has one channel, and this file has {len(volume.channels)}",
            where=volume.path,
            help="leave out --instances",
        )
    ids = read_whole_channel(volume.channels[0], volume.geometry)
    if ids.ndim != 2 or ids.dtype.kind not in "biu":
        raise ReadError(
            f"{ids.dtype} values on {ids.ndim} axes are no map of instances",
            where=volume.path,
            help="a map of instances is a picture of whole numbers",
        )
    found = np.unique(ids).tolist()
    class_of, single = read_codes(found, coding, volume.path)
    if ignored is not None and ignored in found:
        class_of = {**class_of, ignored: ignored}
        single = [one for one in single if one != ignored]
    labels = relabel_instances(ids, found, class_of)
    values = sorted({class_of[one] for one in found} - {0})
    return replace(
        volume,
        channels=(Channel(lambda: labels, labels.dtype, labels.shape),),
        names={} if named else {value: str(value) for value in values},
        picture=False,
        regions=Instances(
            tuple(InstanceMask(ids, one) for one in single),
            np.array([mask_box(ids == one) for one in single], np.float64).reshape(-1, 4),
            {},
        ),
        instances=lambda: map_instances(ids, found, class_of, single, ignored),
    )


def map_instances(
    ids: Raw,
    found: Sequence[int],
    class_of: Mapping[int, int],
    single: Sequence[int],
    ignored: int | None,
) -> InstanceMasks:
    """The ids of a map as instances; a class without instances is a crowd.

    found    the ids that the map has
    single   those that are instances
    ignored  an id, or a class of them, that is void: the background, where it is 0
    """
    from segeval.kernels.mask_stack import edges_of_mask, stack_of
    from segeval.volume.instance_masks import plain_instances

    shape = (ids.shape[0], ids.shape[1])
    kept = [one for one in found if class_of[one] or ignored == 0]
    masks = []
    for one in kept:
        mask = ids == one
        x1, y1, x2, y2 = (int(v) for v in mask_box(mask))
        masks.append(edges_of_mask(mask[y1:y2, x1:x2], (y1, x1), shape))
    made = plain_instances(stack_of(masks, shape), tuple(class_of[one] for one in kept))
    return replace(made, crowd=~np.isin(kept, list(single)))


class InstanceMask:
    """The mask of one id of a map."""

    def __init__(self, ids: Raw, one: int) -> None:
        self._ids, self._one = ids, one

    def __call__(self) -> Raw:
        mask: Raw = (self._ids == self._one).view(np.uint8)
        return mask


def read_codes(found: list[int], coding: str, path: Path) -> tuple[dict[int, int], list[int]]:
    """The class of every id, and the ids that are instances. Raises ReadError."""
    if coding == BESIDE:
        return read_instance_table(found, path)
    if coding == IDS:
        return {one: int(one != 0) for one in found}, [one for one in found if one]
    return split_instance_codes(found, int(coding))


def split_instance_codes(found: list[int], base: int) -> tuple[dict[int, int], list[int]]:
    """The class of every id, and the ids that are instances, in their order."""
    class_of = {one: one // base if one >= base else one for one in found}
    return class_of, [one for one in found if one >= base]


def read_instance_table(found: list[int], path: Path) -> tuple[dict[int, int], list[int]]:
    """The same as a table beside the map says it. Raises ReadError."""
    class_of, table = read_table(path), path.with_suffix(".json")
    if missing := [one for one in found if one not in class_of]:
        raise ReadError(
            f"the table does not have {len(missing)} ids of the map", where=table,
            facts=(f"ids {', '.join(map(str, missing[:8]))}",),
        )  # fmt: skip
    return class_of, [one for one in sorted(class_of) if one]


def read_table(path: Path) -> dict[int, int]:
    """The class value of every id, as the JSON file beside a map says. Raises ReadError."""
    table = path.with_suffix(".json")
    try:
        content = parse_json(table.read_text("utf-8"))
        return {int(one): int(value) for one, value in content.items()} | {0: 0}
    except OSError as problem:
        raise ReadError(
            f"the table of instances cannot be opened ({problem.strerror})", where=table
        ) from problem
    except (AttributeError, TypeError, ValueError) as problem:
        raise ReadError(
            f"not a table of instances ({problem})",
            where=table,
            help='{"1": 3, "2": 3}: the class value of every id of the map',
        ) from problem


def relabel_instances(ids: Raw, found: list[int], class_of: Mapping[int, int]) -> Labels:
    """The map of class values. Raises CaseError where a value is none."""
    values = np.array([class_of[one] for one in found], np.int64)
    if len(values) and (values.min() < 0 or values.max() > LARGEST_LABEL):
        raise CaseError(
            f"class values from {values.min()} to {values.max()}: one is 0 to {LARGEST_LABEL}"
        )
    labels: Labels = values.astype(np.uint16)[np.searchsorted(found, ids)]
    return labels


def unknown_category_notes(pred: Volume, truth: Volume, classes: ClassList) -> tuple[Note, ...]:
    """A warning of detections of categories that the ground truth does not list (ACCOUNT-A3).

    pred     masks that have label values: detections, regions of interest
    truth    of a file that lists its categories; of another nothing is said
    classes  a class list may have them
    """
    known = truth.regions.names if isinstance(truth.regions, Instances) else {}
    listed = {value for class_ in classes.classes for value in class_.labels or ()}
    named = {*known, *known.values(), *listed}  # a detection may name its category
    lost = [str(one) for one in pred.values or () if one not in named]
    if not known or not lost:
        return ()
    text = (
        f"detections of categories that the ground truth does not list: ids {', '.join(lost[:8])}"
    )
    return (Note("W-unknown-category", text),)


def numbered_selectors(
    pred: Volume, truth: Volume, names: Collection[str], classes: ClassList
) -> dict[str, LabelSelector]:
    """What stands for each class in masks that have label values and may overlap.

    A value is called as the class list calls it, else as the ground truth's own table does (the
    category of that id), else as it is. Raises CaseError for a union of values.

    names  that the ground truth gives; one without a mask is predicted empty
    """
    values = pred.values or ()
    called = dict(truth.regions.names) if isinstance(truth.regions, Instances) else {}
    for class_ in classes.classes:
        if len(class_.labels or ()) > 1 and set(class_.labels or ()) & set(values):
            raise CaseError(
                f"{class_.name} is a union of values and each mask has one",
                where=pred.path,
                help="name the values one by one: --classes 1=car,2=bus",
                status="classes_unknown",
            )
        called |= dict.fromkeys(class_.labels or (), class_.name)
    parts = dict.fromkeys((*names, *classes.names), LabelSelector(-1))
    return parts | {
        called.get(value, str(value)): LabelSelector(c) for c, value in enumerate(values)
    }
