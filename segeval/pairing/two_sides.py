"""The layouts of both sides: each is looked at on its own, and what they say together must fit."""

from __future__ import annotations

from pathlib import Path

from segeval.pairing.cases import Side
from segeval.pairing.class_names import Hints
from segeval.pairing.coco import annotated, is_coco
from segeval.pairing.files import Tree, roleless, survey
from segeval.pairing.layout_kinds import FLAT, ONE
from segeval.pairing.layouts import Layout, laid_out, single
from segeval.pairing.messages import counted, some
from segeval.runtime.errors import CaseError, RequestError
from segeval.runtime.frozen import replace

GRIDS = 300  # class files whose headers are compared before a folder is taken as one case


def both(pred: Path, gt: Path, hints: Hints) -> tuple[Layout, Layout]:
    """The layouts of prediction and ground truth. Raises RequestError."""
    sides = [survey(path) if path.is_dir() else path for path in (pred, gt)]
    coco = [annotated(a, b) if is_coco(a) else None for a, b in ((pred, gt), (gt, pred))]
    if any(coco):
        alone = replace(hints, scores=False)
        left, right = (c or look(s, alone) for c, s in zip(coco, sides, strict=True))
        return left, right
    if not any(isinstance(side, Tree) for side in sides):
        return single(pred, scores=True), single(gt, scores=False)
    told = [
        replace(hints, other=names_of(sides[1]), scores=True),
        replace(hints, other=names_of(sides[0])),
    ]
    layouts = [look(side, hint) for side, hint in zip(sides, told, strict=True)]
    for this, other in ((0, 1), (1, 0)):
        if layouts[this].kind == ONE and lone(layouts[other]):
            layouts[other] = look(sides[other], replace(told[other], lone=True))
    if hints.layout == "auto":
        refuse_one_sided(layouts[0], layouts[1])
    elif not any(hints.layout == layout.kind for layout in layouts) and any(
        isinstance(side, Tree) and side.files for side in sides
    ):
        raise RequestError(
            f"neither side can be read as --layout {hints.layout}",
            facts=(f"pred {pred}", f"gt {gt}"),
            help="leave it out, or add --layout flat",
        )
    return layouts[0], layouts[1]


def names_of(side: Tree | Path) -> frozenset[str]:
    """The stems of a side, as they are and without role tokens."""
    stems = side.stems if isinstance(side, Tree) else {single(side, False).entries[0].name}
    return frozenset(stems | {roleless(s) for s in stems})


def look(side: Tree | Path, hints: Hints) -> Layout:
    """The layout of a file or folder; class files on different grids are cases of their own."""
    if isinstance(side, Path):
        return single(side, hints.scores)
    layout = laid_out(side, hints)
    if layout.kind == ONE and hints.layout != ONE and not on_one_grid(layout.entries[0].side):
        return laid_out(side, replace(hints, layout=FLAT))
    return layout


def lone(layout: Layout) -> bool:
    """Whether a side is one file in a folder."""
    return layout.kind == FLAT and len(layout.entries) == 1


def on_one_grid(side: Side) -> bool:
    """Whether class files lie on one grid (I12), from their headers; damaged ones are not asked."""
    from segeval.readers.registry import read
    from segeval.volume.volume import Reading

    first = None
    for path in list(side.files.values())[:GRIDS]:
        try:
            volume = read(path, Reading())
        except CaseError:
            continue
        first = first or volume.geometry
        if len(volume.channels) > 1 or sorted(volume.geometry.shape) != sorted(first.shape):
            return False
    return True


def refuse_one_sided(pred: Layout, gt: Layout) -> None:
    """Refuse two folders with common names of which one alone reads as a case (I12, P2)."""
    if {pred.kind, gt.kind} != {ONE, FLAT}:
        return
    one, flat = (pred, gt) if pred.kind == ONE else (gt, pred)
    names = set(one.entries[0].side.files) & {entry.name for entry in flat.entries}
    if names and len(flat.entries) > 1:
        raise RequestError(
            f"{some(sorted(names), 3)}: a case, or a class of one case?",
            facts=(
                f"the {'prediction' if one is pred else 'ground truth'} reads as one case with "
                f"{counted(len(one.entries[0].side.files), 'class', 'classes')}",
                f"the other side as {counted(len(flat.entries), 'case')}",
            ),
            help="add --layout one-case or --layout flat",
        )
