"""Slabs of both sides as blocks: the reference of each channel of scores, and what is valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from segeval.classes.class_list import LabelSelector
from segeval.runtime.arrays import Floats, Labels, Mask
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen, replace
from segeval.tallies.block import Block
from segeval.tallies.class_masks import labels_inside
from segeval.tallies.pair_cells import Pair
from segeval.volume.score_values import ScoreStream
from segeval.volume.value_kinds import WHITE
from segeval.volume.value_stream import (
    ReadAs,
    SideSlab,
    ValueStream,
)


@frozen
class Plan:
    """What is read together, and what a tally has to be told of it.

    pairs    channels (ground truth, prediction) that are compared; -1 is the empty mask
    onehot   what is true of each independent channel of the prediction
    masks    what is true of channels 1, 2, … that exclude each other, where the ground truth names
             its classes; None of one that is no class of the ground truth
    ignored  the label whose ground-truth voxels are left out
    sums     probabilities are added up
    white    255 of a ground truth of one class is its 1
    drops    labels that no channel stands for are left out of the sums
    budget   bytes of memory that were allowed
    """

    pairs: tuple[Pair, ...]
    wanted: tuple[ReadAs, ReadAs]
    onehot: tuple[LabelSelector, ...] = ()
    masks: tuple[LabelSelector | None, ...] = ()
    ignored: int | None = None
    sums: bool = True
    white: bool = False
    drops: bool = False
    budget: int = 512 << 20


def next_block(
    start: int,
    count: int,
    sides: tuple[ValueStream, ValueStream, ValueStream | None],
    plan: Plan,
    tallies: Sequence[Any],
) -> Block:
    """Read one slab of both sides; tallies may add up each row of scores as it comes."""
    truth, pred, beside = sides
    scores = pred if beside is None else beside
    block = begin_block(start, count, truth.read(count), scores.channels, plan)
    if isinstance(scores, ScoreStream) and scores.exclusive:
        asked = [tally.ahead(block) for tally in tallies if hasattr(tally, "ahead")]
        scores.shown = [sums for sums in asked if sums is not None]
    return add_prediction(
        block, pred.read(count), None if beside is None else beside.read(count), plan
    )


def make_block(start: int, count: int, truth: SideSlab, pred: SideSlab, plan: Plan) -> Block:
    """One slab of both sides."""
    channels = 0 if pred.scores is None else len(pred.scores)
    return add_prediction(begin_block(start, count, truth, channels, plan), pred, None, plan)


def begin_block(start: int, count: int, truth: SideSlab, channels: int, plan: Plan) -> Block:
    """One slab of the ground truth, ready to be compared with so many channels of scores."""
    onehot = valid = soft = labels = None
    if channels:
        valid = valid_voxels(truth, plan)
        labels = label_map(truth, channels, plan)
        if labels is not None and plan.drops:
            valid = within_range(labels, channels, valid)
        elif labels is not None:
            check_range(labels, channels, valid)
        elif plan.sums and plan.onehot:
            onehot = true_channels(truth, plan)
        soft = reference_shares(truth, channels, plan)
    masks = {**truth.labels, **no_mask(count, plan)}
    made = Block(start, count, masks, {}, onehot=onehot, soft=soft, valid=valid, labels=labels)
    return made if truth.ids is None else replace(made, ids=(truth.ids, None))


def add_prediction(block: Block, pred: SideSlab, beside: SideSlab | None, plan: Plan) -> Block:
    """The slab with that of the prediction, and of the scores beside its label map."""
    scores = pred if beside is None else beside
    return replace(
        block,
        pred={**pred.labels, **no_mask(block.size, plan)},
        scores=scores.scores,
        logits=scores.logits,
        best=scores.best,
        single=scores.single,
        decoded=None if beside is None else beside.labels,
        ids=(block.ids[0], pred.ids),
    )


def no_mask(count: int, plan: Plan) -> Mapping[int, Labels]:
    """The empty mask, where any class is missing on one side."""
    return {-1: np.zeros(count, np.uint8)} if any(-1 in pair for pair in plan.pairs) else {}


def valid_voxels(truth: SideSlab, plan: Plan) -> Mask | None:
    """Where the ground truth is not ignored; None where nothing is."""
    if plan.ignored is None or 0 not in truth.labels:
        return None
    valid = truth.labels[0] != plan.ignored
    return None if valid.all() else valid


def label_map(truth: SideSlab, channels: int, plan: Plan) -> Labels | None:
    """The reference of channels that exclude each other; None where they do not. Raises ReadError.

    Masks become labels: as many as channels, or one less where the background has none.
    """
    if plan.onehot or not (plan.sums or len(truth.labels) == 1):
        return None
    if plan.masks:
        masks = np.stack([reference_mask(truth, part, c) for c, part in enumerate(plan.masks, 1)])
    elif len(truth.labels) == 1:
        return black_and_white(truth.labels[0]) if plan.white else truth.labels[0]
    else:
        masks = np.stack([v != 0 for v in truth.labels.values()])
    first = channels - len(masks)  # label of the first mask
    hits = masks.sum(axis=0)
    if first not in (0, 1) or hits.max() > 1 or (first == 0 and hits.min() < 1):
        raise ReadError(
            f"{len(masks)} masks of the ground truth are no label map for {channels} channels",
            facts=("every voxel has one of the channels, and at most one of the masks",),
            help="--activation none or sigmoid makes each channel a class of its own, from 1 on",
            status="classes_unknown",
        )
    labels: Labels = (masks.argmax(axis=0) + first).astype(np.uint16)
    labels[hits == 0] = 0
    return labels


def black_and_white(labels: Labels) -> Labels:
    """A mask in which 255 is 1; that no other label is beside it shows at the end.

    Rule LAYOUTS-I8.
    """
    return np.where(labels == WHITE, 1, labels).astype(labels.dtype)


def reference_mask(truth: SideSlab, part: LabelSelector | None, channel: int) -> Mask:
    """The reference mask of a channel. Raises ReadError where there is none."""
    if part is None:
        raise ReadError(
            f"channel {channel} of the prediction is no class of the ground truth",
            facts=("channels that exclude each other are compared with all of their classes",),
            help="name the class of every channel: --classes 1=liver,2=spleen; or leave out losses",
            status="classes_unknown",
        )
    if part.channel not in truth.labels:
        return np.zeros(len(next(iter(truth.labels.values()))), bool)
    return labels_inside(truth.labels[part.channel], part)


def reference_shares(truth: SideSlab, channels: int, plan: Plan) -> Floats | None:
    """The reference as shares of each channel; None where it is hard. Raises ReadError."""
    if truth.scores is None or not plan.sums:
        return None
    if not plan.onehot and len(truth.scores) == channels:
        return truth.scores
    if plan.onehot and len(truth.scores) == len(truth.labels):
        nothing = np.zeros_like(truth.scores[0])
        rows = [truth.scores[p.channel] if p.channel >= 0 else nothing for p in plan.onehot]
        return np.stack(rows)
    raise ReadError(
        f"the ground truth has {len(truth.scores)} channels of probabilities and the prediction "
        f"{channels}",
        help="both must have the same channels, or leave out --gt-kind prob",
        status="classes_unknown",
    )


def true_channels(truth: SideSlab, plan: Plan) -> Mask:
    """The reference mask of each independent channel."""
    return np.stack([reference_mask(truth, part, c) for c, part in enumerate(plan.onehot)])


def within_range(labels: Labels, channels: int, valid: Mask | None) -> Mask | None:
    """Which voxels are valid and have a label that a channel stands for; None: all of them."""
    inside = labels < channels
    if valid is not None:
        inside &= valid
    return None if inside.all() else inside


def check_range(labels: Labels, channels: int, valid: Mask | None) -> None:
    """A label that no channel stands for has no probability (rule LAYOUTS-V3). Raises ReadError."""
    labels = labels if valid is None else labels[valid]
    if len(labels) and (top := int(labels.max())) >= channels:
        raise ReadError(
            f"the ground truth has label {top} and the prediction has {channels} channels",
            facts=(f"channel i is label i, so labels are 0 to {channels - 1}",),
            help=f"--ignore-label {top} leaves it out; "
            "--activation none or sigmoid makes each channel a class of its own, from 1 on",
            status="unknown_label",
        )
