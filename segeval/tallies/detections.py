"""Scored instances: what is kept of the detections and references of images, and of their pairs.

An image lies on no grid of others, so a case comes whole. Kept are sizes, scores and what each pair
shares, as whole numbers; every convention, threshold and range of sizes is computed from these.
Masks are let go image by image. Over a data set the tables are put one after another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, ClassVar

import numpy as np

from segeval.kernels.mask_stack import (
    MaskStack,
    boundaries,
    boundary_width,
    box_pairs,
    shared_pixels,
    stack_of,
)
from segeval.kernels.rle import NO_EDGES
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.frozen import field, frozen, replace

# Columns of the tables, in the order in which they are kept.
DETECTION = ("class_", "score", "size", "area", "void", "edge", "x", "y", "w", "h")
REFERENCE = ("class_", "kind", "size", "area", "edge", "x", "y", "w", "h")
PAIR = ("detection", "reference", "shared", "edge")
COUNTS, CROWD = 0, 1  # kinds of references


@frozen
class ImageFacts:
    """What is known of one image, or case, as a whole.

    order       its number in the file, by which images follow each other; None: as cases do
    detections, references, pairs   rows of its tables
    negative    classes that are known to be absent (LVIS)
    open_ended  classes of which not every instance is annotated (LVIS)
    """

    order: int | None
    detections: int
    references: int
    pairs: int
    negative: tuple[int, ...] = ()
    open_ended: tuple[int, ...] = ()


@frozen
class Detections:
    """The detections, references and pairs of some images.

    names       of the classes that are scored, in the order of their numbers
    numbers     the category id, or label value, of each
    groups      how frequent each class is (LVIS: r, c, f); "" where the file does not say
    images      in the order of the cases
    detection   float64 (d, 10): class by place, score, pixels, area by which its size is told,
                pixels in void, pixels of its boundary, box x y w h
    reference   float64 (r, 9): class, kind, pixels, area, pixels of its boundary, box
    pair        int64 (p, 4): detection and reference in its image, pixels shared, of boundaries
    scored      whether every detection has a score
    """

    names: tuple[str, ...]
    numbers: tuple[int, ...]
    groups: tuple[str, ...]
    images: tuple[ImageFacts, ...]
    detection: Floats
    reference: Floats
    pair: Counted
    scored: bool = True
    _known: dict[Any, Any] = field(default_factory=dict)

    columns: ClassVar[tuple[tuple[str, ...], ...]] = (DETECTION, REFERENCE, PAIR)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of the values."""
        return self.names

    @property
    def says_nothing(self) -> bool:
        """Whether its numbers are known of the data set alone: one row of a case says so."""
        return self.scored

    def kept(self, key: Any, compute: Any) -> Any:
        """What several metrics need, computed once."""
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept with its case: the tables as lists, row after row."""
        return {
            "names": list(self.names),
            "numbers": list(self.numbers),
            "groups": list(self.groups),
            "images": [
                [i.order, i.detections, i.references, i.pairs, list(i.negative), list(i.open_ended)]
                for i in self.images
            ],
            "detection": shortest_numbers(self.detection),
            "reference": shortest_numbers(self.reference),
            "pair": self.pair.ravel().tolist(),
            "scored": self.scored,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Detections:
        """Read it again."""
        images = [
            ImageFacts(order, d, r, p, tuple(negative), tuple(open_ended))
            for order, d, r, p, negative, open_ended in kept["images"]
        ]
        tables: list[Any] = [
            np.array(kept[name], kind).reshape(-1, len(columns))
            for name, kind, columns in zip(
                ("detection", "reference", "pair"),
                (np.float64, np.float64, np.int64),
                cls.columns,
                strict=True,
            )
        ]
        return cls(
            tuple(kept["names"]),
            tuple(kept["numbers"]),
            tuple(kept["groups"]),
            tuple(images),
            tables[0],
            tables[1],
            tables[2],
            bool(kept["scored"]),
        )

    @staticmethod
    def pool_cases(many: Iterable[Detections]) -> Detections:
        """The tables of several cases as one."""
        return pool_tables(many)

    def emptied(self) -> Detections:
        """The same classes without a row: what a case shows of numbers of the data set."""
        none = (np.zeros((0, len(columns))) for columns in self.columns)
        detection, reference, pair = none
        return Detections(
            self.names,
            self.numbers,
            self.groups,
            (),
            detection,
            reference,
            pair.astype(np.int64),
            self.scored,
        )


def shortest_numbers(table: Floats) -> list[float | int | None]:
    """The numbers of a table, whole ones without a fraction; None of none."""
    whole = (table == np.rint(table)) & (np.abs(table) < 1 << 53)
    pairs = zip(table.ravel().tolist(), whole.ravel().tolist(), strict=True)
    return [int(v) if integer else None if v != v else v for v, integer in pairs]


def pool_tables(many: Iterable[Detections]) -> Detections:
    """The tables of several cases as one. Classes are joined by their name."""
    many = list(many)
    numbers: dict[str, int] = {}
    groups: dict[str, str] = {}
    for one in many:
        for name, number, group in zip(one.names, one.numbers, one.groups, strict=True):
            numbers.setdefault(name, number)
            groups[name] = groups.get(name) or group
    names = tuple(sorted(numbers, key=lambda name: (numbers[name], name)))
    place = {name: at for at, name in enumerate(names)}
    moved = [renumber_classes(one, [place[name] for name in one.names]) for one in many]
    return Detections(
        names,
        tuple(numbers[name] for name in names),
        tuple(groups[name] for name in names),
        tuple(image for one in moved for image in one.images),
        np.concatenate([one.detection for one in moved]),
        np.concatenate([one.reference for one in moved]),
        np.concatenate([one.pair for one in moved]),
        all(one.scored for one in moved),
    )


def renumber_classes(one: Detections, places: Sequence[int]) -> Detections:
    """The same with its classes at other places."""
    if list(places) == list(range(len(places))):
        return one
    at = np.array(places, np.float64)
    tables = []
    for table in (one.detection, one.reference):
        table = table.copy()
        table[:, 0] = at[table[:, 0].astype(np.int64)]
        tables.append(table)
    images = tuple(
        replace(
            image,
            negative=tuple(places[c] for c in image.negative),
            open_ended=tuple(places[c] for c in image.open_ended),
        )
        for image in one.images
    )
    return replace(one, images=images, detection=tables[0], reference=tables[1], _known={})


@frozen
class ImageRows:
    """The rows of one image.

    image  its facts
    detection, reference, pair  its parts of the tables
    """

    image: ImageFacts
    detection: Floats
    reference: Floats
    pair: Counted


def by_image(tables: Detections) -> list[ImageRows]:
    """The images in the order of their numbers; those without one as the cases come."""
    found = []
    starts = [
        [0, *accumulate(getattr(image, part) for image in tables.images)]
        for part in ("detections", "references", "pairs")
    ]
    for at, image in enumerate(tables.images):
        d, r, p = (slice(start[at], start[at + 1]) for start in starts)
        found.append(ImageRows(image, tables.detection[d], tables.reference[r], tables.pair[p]))
    numbers = [row.image.order for row in found]
    if None in numbers:
        return found
    return sorted(found, key=lambda row: row.image.order or 0)


@frozen
class SideMasks:
    """The instances of one side of an image, in the order of the file.

    masks   of each
    class_  int64 (n,), place of its class among those that are scored
    area    float64 (n,), by which its size is told: of references what the file says
    box     float64 (n, 4), x, y, w, h
    kind    int64 (n,): counts, crowd; of references
    score   float64 (n,), nan where the file has none; of detections
    """

    masks: MaskStack
    class_: Counted
    area: Floats
    box: Floats
    kind: Counted
    score: Floats


@frozen
class ScoredClasses:
    """The classes of a table: names, category ids or label values, and how frequent each is."""

    names: tuple[str, ...]
    numbers: tuple[int, ...]
    groups: tuple[str, ...]


@frozen
class DetectionTally:
    """Makes the tables of one image; what is not asked for is not computed.

    classes    that are scored
    union      pairs of different classes are kept too
    boundary   boundaries are measured
    """

    classes: ScoredClasses
    union: bool = False
    boundary: bool = False

    def finish(
        self, image: ImageFacts, truth: SideMasks, pred: SideMasks, void: Counted = NO_EDGES
    ) -> Detections:
        """The tables of an image.

        image  its number and lists; its counts are filled in
        void   edges of what counts for nothing
        """
        pair = pairs_between(pred, truth, self.union)
        edges = np.zeros((len(pred.class_), 1)), np.zeros((len(truth.class_), 1))
        if self.boundary:
            width = boundary_width(truth.masks.shape)
            rims = [boundaries(side.masks, width) for side in (pred, truth)]
            edges = rims[0].areas[:, None].astype(float), rims[1].areas[:, None].astype(float)
            pair[:, 3] = shared_pixels(rims[0], rims[1], pair[:, 0], pair[:, 1])
        detection = [
            pred.class_[:, None],
            pred.score[:, None],
            pred.masks.areas[:, None],
            pred.area[:, None],
            in_void(pred.masks, void)[:, None],
            edges[0],
            pred.box,
        ]
        reference = [
            truth.class_[:, None],
            truth.kind[:, None],
            truth.masks.areas[:, None],
            truth.area[:, None],
            edges[1],
            truth.box,
        ]
        c = self.classes
        return Detections(
            c.names,
            c.numbers,
            c.groups,
            (
                replace(
                    image,
                    detections=len(pred.class_),
                    references=len(truth.class_),
                    pairs=len(pair),
                ),
            ),
            np.concatenate(detection, axis=1).astype(np.float64),
            np.concatenate(reference, axis=1).astype(np.float64),
            pair,
            not np.isnan(pred.score).any(),
        )


def pairs_between(pred: SideMasks, truth: SideMasks, union: bool) -> Counted:
    """The pairs that share a pixel: detection, reference, pixels, and 0 for their boundaries."""
    first, second = box_pairs(pred.masks.boxes(), truth.masks.boxes())
    if not union:
        same = pred.class_[first] == truth.class_[second]
        first, second = first[same], second[same]
    shared = shared_pixels(pred.masks, truth.masks, first, second)
    found = np.stack([first, second, shared, np.zeros_like(shared)], axis=1)
    return found[shared > 0]


def in_void(masks: MaskStack, void: Counted) -> Counted:
    """The pixels of each mask that count for nothing."""
    every = np.arange(len(masks))
    return shared_pixels(masks, stack_of([void], masks.shape), every, np.zeros_like(every))
