"""The layouts of both sides: each is looked at on its own, and what they say together must fit."""

from __future__ import annotations

from pathlib import Path

from segeval.pairing.cases import CaseFiles
from segeval.pairing.class_names import Hints, strip_folder_name
from segeval.pairing.file_names import strip_roles
from segeval.pairing.files import SideTree, list_mask_files
from segeval.pairing.layout_kinds import FLAT, ONE
from segeval.pairing.messages import count_with_noun, first_names
from segeval.pairing.side_layout import (
    SideLayout,
    find_point_table,
    is_coco_path,
    single_file_layout,
)
from segeval.runtime.errors import CaseError, RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import on_side

GRIDS = 300  # class files whose headers are compared before a folder is taken as one case


def look_at(path: Path) -> SideTree | Path:
    """What a side holds, or the file that it is. Raises RequestError."""
    return list_mask_files(path) if path.is_dir() else path


def read_both_layouts(
    pred: Path,
    gt: Path,
    hints: Hints,
    patterns: tuple[str, str] = ("", ""),
    looked: tuple[SideTree | Path, SideTree | Path] | None = None,
) -> tuple[SideLayout, SideLayout]:
    """The layouts of prediction and ground truth. Raises RequestError.

    patterns  the user's, which decide what a file of each side is
    looked    what the sides hold, where that is known
    """
    sides = looked or (look_at(pred), look_at(gt))
    coco = [
        read_coco_side(a, b, name) if is_coco_path(a) else None
        for a, b, name in ((pred, gt, "pred"), (gt, pred, "gt"))
    ]
    tables = [table_of_side(path, side) for path, side in zip((pred, gt), sides, strict=True)]
    if any(tables):
        return read_point_sides(tables, sides, hints)
    if any(coco):
        alone = replace(hints, scores=False)
        left, right = (c or read_side_layout(s, alone) for c, s in zip(coco, sides, strict=True))
        return left, right
    if not any(isinstance(side, SideTree) for side in sides):
        return single_file_layout(pred, scores=True), single_file_layout(gt, scores=False)
    told = [
        replace(hints, other=side_stems(sides[1]), scores=True, pattern=patterns[0]),
        replace(hints, other=side_stems(sides[0]), pattern=patterns[1]),
    ]
    layouts = [read_side_layout(side, hint) for side, hint in zip(sides, told, strict=True)]
    for this, other in ((0, 1), (1, 0)):
        if layouts[this].kind == ONE and is_lone_file(layouts[other]):
            layouts[other] = read_side_layout(sides[other], replace(told[other], lone=True))
    if hints.layout == "auto":
        refuse_one_sided(layouts[0], layouts[1])
    elif not any(hints.layout == layout.kind for layout in layouts) and any(
        isinstance(side, SideTree) and side.files for side in sides
    ):
        raise RequestError(
            f"neither side can be read as --layout {hints.layout}",
            facts=(f"pred {pred}", f"gt {gt}"),
            help="leave it out, or add --layout flat",
        )
    return layouts[0], layouts[1]


def table_of_side(path: Path, side: SideTree | Path) -> Path | None:
    """The table of points that a side is; a folder with masks is none."""
    return None if isinstance(side, SideTree) and side.files else find_point_table(path)


def read_point_sides(
    tables: list[Path | None], sides: tuple[SideTree | Path, SideTree | Path], hints: Hints
) -> tuple[SideLayout, SideLayout]:
    """The layouts of sides of which one or both are tables of points."""
    from segeval.pairing.points import point_layout

    made = []
    for place, side in enumerate(("pred", "gt")):
        own, other = tables[place], tables[1 - place]
        with on_side(side):
            told = replace(hints, scores=side == "pred")
            layout = read_side_layout(sides[place], told) if own is None else None
            made.append(layout or point_layout(own or Path(), other, side))
    return made[0], made[1]


def read_coco_side(path: Path, other: Path, name: str) -> SideLayout:
    """The images of a COCO file; what belongs to none of them is counted for its side."""
    from segeval.pairing.coco import coco_layout

    with on_side(name):
        return coco_layout(path, other)


def side_stems(side: SideTree | Path) -> frozenset[str]:
    """The stems of a side: as they are, without role tokens, without the name of their folder."""
    if isinstance(side, Path):
        stems = {single_file_layout(side, False).entries[0].name}
    else:
        stems = side.stems | {
            strip_folder_name(f.stem, f.folder[-1]) for f in side.files if f.folder
        }
    return frozenset(stems | {strip_roles(s) for s in stems})


def read_side_layout(side: SideTree | Path, hints: Hints) -> SideLayout:
    """The layout of a file or folder; class files on different grids are cases of their own."""
    if isinstance(side, Path):
        return single_file_layout(side, hints.scores)
    from segeval.pairing.layouts import read_folder_layout

    layout = read_folder_layout(side, hints)
    if layout.kind == ONE and hints.layout != ONE and not lie_on_one_grid(layout.entries[0].side):
        return read_folder_layout(side, replace(hints, layout=FLAT))
    return layout


def is_lone_file(layout: SideLayout) -> bool:
    """Whether a side is one file in a folder."""
    return layout.kind == FLAT and len(layout.entries) == 1


def lie_on_one_grid(side: CaseFiles) -> bool:
    """Whether class files lie on one grid, from their headers; damaged ones are not asked.

    Rule LAYOUTS-I12.
    """
    from segeval.readers.registry import open_volume
    from segeval.volume.read_options import ReadOptions

    first = None
    for path in list(side.files.values())[:GRIDS]:
        try:
            volume = open_volume(path, ReadOptions())
        except CaseError:
            continue
        first = first or volume.geometry
        if len(volume.channels) > 1 or sorted(volume.geometry.shape) != sorted(first.shape):
            return False
    return True


def refuse_one_sided(pred: SideLayout, gt: SideLayout) -> None:
    """Refuse two folders with common names of which one alone reads as a case (LAYOUTS-I12, P2)."""
    if {pred.kind, gt.kind} != {ONE, FLAT}:
        return
    one, flat = (pred, gt) if pred.kind == ONE else (gt, pred)
    names = set(one.entries[0].side.files) & {entry.name for entry in flat.entries}
    if names and len(flat.entries) > 1:
        raise RequestError(
            f"{first_names(sorted(names), 3)}: a case, or a class of one case?",
            facts=(
                f"the {'prediction' if one is pred else 'ground truth'} reads as one case with "
                f"{count_with_noun(len(one.entries[0].side.files), 'class', 'classes')}",
                f"the other side as {count_with_noun(len(flat.entries), 'case')}",
            ),
            help="add --layout one-case or --layout flat",
        )
