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

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from segeval.metrics.registry import Definition, Values
from segeval.request.grammar import Metric
from segeval.runtime.errors import Note
from segeval.runtime.frozen import field, frozen
from segeval.scoring.case_stages import CaseRead, CaseStart
from segeval.scoring.pass_plan import Job, TallyRequest
from segeval.scoring.slab_pass import Tally, scored
from segeval.tallies.counts import Counts

if TYPE_CHECKING:
    from segeval.pairing.cases import Case
    from segeval.scoring.surfaces_by_class import ParallelMap

Facts = Mapping[str, Any]


class Kept(Protocol):
    """A finished tally of fixed size, kept with its case in the results."""

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept."""

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], /) -> Any:
        """Read it again."""

    @staticmethod
    def pool_cases(many: Iterable[Any], /) -> Any:
        """The tallies of several cases as one."""


@frozen
class TallyKind:
    """One tally.

    name      what metrics call it (`of`), and the key under which it is kept
    by        what a value of its metrics belongs to: a class, a channel of the probabilities, or
              the whole case
    begin     makes the tally that sees the slabs; None of one where the case has not what it is of
    finish    makes the result, out of the tally (None: it saw no slab) and the case after its pass
    of_files  makes the result before the sides are opened, of files that the case names
    lacks     the reason of every number where the result is None
    kept      loads the type of a result that is kept, and so can be pooled; None where its size is
              that of the case
    always    made for every case, whatever is asked for
    measure   the values of its metrics, class by class, over several processes if there are
    counts    what is counted beside a metric, by class, out of a result that is kept
    says      what is to be said of a result: notes, and facts for the results
    over      what was not measured for want of memory: bytes, by name of a class or of a metric
    opens     whether the case has to be opened for the metrics of a run
    shares    a tally whose result it takes, and which is made with it
    """

    name: str
    by: Literal["class", "channel", "case"]
    begin: Callable[[CaseStart, TallyRequest], Tally | None] | None = None
    finish: Callable[[Any, CaseRead, TallyRequest], Any] | None = None
    of_files: Callable[[Case, Job, TallyRequest], Any] | None = None
    lacks: str = ""
    kept: Callable[[], type[Kept]] | None = None
    always: bool = False
    measure: Callable[[Any, TallyRequest, ParallelMap], Mapping[Metric, Values]] | None = None
    counts: Callable[[Any, Metric, Definition], dict[str, Any]] | None = None
    says: Callable[[Any, CaseRead, TallyRequest], tuple[Sequence[Note], Facts]] | None = None
    over: Callable[[Any, TallyRequest], Mapping[str, int]] | None = None
    opens: Callable[[Job, TallyRequest], bool] | None = None
    shares: str = ""


def kind_of(tally: str) -> TallyKind:
    """The kind of a tally by its name, as a metric has it. LookupError where no entry has it."""
    name = tally.partition(":")[0]
    if name not in KINDS:
        raise LookupError(f"no tally is called {name!r}; there are {', '.join(KINDS)}")
    return KINDS[name]


def tallies_of(job: Job) -> list[TallyRequest]:
    """The tallies that a case needs, in the order of the table."""
    asked = job.tally_requests()
    always = {k.name for k in KINDS.values() if k.always}
    shared = {kind_of(request.name).shares for request in asked} - {""}
    missing = (always | shared) - {request.name for request in asked}
    every = [*(TallyRequest(name, ()) for name in missing), *asked]
    order = {name: place for place, name in enumerate(KINDS)}
    return sorted(every, key=lambda request: order[kind_of(request.name).name])


def metrics_of_channels(job: Job) -> list[Definition]:
    """The metrics whose tallies add up probabilities channel by channel."""
    return [d for m, d in job.metrics if kind_of(d.tally(m)).by == "channel"]


def measures_apart(job: Job) -> bool:
    """Whether the classes of one case can be measured in several processes."""
    return any(kind_of(d.tally(m)).measure for m, d in job.metrics)


@frozen
class FinishedTallies:
    """The tallies of a case.

    counts    voxels of each class, which say what side of it is empty; None where nothing was read
    results   by name of the tally; None where the case has not what it is of
    channels  for each class, its place in tallies that go by channel; -1 where it has none
    known     values of metrics that are known already
    """

    counts: Counts | None
    results: Mapping[str, Any]
    channels: tuple[int, ...] = ()
    known: Mapping[Metric, Values] = field(default_factory=dict)

    def kept(self) -> dict[str, Any]:
        """Those that are kept with their case, in their JSON form."""
        return {
            name: result.to_json()
            for name, result in self.results.items()
            if result is not None and kind_of(name).kept is not None
        }


def read_files(case: Case, job: Job, requests: Iterable[TallyRequest]) -> dict[str, Any]:
    """The tallies of files that the case names, before its sides are opened. Raises CaseError."""
    made = {}
    for request in requests:
        if (of_files := kind_of(request.name).of_files) is not None:
            made[request.name] = of_files(case, job, request)
    return made


def has_to_be_opened(job: Job, requests: Iterable[TallyRequest]) -> bool:
    """Whether a metric reads more of a case than the files that its tally has read already."""
    asked = [(kind_of(request.name), request) for request in requests if request.metrics]
    return any(kind.opens is None or kind.opens(job, request) for kind, request in asked)


def begin_tallies(start: CaseStart, requests: Iterable[TallyRequest]) -> dict[str, Tally]:
    """The tallies that see the slabs of a case, by name. Raises CaseError."""
    begun = {}
    requests = list(requests)
    made = {request.name for request in requests}
    for request in requests:
        kind = kind_of(request.name)
        if (begin := kind.begin) is not None:
            tally = begin(start, request)
            if tally is not None and kind.shares not in made:
                begun[request.name] = tally
    return begun


def finish_tallies(
    begun: Mapping[str, Tally],
    read: CaseRead,
    requests: Iterable[TallyRequest],
    of_files: Mapping[str, Any],
    share: ParallelMap,
) -> FinishedTallies:
    """The results of all tallies. Raises CaseError.

    share  may measure classes in other processes
    Raises RuntimeError where a tally gives nothing and has no reason for it: that is a bug.
    """
    results: dict[str, Any] = {}
    known: dict[Metric, Values] = {}
    for request in requests:
        kind, name = kind_of(request.name), request.name
        if kind.finish is None:
            results[name] = of_files[name]
        elif kind.shares in results:
            results[name] = results[kind.shares]
        else:
            results[name] = kind.finish(begun.get(name), read, request)
        if results[name] is None and not kind.lacks:
            raise RuntimeError(f"the tally {name} gave nothing")
        if kind.measure is not None:
            known |= kind.measure(results[name], request, share)
    return FinishedTallies(read.counts, results, tally_channel_places(read, begun), known)


def tally_channel_places(read: CaseRead, begun: Iterable[str]) -> tuple[int, ...]:
    """For each class its place in tallies that go by channel; -1 where it has none."""
    if any(kind_of(name).by == "channel" for name in begun):
        from segeval.scoring.probabilities import probability_places

        return probability_places(read)
    return (-1,) * len(read.resolved.targets)


def report_tallies(
    finished: FinishedTallies, read: CaseRead, requests: Iterable[TallyRequest]
) -> tuple[list[Note], dict[str, Any]]:
    """What is to be said of the results: notes and facts."""
    notes: list[Note] = []
    facts: dict[str, Any] = {}
    for request in requests:
        says, result = kind_of(request.name).says, finished.results[request.name]
        if says is not None and result is not None:
            more, known = says(result, read, request)
            notes += more
            facts |= known
    return notes, facts


def kept_over_budget(finished: FinishedTallies, requests: Iterable[TallyRequest]) -> dict[str, int]:
    """What was not measured for want of memory, and the bytes that it would have taken."""
    sizes: dict[str, int] = {}
    for request in requests:
        over, result = kind_of(request.name).over, finished.results[request.name]
        if over is not None and result is not None:
            sizes |= over(result, request)
    return sizes


def lacking(kind: TallyKind, classes: int) -> Values:
    """What a metric gives where the case has not what its tally is of."""
    if kind.by == "case":
        return Values(whole=np.nan, reason=kind.lacks)
    return Values(np.full(classes, np.nan), reason=kind.lacks)


def _load_counts() -> type[Kept]:
    return Counts


def _finish_counts(_: None, read: CaseRead, __: TallyRequest) -> Counts:
    return read.counts


def _load_sums() -> type[Kept]:
    from segeval.tallies.sums import Sums

    return Sums


def _begin_sums(start: CaseStart, request: TallyRequest) -> Tally | None:
    if not scored(start.pred, start.plan):
        return None
    from segeval.scoring.probabilities import begin_sums

    return begin_sums(start, request)


def _begin_voxels(start: CaseStart, request: TallyRequest) -> Tally | None:
    if not scored(start.pred, start.plan):
        return None
    from segeval.scoring.probabilities import begin_voxels

    return begin_voxels(start, request)


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
    from segeval.tallies.instances import InstanceTables

    return InstanceTables


def _begin_instances(start: CaseStart, request: TallyRequest) -> Tally:
    from segeval.scoring.instances import begin_instances

    return begin_instances(start, request)


def _finish_instances(tally: Any, read: CaseRead, request: TallyRequest) -> Any:
    from segeval.scoring.instances import finish_instances

    return finish_instances(tally, read, request)


def _report_instances(
    found: Any, read: CaseRead, request: TallyRequest
) -> tuple[Sequence[Note], Facts]:
    from segeval.scoring.instances import instance_facts, instance_notes

    return instance_notes(found), instance_facts(found, read, request)


def _load_detections() -> type[Kept]:
    from segeval.tallies.detections import Detections

    return Detections


def _finish_detections(_: None, read: CaseRead, request: TallyRequest) -> Any:
    from segeval.scoring.detections import finish_detections

    return finish_detections(read, request)


def _load_candidates() -> type[Kept]:
    from segeval.tallies.candidates import Candidates

    return Candidates


def _begin_candidates(start: CaseStart, _: TallyRequest) -> Tally | None:
    if not scored(start.pred, start.plan):
        return None
    from segeval.scoring.probabilities import begin_candidates

    return begin_candidates(start)


def _count_instances(tally: Any, metric: Metric, definition: Definition) -> dict[str, Any]:
    from segeval.metrics.instance_counts import count_instances

    return count_instances(tally, metric, definition)


# In the order of the results.
KINDS: dict[str, TallyKind] = {
    kind.name: kind
    for kind in (
        TallyKind("counts", "class", finish=_finish_counts, kept=_load_counts, always=True),
        TallyKind(
            "sums",
            "channel",
            begin=_begin_sums,
            finish=_finish_probabilities,
            lacks="no_probabilities",
            kept=_load_sums,
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
        ),
        TallyKind(
            "detections",
            "class",
            finish=_finish_detections,
            lacks="no_instances",
            kept=_load_detections,
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
            kept=_load_instances,
            says=_report_instances,
        ),
        TallyKind(
            "instance_surfaces",
            "class",
            begin=_begin_instances,
            finish=_finish_instances,
            counts=_count_instances,
            shares="instances",
        ),
    )
}
