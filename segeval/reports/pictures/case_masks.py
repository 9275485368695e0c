"""The masks of a case, read again from its files the way that scoring reads them.

Each plane is read once, whatever the number of classes; what is kept are runs and, one class at a
time, the box around both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path

from segeval.classes.class_list import ClassList
from segeval.metrics.registry import resolve_metric
from segeval.opening.frames import expand_frames
from segeval.opening.open_case import open_case
from segeval.pairing.cases import Case
from segeval.pairing.outputs import add_outputs
from segeval.pairing.pair import pair_paths
from segeval.reports.pictures.orientation import anatomical_order
from segeval.reports.pictures.planes import STORED, ClassView, view_class
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.arrays import Mask
from segeval.runtime.errors import CaseError
from segeval.runtime.frozen import frozen
from segeval.scoring.case import check_prediction
from segeval.scoring.case_stages import CaseRead, CaseStart
from segeval.scoring.instances import begin_instances, finish_instances
from segeval.scoring.no_room import NoRoom
from segeval.scoring.pass_plan import Job, TallyRequest, leave_out_labels, plan_pass
from segeval.scoring.read_case import read_case
from segeval.scoring.slab_pass import Tally
from segeval.tallies.case_instances import CaseInstances
from segeval.tallies.surface import Surfaces, SurfaceTally
from segeval.volume.read_options import ReadOptions

MOST = 96 << 20  # voxels of the box around a class


@frozen
class CaseMasks:
    """A case that was read again.

    read      both sides on one grid, their pass done
    surfaces  where the masks of each class come from
    instances  of the classes; None where they were not asked for
    """

    read: CaseRead
    surfaces: Surfaces
    instances: CaseInstances | None = None

    def view(self, name: str) -> ClassView:
        """A class of it. Raises CaseError where it has no voxel or too many."""
        box, truth, pred = self.crop_class(name)
        grid = self.read.start.grid
        corner = tuple(a for a, _ in box)
        order = anatomical_order(grid) if len(grid.shape) == 3 else STORED
        return view_class(truth, pred, corner, grid.shape, grid.spacing, grid.unit, order)

    def crop_class(self, name: str) -> tuple[Sequence[tuple[int, int]], Mask, Mask]:
        """The box around both sides of a class, and the two masks in it. Raises CaseError."""
        names = [target.name for target in self.surfaces.targets]
        if name not in names:
            raise CaseError("the files no longer have the class")
        place = names.index(name)
        box = self.surfaces.box(place)
        if box is None:
            raise CaseError("neither side has a voxel of it")
        if prod(b - a for a, b in box) > MOST:
            raise CaseError("the structure is too large for a picture")
        crop = self.surfaces.crop(place)
        if crop is None or not (crop.truth.any() or crop.pred.any()):
            raise CaseError("all of it is ignored")
        return box, crop.truth, crop.pred


def pair_again(pred: Path, truth: Path, settings: Settings) -> tuple[Sequence[Case], ClassList]:
    """The cases of a run and its classes, found as scoring found them.

    pred, truth  the roots, on this machine
    Raises RequestError and NothingToScore where they cannot be paired.
    """
    pairing = add_outputs(pair_paths(pred, truth, settings), truth, settings)
    cases: Sequence[Case] = pairing.cases
    if settings.frames:
        reading = ReadOptions(channel_axis=settings.channel_axis, series=True)
        cases = expand_frames(cases, reading)
    return cases, leave_out_labels(pairing.classes.chosen(settings.classes), settings)


def read_masks(
    case: Case, settings: Settings, classes: ClassList, instances: bool = False
) -> CaseMasks:
    """Read a case again, its instances too where they are asked for. Raises CaseError."""
    job = Job(settings, classes, (resolve_metric(parse_metric("dice")),))
    check_prediction(case, settings)
    truth, pred = open_case(case, settings, classes)
    plan, named = plan_pass(truth, pred, job, ())
    tally = SurfaceTally(truth.volume.geometry.shape)
    start, request = CaseStart(case, truth, pred, plan, job), TallyRequest("instances", ())
    own = begin_instances(start, request) if instances else None
    tallies: dict[str, Tally] = {"surface": tally} | ({"instances": own} if own else {})
    read, _ = read_case(start, named, tallies)
    found = read.classes
    surfaces = tally.finish(found.targets, read.start.grid.spacing, (), found.ignored)
    made = finish_instances(own, read, request) if instances else None
    return CaseMasks(read, surfaces, None if isinstance(made, NoRoom) else made)


def views_of(masks: CaseMasks, names: Sequence[str]) -> Iterator[tuple[str, ClassView | CaseError]]:
    """The classes that are asked for, each made when its turn comes; or why there is none."""
    for name in names:
        try:
            yield name, masks.view(name)
        except CaseError as problem:
            yield name, problem
