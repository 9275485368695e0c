"""The sparse table of the instances of a class: how large each is, and what pairs of them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from segeval.kernels.overlaps import Overlaps
from segeval.kernels.run_overlaps import sum_each
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.frozen import frozen


@frozen
class PartnerUnion:
    """Of each instance of a side, all of the other side that share a voxel with it, as one mask.

    shared  int64 (n,), voxels of the instance that any of them holds
    size    int64 (n,), voxels of the one mask
    """

    shared: Counted
    size: Counted

    def to_json(self) -> list[list[int]]:
        """The form in which it is kept with its case."""
        return [self.shared.tolist(), self.size.tolist()]

    @classmethod
    def from_json(cls, kept: Sequence[Sequence[int]]) -> PartnerUnion:
        """Read it again."""
        return cls(*(np.array(own, np.int64) for own in kept))


@frozen
class InstanceTable:
    """The instances of a class in a case.

    overlaps  voxels of each instance of both sides and what pairs share; void is in none of them
    ids       int64, of each side: what the instances are called, ids or places of components
    void      int64 (m,), voxels of each prediction in void
    crowd     int64 (m,), voxels of each prediction in the crowd of the class
    under     int64 (n,), voxels of each reference under void of the prediction
    voxel     size of a voxel
    unit      of that: ml, mm2, voxels, px
    centres   float64 (n, axes), (m, axes): centres of mass, in mm or px along the axes of the array
    ignored   instances wholly in void, of each side
    dropped   components below `--min-size`, of each side
    stuff     the class has one segment and no instances
    unions    of each side, where instances of one side overlap: their voxels do not add up
    """

    overlaps: Overlaps
    ids: tuple[Counted, Counted]
    void: Counted
    crowd: Counted
    under: Counted
    voxel: float
    unit: str
    centres: tuple[Floats, Floats]
    ignored: tuple[int, int] = (0, 0)
    dropped: tuple[int, int] = (0, 0)
    stuff: bool = False
    unions: tuple[PartnerUnion, PartnerUnion] | None = None

    def covered_voxels(self, side: int) -> Counted:
        """Voxels of each instance of a side (0 the reference) that any of the other side holds."""
        if self.unions is not None:
            return self.unions[side].shared
        o = self.overlaps
        own, size = (o.other, o.pred) if side else (o.one, o.truth)
        return sum_each(own, o.shared, len(size))

    def partner_voxels(self, side: int) -> Counted:
        """Voxels of what any instance of the other side holds that shares one with each."""
        if self.unions is not None:
            return self.unions[side].size
        o = self.overlaps
        own, other = (o.other, o.one) if side else (o.one, o.other)
        areas = (o.pred, o.truth) if side else (o.truth, o.pred)
        return sum_each(own, areas[1][other], len(areas[0]))

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept with its case."""
        o = self.overlaps
        kept: dict[str, Any] = {
            "truth": o.truth.tolist(),
            "pred": o.pred.tolist(),
            "shared": np.stack([o.one, o.other, o.shared], axis=1).tolist(),
            "ids": [side.tolist() for side in self.ids],
            "voxel": self.voxel,
            "unit": self.unit,
            "centres": [np.round(side, 6).tolist() for side in self.centres],
        }
        for name in ("void", "crowd", "under"):
            if (values := getattr(self, name)).any():
                kept[name] = values.tolist()
        for name in ("ignored", "dropped"):
            if any(getattr(self, name)):
                kept[name] = list(getattr(self, name))
        if self.unions is not None:
            kept["unions"] = [union.to_json() for union in self.unions]
        return kept | ({"stuff": True} if self.stuff else {})

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> InstanceTable:
        """Read it again. Raises ValueError where its lists do not belong together."""
        truth, pred = (np.array(kept[side], np.int64) for side in ("truth", "pred"))
        one, other, shared = np.array(kept["shared"], np.int64).reshape(-1, 3).T
        sizes = {"void": len(pred), "crowd": len(pred), "under": len(truth)}
        void, crowd, under = (
            np.array(kept.get(name, [0] * size), np.int64) for name, size in sizes.items()
        )
        ids = [np.array(side, np.int64) for side in kept["ids"]]
        centres = [np.array(side, np.float64) for side in kept["centres"]]
        unions = [PartnerUnion.from_json(own) for own in kept.get("unions", ())]
        table = cls(
            Overlaps(truth, pred, one, other, shared),
            (ids[0], ids[1]),
            void,
            crowd,
            under,
            kept["voxel"],
            kept["unit"],
            (centres[0], centres[1]),
            tuple(kept.get("ignored", (0, 0))),
            tuple(kept.get("dropped", (0, 0))),
            kept.get("stuff", False),
            (unions[0], unions[1]) if unions else None,
        )
        table.check()
        return table

    def check(self) -> None:
        """Refuse lists that do not belong to one table. Raises ValueError."""
        o = self.overlaps
        many = len(o.truth), len(o.pred)
        lists = [*zip(self.ids, many, strict=True), *zip(self.centres, many, strict=True)]
        if not any(map(len, self.centres)):
            lists = lists[:2]  # no metric asked for centres
        lists += [(self.void, many[1]), (self.crowd, many[1]), (self.under, many[0])]
        for union, size in zip(self.unions or (), many, strict=False):
            lists += [(union.shared, size), (union.size, size)]
        if any(len(values) != size for values, size in lists):
            raise ValueError(f"an instance table of {many[0]} and {many[1]} has lists of others")
        for places, size in zip((o.one, o.other), many, strict=True):
            if len(places) and not 0 <= places.min() <= places.max() < size:
                raise ValueError("a pair of instances that are not in the table")
