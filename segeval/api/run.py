"""A run over files and folders: pair, score, add up."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from segeval.api.request_checks import requested_metrics
from segeval.classes.class_list import ClassList
from segeval.engines.choice import Engine, choose_engine
from segeval.engines.class_union import (
    no_class_note,
    report_unmet_classes,
    report_unmet_settings,
    unite_classes,
)
from segeval.metrics.registry import Definition
from segeval.pairing.cases import CaseStore, Pairing, store_cases
from segeval.pairing.outputs import add_outputs
from segeval.pairing.pair import pair_paths
from segeval.pairing.remote import LocalInputs, localize_inputs
from segeval.readers import INSTANCE_LISTS
from segeval.readers.remote_files import is_url
from segeval.request.grammar import Metric
from segeval.request.settings import Settings
from segeval.runtime.errors import Note
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import LEFT_OUT, Inventory, keep_inventory
from segeval.scorecard.card import CaseResult, Scorecard
from segeval.scorecard.result_store import FinishedCase, ResultStore
from segeval.scorecard.row_index import index_rows, noteworthy_cases
from segeval.scorecard.signature import signature_fields, signature_line
from segeval.scorecard.summary import summarise_results
from segeval.scoring.fingerprint import file_states, first_difference, overwrite_error
from segeval.scoring.finish_tallies import unsaid_choices
from segeval.scoring.pass_plan import Job, is_watched, leave_out_labels
from segeval.scoring.pooling import GroupPools, pools_of
from segeval.scoring.unscored_case import make_unscored_case
from segeval.volume.read_options import ReadOptions

if TYPE_CHECKING:
    from segeval.engines.resume import Journal
    from segeval.pairing.shards import Shard


LOOKED_AT = 100  # files of a folder


class ProgressListener(Protocol):
    """Someone who wants to know how far the work is."""

    def paired(self, pairing: Pairing) -> None:
        """The cases are known."""

    def waits(self, text: str) -> None:
        """The work waits for something."""

    def scored(self, result: FinishedCase, done: int, total: int) -> None:
        """A case is finished."""


def may_list_instances(truth: Path | str) -> bool:
    """Whether a ground truth may be of files that say what an instance is: COCO, polygons."""
    if str(truth).lower().endswith(INSTANCE_LISTS):
        return True
    if is_url(str(truth)) or not Path(truth).is_dir():
        return False
    inside = (name for _, _, names in os.walk(truth) for name in names)
    return any(name.lower().endswith(INSTANCE_LISTS) for name in islice(inside, LOOKED_AT))


def score_paths(  # noqa: PLR0913 - the last three are the command line's
    pred: Path | str,
    truth: Path | str,
    settings: Settings,
    watch: ProgressListener | None = None,
    journal: str = "",
    baseline: Scorecard | None = None,
) -> Scorecard:
    """Score files or folders.

    pred, truth  paths, or URLs of a store: `s3://bucket/pred`
    settings     resolved: presets and settings files are the command line's business
    journal      the JSON output beside which finished cases are kept; "" keeps none
    baseline     a run that this one is compared with: refused here, before anything is scored
    Raises RequestError before anything is read, NothingToScore where nothing pairs.
    """
    asked = requested_metrics(settings, may_list_instances(truth))
    shard = None
    if settings.shard:
        from segeval.pairing.shards import parse_shard

        shard = parse_shard(settings.shard)
    say = watch.waits if watch is not None else ignore_progress
    inputs = (
        (pred, truth, settings)
        if not settings.scheduler
        else seen_from_anywhere(pred, truth, settings)
    )
    with choose_engine(settings, say) as ready, localize_inputs(*inputs) as place:
        card = score_pairs(place, asked, shard, ready, watch, journal, baseline)
    card = replace(card, inputs={**card.inputs, "roots": relative_roots(pred, truth, settings)})
    if shard is None:
        return card
    gates = [str(gate) for gate in settings.gates]
    return replace(card, shard={"part": shard.part, "of": shard.of, "gates": gates, **card.shard})


def seen_from_anywhere(
    pred: Path | str, truth: Path | str, settings: Settings
) -> tuple[str, str, Settings]:
    """Inputs of a run whose workers have other working folders: whole paths; URLs as they are."""

    def full(path: str) -> str:
        return path if not path or is_url(path) else os.path.abspath(path)

    files = {
        name: full(getattr(settings, name))
        for name in ("images", "flipped", "weights", "weight_maps", "pairs")
    }
    aux = tuple(full(path) for path in settings.aux)
    return full(str(pred)), full(str(truth)), replace(settings, aux=aux, **files)


def relative_roots(pred: Path | str, truth: Path | str, settings: Settings) -> dict[str, str]:
    """Where the files of a run lie, from the working folder: a report finds those of pictures by
    it.
    """
    import os

    sides = {"pairs": settings.pairs} if settings.pairs else {"pred": str(pred), "gt": str(truth)}
    return {
        name: root if is_url(root) else Path(os.path.relpath(root)).as_posix()
        for name, root in (sides | {"images": settings.images}).items()
        if root
    }


def ignore_progress(text: str) -> None:
    """Ignore progress messages."""


def score_pairs(  # noqa: PLR0913 - a request, resolved
    place: LocalInputs,
    asked: Sequence[tuple[Metric, Definition]],
    shard: Shard | None,
    ready: Engine,
    watch: ProgressListener | None,
    journal: str,
    baseline: Scorecard | None,
) -> Scorecard:
    """Pair what is there and score it, or the part of it that a shard has."""
    settings = place.settings
    with keep_inventory(Inventory()) as inventory:
        pairing = place.plain(
            add_outputs(pair_paths(place.pred, place.truth, settings), place.truth, settings)
        )
    inventory.merge(pairing.inventory)
    if settings.frames:
        from segeval.opening.frames import expand_frames

        reading = ReadOptions(channel_axis=settings.channel_axis, series=True)
        with keep_inventory(inventory):
            pairing = replace(pairing, cases=CaseStore(expand_frames(pairing.cases, reading)))
    mine = shard.cut(pairing) if shard else pairing
    if watch is not None:
        watch.paired(mine)
    with keep_inventory(inventory):
        classes = pairing.classes.chosen(settings.classes)
    classes = replace(leave_out_labels(classes, settings), truths=pairing.truths)
    count_request(inventory, settings, classes)
    job = Job(settings, classes, tuple(asked), place.stores, met=frozenset(inventory.met))
    parts = signature_fields(settings, asked, classes, unsaid_choices(asked))
    if baseline is not None:
        from segeval.gates.baseline import check_baseline_settings

        check_baseline_settings(parts, baseline, settings)
    kept = None
    if journal:
        from segeval.engines.resume import Journal

        kept = Journal(Path(journal), parts, place.stores)
    inputs = {"pairing": pairing.sentence, "extra_predictions": list(pairing.extra)}
    notes, cases = pairing.notes, store_cases(mine.cases)
    del pairing, mine  # the cases of a table or of DICOM are packed only now
    lists = [path for path in (place.pred, place.truth) if path.is_file()]
    results = run_cases(cases, job, ready, watch, kept, lists)
    if shard is None:
        results = unite_classes(results, [str(metric) for metric, _ in asked])
    inputs |= account_inputs(inventory, results, whole=shard is None)
    notes = (*notes, *warn_no_common_label(results))
    if shard is None:
        notes = (*notes, *no_class_note(index_rows(results)))
        if not any(note.code == "W-swapped-sides" for note in notes):
            notes = (*notes, *warn_ignored_in_prediction(results))
    card = build_scorecard(results, asked, parts, settings.leads)
    card = replace(card, inputs=inputs, notes=notes)
    return card if shard is None else replace(card, shard={"inventory": inventory.to_json()})


def count_request(inventory: Inventory, settings: Settings, classes: ClassList) -> None:
    """Count the parts of a request of which it is said where nothing is there for one."""
    if is_watched(settings) or classes.remarks:
        from segeval.scoring.unmet_settings import count_parts

        inventory.add_found("setting", count_parts(settings, classes.remarks), "")


def account_given(
    results: Sequence[CaseResult], job: Job
) -> tuple[dict[str, Any], tuple[Note, ...]]:
    """What is said of cases that a program gives: part of the inputs in their results, and notes
    (ACCOUNT-A1, A4, A17)."""
    inventory = Inventory()
    count_request(inventory, job.settings, job.classes)
    notes = (*warn_no_common_label(results), *no_class_note(index_rows(results)))
    return account_inputs(inventory, results), notes


def warn_no_common_label(results: Sequence[CaseResult]) -> Iterator[Note]:
    """Say that no case of a run has a label that both of its sides hold (ACCOUNT-A17)."""
    alike = [
        note
        for case in noteworthy_cases(results)
        for note in case.notes
        if note.code == "N-no-common-label"
    ]
    if alike and len(alike) == len(results):
        text = (
            f"prediction and ground truth share no label: {alike[0].text}; "
            "--remap-pred OLD=NEW gives the prediction the labels of the ground truth"
        )
        yield Note("W-no-common-label", text, alike[0].where)


def warn_ignored_in_prediction(results: Sequence[CaseResult]) -> Iterator[Note]:
    """Say that the prediction alone holds the ignored value, which ground truths have
    (ACCOUNT-A32)."""
    left = [i for i in index_rows(results).inventory.left_aside if i.reason == LEFT_OUT]
    if left and all(item.side == "pred" for item in left):
        text = (
            "the two sides look swapped: the prediction holds the ignored value "
            f"{left[0].names[0]} and no ground truth does. PRED comes first, then GT; "
            "--pred P --gt G says which is which"
        )
        yield Note("W-swapped-sides", text)


def account_inputs(
    inventory: Inventory, results: Sequence[CaseResult], whole: bool = True
) -> dict[str, Any]:
    """What a run says of everything that it found (ACCOUNT-A1, A2): part of the inputs in its
    results.

    inventory  of what was found before there were cases
    whole      all cases are there; a shard cannot say what became of the files of others
    """
    total = Inventory()
    total.merge(inventory)
    total.merge(index_rows(results).inventory)
    if whole:
        report_unmet_classes(index_rows(results), total)
        report_unmet_settings(index_rows(results), total)
        total.settle()
    return {"left_aside": total.list_left_aside(), "inventory": total.counts()}


def build_scorecard(
    results: Sequence[CaseResult],
    asked: Sequence[tuple[Metric, Definition]],
    parts: dict[str, Any],
    leads: str = "mean",
) -> Scorecard:
    """Results with their summary and signature."""
    metrics = [metric for metric, _ in asked]
    names = tuple(map(str, metrics))
    summary = summarise_results(results, metrics, pools_of(results))
    if "ci" in parts:
        from segeval.statistics.intervals import add_intervals

        summary = add_intervals(summary, results, names, parts["ci"], parts["seed"])
    return Scorecard(results, names, signature_line(parts), parts, summary, leads=leads)


def run_cases(  # noqa: PLR0913 - a run, resolved
    cases: CaseStore,
    job: Job,
    ready: Engine,
    watch: ProgressListener | None,
    journal: Journal | None,
    lists: Sequence[Path] = (),
) -> ResultStore:
    """Score every case, those that an earlier run finished excepted; in the order of the cases.

    lists  files that several cases are read from: what ends after one has changed is unscored, or
           the cases of one run would be of two versions of it
    """
    resume = job.settings.resume
    begun, places = file_states(lists), dict[str, int]()
    spool = (
        journal.start(cases, resume) if journal else ResultStore(cases.names, pools=GroupPools())
    )
    left = cases.some(lambda name: not spool.has(name)) if spool.came else cases
    for done in ready(left, job):
        if (changed := first_difference(begun, file_states(lists))) and done.status == "ok":
            places = places or {name: place for place, name in enumerate(cases.names)}
            case = cases[places[done.case]]
            done = FinishedCase.of(make_unscored_case(case, overwrite_error(changed)))
        spool.add(done.case, done.text, done.kept)
        if watch is not None:
            watch.scored(done, spool.came, len(cases))
    return spool
