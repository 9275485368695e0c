"""A map of errors for each case, on the ground truth's grid (REPORT-T25).

    1  hit: both sides have the class
    2  false: only the prediction has it
    3  missed: only the ground truth has it
    0  neither has any class

Over all classes a voxel that is missed by one and false in another is 3: the ground truth decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from segeval.exporting.decode import save_label_map
from segeval.pairing.cases import Case
from segeval.pairing.file_names import format_suffix
from segeval.reports.pictures.case_masks import CaseMasks, pair_again, read_masks
from segeval.request.settings import Settings
from segeval.runtime.arrays import Labels
from segeval.runtime.errors import SegevalError
from segeval.runtime.inventory import Inventory, keep_inventory
from segeval.tallies.surface import MaskCrop

HIT, FALSE, MISSED = 1, 2, 3
ENDINGS = (".nii.gz", ".nii", ".nrrd", ".png")


def write_error_maps(
    pred: Path, truth: Path, folder: Path, settings: Settings
) -> Iterator[Path | tuple[str, str]]:
    """Write the maps of all cases; gives their paths, or the case and why it has none.

    Raises RequestError and NothingToScore where the roots cannot be paired.
    """
    with keep_inventory(Inventory()):
        cases, classes = pair_again(pred, truth, settings)
        for case in cases:
            try:
                masks = read_masks(case, settings, classes)
                yield from write_case_maps(case, masks, folder, settings.error_maps_by == "class")
            except SegevalError as problem:
                yield case.id, problem.message


def write_case_maps(case: Case, masks: CaseMasks, folder: Path, by_class: bool) -> Iterator[Path]:
    """Write the map of a case, or one of each of its classes in a folder of the case."""
    grid = masks.read.start.grid
    ending = map_ending(case, len(grid.shape))
    name = folder.joinpath(*safe_parts(case.id))
    made = np.zeros(grid.shape, np.uint8)
    for place, target in enumerate(masks.surfaces.targets):
        if by_class:
            made = np.zeros(grid.shape, np.uint8)
        box, crop = masks.surfaces.box(place), masks.surfaces.crop(place)
        if box is not None and crop is not None:
            add_errors(made[tuple(slice(a, b) for a, b in box)], crop)
        if by_class:
            path = name / f"{safe_parts(target.name.replace('/', '_'))[0]}{ending}"
            yield save_label_map(path, ending, made.reshape(-1), grid)
    if not by_class:
        path = name.with_name(name.name + ending)
        yield save_label_map(path, ending, made.reshape(-1), grid)


def add_errors(made: Labels, crop: MaskCrop) -> None:
    """Add the errors of a class to a map; what is worse stays."""
    for code, area in (
        (HIT, crop.truth & crop.pred),
        (FALSE, crop.pred & ~crop.truth),
        (MISSED, crop.truth & ~crop.pred),
    ):
        made[area] = np.maximum(made[area], code)


def map_ending(case: Case, axes: int) -> str:
    """The format of the maps: the ground truth's where it can be written."""
    first = next(iter(case.truth.files.values()), None)
    ending = "" if first is None else format_suffix(first.name.lower())
    if ending in ENDINGS and (axes == 2) == (ending == ".png"):
        return ending
    return ".png" if axes == 2 else ".nii.gz"


def safe_parts(name: str) -> tuple[str, ...]:
    """The name of a case as the parts of a path that stays below its folder."""
    parts = PurePosixPath(name).parts
    return tuple(part if part.strip("./\\") else "_" for part in parts if part != "/") or ("_",)
