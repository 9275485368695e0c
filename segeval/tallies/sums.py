"""Sums of probabilities against the reference: one pass serves nearly every loss.

What is kept is of fixed size, whatever the size of the case: the sums of kernels/sums.py for each
channel, and the pieces that were asked for. Totals are float64; those of float32 are wrong by a
quarter at eight million voxels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from segeval.kernels.sums import NAMES, LabelSums, VoxelsByLabel, mask_sums, share_sums
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import field, frozen
from segeval.tallies.block import Block
from segeval.tallies.loss_term import LossTerm, term_key
from segeval.tallies.loss_terms import axes_of_terms
from segeval.tallies.slab import ScoreSlab, valid_slabs


@frozen
class Sums:
    """The sums of a case, or of several that were pooled.

    classes    names, one a channel; the name of channel 0 of exclusive channels is the background's
    exclusive  the channels exclude each other
    logits     the prediction holds logits
    soft       the reference holds shares
    cases      how many
    voxels     all of them, the ignored ones included
    valid      those that are not ignored
    table      (len(NAMES), channels), the sums of kernels/sums.py
    pieces     what was asked for beyond them, by key
    """

    classes: tuple[str, ...]
    exclusive: bool
    logits: bool
    soft: bool
    cases: int
    voxels: int
    valid: int
    table: Floats
    pieces: Mapping[str, Floats] = field(default_factory=dict)

    def of(self, name: str) -> Floats:
        """A sum of each channel, by its name in kernels/sums.py."""
        row: Floats = self.table[NAMES.index(name)]
        return row

    @property
    def g(self) -> Floats:
        """The reference: sum of g of each channel."""
        return self.of("g")

    @property
    def p(self) -> Floats:
        """The prediction: sum of p of each channel."""
        return self.of("pg") + self.of("fp")

    def piece(self, piece: LossTerm) -> Floats:
        """The totals of a piece that was asked for."""
        return self.pieces[term_key(piece)]

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept with its case; what is not finite is a word."""
        return {
            "classes": list(self.classes),
            "exclusive": self.exclusive,
            "logits": self.logits,
            "soft": self.soft,
            "cases": self.cases,
            "voxels": self.voxels,
            "valid": self.valid,
            "table": _spell_totals(self.table),
            "pieces": {name: _spell_totals(totals) for name, totals in self.pieces.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Sums:
        """Read it again."""
        pieces = {name: np.array(totals, np.float64) for name, totals in kept["pieces"].items()}
        plain = {name: kept[name] for name in ("exclusive", "logits", "soft", "cases")}
        return cls(
            classes=tuple(kept["classes"]),
            voxels=kept["voxels"],
            valid=kept["valid"],
            table=np.array(kept["table"], np.float64),
            pieces=pieces,
            **plain,
        )

    @staticmethod
    def pool_cases(many: Iterable[Sums]) -> Sums:
        """The sums of several cases as one; a class is pooled over the cases it is in."""
        many = list(many)
        names = tuple(dict.fromkeys(name for sums in many for name in sums.classes))
        shared = set.intersection(*(set(sums.pieces) for sums in many))
        rows = [[names.index(name) for name in sums.classes] for sums in many]
        table = np.zeros((len(NAMES), len(names)))
        for sums, place in zip(many, rows, strict=True):
            table[:, place] += sums.table
        return Sums(
            names,
            all(s.exclusive for s in many),
            all(s.logits for s in many),
            any(s.soft for s in many),
            sum(s.cases for s in many),
            sum(s.voxels for s in many),
            sum(s.valid for s in many),
            table,
            {name: _join_terms(name, many, rows, len(names)) for name in sorted(shared)},
        )


def _spell_totals(totals: Floats) -> list[Any]:
    """Nested lists in which numbers that strict JSON lacks are words that numpy reads."""
    listed: list[Any] = totals.tolist()
    return listed if np.isfinite(totals).all() else [_spell_number(v) for v in listed]


def _spell_number(value: Any) -> Any:
    if isinstance(value, list):
        return [_spell_number(v) for v in value]
    return value if np.isfinite(value) else str(value)


def _join_terms(
    name: str, many: Sequence[Sums], rows: Sequence[list[int]], channels: int
) -> Floats:
    """A piece of several cases, each class in its place."""
    axes = axes_of_terms()[name.partition(":")[0]]
    rest = many[0].pieces[name].shape[axes:]
    total = np.zeros((channels,) * axes + rest)
    for sums, place in zip(many, rows, strict=True):
        where = np.ix_(*[place] * axes) if axes else ...
        total[where] += sums.pieces[name]
    return total


def _pick_channels(name: str, totals: Floats, places: list[int]) -> Floats:
    """The totals of some channels."""
    axes = axes_of_terms()[name.partition(":")[0]]
    return totals[np.ix_(*[places] * axes)] if axes else totals.copy()


class SumsTally:
    """Adds up probabilities slab by slab; its memory does not grow with the case."""

    ANYWHERE = True  # where a voxel is makes no difference

    def __init__(self, channels: int, exclusive: bool, pieces: Iterable[Any] = ()) -> None:
        self._exclusive = exclusive
        self._pieces: dict[str, LossTerm] = {term_key(piece): piece for piece in pieces}
        self._table = np.zeros((len(NAMES), channels))
        self._totals = {name: np.zeros(p.shape(channels)) for name, p in self._pieces.items()}
        self._voxels = self._valid = 0
        self._logits = self._soft = False
        self._seen: LabelSums | None = None

    def ahead(self, block: Block) -> LabelSums | None:
        """What is to add up each row of the scores that a block will have; None: nothing.

        block  without scores; its labels are known
        """
        hard = self._exclusive and block.soft is None and block.valid is None
        if hard and block.labels is not None:
            self._seen = LabelSums(VoxelsByLabel(block.labels, self._table.shape[1]))
        return self._seen

    def update(self, block: Block) -> None:
        """Add a slab; one without probabilities adds nothing."""
        if block.scores is None:
            return
        self._voxels += block.size if block.weight is None else int(block.weight.sum())
        self._logits = self._logits or block.logits is not None
        self._soft = self._soft or block.soft is not None
        seen, self._seen = self._seen, None
        for slab in valid_slabs(block, self._exclusive, seen):
            self._valid += slab.voxels
            self._table += slab_sums(slab)
            for name, piece in self._pieces.items():
                self._totals[name] += piece.of(slab)

    def finish(self, classes: Sequence[str], kept: Sequence[int] | None = None) -> Sums:
        """The sums of the case, its channels under these names; only those that are kept."""
        places = list(range(self._table.shape[1]) if kept is None else kept)
        return Sums(
            tuple(classes),
            self._exclusive,
            self._logits,
            self._soft,
            1,
            self._voxels,
            self._valid,
            self._table[:, places],
            {name: _pick_channels(name, totals, places) for name, totals in self._totals.items()},
        )


def slab_sums(slab: ScoreSlab) -> Floats:
    """The sums of kernels/sums.py over a slab."""
    if slab.g is None:
        return slab.by_label.finish()
    pairs = zip((p.astype(np.float64) for p in slab.p), slab.g, strict=True)
    if slab.soft:
        rows = [share_sums(p, g.astype(np.float64)) for p, g in pairs]
    else:
        rows = [mask_sums(p, g, slab.weight) for p, g in pairs]
    return np.stack(rows, axis=1)
