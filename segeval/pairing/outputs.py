"""Other outputs of the same network beside the predictions: auxiliary ones, mirrored ones.

Each folder is paired with the ground truth as the predictions are; a case that lacks one of them
says so when it is scored.
"""

from __future__ import annotations

from pathlib import Path

from segeval.pairing.cases import Case, CaseFiles, Pairing
from segeval.pairing.pair import pair_paths
from segeval.request.settings import Settings
from segeval.runtime.errors import PairingError, RequestError
from segeval.runtime.frozen import replace


def add_outputs(pairing: Pairing, gt: Path, settings: Settings) -> Pairing:
    """The cases with the files of `--aux`, `--flipped` and `--weights`. Raises RequestError."""
    check_output_choices(settings)
    if not (settings.aux or settings.flipped or settings.weights):
        return pairing
    aux = [outputs_by_truth(Path(folder), gt, settings) for folder in settings.aux]
    flipped = outputs_by_truth(Path(settings.flipped), gt, settings) if settings.flipped else None
    weights = Path(settings.weights) if settings.weights else None
    cases = []
    for case in pairing.cases:
        key = truth_key(case.truth)
        extra = tuple(side for known in aux if (side := known.get(key)) is not None)
        mirrored = flipped.get(key) if flipped is not None else None
        cases.append(replace(case, aux=extra, flipped=mirrored, weights=weights))
    return replace(pairing, cases=tuple(cases))


def check_output_choices(settings: Settings) -> None:
    """Refuse choices that need one another. Raises RequestError."""
    if bool(settings.flipped) != (settings.flip != "never"):
        raise RequestError(
            "--flipped names the scores of mirrored images and --flip says how they are joined",
            help="give both: --flipped DIR --flip softmax_mean, or --flip logit_sum",
        )
    if settings.pairs and (settings.aux or settings.flipped):
        raise RequestError(
            "--pairs names the files, and --aux and --flipped are paired by name",
            help="give PRED and GT as folders instead of --pairs",
        )
    if settings.weights and not Path(settings.weights).is_file():
        raise RequestError("there is no such file of weights", where=settings.weights)


def outputs_by_truth(
    folder: Path, gt: Path, settings: Settings
) -> dict[tuple[Path, ...], CaseFiles]:
    """The files of a folder by the ground truth that they belong to. Raises RequestError."""
    found = pair_paths(folder, gt, replace(settings, strict=False))
    return {truth_key(c.truth): c.pred for c in found.cases if c.pred is not None}


def truth_key(side: CaseFiles) -> tuple[Path, ...]:
    """What one ground truth is known by."""
    return (*side.files.values(), Path(side.member))


def check_outputs_complete(case: Case, settings: Settings) -> None:
    """A case has as many other outputs as there are folders of them. Raises PairingError."""
    if len(case.aux) < len(settings.aux):
        raise PairingError(
            f"{len(case.aux)} of {len(settings.aux)} auxiliary outputs have this case",
            help="every folder of --aux needs a file of every case",
        )
    if settings.flipped and case.flipped is None:
        raise PairingError(
            "there are no scores of the mirrored image",
            help="the folder of --flipped needs a file of every case",
        )
