"""The losses of regions of interest (RoIs), which lie on no grid: their tally, notes and facts."""

from __future__ import annotations

from typing import Any

from segeval.runtime.errors import Note, ReadError
from segeval.scoring.case_stages import CaseRead
from segeval.scoring.pass_plan import TallyRequest
from segeval.tallies.rois import RoiSums, RoiTally
from segeval.volume.instances import Instances, RoiMasks
from segeval.volume.volume import Volume


def finish_rois(read: CaseRead, request: TallyRequest) -> RoiSums | None:
    """The losses of the RoIs of a case; None where a side has none.

    Raises ReadError where the file names instances that the ground truth does not have.
    """
    pred = read.start.pred.volume
    rois, instances = pred.regions, read.start.truth.volume.regions
    if not isinstance(rois, RoiMasks) or not isinstance(instances, Instances):
        return None
    check_instance_files(rois, len(instances.masks), pred)
    tally = RoiTally(map(str, request.pieces))
    tally.update(rois, instances)
    return tally.finish()


def check_instance_files(rois: RoiMasks, count: int, pred: Volume) -> None:
    """Whether the ground truth has every instance that the file names. Raises ReadError."""
    if rois.gt_index is not None and len(rois.gt_index) and rois.gt_index.max() >= count:
        raise ReadError(
            f"gt_index goes to {rois.gt_index.max()} and the ground truth has {count} instances",
            where=pred.path,
            help="instances are counted from 0, in the order of their annotations or ids",
        )


def roi_facts(sums: RoiSums, read: CaseRead) -> dict[str, Any]:
    """What became of the RoIs, for whoever has to trust the numbers."""
    rois = read.start.pred.volume.regions
    assert isinstance(rois, RoiMasks)
    found = {"given": sums.given, "matched": sums.matched, "unmatched": sums.unmatched}
    return {"rois": rois.facts() | found}


def roi_notes(sums: RoiSums) -> list[Note]:
    """The note on RoIs whose instance the file does not say."""
    if not (sums.matched or sums.unmatched):
        return []
    if sums.given:
        text = f"{sums.given} RoIs have an instance, {sums.unmatched} have none: no loss"
    else:
        text = f"{sums.matched} RoIs matched by box (IoU >= 0.5), {sums.unmatched} not: no loss"
    return [Note("N-rois", text)]
