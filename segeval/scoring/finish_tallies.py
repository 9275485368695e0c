"""The tallies of a case from the first slab to the results, whatever their kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.metrics.registry import Definition, Values
from segeval.request.grammar import Metric
from segeval.runtime.errors import Note
from segeval.runtime.frozen import field, frozen
from segeval.scoring.case_stages import CaseRead, CaseStart
from segeval.scoring.kept_tallies import KeptTallies
from segeval.scoring.no_room import NoRoom
from segeval.scoring.pass_plan import Job, TallyRequest
from segeval.scoring.slab_pass import Tally
from segeval.tallies.counts import Counts

if TYPE_CHECKING:
    from segeval.pairing.cases import Case
    from segeval.scoring.surfaces_by_class import ParallelMap
from segeval.scoring.tally_kind import TallyKind
from segeval.scoring.tally_kinds import KINDS

TALLIES = "tallies"  # what they are kept under once they are found out


def kind_of(tally: str) -> TallyKind:
    """The kind of a tally by its name, as a metric has it. LookupError where no entry has it."""
    kind = KINDS.get(tally) or KINDS.get(tally.partition(":")[0])
    if kind is None:
        raise LookupError(f"no tally is called {tally!r}; there are {', '.join(KINDS)}")
    return kind


def unsaid_choices(metrics: Iterable[tuple[Metric, Definition]]) -> frozenset[str]:
    """The choices of a run that change numbers of tallies alone that no metric is of."""
    asked = {definition.tally(metric).partition(":")[0] for metric, definition in metrics}
    signed = {sign for name, kind in KINDS.items() if name in asked for sign in kind.signs}
    return frozenset(sign for kind in KINDS.values() for sign in kind.signs) - signed


def tallies_of(job: Job) -> tuple[TallyRequest, ...]:
    """The tallies that a case needs, in the order of the table: those asked for, and theirs."""
    if TALLIES in job.found_out:
        known: tuple[TallyRequest, ...] = job.found_out[TALLIES]
        return known
    asked = job.tally_requests()
    always = {k.name for k in KINDS.values() if k.always}
    shared = {kind_of(request.name).shares for request in asked} - {""}
    missing = (always | shared) - {request.name for request in asked}
    every = [*(TallyRequest(name, ()) for name in missing), *asked]
    order = {name: place for place, name in enumerate(KINDS)}
    found = tuple(sorted(every, key=lambda request: order[kind_of(request.name).name]))
    job.found_out[TALLIES] = found
    return found


def metrics_of_channels(job: Job) -> list[Definition]:
    """The metrics whose tallies add up probabilities channel by channel."""
    channels = [request for request in tallies_of(job) if kind_of(request.name).by == "channel"]
    return [definition for request in channels for _, definition in request.metrics]


def measures_apart(job: Job) -> bool:
    """Whether the classes of one case can be measured in several processes."""
    return any(kind_of(d.tally(m)).measure for m, d in job.metrics)


@frozen
class FinishedTallies:
    """The tallies of a case.

    counts    voxels of each class, which say what side of it is empty; None where nothing was read
    results   by name of the tally; None where the case has not what it is of, or no room for it
    channels  for each class, its place in tallies that go by channel; -1 where it has none
    known     values of metrics that are known already
    no_room   of the tallies that would have taken more than `--max-memory`, how much
    """

    counts: Counts | None
    results: Mapping[str, Any]
    channels: tuple[int, ...] = ()
    known: Mapping[Metric, Values] = field(default_factory=dict)
    no_room: Mapping[str, NoRoom] = field(default_factory=dict)

    def kept(self) -> KeptTallies:
        """Those that are kept with their case."""
        made = {
            name: result
            for name, result in self.results.items()
            if result is not None and kind_of(name).kept is not None
        }
        whole = {name: result for name, result in made.items() if kind_of(name).kept_whole}
        forms = {n: None if n in whole else result.to_json() for n, result in made.items()}
        return KeptTallies(whole, forms)


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
    no_room: dict[str, NoRoom] = {}
    known: dict[Metric, Values] = {}
    for request in requests:
        kind, name = kind_of(request.name), request.name
        if kind.finish is None:
            made = of_files[name]
        elif kind.shares in results:
            made = no_room.get(kind.shares, results[kind.shares])
        else:
            made = kind.finish(begun.get(name), read, request)
        results[name] = None if isinstance(made, NoRoom) else made
        if isinstance(made, NoRoom):
            no_room[name] = made
        elif made is None and not kind.lacks:
            raise RuntimeError(f"the tally {name} gave nothing")
        elif kind.measure is not None:
            known |= kind.measure(made, request, share)
    return FinishedTallies(read.counts, results, tally_channel_places(read, begun), known, no_room)


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
        if (left := finished.no_room.get(request.name)) is not None:
            sizes |= dict.fromkeys(left.classes, left.needed)
        elif over is not None and result is not None:
            sizes |= over(result, request)
    return sizes


def values_without_result(kind: TallyKind, classes: int) -> Values:
    """What a metric gives where the case has not what its tally is of."""
    if kind.by == "case":
        return Values(whole=np.nan, reason=kind.lacks)
    return Values(np.full(classes, np.nan), reason=kind.lacks)
