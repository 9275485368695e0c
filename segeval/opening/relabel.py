"""Label values that the user gives a side, and ignored values that become one (ACCOUNT-A17)."""

from __future__ import annotations

from segeval.classes.class_list import ClassList
from segeval.opening.open_side import OpenSide, file_class_selectors
from segeval.request.settings import Settings
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import replace
from segeval.volume.value_stream import can_hold_scores
from segeval.volume.volume import relabel_volume


def relabel_side(side: OpenSide, name: str, settings: Settings, classes: ClassList) -> OpenSide:
    """A side with the label values that the user gives it (ACCOUNT-A17); ignored values become one.

    Raises ReadError where the side holds no label values.
    """
    remap = dict(settings.remap_gt if name == "gt" else settings.remap_pred)
    ignored = dict.fromkeys(classes.ignored, classes.ignore or 0)
    if not (remap or ignored):
        return side
    if side.contours is not None:
        return refuse_remap(side, name, "contours have none") if remap else side
    volume = side.volume
    scores = len(volume.channels) > 1 and can_hold_scores(volume)
    if volume.segments or volume.values is not None or volume.regions is not None or scores:
        return refuse_remap(side, name, "its channels are no label map") if remap else side
    if remap and side.scores is not None:
        return refuse_remap(side, name, "the probabilities beside it have the old labels")
    if not remap and name == "pred" and can_hold_scores(volume):
        return side  # its values may be probabilities
    table = ignored | {old: ignored.get(new, new) for old, new in remap.items()}
    volume = relabel_volume(volume, table, classes.ignore if ignored else None)
    return replace(side, source=volume, parts=file_class_selectors(volume) or side.parts)


def refuse_remap(side: OpenSide, name: str, why: str) -> OpenSide:
    """Raise ReadError where a table of labels means nothing."""
    raise ReadError(
        f"--remap-{name} changes label values, and {why}",
        where=side.source.path,
        help=f"leave out --remap-{name}, or give a label map",
    )
