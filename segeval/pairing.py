"""Pairing: two paths become cases by name, and no ground truth is dropped on the way (P1).

The denominator is the ground truth: each of its cases is in the result, with a prediction or
without one. What was done is said in one sentence before the work starts (P4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from segeval.cases import Case, Pairing, Side
from segeval.classes import ClassList
from segeval.datasets import dataset_classes, label_folders
from segeval.errors import NothingToScore, PairingError, RequestError
from segeval.files import SUFFIXES, Tree, roleless, survey
from segeval.keys import best, by_pattern, doubles, joined
from segeval.layoutnames import Hints, forms, token_names
from segeval.layouts import FLAT, ONE, Entry, Layout, laid_out, single
from segeval.names import natural
from segeval.pairs import read_table
from segeval.pairwords import counted, extra_note, same_files, sentence, some, unmatched_note
from segeval.settings import Settings

GRIDS = 300  # class files whose headers are compared before a folder is taken as one case


@dataclass(frozen=True, slots=True)
class Paired:
    """The pairs of two layouts.

    how    by what they were paired, in words
    pairs  (id, ground truth, prediction) in the order of the ground truth
    """

    how: str
    pairs: Sequence[tuple[str, Entry, Entry | None]]


def pair(pred: Path, gt: Path, settings: Settings) -> Pairing:
    """Pair files or folders. Raises RequestError, NothingToScore, and PairingError if strict."""
    if settings.pairs:
        return read_table(Path(settings.pairs), settings.strict)
    for path, side in ((pred, "prediction"), (gt, "ground truth")):
        if not path.exists():
            raise RequestError(f"the {side} does not exist", where=path)
    classes = dataset_classes(pred, gt, bool(settings.classes))
    hints = request_hints(settings, classes)
    layouts = [both(pred, root, hints) for root in label_folders(gt)]
    guess, truth = chosen(layouts, settings)
    return paired(guess, truth, classes, settings)


def request_hints(settings: Settings, classes: ClassList) -> Hints:
    """What the request says of names."""
    return Hints(
        layout=settings.layout,
        forms=forms(settings.classes, classes),
        tokens=token_names(settings.classes),
        picked=settings.classes.select and not classes,
    )


def both(pred: Path, gt: Path, hints: Hints) -> tuple[Layout, Layout]:
    """The layouts of prediction and ground truth. Raises RequestError."""
    sides = [survey(path) if path.is_dir() else path for path in (pred, gt)]
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
    from segeval.errors import CaseError
    from segeval.readers.open import read
    from segeval.volumes import Reading

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


def chosen(layouts: list[tuple[Layout, Layout]], settings: Settings) -> tuple[Layout, Layout]:
    """The one of `labelsTr` and `labelsTs` whose names match the predictions better (I3)."""
    if len(layouts) == 1:
        return layouts[0]
    found = [sum(p is not None for _, _, p in matched(*pair, settings).pairs) for pair in layouts]
    if found[0] == found[1]:
        roots = [gt.entries[0].side.root if gt.entries else Path() for _, gt in layouts]
        raise RequestError(
            "the data set has two folders of labels that match the predictions equally well",
            facts=tuple(f"{r.name}: {n} in common" for r, n in zip(roots, found, strict=True)),
            help="give one of them as GT",
        )
    return layouts[found.index(max(found))]


def paired(pred: Layout, gt: Layout, classes: ClassList, settings: Settings) -> Pairing:
    """The cases of two layouts, and what is to be said of them."""
    result = matched(pred, gt, settings)
    used = {id(p) for _, _, p in result.pairs if p is not None}
    if not used:
        raise nothing_paired(pred, gt, settings)
    cases = [Case(name, p and p.side, t.side) for name, t, p in result.pairs]
    extra = tuple(p.path for p in pred.entries if id(p) not in used)
    if extra and settings.strict:
        raise PairingError(
            f"{counted(len(extra), 'prediction')} without ground truth",
            facts=extra[:5],
            help="leave out --strict to score the others",
            status="missing_ground_truth",
        )
    notes = [*extra_note(extra), *same_files(cases)]
    notes += unmatched_note(len(gt.entries) - len(cases), settings.pair_regex_gt)
    return Pairing(
        tuple(sorted(cases, key=lambda case: natural(case.id))),
        sentence(cases, result.how, len(extra), (pred, gt)),
        classes,
        extra,
        tuple(notes),
    )


def matched(pred: Layout, gt: Layout, settings: Settings) -> Paired:
    """Pair the entries of two layouts: two whole paths with each other, all else by keys."""
    if settings.pair_regex_pred or settings.pair_regex_gt:
        return by_regex(pred, gt, settings)
    if len(pred.entries) == len(gt.entries) == 1 and (pred.whole or gt.whole):
        return Paired("as given", [(gt.entries[0].name, gt.entries[0], pred.entries[0])])
    return by_level(pred, gt)


def by_level(pred: Layout, gt: Layout) -> Paired:
    """Pair by the level that pairs most (M1). Raises RequestError where none is usable."""
    found, tried = best(gt.entries, pred.entries)
    if not found.pairs and (twice := [j for j in tried if j.twice]):
        raise RequestError(
            "no level of names pairs the two sides, and two files of one side share a name",
            facts=(f"shared: {some(twice[-1].twice)}", *examples(pred, gt)),
            help="say what a case is: --pair-regex-pred, --pair-regex-gt, --layout or --pairs",
        )
    ids = case_ids(gt, found.level)
    guesses = [found.pairs.get(place) for place in range(len(gt.entries))]
    pairs = [
        (name, entry, None if place is None else pred.entries[place])
        for name, entry, place in zip(ids, gt.entries, guesses, strict=True)
    ]
    return Paired(how(found.level, [(t, p) for _, t, p in pairs if p is not None]), pairs)


def case_ids(gt: Layout, level: int) -> list[str]:
    """What the cases are called: by the ground truth, at the level of the pairing."""
    spelled = [
        [roleless(e.name) for e in gt.entries] if level > 2 else [],
        [e.name for e in gt.entries] if level > 1 else [],
        [e.bare for e in gt.entries],
    ]
    for names in spelled:
        if names and len(set(names)) == len(names):
            return names
    return [e.path for e in gt.entries]


def how(level: int, pairs: Sequence[tuple[Entry, Entry]]) -> str:
    """By what cases were paired, in words."""
    if level < 2:
        return "by path" if level == 0 else "by path without suffix"
    files = any("" in entry.side.files for pair in pairs for entry in pair)
    what = "by file stem" if files else "by case name"
    if level == 2:
        return what
    removed = dict.fromkeys(
        part
        for pair in pairs
        for entry in pair
        for part in entry.name.split(roleless(entry.name), 1)
        if part
    )
    words = f"{what} after removing {', '.join(f'`{r}`' for r in list(removed)[:4])}"
    words = words if removed else what
    return words if level == 3 else f"{words}, without case"


def by_regex(pred: Layout, gt: Layout, settings: Settings) -> Paired:
    """Pair by the user's patterns; a side without one by its stems (M2). Raises RequestError."""
    keys = [
        by_pattern(layout.entries, pattern, option) if pattern else [e.name for e in layout.entries]
        for layout, pattern, option in (
            (pred, settings.pair_regex_pred, "--pair-regex-pred"),
            (gt, settings.pair_regex_gt, "--pair-regex-gt"),
        )
    ]
    guesses, truths = (
        [(k, e) for k, e in zip(those, layout.entries, strict=True) if k is not None]
        for those, layout in zip(keys, (pred, gt), strict=True)
    )
    for side, those in (("prediction", guesses), ("ground truth", truths)):
        if twice := doubles([k for k, _ in those]):
            raise RequestError(
                f"two files of the {side} have the case {twice[0]!r}",
                facts=tuple(e.path for k, e in those if k == twice[0])[:5],
                help="make the group `case` of the pattern tell them apart",
            )
    places = joined(0, [k for k, _ in truths], [k for k, _ in guesses]).pairs
    found = [places.get(place) for place in range(len(truths))]
    pairs = [
        (key, entry, None if place is None else guesses[place][1])
        for (key, entry), place in zip(truths, found, strict=True)
    ]
    return Paired("by pattern", pairs)


def nothing_paired(pred: Layout, gt: Layout, settings: Settings) -> NothingToScore:
    """The error where no ground truth has a prediction (M5)."""
    if not pred.entries or not gt.entries:
        empty = [s for s, side in (("prediction", pred), ("ground truth", gt)) if not side.entries]
        dropped = [f"{n} image files are no masks" for side in (pred, gt) if (n := side.images)]
        return NothingToScore(
            f"there is no mask in the {' and in the '.join(empty)}",
            facts=tuple(dropped),
            help=f"masks are {' '.join(SUFFIXES)}",
        )
    return NothingToScore(
        "no prediction has the name of a ground truth",
        facts=examples(pred, gt),
        help="name the group: --pair-regex-pred '(?P<case>.+)_seg', or list the pairs: --pairs",
    )


def examples(pred: Layout, gt: Layout) -> tuple[str, str]:
    """Five keys of each side."""
    return f"pred: {some([e.path for e in pred.entries])}", f"gt: {some([e.path for e in gt.entries])}"
