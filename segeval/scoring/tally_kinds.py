"""What the program knows of each tally: one entry a tally, and no other list of them.

A tally begins before the pass over a case (`begin`), sees its slabs (`update`), and is finished
with the classes of the case in the label values that the slabs held (`finish`): 255 of a mask that
is black and white and the ignored label are seen to. What lies on no grid has no `begin` and is
made of the open sides in `finish`; what is read from files of its own is made of the case.

Where a case has not what a tally is of, `finish` gives None and every number of its metrics is
undefined, for the reason `lacks`. A tally that gives None without one, a name that is in no entry,
and a metric with another number of values than the case has classes are bugs, and end as such.

The functions of an entry load what they need themselves: most runs need few tallies (bar P7b).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from segeval.metrics.registry import Definition, Values
from segeval.request.grammar import Metric
from segeval.runtime.errors import Note
from segeval.scoring.case_stages import CaseRead, CaseStart
from segeval.scoring.pass_plan import Job, TallyRequest
from segeval.scoring.slab_pass import Tally, may_hold_scores
from segeval.scoring.tally_kind import Facts, Kept, TallyKind
from segeval.tallies.counts import Counts, counts_of_absent

if TYPE_CHECKING:
    from segeval.pairing.cases import Case
    from segeval.scoring.surfaces_by_class import ParallelMap


def _load_counts() -> type[Kept]:
    return Counts


def _finish_counts(_: None, read: CaseRead, __: TallyRequest) -> Counts:
    return read.counts


def _load_sums() -> type[Kept]:
    from segeval.tallies.sums import Sums

    return Sums


def _begin_sums(start: CaseStart, request: TallyRequest) -> Tally | None:
    if not may_hold_scores(start.pred, start.plan):
        return None
    from segeval.scoring.probabilities import begin_sums

    return begin_sums(start, request)


def _begin_voxels(start: CaseStart, request: TallyRequest) -> Tally | None:
    if not may_hold_scores(start.pred, start.plan):
        return None
    from segeval.scoring.probabilities import begin_voxels

    return begin_voxels(start, request)


def _begin_weighted(start: CaseStart, _: TallyRequest) -> Tally | None:
    if not may_hold_scores(start.pred, start.plan):
        return None
    from segeval.scoring.weight_maps import begin_weighted

    return begin_weighted(start)


def _finish_weighted(tally: Any, read: CaseRead, _: TallyRequest) -> Any:
    if tally is None:
        return None
    from segeval.scoring.weight_maps import finish_weighted

    return finish_weighted(tally, read)


def _load_weighted() -> type[Kept]:
    from segeval.tallies.weighted_costs import WeightedCosts

    return WeightedCosts


def _finish_probabilities(tally: Any, read: CaseRead, _: TallyRequest) -> Any:
    if tally is None:
        return None
    from segeval.scoring.probabilities import finish_probabilities

    return finish_probabilities(tally, read)


def _report_voxels(voxels: Any, _: CaseRead, request: TallyRequest) -> tuple[list[Note], Facts]:
    from segeval.scoring.probabilities import memory_notes

    return memory_notes(voxels, request), {}


def _voxels_over_budget(voxels: Any, request: TallyRequest) -> Mapping[str, int]:
    from segeval.scoring.probabilities import losses_over_budget

    return losses_over_budget(voxels, request)


def _begin_surfaces(start: CaseStart, request: TallyRequest) -> Tally:
    from segeval.scoring.surfaces import begin_surfaces

    return begin_surfaces(start, request)


def _finish_surfaces(tally: Any, read: CaseRead, request: TallyRequest) -> Any:
    from segeval.scoring.surfaces import finish_surfaces

    return finish_surfaces(tally, read, request)


def _measure_surfaces(
    surfaces: Any, request: TallyRequest, share: ParallelMap
) -> Mapping[Metric, Values]:
    from segeval.scoring.surfaces_by_class import score_surfaces_by_class

    return score_surfaces_by_class(surfaces, request.metrics, share)


def _report_surfaces(
    surfaces: Any, read: CaseRead, request: TallyRequest
) -> tuple[Sequence[Note], Facts]:
    from segeval.scoring.surfaces import surface_notes, tolerance_facts

    return surface_notes(surfaces, request), tolerance_facts(read, request)


def _surfaces_over_budget(surfaces: Any, _: TallyRequest) -> Mapping[str, int]:
    return {surfaces.targets[place].name: size for place, size in surfaces.over.items()}


def _load_outputs() -> type[Kept]:
    from segeval.tallies.branches import Branches

    return Branches


def _read_outputs(case: Case, job: Job, request: TallyRequest) -> Any:
    from segeval.scoring.branches import sum_branches

    return sum_branches(case, job, request)


def _outputs_are_opened(job: Job, request: TallyRequest) -> bool:
    from segeval.scoring.branches import has_full_size

    return has_full_size(job, request)


def _load_rois() -> type[Kept]:
    from segeval.tallies.rois import RoiSums

    return RoiSums


def _finish_rois(_: None, read: CaseRead, request: TallyRequest) -> Any:
    from segeval.scoring.roi_losses import finish_rois

    return finish_rois(read, request)


def _report_rois(rois: Any, read: CaseRead, _: TallyRequest) -> tuple[Sequence[Note], Facts]:
    from segeval.scoring.roi_losses import roi_facts, roi_notes

    return roi_notes(rois), roi_facts(rois, read)


def _load_polygons() -> type[Kept]:
    from segeval.tallies.polygons import PolygonVolumes

    return PolygonVolumes


def _finish_polygons(_: None, read: CaseRead, request: TallyRequest) -> Any:
    from segeval.scoring.polygons import finish_polygons

    lengths_alone = all(known.name == "contour_apl" for _, known in request.metrics)
    return finish_polygons(read, not lengths_alone)


def _load_instances() -> type[Kept]:
    from segeval.tallies.instance_tables import InstanceTables

    return InstanceTables


def _begin_instances(start: CaseStart, request: TallyRequest) -> Tally | None:
    from segeval.scoring.instances import begin_instances

    return begin_instances(start, request)


def _finish_instances(tally: Any, read: CaseRead, request: TallyRequest) -> Any:
    from segeval.scoring.instances import finish_instances

    return finish_instances(tally, read, request)


def _report_instances(
    found: Any, read: CaseRead, request: TallyRequest
) -> tuple[Sequence[Note], Facts]:
    from segeval.scoring.class_maps import class_map_notes
    from segeval.scoring.instances import instance_facts, instance_notes

    notes = [*instance_notes(found), *class_map_notes(found, (read.start.truth, read.start.pred))]
    return notes, instance_facts(found, read, request)


def _instances_over_budget(found: Any, _: TallyRequest) -> Mapping[str, int]:
    return {found.classes[place]: size for place, size in found.over.items()}


def _load_detections() -> type[Kept]:
    from segeval.tallies.detections import Detections

    return Detections


def _finish_detections(_: None, read: CaseRead, request: TallyRequest) -> Any:
    from segeval.scoring.detections import finish_detections

    return finish_detections(read, request)


def _report_detections(
    _: Any, read: CaseRead, request: TallyRequest
) -> tuple[Sequence[Note], Facts]:
    from segeval.scoring.instances import detection_facts

    return (), detection_facts(read, request)


def _load_candidates() -> type[Kept]:
    from segeval.tallies.candidates import Candidates

    return Candidates


def _begin_candidates(start: CaseStart, _: TallyRequest) -> Tally | None:
    if not may_hold_scores(start.pred, start.plan):
        return None
    from segeval.scoring.probabilities import begin_candidates

    return begin_candidates(start)


def _report_candidates(
    found: Any, read: CaseRead, request: TallyRequest
) -> tuple[Sequence[Note], Facts]:
    from segeval.scoring.candidate_facts import candidate_facts, outside_notes

    return tuple(outside_notes(read)), candidate_facts(found, read, request)


def _count_instances(tally: Any, metric: Metric, definition: Definition) -> dict[str, Any]:
    from segeval.metrics.instance_counts import count_instances

    return count_instances(tally, metric, definition)


OF_INSTANCES = ("connectivity", "min_size")

# In the order of the results.
KINDS: dict[str, TallyKind] = {
    kind.name: kind
    for kind in (
        TallyKind(
            "counts",
            "class",
            finish=_finish_counts,
            kept=_load_counts,
            kept_whole=True,
            always=True,
            draws=("volumes", "confusion"),
            absent=counts_of_absent,
        ),
        TallyKind(
            "sums",
            "channel",
            begin=_begin_sums,
            finish=_finish_probabilities,
            lacks="no_probabilities",
            kept=_load_sums,
            draws=("reliability",),
        ),
        TallyKind(
            "weighted",
            "channel",
            begin=_begin_weighted,
            finish=_finish_weighted,
            lacks="no_probabilities",
            kept=_load_weighted,
        ),
        TallyKind(
            "surface",
            "class",
            begin=_begin_surfaces,
            finish=_finish_surfaces,
            measure=_measure_surfaces,
            says=_report_surfaces,
            over=_surfaces_over_budget,
        ),
        TallyKind(
            "branches",
            "case",
            of_files=_read_outputs,
            kept=_load_outputs,
            opens=_outputs_are_opened,
        ),
        TallyKind(
            "rois", "case", finish=_finish_rois, lacks="no_rois", kept=_load_rois, says=_report_rois
        ),
        TallyKind(
            "candidates",
            "channel",
            begin=_begin_candidates,
            finish=_finish_probabilities,
            lacks="no_probabilities",
            kept=_load_candidates,
            says=_report_candidates,
            draws=("froc",),
        ),
        TallyKind(
            "detections",
            "class",
            finish=_finish_detections,
            lacks="no_instances",
            kept=_load_detections,
            says=_report_detections,
            draws=("precision",),
        ),
        TallyKind(
            "polygons", "class", finish=_finish_polygons, lacks="no_contours", kept=_load_polygons
        ),
        TallyKind(
            "voxels",
            "channel",
            begin=_begin_voxels,
            finish=_finish_probabilities,
            lacks="no_probabilities",
            says=_report_voxels,
            over=_voxels_over_budget,
        ),
        TallyKind(
            "instances",
            "class",
            begin=_begin_instances,
            finish=_finish_instances,
            counts=_count_instances,
            signs=OF_INSTANCES,
            kept=_load_instances,
            draws=("sizes",),
            says=_report_instances,
        ),
        TallyKind(
            "instance_surfaces",
            "class",
            begin=_begin_instances,
            finish=_finish_instances,
            counts=_count_instances,
            signs=OF_INSTANCES,
            over=_instances_over_budget,
            shares="instances",
        ),
    )
}
