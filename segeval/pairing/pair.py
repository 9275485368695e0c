"""Pairing: two paths become cases by name, and no ground truth is dropped on the way (P1).

The denominator is the ground truth: each of its cases is in the result, with a prediction or
without one. What was done is said in one sentence before the work starts (P4).
"""

from __future__ import annotations

from pathlib import Path

from segeval.classes.class_list import ClassList
from segeval.classes.names import natural, naturally
from segeval.pairing.cases import Case, Pairing, Shelf
from segeval.pairing.class_names import Hints, forms, token_names
from segeval.pairing.datasets import dataset_classes, label_folders
from segeval.pairing.files import SUFFIXES, holds_dicom
from segeval.pairing.layouts import Layout
from segeval.pairing.matching import examples, matched
from segeval.pairing.messages import counted, extra_note, same_files, sentence, unmatched_note
from segeval.pairing.two_sides import both
from segeval.request.settings import Settings
from segeval.runtime.errors import NothingToScore, PairingError, RequestError


def pair(pred: Path, gt: Path, settings: Settings) -> Pairing:
    """Pair files or folders. Raises RequestError, NothingToScore, and PairingError if strict."""
    if settings.pairs:
        from segeval.pairing.table import read_table

        return read_table(Path(settings.pairs), settings.strict)
    for path, side in ((pred, "prediction"), (gt, "ground truth")):
        if not path.exists():
            raise RequestError(f"the {side} does not exist", where=path)
    classes = dataset_classes(pred, gt, bool(settings.classes))
    hints = request_hints(settings, classes)
    if holds_dicom(pred) or holds_dicom(gt):
        from segeval.pairing.patients import trees

        found = trees(pred, gt, hints, settings)
        return found.with_series(paired(*found.layouts, classes, settings))
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


def chosen(layouts: list[tuple[Layout, Layout]], settings: Settings) -> tuple[Layout, Layout]:
    """The one of `labelsTr` and `labelsTs` whose names match the predictions better (I3)."""
    if len(layouts) == 1:
        return layouts[0]
    found = [sum(p is not None for _, _, p in matched(*pair, settings).pairs) for pair in layouts]
    if found[0] == found[1]:
        raise RequestError(
            "the data set has two folders of labels that match the predictions equally well",
            facts=tuple(
                f"{gt.root.name}: {n} in common" for (_, gt), n in zip(layouts, found, strict=True)
            ),
            help="give one of them as GT",
        )
    return layouts[found.index(max(found))]


def paired(pred: Layout, gt: Layout, classes: ClassList, settings: Settings) -> Pairing:
    """The cases of two layouts, and what is to be said of them."""
    result = matched(pred, gt, settings)
    missing = sum(p is None for _, _, p in result.pairs)
    if missing == len(result.pairs):
        raise nothing_paired(pred, gt)
    ordered = naturally(result.pairs, lambda pair: natural(pair[0]))
    cases = Shelf(Case(name, p.side if p else None, t.side) for name, t, p in ordered)
    extra: tuple[str, ...] = ()
    if len(pred.entries) > len(ordered) - missing:
        used = {id(p) for _, _, p in ordered if p is not None}
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
        cases,
        sentence(len(cases), missing, result.how, len(extra), (pred, gt)),
        classes,
        extra,
        tuple(notes),
    )


def nothing_paired(pred: Layout, gt: Layout) -> NothingToScore:
    """The error where no ground truth has a prediction (M5)."""
    if empty := [layout for layout in (pred, gt) if not layout.entries]:
        sides = ["prediction" if layout is pred else "ground truth" for layout in empty]
        return NothingToScore(
            f"there is no mask in the {' and in the '.join(sides)}",
            facts=tuple(held(layout) for layout in empty),
            help=f"masks are {' '.join(SUFFIXES)}, and RTSTRUCT and SEG objects of DICOM",
        )
    return NothingToScore(
        "no prediction has the name of a ground truth",
        facts=examples(pred, gt),
        help="name the group: --pair-regex-pred '(?P<case>.+)_seg', or list the pairs: --pairs",
    )


def held(layout: Layout) -> str:
    """What a folder without masks holds."""
    files = [f"{n} {kind}" for kind, n in sorted(layout.others.items())]
    images = [counted(layout.images, "image file")] if layout.images else []
    return f"{layout.root} holds {', '.join([*images, *files]) or 'no files'}"
