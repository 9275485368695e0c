"""What notebooks and the command line call: paths or arrays in, a Scorecard out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from segeval.classes.class_list import ClassList, make_class_list, parse_classes
from segeval.engines.choice import Engine, choose_engine
from segeval.engines.class_union import report_unmet_classes, unite_classes
from segeval.grid.geometry import Geometry
from segeval.metrics.registry import Definition, metric_units, resolve_metric
from segeval.opening.enlarge import enlarge_scores
from segeval.opening.onto_grid import fit_to_grid
from segeval.opening.open_case import code_sides
from segeval.opening.open_side import OpenSide, file_class_selectors
from segeval.pairing.cases import Case, CaseStore, Pairing, store_cases
from segeval.pairing.cases import CaseFiles as Files
from segeval.pairing.outputs import add_outputs
from segeval.pairing.pair import pair_paths
from segeval.pairing.remote import LocalInputs, localize_inputs
from segeval.readers.remote_files import is_url
from segeval.request.check_settings import check_settings
from segeval.request.grammar import Metric, Quantity, parse_metric
from segeval.request.presets import apply_preset
from segeval.request.settings import Settings, map_aliases
from segeval.runtime.errors import Note, RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import Inventory, keep_inventory
from segeval.scorecard.card import CaseResult, Scorecard
from segeval.scorecard.result_store import FinishedCase, ResultStore
from segeval.scorecard.row_index import CasesInMemory, index_rows, noteworthy_cases
from segeval.scorecard.signature import signature_fields, signature_line
from segeval.scorecard.summary import summarise_results
from segeval.scoring.case import score_sides
from segeval.scoring.finish_tallies import kind_of
from segeval.scoring.pass_plan import Job, leave_out_labels
from segeval.scoring.pooling import GroupPools, pools_of
from segeval.volume.channel import Channel
from segeval.volume.read_options import ReadOptions
from segeval.volume.value_stream import read_pred_as
from segeval.volume.volume import Volume

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from segeval.engines.resume import Journal
    from segeval.pairing.shards import Shard

__all__ = ["Settings", "score", "score_paths"]


class ProgressListener(Protocol):
    """Someone who wants to know how far the work is."""

    def paired(self, pairing: Pairing) -> None:
        """The cases are known."""

    def waits(self, text: str) -> None:
        """The work waits for something."""

    def scored(self, result: FinishedCase, done: int, total: int) -> None:
        """A case is finished."""


def requested_metrics(
    settings: Settings, files_tell: bool = False
) -> tuple[tuple[Metric, Definition], ...]:
    """The metrics of a run with those that its gates need, each once. Raises RequestError.

    files_tell  the ground truth may say itself what an instance is, as a COCO panoptic file does
    """
    check_settings(settings)
    if not 0 < settings.threshold <= 1:
        raise RequestError(f"--threshold {settings.threshold:g} is not in (0, 1]")
    if settings.kind == "logits" and settings.activation == "none":
        raise RequestError("--kind logits needs an activation: softmax or sigmoid")
    if settings.ci is not None:
        from segeval.statistics.intervals import check_level

        check_level(settings.ci)
    if settings.instances:
        from segeval.opening.instances import check_instance_coding

        check_instance_coding(settings.instances)
    if settings.tolerances:
        from segeval.classes.tolerances import check_tolerance_tables

        check_tolerance_tables(settings.tolerances)
    check_charges(settings)
    asked = [*settings.metrics, *gate_metrics(settings)]
    check_meanings(asked)
    if settings.size_bins:
        from segeval.scoring.instances import size_metrics

        asked += size_metrics(settings.size_bins, asked)
    found = dict(resolve_metric(metric) for metric in asked)
    if any(definition.of.startswith("instance") for definition in found.values()):
        from segeval.scoring.instances import check_instance_request, read_size

        check_instance_request(settings.instances or "beside" * files_tell, found.items())
        if settings.min_size:
            read_size(settings.min_size)
    if not found:
        raise RequestError("no metric is asked for", help="add -m dice")
    check_tolerance_given(found, settings)
    return tuple(found.items())


def check_meanings(metrics: Iterable[Metric]) -> None:
    """A bare name that the field gives to two metrics is no request (CLI-U3)."""
    from segeval.metrics.aliases import BARE_NAMES

    for metric in metrics:
        if metric.name in BARE_NAMES and metric.at is None and not metric.options:
            raise RequestError(
                f"{metric.name} has two meanings", help=f"write {BARE_NAMES[metric.name]}"
            )


def chosen_classes(classes: str | Sequence[str] | Mapping[Any, Any]) -> ClassList:
    """The classes that Python chooses: words, or label values and names. Raises RequestError."""
    if isinstance(classes, Mapping):
        made = make_class_list({str(key): value for key, value in classes.items()}, "classes")
        return replace(made, only=True)
    return parse_classes(classes if isinstance(classes, str) else ",".join(classes))


def check_tolerance_given(metrics: Iterable[Metric], settings: Settings) -> None:
    """A bare nsd takes the tolerance of each class: some class must have one (CLI-U3)."""
    known = settings.tolerances or any(c.tolerance for c in settings.classes.described)
    bare = [metric for metric in metrics if metric.name == "nsd" and metric.at is None]
    if bare and not known:
        right = Metric("nsd", Quantity(2, "mm"), bare[0].options)
        raise RequestError(
            f"{bare[0]} needs a tolerance, and no class has one",
            help=f"write {right} for one length, --tolerance NAME for a published table, "
            'or tolerance = "2mm" in [classes.NAME] of segeval.toml',
        )


def check_charges(settings: Settings) -> None:
    """Raises RequestError for a charge of a metric that does not exist, or in a wrong unit."""
    for charge in settings.charges:
        _, definition = resolve_metric(charge.metric)
        if charge.value is not None and charge.value.unit not in metric_units(definition):
            unit = charge.value.unit
            raise RequestError(f"charge {charge}: {definition.name} is not measured in {unit}")


def gate_metrics(settings: Settings) -> list[Metric]:
    """The metrics that gates judge. Raises RequestError."""
    if not settings.gates:
        return []
    from segeval.gates.rules import resolve_gate

    return [resolve_gate(gate)[0].metric for gate in settings.gates]


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
    asked = requested_metrics(settings, str(truth).lower().endswith(".json"))
    shard = None
    if settings.shard:
        from segeval.pairing.shards import parse_shard

        shard = parse_shard(settings.shard)
    say = watch.waits if watch is not None else ignore_progress
    with choose_engine(settings, say) as ready, localize_inputs(pred, truth, settings) as place:
        card = score_pairs(place, asked, shard, ready, watch, journal, baseline)
    card = replace(card, inputs={**card.inputs, "roots": relative_roots(pred, truth)})
    if shard is None:
        return card
    gates = [str(gate) for gate in settings.gates]
    return replace(card, shard={"part": shard.part, "of": shard.of, "gates": gates, **card.shard})


def relative_roots(pred: Path | str, truth: Path | str) -> dict[str, str]:
    """Where both sides lie, from the working folder: a report finds the files of pictures by it."""
    import os

    roots = {"pred": str(pred), "gt": str(truth)}
    return {
        side: root if is_url(root) else Path(os.path.relpath(root)).as_posix()
        for side, root in roots.items()
        if root
    }


def ignore_progress(text: str) -> None:
    """Nobody listens."""


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
        pairing = replace(pairing, cases=CaseStore(expand_frames(pairing.cases, reading)))
    mine = shard.cut(pairing) if shard else pairing
    if watch is not None:
        watch.paired(mine)
    classes = pairing.classes.chosen(settings.classes)
    classes = replace(leave_out_labels(classes, settings), truths=pairing.truths)
    job = Job(settings, classes, tuple(asked), place.stores)
    parts = signature_fields(settings, asked, classes)
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
    results = run_cases(cases, job, ready, watch, kept)
    if shard is None:
        results = unite_classes(results, [str(metric) for metric, _ in asked])
    inputs |= account_inputs(inventory, results, whole=shard is None)
    notes = (*notes, *warn_no_common_label(results))
    card = build_scorecard(results, asked, parts, settings.leads)
    card = replace(card, inputs=inputs, notes=notes)
    return card if shard is None else replace(card, shard={"inventory": inventory.to_json()})


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
        total.settle()
        report_unmet_classes(index_rows(results), total)
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


def run_cases(
    cases: CaseStore,
    job: Job,
    ready: Engine,
    watch: ProgressListener | None,
    journal: Journal | None,
) -> ResultStore:
    """Score every case, those that an earlier run finished excepted; in the order of the cases."""
    resume = job.settings.resume
    spool = (
        journal.start(cases, resume) if journal else ResultStore(cases.names, pools=GroupPools())
    )
    left = cases.some(lambda name: not spool.has(name)) if spool.came else cases
    for done in ready(left, job):
        spool.add(done.case, done.text)
        if watch is not None:
            watch.scored(done, spool.came, len(cases))
    return spool


def score(  # noqa: PLR0913 - a notebook's one call
    pred: str | Path | ArrayLike,
    gt: str | Path | ArrayLike,
    metrics: str | Sequence[str] | None = None,
    *,
    spacing: Sequence[float] | None = None,
    classes: str | Sequence[str] | Mapping[Any, Any] | None = None,
    settings: Settings | None = None,
) -> Scorecard:
    """Score files, folders, or two arrays.

    pred, gt  paths as on the command line, or arrays: label maps (z, y, x) or (y, x), or for `pred`
              also scores (channels, z, y, x) or (channels, y, x)
    metrics   as on the command line: `dice`, `fbeta@2`, `dice_loss:as=nnunet`; one or several;
              without any those of the settings or of their preset
    spacing   millimetres between voxels, along the axes of the arrays; files have their own
    classes   `liver,spleen`, `5=liver,1=spleen`, a JSON file, a list of such words, or a mapping of
              label values and names, either way round
    settings  every other choice, see segeval.request.settings.Settings; checked like those of the
              command line, and with what their preset chooses
    returns   the Scorecard: `rows`, `cases`, `summary`, `signature`
    Raises RequestError for a request that makes no sense; for arrays also CaseError.

        card = segeval.score("pred/", "gt/", ["dice", "iou"])
        card = segeval.score(pred, gt, spacing=(3, 0.98, 0.98), classes="1=liver,2=spleen")
        card.summary[""]["liver"]["dice"].mean
    """
    chosen = apply_preset(settings or Settings())
    if classes is not None:
        chosen = replace(chosen, classes=chosen_classes(classes))
    chosen = map_aliases(chosen)
    if metrics is not None:
        texts = metrics.split(",") if isinstance(metrics, str) else metrics
        chosen = replace(chosen, metrics=tuple(parse_metric(text) for text in texts))
    if spacing is not None:
        chosen = replace(chosen, spacing=tuple(float(s) for s in spacing))
    if isinstance(pred, str | Path) and isinstance(gt, str | Path):
        return score_paths(pred, gt, chosen)
    if isinstance(pred, str | Path) or isinstance(gt, str | Path):
        raise RequestError("one side is a path and the other an array", help="give two of a kind")
    return score_arrays(np.asarray(pred), np.asarray(gt), chosen)


def score_arrays(pred: Any, gt: Any, settings: Settings) -> Scorecard:
    """Score two arrays as one case called `array`. Raises RequestError and CaseError."""
    asked = requested_metrics(settings)
    if outputs := [str(m) for m, d in asked if kind_of(d.tally(m)).of_files is not None]:
        raise RequestError(
            f"{outputs[0]} is of several outputs of a network, and arrays are one",
            help="write them with numpy.savez and give paths: settings=Settings(aux=(…,))",
        )
    check_arrays(pred, gt, settings.spacing, settings.channel_axis)
    grid = Geometry(gt.shape, settings.spacing)
    classes = leave_out_labels(ClassList().chosen(settings.classes), settings)
    job = Job(settings, classes, asked)
    stack = np.moveaxis(pred, settings.channel_axis or 0, 0) if pred.ndim > gt.ndim else pred[None]
    sides = (array_volume(gt[None], grid, "gt"), array_volume(stack, grid, "pred"))
    truth, guess = (OpenSide(volume, file_class_selectors(volume)) for volume in sides)
    how = read_pred_as(guess.volume, settings, classes.regions)
    guess = enlarge_scores(guess, None, truth, ReadOptions(), settings, how)
    truth, guess = code_sides(truth, guess, settings, classes)
    truth, guess = fit_to_grid(truth, grid), fit_to_grid(guess, grid)
    here = Files(Path(), {"": Path("array")})
    parts = signature_fields(settings, asked, classes)
    result = score_sides(Case("array", here, here), truth, guess, job)
    return build_scorecard(CasesInMemory([result]), asked, parts, settings.leads)


def check_arrays(pred: Any, gt: Any, spacing: tuple[float, ...] | None, axis: int | None) -> None:
    """Refuse arrays that are no picture and no volume. Raises RequestError."""
    for name, array in (("pred", pred), ("gt", gt)):
        if array.dtype.kind not in "biuf":
            raise RequestError(f"{name} holds {array.dtype} and no numbers")
        if not array.size:
            raise RequestError(f"{name} is empty: its shape is {array.shape}")
    if gt.ndim not in (2, 3):
        raise RequestError(
            f"gt has {gt.ndim} axes",
            help="give a label map (z, y, x) or (y, x); pred may have more",
        )
    if pred.ndim not in (gt.ndim, gt.ndim + 1) or (axis is not None and axis >= pred.ndim):
        raise RequestError(f"pred has {pred.ndim} axes and gt {gt.ndim}")
    if spacing is not None and len(spacing) != gt.ndim:
        raise RequestError(f"spacing has {len(spacing)} numbers and gt {gt.ndim} axes")
    if spacing is not None and not all(0 < side < float("inf") for side in spacing):
        raise RequestError(f"spacing {spacing} is not of positive millimetres")


def array_volume(stack: Any, grid: Geometry, name: str) -> Volume:
    """An array of channels as a volume."""
    own = Geometry(stack.shape[1:], grid.spacing)
    channels = tuple(Channel(_GivenArray(part), part.dtype, own.shape) for part in stack)
    return Volume(own, channels, Path(name))


class _GivenArray:
    """An array that is there already."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __call__(self) -> Any:
        return self._array
