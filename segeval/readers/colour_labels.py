"""Colours become labels, some rows at a time: by the table of the classes, or as their grey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen
from segeval.runtime.inventory import ASKED, current

MOST_COLOURS = 1 << 16  # that are told apart; a photograph has more


@frozen
class ColourTable:
    """Which label stands for a colour.

    path      the picture, for messages
    labels    label of each colour 0xrrggbb
    unlisted  label of colours that the table does not have; None: they are an error
    side      of the case, for what is reported
    listed    the colours are those of the classes, which are counted (ACCOUNT-A1)
    """

    path: Path
    labels: Mapping[int, int]
    unlisted: int | None = None
    side: str = ""
    listed: bool = False

    @property
    def same_as_grey(self) -> bool:
        """Whether the greys of the table have themselves as labels: then both readings agree."""
        return all(
            label == c & 255 for c, label in self.labels.items() if c == (c & 255) * 0x010101
        )

    def of_picture(self, values: Raw) -> Raw:
        """The labels (y, x) of a whole picture (y, x, 3 or 4). Raises ReadError."""
        runs = self._look_up(values)
        if runs.strange.any():
            packed = np.repeat(runs.colours[runs.strange], runs.lengths[runs.strange])
            census = ColourCensus({}).joined(packed, is_grey(values), values.shape)
            if not self.read_as(census):
                return np.ascontiguousarray(values[..., 0])
        self.count_used(runs.known)
        return self._labels_of(runs, values.shape)

    def known(self, values: Raw, met: set[int]) -> Raw | None:
        """The labels of colours that the table has; None where it lacks one.

        met  gets the places of those colours in the table
        """
        runs = self._look_up(values)
        if runs.strange.any():
            return None
        met |= runs.known
        return self._labels_of(runs, values.shape)

    def by_table(self, values: Raw, met: set[int]) -> Raw:
        """The labels (n, x) of colours (n, x, 3 or 4).

        met  gets the places of those colours in the table that it has
        """
        runs = self._look_up(values)
        met |= runs.known
        return self._labels_of(runs, values.shape)

    def count_used(self, met: set[int]) -> None:
        """Tell the inventory which colours of a picture have a class: once, however often it is
        read. Black that is the background is one of them."""
        inventory, key = current(), f"colours {self.side} {self.path}"
        if not (self.listed and met) or key in inventory.met:
            return
        inventory.meet(key)
        inventory.add_found("colour", len(met), self.side)
        inventory.add_scored("colour", len(met), self.side)

    def _labels_of(self, runs: ColourRuns, shape: tuple[int, ...]) -> Raw:
        own = [self.labels[colour] for colour in sorted(self.labels)]
        wide = max(own) > 255 or runs.strange.any()
        labels: Raw = np.array(own, np.uint16 if wide else np.uint8)[runs.place]
        if runs.strange.any():
            labels[runs.strange] = self.unlisted or 0
        return np.repeat(labels, runs.lengths).reshape(shape[:2])

    def read_as(self, census: ColourCensus) -> bool:
        """Whether colours are looked up, else three equal channels are the grey they are.

        Says what became of colours that no class has. Raises ReadError where nothing stands for
        them.
        """
        if not census.strange:
            return True
        if census.grey:
            return False
        if self.unlisted is None:
            raise self._unlisted_error(census)
        inventory, key = current(), f"unlisted colours {self.side} {self.path}"
        if key in inventory.met:
            return True
        inventory.meet(key)
        more = ["and more"] if census.crowded else []
        names = [f"#{c:06x}: {n} pixels" for c, n in sorted(census.strange.items())] + more
        inventory.add_found("colour", len(census.strange), self.side)
        inventory.set_aside(
            "colour", "that no class has", names, ASKED, "W-unlisted-colour", self.side,
            count=len(census.strange),
        )  # fmt: skip
        return True

    def count(self, rows: Iterator[Raw]) -> ColourCensus:
        """What the colours of a picture are, as far as the table does not have them."""
        census = ColourCensus({})
        for values in rows:
            runs = self._look_up(values)
            packed = np.repeat(runs.colours[runs.strange], runs.lengths[runs.strange])
            census = census.joined(packed, is_grey(values), values.shape)
        return census

    def _look_up(self, values: Raw) -> ColourRuns:
        """Runs of one colour, and where each stands in the table."""
        red, green, blue = (values[..., c] for c in range(3))
        packed = (red.astype(np.uint32) << 16 | green.astype(np.uint32) << 8 | blue).reshape(-1)
        starts = np.flatnonzero(np.concatenate([[True], packed[1:] != packed[:-1]]))
        colours = packed[starts]
        known = np.array(sorted(self.labels), np.uint32)
        place = np.searchsorted(known, colours).clip(max=len(known) - 1)
        lengths = np.diff(starts, append=len(packed))
        return ColourRuns(colours, lengths, place, known[place] != colours)

    def _unlisted_error(self, census: ColourCensus) -> ReadError:
        """The error for colours that the table does not have, the most frequent first."""
        order = sorted(census.strange.items(), key=lambda one: (-one[1], one[0]))
        shown = [f"#{colour:06x}: {count}" for colour, count in order[:5]]
        over = len(census.strange) - 5
        more = [f"and {over} more" + (" at least" if census.crowded else "")] if over > 0 else []
        return ReadError(
            f"pixels of colours that no class has: {census.unlisted} of {census.pixels}",
            where=self.path,
            facts=(*shown, *more),
            help='name each colour in segeval.toml: [classes.NAME] label = 1, color = "#rrggbb"'
            + ("; or --unlisted ignore leaves those pixels out" if len(self.labels) > 1 else ""),
        )


@frozen
class ColourRuns:
    """Neighbouring pixels of one colour, in the order of the picture.

    place    of the colour among those of the table, in their order
    strange  whether it is none of them
    """

    colours: Raw
    lengths: Raw
    place: Raw
    strange: Raw

    @property
    def known(self) -> set[int]:
        """The places of those that the table has."""
        return set(np.unique(self.place[~self.strange]).tolist())


@frozen
class ColourCensus:
    """The colours of a picture that a table does not have.

    strange   pixels of each, of so many as are told apart
    unlisted  pixels of all of them
    pixels    all there are
    grey      whether the three channels of every pixel are equal
    crowded   whether there are more colours than are told apart
    """

    strange: dict[int, int]
    unlisted: int = 0
    pixels: int = 0
    grey: bool = True
    crowded: bool = False

    def joined(self, strange: Raw, grey: bool, shape: tuple[int, ...]) -> ColourCensus:
        """The same with some more rows."""
        colours, counts = np.unique(strange, return_counts=True)
        crowded, met = self.crowded, dict(self.strange)
        for colour, count in zip(colours.tolist(), counts.tolist(), strict=True):
            if colour in met or len(met) < MOST_COLOURS:
                met[colour] = met.get(colour, 0) + count
            else:
                crowded = True
        return ColourCensus(
            met, self.unlisted + len(strange), self.pixels + shape[0] * shape[1],
            self.grey and grey, crowded,
        )  # fmt: skip


def is_grey(values: Raw) -> bool:
    """Whether red, green and blue are equal everywhere."""
    red, green, blue = (values[..., c] for c in range(3))
    return bool((red == green).all() and (red == blue).all())


@frozen
class OpacityCensus:
    """How opaque the pixels of a picture are: it is no label map where one is not fully.

    soft       pixels that are not
    low, high  least and most opaque
    """

    soft: int = 0
    pixels: int = 0
    low: int = 255
    high: int = 0

    def joined(self, alpha: Raw) -> OpacityCensus:
        """The same with some more rows."""
        soft = int(np.count_nonzero(alpha != 255))
        low, high = min(self.low, int(alpha.min())), max(self.high, int(alpha.max()))
        return OpacityCensus(self.soft + soft, self.pixels + alpha.size, low, high)

    def check(self, path: Path) -> None:
        """Refuse a soft edge. Raises ReadError."""
        if self.soft:
            raise ReadError(
                f"{self.soft} of {self.pixels} pixels are not fully opaque",
                where=path,
                facts=(f"alpha from {self.low} to {self.high}",),
                help="a soft edge is no label: write a mask of one channel",
            )
