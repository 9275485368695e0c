"""Pairing: two paths become cases by name, and no ground truth is dropped on the way (LAYOUTS-P1).

The denominator is the ground truth: each of its cases is in the result, with a prediction or
without one. What was done is said in one sentence before the work starts (LAYOUTS-P4).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.classes.class_list import ClassList
from segeval.classes.names import natural_key, sort_naturally
from segeval.pairing.cases import Case, CaseStore, Pairing, PlainCase
from segeval.pairing.class_names import Hints, names_by_token, normal_names, truth_names
from segeval.pairing.datasets import label_folders, read_dataset_classes
from segeval.pairing.file_names import SUFFIXES
from segeval.pairing.files import SIDE_FILES, SideTree, holds_dicom
from segeval.pairing.layout_kinds import FLAT
from segeval.pairing.matching import example_keys, match_layouts
from segeval.pairing.messages import count_with_noun, extra_note, pairing_sentence
from segeval.pairing.same_files import same_files_note
from segeval.pairing.side_layout import CaseEntry, LoneFile, SideLayout, is_coco_path
from segeval.pairing.swapped_sides import swapped_sides_note
from segeval.pairing.two_sides import look_at, read_both_layouts
from segeval.request.settings import Settings
from segeval.runtime.errors import Note, NothingToScore, PairingError, RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import KNOWN, UNKNOWN, Inventory

if TYPE_CHECKING:
    from segeval.pairing.plain_folders import PlainPairs

START = 1 << 16  # bytes of a JSON file that are looked at


def pair_paths(pred: Path, gt: Path, settings: Settings) -> Pairing:
    """Pair files or folders. Raises RequestError, NothingToScore, and PairingError if strict."""
    if settings.images:
        from segeval.pairing.images import require_image_folder

        require_image_folder(settings)
    if settings.pairs:
        from segeval.pairing.table import read_pairs

        return read_pairs(Path(settings.pairs), settings.strict)
    for path, side in ((pred, "prediction"), (gt, "ground truth")):
        if not path.exists():
            raise RequestError(f"the {side} does not exist", where=path)
    classes = read_dataset_classes(pred, gt, settings.classes.only)
    hints = request_hints(settings, classes)
    patterns = (settings.pair_regex_pred, settings.pair_regex_gt)
    if any(patterns):
        from segeval.pairing.keys import check_patterns

        check_patterns(settings)
    roots = label_folders(gt)
    if len(roots) == 1 and not any(patterns) and pred.is_dir() and gt.is_dir():
        from segeval.pairing.plain_folders import pair_plain_folders

        if (plain := pair_plain_folders(pred, roots[0], hints)) is not None:
            paired = pair_by_names(plain, classes, settings)
            return add_pairing_notes(paired, swapped_sides_note(pred, gt, plain.layouts))
    return pair_by_rules(pred, gt, roots, hints, classes, settings)


def pair_by_rules(  # noqa: PLR0913 - a request, resolved
    pred: Path,
    gt: Path,
    roots: Sequence[Path],
    hints: Hints,
    classes: ClassList,
    settings: Settings,
) -> Pairing:
    """Pair by what the rules say of each name.

    roots  the ground truth, or the folders of labels in it
    """
    patterns = (settings.pair_regex_pred, settings.pair_regex_gt)
    looked = [(look_at(pred), look_at(root)) for root in roots]
    if any(isinstance(side, SideTree) and holds_dicom(side) for side in looked[0]):
        from segeval.pairing.patients import patient_layouts

        found = patient_layouts(pred, roots[0], looked[0], hints, settings)
        paired = found.with_series(pair_layouts(*found.layouts, classes, settings))
        return add_pairing_notes(paired, swapped_sides_note(pred, gt, found.layouts))
    layouts = [
        read_both_layouts(pred, root, hints, patterns, sides)
        for root, sides in zip(roots, looked, strict=True)
    ]
    chosen = choose_label_folder(layouts, settings)
    try:
        paired = pair_layouts(*chosen, classes, settings)
    except NothingToScore:
        # Names that pair nothing may have been read wrongly: a case a file, whatever its folder.
        if settings.layout != "auto":
            raise
        place = layouts.index(chosen)
        flat = replace(hints, layout=FLAT)
        chosen = read_both_layouts(pred, roots[place], flat, patterns, looked[place])
        paired = pair_layouts(*chosen, classes, settings)
    return add_pairing_notes(paired, swapped_sides_note(pred, gt, chosen))


def add_pairing_notes(pairing: Pairing, notes: list[Note]) -> Pairing:
    """A pairing with more to be said of it."""
    return replace(pairing, notes=(*pairing.notes, *notes)) if notes else pairing


def request_hints(settings: Settings, classes: ClassList) -> Hints:
    """What the request says of names."""
    return Hints(
        layout=settings.layout,
        forms=normal_names(settings.classes, classes),
        valued=normal_names(settings.classes, valued=True) - normal_names(classes),
        tokens=names_by_token(settings.classes),
        picked=settings.classes.select and not classes,
    )


def choose_label_folder(
    layouts: list[tuple[SideLayout, SideLayout]], settings: Settings
) -> tuple[SideLayout, SideLayout]:
    """The one of `labelsTr` and `labelsTs` whose names match the predictions better.

    Rule LAYOUTS-I3.
    """
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
    cases = CaseStore(case_of_entries(*pair) for pair in ordered)
    inventory = count_files(pred, gt, ordered)
    extra: tuple[str, ...] = ()
    if len(pred.entries) > len(ordered) - missing:
        used = {id(p) for _, _, p in ordered if p is not None}
        extra = tuple(p.path for p in pred.entries if id(p) not in used)
    truths = truth_names(e.side for e in gt.entries if not isinstance(e.files, LoneFile))
    sides = (pred, gt)
    return make_pairing(
        cases, missing, result.how, extra, sides, inventory, settings, classes, truths
    )


def pair_by_names(plain: PlainPairs, classes: ClassList, settings: Settings) -> Pairing:
    """The cases of two folders whose names say nothing else, and what is to be said of them."""
    inventory = Inventory()
    for side, rest in (("gt", ()), ("pred", plain.extra)):
        inventory.add_found("file", len(rest), side)
        inventory.add_scored("file", 0, side)
        set_aside_alone(inventory, side, rest, len(rest))
    return make_pairing(
        plain.cases,
        plain.missing,
        plain.how,
        plain.extra,
        plain.layouts,
        inventory,
        settings,
        classes,
    )


def make_pairing(  # noqa: PLR0913 - all that is said of it
    cases: CaseStore,
    missing: int,
    how: str,
    extra: tuple[str, ...],
    layouts: tuple[SideLayout, SideLayout],
    inventory: Inventory,
    settings: Settings,
    classes: ClassList,
    truths: frozenset[str] = frozenset(),
) -> Pairing:
    """Cases with what is to be said of them. Raises PairingError if strict.

    layouts  of prediction and ground truth
    """
    if extra and settings.strict:
        raise PairingError(
            f"{count_with_noun(len(extra), 'prediction')} without ground truth",
            facts=extra[:5],
            help="leave out --strict to score the others",
            status="missing_ground_truth",
        )
    said = pairing_sentence(len(cases), missing, how, len(extra), layouts)
    pred, gt = layouts
    notes = (*gt.notes, *pred.notes, *extra_note(extra), *same_files_note(cases))
    return Pairing(cases, said, classes, extra, notes, inventory, truths)


def case_of_entries(name: str, truth: CaseEntry, pred: CaseEntry | None) -> Case | PlainCase:
    """The case of two entries."""
    sides = truth.files, None if pred is None else pred.files
    if isinstance(sides[0], LoneFile) and (sides[1] is None or isinstance(sides[1], LoneFile)):
        return PlainCase(name, sides[1] and sides[1].plain, sides[0].plain)
    return Case(name, pred and pred.side, truth.side)


def count_files(
    pred: SideLayout, gt: SideLayout, pairs: Sequence[tuple[str, CaseEntry, CaseEntry | None]]
) -> Inventory:
    """The files that were met and are in no case, and why: those of cases are counted there."""
    inventory = Inventory()
    used = {id(entry) for _, t, p in pairs for entry in (t, p) if entry is not None}
    for side, layout in (("gt", gt), ("pred", pred)):
        handed, rest = 0, []
        for entry in layout.entries:
            if id(entry) in used:
                handed += entry.many
            else:
                rest.append(entry)
        inventory.add_found("file", layout.met - handed, side)
        inventory.add_scored("file", layout.shared, side)
        for kind, reason, names, weight, code, number in layout.left:
            if kind != "file":
                inventory.add_found(kind, number or len(names), side)
            inventory.set_aside(kind, reason, names, weight, code, side, number or len(names))
        many = sum(entry.many for entry in rest)
        set_aside_alone(inventory, side, tuple(entry.path for entry in rest), many)
    return inventory


def set_aside_alone(inventory: Inventory, side: str, names: Sequence[str], many: int) -> None:
    """Say which files of a side have none of the other; nothing where there are no such files."""
    if names:
        weight = KNOWN if side == "pred" else UNKNOWN
        inventory.set_aside("file", NO_PARTNER[side], names, weight, "", side, many)


NO_PARTNER = {"pred": "without ground truth", "gt": "that no case takes"}


def nothing_paired_error(pred: SideLayout, gt: SideLayout) -> NothingToScore:
    """The error where no ground truth has a prediction (LAYOUTS-M5)."""
    if empty := [layout for layout in (pred, gt) if not layout.entries]:
        sides = ["prediction" if layout is pred else "ground truth" for layout in empty]
        inside = [found for layout in empty if (found := coco_file_inside(layout.root))]
        if len(inside) == len(empty):
            return NothingToScore(
                f"there is no mask in the {' and in the '.join(sides)}, but a COCO file",
                facts=tuple(describe_empty_folder(layout) for layout in empty),
                help="name the file itself in place of its folder: "
                + ", ".join(str(path) for path in inside),
            )
        return NothingToScore(
            f"there is no mask in the {' and in the '.join(sides)}",
            facts=tuple(describe_empty_folder(layout) for layout in empty),
            help=f"masks are {' '.join(SUFFIXES)}, and RTSTRUCT and SEG objects of DICOM",
        )
    return NothingToScore(
        "no prediction has the name of a ground truth",
        facts=example_keys(pred, gt),
        help="name the group `case`: --pair-regex-pred '(?P<case>.+)_seg', or list the pairs: "
        "--pairs TABLE in place of PRED and GT",
    )


def coco_file_inside(root: Path) -> Path | None:
    """The only COCO file right in a folder; None where there is none, or more than one."""
    if not root.is_dir():
        return None
    paths = [path for path in sorted(root.glob("*.json")) if path.name not in SIDE_FILES]
    found = [path for path in paths if is_coco_path(path) and lists_images(path)]
    return found[0] if len(found) == 1 else None


def lists_images(path: Path) -> bool:
    """Whether the first bytes of a JSON file speak of images, as all of COCO do."""
    try:
        with path.open("rb") as file:
            head = file.read(START)
    except OSError:
        return False
    return any(word in head for word in (b'"image_id"', b'"images"', b'"annotations"'))


def describe_empty_folder(layout: SideLayout) -> str:
    """What a folder without masks holds."""
    files = [f"{n} {kind}" for kind, n in sorted(layout.others.items())]
    images = [count_with_noun(layout.images, "image file")] if layout.images else []
    return f"{layout.root} holds {', '.join([*images, *files]) or 'no files'}"
