"""What of both sides is read together, before a voxel is read."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any

from segeval.classes.class_list import UNSEEN, ClassDef, ClassList, LabelSelector
from segeval.metrics.registry import Definition, needed_terms
from segeval.opening.open_side import NOWHERE, OpenSide, read_sides_as
from segeval.readers.remote_files import RemoteStore
from segeval.request.grammar import Metric
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.memory_budget import case_budget
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.classes_by_name import resolve_by_name
from segeval.scoring.classes_by_value import find_class_channel, may_be_white, valued_class
from segeval.scoring.paired_blocks import Plan
from segeval.scoring.slab_pass import may_hold_scores
from segeval.tallies.pair_cells import Pair
from segeval.volume.value_kinds import WHITE
from segeval.volume.value_stream import ReadAs, may_hold_probabilities

RequestedMetric = tuple[Metric, Definition]


@frozen
class TallyRequest:
    """What a run asks of one tally.

    name     of the tally: `sums`, or `sums:box=8mm` for a part of the case
    metrics  those that read it, in the order asked for
    """

    name: str
    metrics: tuple[RequestedMetric, ...]

    @property
    def kind(self) -> str:
        """The name of its kind, whatever part of the case it is of."""
        return self.name.partition(":")[0]

    @property
    def pieces(self) -> tuple[Hashable, ...]:
        """What the metrics need beyond what the tally always adds up; each once."""
        return tuple(
            dict.fromkeys(piece for asked in self.metrics for piece in needed_terms(*asked))
        )


# Choices that a case may have nothing for (`unmet_settings`).
WATCHED = (
    "remap_gt", "remap_pred", "ignore_label", "aliases", "charges", "rt_boundary",
    "pred_rt_boundary", "gt_rt_boundary", "rt_overlap", "rt_fill_gaps", "rt_bad_contour", "rt_grid",
    "ignore_frame_of_reference", "channel_axis", "activation", "threshold", "paste", "roi_offset",
    "min_score", "min_size", "weights", "weight_maps", "images", "unlisted", "spacing",
    "pred_select", "gt_select",
)  # fmt: skip


def is_watched(settings: Settings) -> bool:
    """Whether a choice of those is not the default."""
    usual = Settings()
    return any(getattr(settings, name) != getattr(usual, name) for name in WATCHED)


@frozen
class Job:
    """What is the same for every case of a run.

    stores  files below the outline of one lie in the store
    part    bytes of `--max-memory` that this process has; None: all of them
    met     what was of use for a part of the request before there were cases
    """

    settings: Settings
    classes: ClassList
    metrics: tuple[RequestedMetric, ...]
    stores: tuple[RemoteStore, ...] = ()
    part: int | None = None
    met: frozenset[str] = frozenset()

    @cached_property
    def found_out(self) -> dict[Any, Any]:
        """What is the same for all cases, kept by whoever finds it out first."""
        return {}

    def tally_requests(self) -> tuple[TallyRequest, ...]:
        """The tallies that the metrics read."""
        asked: dict[str, list[RequestedMetric]] = {}
        for metric, known in self.metrics:
            asked.setdefault(known.tally(metric), []).append((metric, known))
        return tuple(TallyRequest(name, tuple(metrics)) for name, metrics in asked.items())

    @cached_property
    def is_watched(self) -> bool:
        """Whether there is a choice that a case may have nothing for."""
        return bool(is_watched(self.settings) or self.classes.remarks)

    @cached_property
    def own_settings(self) -> Settings:
        """The settings, with the memory that this process has."""
        return self.settings if self.part is None else replace(self.settings, max_memory=self.part)

    @property
    def room(self) -> int:
        """Bytes that a case may keep."""
        return case_budget(self.settings.budget if self.part is None else self.part)


def leave_out_labels(classes: ClassList, settings: Settings) -> ClassList:
    """A class list with what the settings leave out: labels, colours that no class has."""
    classes = classes.leave_out(settings.ignore_label)
    if settings.unlisted == "error" or not classes.colours:
        return classes
    known = classes.ignored or (() if classes.ignore is None else (classes.ignore,))
    return classes.leave_out((*known, UNSEEN))


def plan_pass(
    truth: OpenSide, pred: OpenSide, job: Job, of_scores: Sequence[Definition]
) -> tuple[Plan, CaseClasses | None]:
    """What is read with what; and the classes, where names tell them before a voxel is read.

    of_scores  the metrics whose tallies add up probabilities, channel by channel
    """
    settings, classes = job.settings, job.classes
    scores = pred.scores or pred.volume
    how = read_sides_as(truth, pred, settings, classes.regions)
    resolved = None
    if truth.named or pred.named:
        resolved = resolve_by_name(truth, pred, classes, settings.absent_gt == "empty")
        if resolved.absent and truth.named and pred.named and settings.missing != "worst":
            from segeval.scoring.unmatched_names import mark_lost_names

            resolved = mark_lost_names(resolved, truth, pred, classes)
    plan = Plan(
        channel_pairs(truth, pred, resolved, how),
        how,
        ignored=classes.ignore,
        sums=bool(of_scores),
        drops=bool(of_scores) and all(definition.drops for definition in of_scores),
        white=len(scores.channels) <= 2 and may_be_white(classes),
        budget=settings.budget,
    )
    channels = len(scores.channels)
    if not may_hold_scores(pred, plan):
        return plan, resolved
    if how[1].independent or channels == 1:
        return replace(plan, onehot=one_hot_parts(truth, pred, resolved, job, channels)), resolved
    if resolved is not None and truth.named:
        return replace(plan, masks=channel_masks(resolved, channels)), resolved
    return plan, resolved


def channel_pairs(
    truth: OpenSide, pred: OpenSide, resolved: CaseClasses | None, how: tuple[ReadAs, ReadAs]
) -> tuple[Pair, ...]:
    """The channels (ground truth, prediction) that classes compare.

    Which channel of a stack without names is which class shows when all of it was read: channel 0
    may be the background. So its neighbours are counted too.
    """
    read = read_channels(truth, how[0]), read_channels(pred, how[1], pred.scores is not None)
    if resolved is None:
        if min(map(len, read)) == 1:
            return tuple((t, p) for t in read[0] for p in read[1])
        return tuple((t, p) for t in read[0] for p in read[1] if abs(t - p) <= 1)
    found = {(t.truth.channel, t.pred.channel) for t in resolved.targets}
    if not (truth.named and pred.named):
        found = {
            (own if truth.named else other, other if truth.named else own)
            for own in {pair[0] if truth.named else pair[1] for pair in found}
            for other in read[1 if truth.named else 0]
        }
    return tuple(sorted(found)) or ((0, -1),)


def read_channels(side: OpenSide, how: ReadAs, beside: bool = False) -> range:
    """The channels of labels that reading a side gives; of scores that exclude each other, one."""
    count = len(side.volume.channels)
    if (
        count > 1
        and not beside
        and not how.independent
        and may_hold_probabilities(side.volume, how)
    ):
        return range(1)
    return range(count)


def channel_masks(resolved: CaseClasses, channels: int) -> tuple[LabelSelector | None, ...]:
    """What is true of each channel but the background's; None where it is no class of the case."""
    named = zip(resolved.classes, resolved.targets, strict=True)
    true = {class_.labels: target.truth for class_, target in named}
    return tuple(true.get((channel,)) for channel in range(1, channels))


def one_hot_parts(
    truth: OpenSide, pred: OpenSide, resolved: CaseClasses | None, job: Job, channels: int
) -> tuple[LabelSelector, ...]:
    """What is true of each independent channel of the prediction; nothing where it is no class."""
    if resolved is not None:
        own = pred.named and pred.scores is None
        named = zip(resolved.classes, resolved.targets, strict=True)
        only = len(resolved.classes) == 1
        found = [
            (t.pred if own else find_class_channel(c, channels, only), t.truth) for c, t in named
        ]
    else:
        found = number_channels(len(truth.volume.channels), job.classes, channels)
    true = {part.channel: reference for part, reference in found}
    return tuple(true.get(channel, NOWHERE) for channel in range(channels))


def number_channels(
    stack: int, classes: ClassList, channels: int
) -> list[tuple[LabelSelector, LabelSelector]]:
    """The channels of classes without names, and what is true of them.

    stack  channels of the ground truth: one label map, or masks
    """
    defs = [valued_class(c) for c in classes.classes]
    defs = defs or [ClassDef(str(c + 1), (c + 1,)) for c in range(channels)]
    only = len(defs) == 1
    shift = int(stack == channels + 1)  # then channel 0 of the ground truth is the background
    found = []
    for class_ in defs:
        part = find_class_channel(class_, channels, only)
        labels = frozenset(class_.labels or ())
        if labels == {1} and only and may_be_white(classes):
            labels |= {WHITE}
        found.append(
            (part, LabelSelector(part.channel + shift) if stack > 1 else LabelSelector(0, labels))
        )
    return found
