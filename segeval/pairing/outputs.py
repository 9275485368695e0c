"""What lies beside the predictions: auxiliary and mirrored outputs, maps of weights.

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
from segeval.runtime.inventory import UNKNOWN, Inventory, keep_inventory


def add_outputs(pairing: Pairing, gt: Path, settings: Settings) -> Pairing:
    """The cases with the files of `--aux`, `--flipped`, `--weights` and `--weight-maps`.

    Raises RequestError.
    """
    check_output_choices(settings)
    if not (settings.aux or settings.flipped or settings.weights or settings.weight_maps):
        return pairing
    aux = [outputs_by_truth(Path(folder), gt, settings) for folder in settings.aux]
    flipped = outputs_by_truth(Path(settings.flipped), gt, settings) if settings.flipped else None
    maps = weight_maps_by_truth(pairing, gt, settings) if settings.weight_maps else {}
    weights = Path(settings.weights) if settings.weights else None
    cases = []
    for case in pairing.cases:
        key = truth_key(case.truth)
        extra = tuple(side for known in aux if (side := known.get(key)) is not None)
        mirrored = flipped.get(key) if flipped is not None else None
        more = replace(case, aux=extra, flipped=mirrored, weights=weights)
        cases.append(replace(more, weight_map=maps.get(key)))
    return replace(pairing, cases=tuple(cases))


def check_output_choices(settings: Settings) -> None:
    """Refuse choices that need one another. Raises RequestError."""
    if bool(settings.flipped) != (settings.flip != "never"):
        raise RequestError(
            "--flipped names the scores of mirrored images and --flip says how they are joined",
            help="give both: --flipped DIR --flip softmax_mean, or --flip logit_sum",
        )
    if settings.pairs and (settings.aux or settings.flipped or settings.weight_maps):
        raise RequestError(
            "--pairs names the files, and --aux, --flipped and --weight-maps are paired by name",
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


def weight_maps_by_truth(
    pairing: Pairing, gt: Path, settings: Settings
) -> dict[tuple[Path, ...], CaseFiles]:
    """The maps of weights by the ground truth that they belong to; others are left aside.

    Raises RequestError.
    """
    folder = Path(settings.weight_maps)
    if not folder.exists():
        raise RequestError("there is no such folder of maps of weights", where=folder)
    with keep_inventory(Inventory()):
        found = pair_paths(folder, gt, replace(settings, strict=False))
    maps = {truth_key(c.truth): c.pred for c in found.cases if c.pred is not None}
    pairing.inventory.add_found("weight map", len(maps) + len(found.extra), "")
    pairing.inventory.add_scored("weight map", len(maps), "")
    if found.extra:
        reason = "of no ground truth"
        pairing.inventory.set_aside("weight map", reason, found.extra, UNKNOWN, "", "")
    return maps


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
    if settings.weight_maps and case.weight_map is None:
        raise PairingError(
            "there is no map of weights",
            help="the folder of --weight-maps needs a file of every case",
        )
