"""Instances: a row for each of both sides, CSV; `instances:FILE.json` is a list of the same.

They are in the order of case, class, side and id. Centres are LPS millimetres where the grid knows
its place, else x, y, z from its first voxel, in `centre_unit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from segeval.reports.csv_cells import CsvWriter
from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard

HEADER = (
    *("case", "class", "side", "id", "state", "partners", "score", "voxels", "volume", "unit"),
    *("x", "y", "z", "centre_unit", "iou", "dice", "hd95"),
)


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the instances."""
    out = CsvWriter(file, settings)
    out.write_row(HEADER)
    for row in instance_rows(card):
        cells = row | {"partners": " ".join(map(str, row["partners"]))}
        out.write_row(["" if cells[name] is None else cells[name] for name in HEADER])


def instance_rows(card: Scorecard) -> Iterator[dict[str, Any]]:
    """The instances of every case that was scored."""
    for case in card.cases:
        for row in case.facts.get("instances", ()):
            yield {"case": case.case, **row}
