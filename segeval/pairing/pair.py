"""Pairing: two paths become cases by name, and no ground truth is dropped on the way (P1).

The denominator is the ground truth: each of its cases is in the result, with a prediction or
without one. What was done is said in one sentence before the work starts (P4).
"""

from __future__ import annotations

from pathlib import Path

from segeval.classes.class_list import ClassList
from segeval.classes.names import natural_key, sort_naturally
from segeval.pairing.cases import Case, CaseStore, Pairing
from segeval.pairing.class_names import Hints, names_by_token, normal_names
from segeval.pairing.datasets import label_folders, read_dataset_classes
from segeval.pairing.files import SUFFIXES, holds_dicom
from segeval.pairing.layouts import SideLayout
from segeval.pairing.matching import example_keys, match_layouts
from segeval.pairing.messages import (
    count_with_noun,
    extra_note,
    pairing_sentence,
    same_files_note,
    unmatched_note,
)
from segeval.pairing.two_sides import read_both_layouts
from segeval.request.settings import Settings
from segeval.runtime.errors import NothingToScore, PairingError, RequestError


def pair_paths(pred: Path, gt: Path, settings: Settings) -> Pairing:
    """Pair files or folders. Raises RequestError, NothingToScore, and PairingError if strict."""
    if settings.pairs:
        from segeval.pairing.table import read_pairs

        return read_pairs(Path(settings.pairs), settings.strict)
    for path, side in ((pred, "prediction"), (gt, "ground truth")):
        if not path.exists():
            raise RequestError(f"the {side} does not exist", where=path)
    classes = read_dataset_classes(pred, gt, bool(settings.classes))
    hints = request_hints(settings, classes)
    if holds_dicom(pred) or holds_dicom(gt):
        from segeval.pairing.patients import patient_layouts

        found = patient_layouts(pred, gt, hints, settings)
        return found.with_series(pair_layouts(*found.layouts, classes, settings))
    layouts = [read_both_layouts(pred, root, hints) for root in label_folders(gt)]
    guess, truth = choose_label_folder(layouts, settings)
    return pair_layouts(guess, truth, classes, settings)


def request_hints(settings: Settings, classes: ClassList) -> Hints:
    """What the request says of names."""
    return Hints(
        layout=settings.layout,
        forms=normal_names(settings.classes, classes),
        tokens=names_by_token(settings.classes),
        picked=settings.classes.select and not classes,
    )


def choose_label_folder(
    layouts: list[tuple[SideLayout, SideLayout]], settings: Settings
) -> tuple[SideLayout, SideLayout]:
    """The one of `labelsTr` and `labelsTs` whose names match the predictions better (I3)."""
    if len(layouts) == 1:
        return layouts[0]
    found = [
        sum(p is not None for _, _, p in match_layouts(*pair, settings).pairs) for pair in layouts
    ]
    if found[0] == found[1]:
        raise RequestError(
            "the data set has two folders of labels that match the predictions equally well",
            facts=tuple(
                f"{gt.root.name}: {n} in common" for (_, gt), n in zip(layouts, found, strict=True)
            ),
            help="give one of them as GT",
        )
    return layouts[found.index(max(found))]


def pair_layouts(
    pred: SideLayout, gt: SideLayout, classes: ClassList, settings: Settings
) -> Pairing:
    """The cases of two layouts, and what is to be said of them."""
    result = match_layouts(pred, gt, settings)
    missing = sum(p is None for _, _, p in result.pairs)
    if missing == len(result.pairs):
        raise nothing_paired_error(pred, gt)
    ordered = sort_naturally(result.pairs, lambda pair: natural_key(pair[0]))
    cases = CaseStore(Case(name, p.side if p else None, t.side) for name, t, p in ordered)
    extra: tuple[str, ...] = ()
    if len(pred.entries) > len(ordered) - missing:
        used = {id(p) for _, _, p in ordered if p is not None}
        extra = tuple(p.path for p in pred.entries if id(p) not in used)
    if extra and settings.strict:
        raise PairingError(
            f"{count_with_noun(len(extra), 'prediction')} without ground truth",
            facts=extra[:5],
            help="leave out --strict to score the others",
            status="missing_ground_truth",
        )
    notes = [*extra_note(extra), *same_files_note(cases)]
    notes += unmatched_note(len(gt.entries) - len(cases), settings.pair_regex_gt)
    return Pairing(
        cases,
        pairing_sentence(len(cases), missing, result.how, len(extra), (pred, gt)),
        classes,
        extra,
        tuple(notes),
    )


def nothing_paired_error(pred: SideLayout, gt: SideLayout) -> NothingToScore:
    """The error where no ground truth has a prediction (M5)."""
    if empty := [layout for layout in (pred, gt) if not layout.entries]:
        sides = ["prediction" if layout is pred else "ground truth" for layout in empty]
        return NothingToScore(
            f"there is no mask in the {' and in the '.join(sides)}",
            facts=tuple(describe_empty_folder(layout) for layout in empty),
            help=f"masks are {' '.join(SUFFIXES)}, and RTSTRUCT and SEG objects of DICOM",
        )
    return NothingToScore(
        "no prediction has the name of a ground truth",
        facts=example_keys(pred, gt),
        help="name the group: --pair-regex-pred '(?P<case>.+)_seg', or list the pairs: --pairs",
    )


def describe_empty_folder(layout: SideLayout) -> str:
    """What a folder without masks holds."""
    files = [f"{n} {kind}" for kind, n in sorted(layout.others.items())]
    images = [count_with_noun(layout.images, "image file")] if layout.images else []
    return f"{layout.root} holds {', '.join([*images, *files]) or 'no files'}"
