"""`segeval.Evaluator`: cases of a training loop, as they come; a Scorecard at the end (CLI-Y2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.api.arrays import IN_MEMORY, array_job, score_given
from segeval.api.choices import combine_settings
from segeval.api.given import host_array
from segeval.api.given_cases import GivenCases
from segeval.api.run import account_given, build_scorecard
from segeval.api.told_errors import tell_in_python
from segeval.api.words import (
    Activation,
    Classes,
    Connectivity,
    GeometrySide,
    Kind,
    LabelValues,
    Leads,
    Missing,
    Resample,
    ResampleLoss,
    TruthKind,
    Undefined,
    Upsample,
)
from segeval.engines.class_union import unite_classes
from segeval.pairing.cases import Case
from segeval.request.grammar import Charge, Metric
from segeval.request.settings import Settings
from segeval.runtime.errors import NothingToScore, ReadError, RequestError
from segeval.runtime.frozen import replace
from segeval.scorecard.card import CaseResult, Scorecard
from segeval.scorecard.signature import signature_differences, signature_fields
from segeval.scoring.case import account_case
from segeval.scoring.finish_tallies import unsaid_choices
from segeval.scoring.pass_plan import Job

if TYPE_CHECKING:
    from segeval.api.score import Side


class Evaluator:
    """Scores the cases of a loop one by one, and has in epoch 10 the number that the command
    prints from the saved files: the same rows, summary and signature.

        evaluator = segeval.Evaluator(["dice", "hd95"], classes={1: "liver"})
        for image, gt, name in loader:
            evaluator.update(model(image).argmax(1), gt, name)
        card = evaluator.compute()
        evaluator.reset()

    A case that cannot be scored is not scored, with the reason, and the loop goes on. Finished
    cases are lines of text, on disk once they are many. An Evaluator can be pickled, and joins
    others (`merge`): those of the processes of a distributed loop.
    """

    @tell_in_python
    def __init__(  # noqa: PLR0913 - every choice by its name (CLI-Y2)
        self,
        metrics: str | Metric | Sequence[str | Metric] | None = None,
        *,
        spacing: Sequence[float] | None = None,
        classes: Classes | None = None,
        settings: Settings | None = None,
        aliases: str | Sequence[str] | None = None,
        kind: Kind | None = None,
        gt_kind: TruthKind | None = None,
        activation: Activation | None = None,
        threshold: float | None = None,
        channel_axis: int | None = None,
        ignore_label: int | Sequence[int] | None = None,
        remap_pred: LabelValues | None = None,
        remap_gt: LabelValues | None = None,
        resample: Resample | str | Path | None = None,
        resample_loss: ResampleLoss | None = None,
        geometry: GeometrySide | None = None,
        instances: str | None = None,
        connectivity: Connectivity | None = None,
        min_size: str | None = None,
        size_bins: str | None = None,
        upsample: Upsample | None = None,
        missing: Missing | None = None,
        undefined: Undefined | None = None,
        preset: str | None = None,
        background: bool | None = None,
        tolerances: str | Sequence[str] | None = None,
        charges: str | Sequence[str | Charge] | None = None,
        leads: Leads | None = None,
        ci: float | None = None,
        seed: int | None = None,
        max_memory: int | None = None,
    ) -> None:
        """Make one without cases.

        metrics   as for `segeval.score`
        spacing   millimetres along the axes of all arrays; part of the signature, like `--spacing`
        classes   as for `segeval.score`
        settings  choices that are in one value; a choice by its name wins over it
        Every other name is that of an option of the command line; those of files are not here.
        Raises RequestError, so before the first epoch.
        """
        choices = {k: v for k, v in locals().items() if k not in ("self", "settings")}
        self._start(combine_settings(settings, choices))

    def _start(self, settings: Settings) -> None:
        self._job = array_job(settings)
        self._fields = signature_fields(
            settings, self._job.metrics, self._job.classes, unsaid_choices(self._job.metrics)
        )
        self._cases = GivenCases()

    @tell_in_python
    def add(  # noqa: PLR0913 - what a case is
        self,
        pred: Side | None,
        gt: Side,
        case: object,
        *,
        spacing: Sequence[float] | None = None,
        group: str = "",
        patient: str = "",
    ) -> CaseResult:
        """Score one case, and keep it.

        pred     array or image as for `segeval.score`: a label map, or scores with their channels
                 first; None where there is no prediction
        gt       label map (z, y, x) or (y, x)
        case     its name: that of its file, for the same rows as the command gives
        spacing  millimetres along the axes of this case, where its arrays do not say
        group    for summaries of groups
        patient  whose case it is: intervals draw patients
        returns  its rows; with a status and an error where it was not scored
        Raises RequestError for a case without a name, and for nothing else.
        """
        name = _case_name(case)
        here = None if pred is None else IN_MEMORY
        one = Case(name, here, IN_MEMORY, str(group), str(patient))
        result = account_case(one, lambda: _score_one(one, pred, gt, spacing, self._job))
        self._cases.keep(result)
        return result

    @tell_in_python
    def update(
        self,
        preds: Side | Iterable[Side],
        gts: Side | Iterable[Side],
        cases: Iterable[object],
        *,
        spacings: Iterable[Sequence[float]] | None = None,
    ) -> None:
        """Score every case of a batch.

        preds     (n, channels, …) scores or (n, …) label maps; or n of either in a list
        gts       (n, …) label maps, or (n, 1, …) with an axis of one channel; or n in a list
        cases     n names
        spacings  millimetres along the axes of each, where the arrays do not say
        Raises RequestError where there are not as many of each.
        """
        names = [cases] if isinstance(cases, str) else list(cases)
        one, two = _each(preds, "preds"), _each(gts, "gts")
        sides = [None] * len(names) if spacings is None else list(spacings)
        counts = {"preds": len(one), "gts": len(two), "cases": len(names), "spacings": len(sides)}
        if len(set(counts.values())) > 1:
            facts = tuple(f"{count} {what}" for what, count in counts.items())
            raise RequestError("a batch has as many of each", facts=facts)
        for pred, gt, name, spacing in zip(one, two, names, sides, strict=True):
            self.add(*_without_channel(pred, gt), name, spacing=spacing)

    def __len__(self) -> int:
        return len(self._cases)

    @tell_in_python
    def card(self) -> Scorecard:
        """What all cases so far come to; the Evaluator stays as it is.

        Raises NothingToScore where there is no case.
        """
        if not len(self):
            raise NothingToScore("no case was added", help="evaluator.add(pred, gt, case=NAME)")
        asked = self._job.metrics
        results = unite_classes(self._cases.in_order(), [str(metric) for metric, _ in asked])
        many = f"{len(self)} {'case' if len(self) == 1 else 'cases'} given by a program"
        inputs = {"pairing": many, "extra_predictions": []}
        more, notes = account_given(results, self._job)
        inputs |= more
        card = build_scorecard(results, asked, self._fields, self._job.settings.leads)
        return replace(card, inputs=inputs, notes=(*self._cases.notes(), *notes))

    @tell_in_python
    def compute(self) -> Scorecard:
        """`card`, by the name that loops of torchmetrics and Lightning call."""
        return self.card()

    def reset(self) -> None:
        """Forget all cases: before an epoch."""
        self._cases = GivenCases()

    @tell_in_python
    def merge(self, *others: Evaluator) -> None:
        """Take the cases of others: of the processes of a distributed loop.

        others  Evaluators of the same request; a case that several have is one
        Raises RequestError where the request is another.
        """
        for other in others:
            if not isinstance(other, Evaluator):
                raise RequestError(f"{type(other).__name__} is no Evaluator")
            if facts := tuple(signature_differences(self._fields, other._fields)):
                raise RequestError("the other Evaluator has another request", facts=facts)
        for other in others:
            self._cases.join(other._cases)

    def __getstate__(self) -> tuple[Settings, GivenCases]:
        return self._job.settings, self._cases

    def __setstate__(self, state: tuple[Settings, GivenCases]) -> None:
        self._start(state[0])
        self._cases = state[1]

    def __repr__(self) -> str:
        metrics = ", ".join(str(metric) for metric, _ in self._job.metrics)
        return f"<Evaluator of {metrics}: {len(self)} cases>"


def _score_one(
    case: Case, pred: Any, gt: Any, spacing: Sequence[float] | None, job: Job
) -> CaseResult:
    """The result of a case; what makes no array is a fault of the case. Raises CaseError."""
    try:
        if spacing is not None:
            case = replace(case, spacing=tuple([float(side) for side in spacing]))
    except (TypeError, ValueError) as problem:
        raise ReadError(f"spacing {spacing!r} is not of millimetres") from problem
    try:
        return score_given(case, pred, gt, job)
    except RequestError as problem:
        facts, help = problem.facts, problem.help
        raise ReadError(problem.message, where=problem.where, facts=facts, help=help) from problem


def _case_name(case: object) -> str:
    """The name of a case as text. Raises RequestError."""
    if hasattr(case, "detach") and hasattr(case, "item"):
        case = case.item()  # an index that a loader made a tensor of
    if case is None or not str(case).strip():
        raise RequestError("a case needs a name", help="case=NAME, as its file is called")
    return str(case)


def _each(batch: Any, name: str) -> list[Any]:
    """The cases of a batch. Raises RequestError."""
    if isinstance(batch, list | tuple):
        return list(batch)
    if hasattr(batch, "affine") and hasattr(batch, "meta"):  # a batch of MONAI, with its meta data
        return list(batch)
    array = host_array(batch, name)
    if not array.ndim:
        raise RequestError(f"{name} is no batch: it has no axes")
    return list(array)


def _without_channel(pred: Any, gt: Any) -> tuple[Any, Any]:
    """Both sides without the axis of the one channel that label maps of loaders have."""
    shapes = [tuple(getattr(side, "shape", ())) for side in (pred, gt)]
    images = any(hasattr(side, "affine") for side in (pred, gt))
    more = len(shapes[0]) - len(shapes[1])
    if images or len(shapes[1]) < 3 or shapes[1][0] != 1 or more not in (0, -1):
        return pred, gt
    return (pred[0] if more == 0 and shapes[0][0] == 1 else pred), gt[0]
