"""Which pictures a report has: the worst values, with the files and choices of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval.classes.class_list import ClassDef, ClassList
from segeval.classes.make_classes import labelled_class_list
from segeval.reports.pictures.draw_planes import PlaceImage
from segeval.reports.pictures.instance_outlines import InstanceSpot
from segeval.reports.pictures.picture_maker import MASKS_ALONE, NO_IMAGE, Key
from segeval.reports.pictures.worst_pictures import Pictures, draw_worst
from segeval.request.settings import Settings
from segeval.runtime.errors import SegevalError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import EXAMPLES, KNOWN, current
from segeval.scorecard.card import WHOLE, CaseResult, Scorecard
from segeval.scorecard.row_index import index_rows

WHERE = "--pred PATH --gt PATH name where they are now"


def illustrate_worst(
    card: Scorecard,
    wanted: Sequence[Key],
    settings: Settings,
    place: PlaceImage | None = None,
    spots: Sequence[InstanceSpot] = (),
) -> Pictures:
    """Pictures of some classes and instances of some cases of a run, or why there are none.

    The roots stand in the inputs of the run: relative to the working folder.
    """
    chosen = [key for key in wanted if key[1] != WHOLE][: settings.pictures]
    spots = spots[: settings.pictures]
    if not (chosen or spots):
        return Pictures({}, {})
    found = _draw_or_say_why(card, chosen, settings, place, spots)
    for text in found.told:  # the command line says it
        names = found.of_note.get(text, ())
        more = f" and {len(names) - EXAMPLES} more" if len(names) > EXAMPLES else ""
        cases = f" ({', '.join(names[:EXAMPLES])}{more})" if names else ""
        reason, many = f"{_in_a_line(text)}{cases}", found.notes[text]
        current().set_aside("picture", reason, (), KNOWN, "W-no-picture", "", many)
    return found


def _in_a_line(text: str) -> str:
    """A reason of the page as it follows a count of pictures."""
    if text == NO_IMAGE:
        return "without an image: --images has none of the case"
    if text.startswith(MASKS_ALONE):
        return f"without an image: {text.removeprefix(MASKS_ALONE)}"
    return f"not drawn: {text}"


def _draw_or_say_why(
    card: Scorecard,
    chosen: Sequence[Key],
    settings: Settings,
    place: PlaceImage | None,
    spots: Sequence[InstanceSpot],
) -> Pictures:
    many = len(chosen) + len(spots)
    roots = card.inputs.get("roots") or {}
    pred, truth = str(roots.get("pred", "")), str(roots.get("gt", ""))
    if roots.get("pairs") and not (settings.pairs or (pred and truth)):
        text = f"the files are not found: the table of pairs is not there ({roots['pairs']})"
        return nothing_drawn(f"{text}; --pairs FILE names where it is now", many)
    if not settings.pairs and not (pred and truth):
        return nothing_drawn(f"the result file does not say where its files lie; {WHERE}", many)
    known = results_of(card, {case for case, _ in chosen} | {spot.case for spot in spots})
    try:
        found = draw_worst(chosen, known, pred, truth, settings, place, spots)
        if roots.get("images") and not settings.images:
            text = (
                f"{MASKS_ALONE}the folder of images is not there ({roots['images']}); --images DIR"
            )
            text += " names where it is now"
            notes = {**found.notes, text: len(found.drawn)}
            found = replace(found, notes=notes, told=(*found.told, text))
        return found
    except SegevalError as problem:
        place_of = f" ({problem.where})" if problem.where else ""
        return nothing_drawn(f"the files are not found: {problem.message}{place_of}; {WHERE}", many)


def nothing_drawn(text: str, many: int) -> Pictures:
    """No picture at all, for one reason.

    many  pictures that were wanted
    """
    return Pictures({}, {text: many}, told=(text,))


def results_of(card: Scorecard, names: set[str]) -> dict[str, CaseResult]:
    """What came of some cases."""
    found = index_rows(card.cases).names
    return {name: card.cases[k] for k, name in enumerate(found) if name in names}


def classes_of_run(kept: Mapping[str, Any]) -> ClassList:
    """The class list of a run."""
    colours, aliases = kept.get("colours", {}), kept.get("aliases", {})
    classes = tuple(
        ClassDef(
            name,
            None if labels is None else tuple(labels),
            colour=tuple(colours[name]) if name in colours else None,
            aliases=tuple(aliases.get(name, ())),
        )
        for name, labels in kept["classes"].items()
    )
    if any(class_.labels is None for class_ in classes):
        return ClassList(classes, select=True)
    return labelled_class_list(classes)
