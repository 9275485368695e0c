"""What the inventory is told of the channels of a side without names (ACCOUNT-A1)."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.opening.open_side import OpenSide
from segeval.runtime.errors import Note
from segeval.runtime.inventory import ASKED, current
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.pass_plan import Job
from segeval.scoring.slab_pass import Passed
from segeval.volume.value_stream import ValueKind

SIDE_WORDS = {"gt": "ground truth", "pred": "prediction"}


def account_channels(
    sides: tuple[OpenSide, OpenSide], resolved: CaseClasses, passed: Passed, job: Job
) -> Iterator[Note]:
    """Count the channels of both sides; gives a warning of those that are taken as classes."""
    for place, word in enumerate(("gt", "pred")):
        found = passed.found[place]
        if sides[place].named or found.channels < 2:
            continue
        count_channels(found, scored_channels(found, resolved, place), word, job)
        stack = found.kind == "labels" and not found.exclusive
        if stack and not job.classes.classes:
            yield channel_classes_note(found, passed.found[1 - place].channels, word)


def channel_classes_note(found: ValueKind, beside: int, word: str) -> Note:
    """The warning of channels that are taken as classes; what else they may be tells the other
    side.

    beside  channels of the other side
    """
    first = 0 if found.onehot else 1
    frames = "--frames scores frames of a series as cases"
    if beside != found.channels:
        frames = "of a series keep the one frame that the other side is of, and write it as a file"
    return Note(
        "W-channel-classes",
        f"the {found.channels} channels of the {SIDE_WORDS[word]} hold 0 and 1 and are taken as "
        f"masks of the classes {first} to {found.channels - 1 + first}; --classes names them, "
        f"{frames}",
    )


def scored_channels(found: ValueKind, resolved: CaseClasses, place: int) -> set[int]:
    """The channels that a class stands for."""
    parts = [(t.truth, t.pred)[place] for t in resolved.targets]
    if found.exclusive:
        labels = {value for part in parts for value in part.labels or ()}
        return labels & set(range(found.channels))
    return {part.channel for part in parts} & set(range(found.channels))


def count_channels(found: ValueKind, scored: set[int], word: str, job: Job) -> None:
    """Tell the inventory what became of the channels of a side."""
    inventory, rest = current(), sorted(set(range(found.channels)) - scored)
    inventory.add_found("channel", found.channels, word)
    inventory.add_scored("channel", len(scored), word)
    background = found.exclusive or found.onehot
    reasons = {
        "of the background": [c for c in rest if c == 0 and background],
        "that --classes does not select": [
            c for c in rest if (c or not background) and job.classes.only
        ],
        "of labels that no voxel has": [
            c for c in rest if (c or not background) and not job.classes.only
        ],
    }
    for reason, channels in reasons.items():
        inventory.set_aside("channel", reason, map(str, channels), ASKED, "", word)
