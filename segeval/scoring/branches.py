"""The sums of every output of a network: the prediction, then its auxiliary ones, by `--aux`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.kernels.resample import resample_nearest
from segeval.metrics.registry import resolve_metric
from segeval.opening.open_case import open_case
from segeval.opening.open_side import OpenSide, open_side
from segeval.pairing.cases import Case
from segeval.pairing.cases import CaseFiles as Files
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import GeometryError, ReadError
from segeval.runtime.frozen import replace
from segeval.scoring.pass_plan import Job, TallyRequest, plan_pass
from segeval.scoring.slab_pass import one_pass
from segeval.tallies.branches import Branches
from segeval.tallies.loss_terms import CrossEntropyTerm
from segeval.tallies.sums import Sums, SumsTally
from segeval.volume.align import read_whole_channel
from segeval.volume.channel import Channel
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

DROPPED = 65535  # label of what is left out of a reduced ground truth


def has_full_size(job: Job, request: TallyRequest) -> bool:
    """Whether an output gets the size of the labels: else labels are reduced to that of outputs."""
    return "full" in request.pieces or job.settings.upsample != "never"


def sum_branches(case: Case, job: Job, request: TallyRequest) -> Branches:
    """What the outputs of a case cost. Raises CaseError."""
    squares = None if case.weights is None else sum_weight_squares(case.weights)
    if case.pred is None:
        return Branches(squares=squares, reason="no_probabilities")
    found: dict[str, tuple[Sums, ...]] = {}
    for size in map(str, request.pieces):
        files = (case.pred, *case.aux)
        sums = [
            full_size_sums(case, f, job) if size == "full" else own_size_sums(case, f, size, job)
            for f in files
        ]
        if reasons := [one for one in sums if isinstance(one, str)]:
            return Branches(squares=squares, reason=reasons[0])
        found[size] = check_same_channels([one for one in sums if not isinstance(one, str)])
    return Branches(found, squares)


def check_same_channels(outputs: Sequence[Sums]) -> tuple[Sums, ...]:
    """Outputs of the same channels. Raises ReadError where they differ."""
    if len({len(s.classes) for s in outputs}) > 1:
        raise ReadError(
            "the outputs have different numbers of channels",
            facts=tuple(f"output {i}: {len(s.classes)} channels" for i, s in enumerate(outputs)),
            help="PRED and --aux are outputs of one network, with the same classes",
        )
    return tuple(outputs)


def full_size_sums(case: Case, files: Files, job: Job) -> Sums | str:
    """The sums of an output at the size of the labels. Raises CaseError."""
    own = files is case.pred
    one = case if own else replace(case, pred=files, flipped=None)
    settings = job.settings if own else replace(job.settings, flip="never")
    truth, pred = open_case(one, settings, job.classes)
    return output_sums(truth, pred, replace(job, settings=settings))


def own_size_sums(case: Case, files: Files, size: str, job: Job) -> Sums | str:
    """The sums of an output at its own size, to which labels are reduced. Raises CaseError.

    size  the rule by which labels are reduced; dropped: asymmetric, and labels beyond the last
          class are left out
    """
    settings = job.settings
    reading = ReadOptions(
        settings.spacing or case.spacing, classes=len(job.classes.classes) or None
    )
    truth = open_side(case.truth, reading).volume
    shape = truth.geometry.shape
    reading = replace(reading, channel_axis=settings.channel_axis, grid=shape, low=True)
    pred = open_side(files, reading)
    scores = pred.scores or pred.volume
    if len(truth.channels) != 1 or truth.segments:
        return "independent_channels"
    if len(scores.geometry.shape) != len(shape):
        raise GeometryError(
            "the scores have another number of axes than the ground truth",
            where=scores.path,
            facts=(f"pred {scores.geometry}", f"gt {truth.geometry}"),
        )
    grid = Geometry(scores.geometry.shape)
    rule, beyond = size, None
    if size == "dropped":
        rule, beyond = "asymmetric", len(scores.channels)
    reduced = _ReducedLabels(truth, grid.shape, rule, beyond, job.classes.ignore)
    labels = Volume(grid, (Channel(reduced, np.dtype(np.uint16), grid.shape),), truth.path)
    scores = replace(scores, geometry=grid)
    plain = replace(job, classes=replace(job.classes, ignore=DROPPED))
    return output_sums(OpenSide(labels), OpenSide(scores), job_without_flip(plain, settings))


def job_without_flip(job: Job, settings: Settings) -> Job:
    """The same without what is done to an output before its cost."""
    return replace(job, settings=replace(settings, flip="never", gt_kind="labels"))


def output_sums(truth: OpenSide, pred: OpenSide, job: Job) -> Sums | str:
    """The sums of scores that exclude each other, or why there are none. Raises CaseError."""
    cross_entropy = resolve_metric(parse_metric("ce"))
    job = replace(job, metrics=(cross_entropy,))
    plan, _ = plan_pass(truth, pred, job, [cross_entropy[1]])
    scores = pred.scores or pred.volume
    if plan.onehot:
        return "independent_channels"
    tally = SumsTally(len(scores.channels), True, [CrossEntropyTerm("")])
    passed = one_pass(truth, pred, plan, [tally])
    if passed.scores is None:
        return "no_probabilities"
    return tally.finish([str(channel) for channel in range(len(scores.channels))])


class _ReducedLabels:
    """A label map at the size of the scores, made when it is read.

    beyond  the first label that is dropped; None: none is
    """

    def __init__(
        self,
        truth: Volume,
        shape: tuple[int, ...],
        rule: str,
        beyond: int | None,
        ignored: int | None,
    ) -> None:
        self._truth, self._shape, self._rule = truth, shape, rule
        self._beyond, self._ignored = beyond, ignored

    def __call__(self) -> Raw:
        labels = read_whole_channel(self._truth.channels[0], self._truth.geometry)
        labels = resample_nearest(labels, self._shape, self._rule)
        dropped = labels < 0
        if self._beyond is not None:
            dropped |= labels >= self._beyond
        if self._ignored is not None:
            dropped |= labels == self._ignored
        reduced = labels.astype(np.uint16)
        reduced[dropped] = DROPPED
        return reduced


def sum_weight_squares(path: Path) -> float:
    """The sum of the squares of all kernels in a file of weights. Raises ReadError."""
    try:
        state = path.stat()
    except OSError as problem:
        raise ReadError(f"cannot be read ({problem.strerror})", where=path) from problem
    return _sum_squares(path.absolute(), state.st_mtime_ns, state.st_size)


@lru_cache(8)
def _sum_squares(path: Path, _changed: int, _size: int) -> float:
    """The sum of a file as it is: every case has the same weights."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = [file[name] for name in file.files]
            numbers = all(a.dtype.kind in "fiu" for a in arrays)
    except (OSError, ValueError, TypeError, AttributeError) as problem:
        raise ReadError(
            f"not a readable file of weights ({problem})",
            where=path,
            help="numpy.savez of plain arrays; pickled objects are never loaded",
        ) from problem
    if not numbers:
        raise ReadError("the file of weights holds arrays that are no numbers", where=path)
    return float(sum(np.square(a, dtype=np.float64).sum() for a in arrays if a.ndim > 1))
