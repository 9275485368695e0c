"""The instances of a case: how their tally begins and ends, and what to say of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.kernels.run_overlaps import are_disjoint
from segeval.metrics.registry import Definition
from segeval.opening.open_side import OpenSide
from segeval.request.grammar import Metric, Quantity
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.errors import CaseError, GeometryError, Note, ReadError, RequestError
from segeval.runtime.frozen import replace
from segeval.scoring.case_stages import CaseRead, CaseStart
from segeval.scoring.listed_instances import list_side, lists_instances, void_of_listed
from segeval.scoring.no_room import NoRoom
from segeval.scoring.pass_plan import TallyRequest
from segeval.scoring.surfaces import check_length_unit
from segeval.tallies.case_instances import CaseInstances
from segeval.tallies.instance_sides import (
    CROWD,
    NOTHING,
    STUFF,
    THING,
    VOID,
    InstanceGrid,
    InstanceIds,
    Words,
)
from segeval.tallies.instance_tally import InstanceTally
from segeval.volume.id_coding import IdCoding

SIZES = {"mm3": 1e-3, "ml": 1.0, "px": 0.0}  # ml; px are voxels
OUTPUT = "instances:"  # the beginning of an output that lists them
CENTRE = "centre"
PARTS = ("many", "merge")  # rules under which a reference has several predictions
LESIONS = "lesion_"  # metrics that take components where nothing is told


def check_instance_request(instances: str, metrics: Iterable[tuple[Metric, Definition]]) -> None:
    """Whether it is told what an instance is, where a metric needs it. Raises RequestError."""
    for metric, definition in metrics:
        if metric.option("hit") == CENTRE and (metric.at is None or metric.at.unit == "%"):
            raise RequestError(
                f"{metric}: how far centres may be apart is a length",
                help=f"write {metric.name}@5mm, or @5px on a grid without spacing",
            )
        if definition.of.startswith("instance") and not (
            instances or metric.name.startswith(LESIONS)
        ):
            raise RequestError(
                f"{metric} is of instances, and label maps do not say what one is",
                help="--instances ids: every value is an instance; --instances components: "
                "connected components of each class; --instances 1000: id = class * 1000 + i; "
                "--instances beside: a JSON file beside each map",
            )


def read_size(text: str) -> tuple[float, str]:
    """A size and its unit, `50mm3`, `0.05ml`, `10px`. Raises RequestError."""
    for unit in SIZES:
        if text.endswith(unit):
            try:
                number = float(text.removesuffix(unit))
            except ValueError:
                break
            if 0 <= number < math.inf:
                return number, unit
    raise RequestError(f"--min-size {text} is no size", help="write 50mm3, 0.05ml or 10px")


def least_voxels(text: str, start: CaseStart) -> int:
    """The fewest voxels of a component that is kept. Raises GeometryError."""
    if not text:
        return 0
    number, unit = read_size(text)
    if unit == "px":
        return math.ceil(number)
    size, of = start.grid.voxel
    if of != "ml":
        raise GeometryError(
            f"--min-size {text} is a volume, and a voxel of this grid has none",
            facts=(f"gt {start.grid}",),
            help="write it in voxels, as 10px; --spacing gives files without one millimetres",
        )
    return math.ceil(number * SIZES[unit] / size * (1 - 1e-12))


def begin_instances(start: CaseStart, request: TallyRequest) -> InstanceTally | None:
    """The tally of instances; None where both files list them. Raises GeometryError.

    A length that the grid has not is an error.
    """
    for metric, _ in request.metrics:
        if metric.at is not None:
            if (
                metric.at.unit == "px"
                and metric.name.startswith(LESIONS)
                and "nsd" not in str(metric)
            ):
                continue  # voxels that are shared
            check_length_unit(str(metric), metric.at.unit, start.truth)
    least_voxels(start.job.settings.min_size, start)
    word = start.job.settings.instances
    listed = [lists_instances(side, word) for side in (start.truth, start.pred)]
    if all(listed):
        return None
    if (
        start.truth.volume.coding is None and not listed[0]
    ):  # a file that might say what an instance is does not
        try:
            check_instance_request(word, request.metrics)
        except RequestError as problem:
            raise ReadError(problem.message, help=problem.help) from problem
    return InstanceTally(start.grid.shape, start.job.room)


def finish_instances(
    tally: InstanceTally | None, read: CaseRead, request: TallyRequest
) -> CaseInstances | NoRoom:
    """The instances of the classes, where there is room for their runs. Raises CaseError."""
    start, settings = read.start, read.start.job.settings
    grid = InstanceGrid(
        start.grid.shape,
        start.grid.spacing,
        start.grid.voxel,
        "" if settings.connectivity == "auto" else settings.connectivity,
        least_voxels(settings.min_size, start),
    )
    sides = (start.truth, start.pred)
    listed = list_side(read, 0), list_side(read, 1)
    tally = tally or InstanceTally(grid.shape)
    if needed := tally.missing_bytes:
        tally = InstanceTally(grid.shape)
    divided = any(side.volume.coding and side.volume.coding.divisor for side in sides)
    seen = tally.seen_ids() if divided else (NOTHING, NOTHING)
    ids = [find_id_coding(side, which, seen) for which, side in enumerate(sides)]
    ignored = read.classes.ignored
    found = tally.finish(read.classes.targets, grid, (ids[0], ids[1]), ignored, listed)
    if needed:
        return NoRoom(needed, tuple(target.name for target in read.classes.targets), found)
    if listed[1] is not None:
        check_parts_add_up(found, request)
    found = replace(found, room=start.job.room)
    if listed[0] is None:
        return found
    void = void_of_listed(start.truth, start.job.classes.ignore)
    return replace(found, void=(void, found.void[1]))


def check_parts_add_up(found: CaseInstances, request: TallyRequest) -> None:
    """Parts of a reference are added up, and masks that overlap do not. Raises CaseError."""
    asked = [metric for metric, _ in request.metrics if metric.option("match") in PARTS]
    for place in range(len(found.targets) if asked else 0):
        if not are_disjoint(found.side(place, 1).runs):
            raise CaseError(
                f"{asked[0]} adds up parts of a reference, and masks of {found.classes[place]} "
                "overlap in the prediction",
                help="match=greedy and match=optimal give each reference one prediction; "
                "--instances components joins what overlaps",
                status="overlap",
            )


def find_id_coding(
    side: OpenSide, which: int, found: tuple[Counted, Counted]
) -> InstanceIds | None:
    """What the ids of a side stand for; None where its values are classes.

    found  the ids of each side
    """
    coding = side.volume.coding
    if coding is None:
        return None
    void = coding.ignored is not None or VOID in coding.kinds.values()
    kinds = Kinds(coding, which, classes_with_instances(coding, found))
    return InstanceIds(coding.classes_of, kinds, void)


def classes_with_instances(coding: IdCoding, found: tuple[Counted, Counted]) -> frozenset[int]:
    """The classes of which either side has an instance, where a divisor tells them."""
    if not coding.divisor:
        return frozenset()
    both = np.concatenate(found)
    return frozenset((both[both >= coding.divisor] // coding.divisor).tolist())


class Kinds:
    """What ids are of their classes.

    With a divisor N an id below it is its class without instances: a crowd of the reference where
    the class has instances, else its one segment.
    """

    def __init__(self, coding: IdCoding, which: int, things: frozenset[int]) -> None:
        self._coding, self._which, self._things = coding, which, things

    def __call__(self, ids: Counted) -> Words:
        """The kind of each of some ids."""
        coding = self._coding
        values = coding.classes_of(ids)
        found = np.where(values != 0, THING, "").astype("<U6")
        if coding.divisor:
            region = (ids > 0) & (ids < coding.divisor)
            apart = np.isin(values, sorted(self._things))
            found[region & ~apart] = STUFF
            if not self._which:
                found[region & apart] = CROWD
        if coding.ignored is not None:
            found[values == coding.ignored] = VOID
        for place, one in enumerate(ids.tolist() if coding.kinds else ()):
            found[place] = coding.kinds.get(one, found[place])
        return found


def instance_notes(found: CaseInstances) -> list[Note]:
    """What was dropped for its size."""
    if not found.grid.least:
        return []
    for place in range(len(found.targets)):
        found.tables(place)
    dropped = [
        f"{count} of the {side}"
        for which, side in enumerate(("ground truth", "prediction"))
        if (count := sum(own.dropped for own in found.sides_of(which)))
    ]
    if not dropped:
        return []
    return [Note("N-min-size", f"components below --min-size left out: {', '.join(dropped)}")]


def instance_facts(
    found: CaseInstances, read: CaseRead, request: TallyRequest
) -> dict[str, list[dict[str, Any]]]:
    """Every instance of both sides, where an output asks for them."""
    settings = read.start.job.settings
    if not any(output.startswith(OUTPUT) for output in settings.output):
        return {}
    from segeval.metrics.instance_rows import list_instances

    metric = next((m for m, _ in request.metrics), None)
    scores = listed_scores(read)
    at, first = None, scores if request.name == "detections" else None
    if metric is not None and not metric.name.startswith(LESIONS):
        at = metric.at or Quantity(50, "%")
    rows = [
        row.to_json(lambda centre: place_centre(centre, read.start.grid))
        for place in range(len(found.targets))
        for row in list_instances(found, place, at, hd95=True, scores=first)
    ]
    if scores is not None:
        for row in rows:
            if row["side"] == "pred" and math.isfinite(own := float(scores[row["id"] - 1])):
                row["score"] = own
    return {"instances": rows}


def listed_scores(read: CaseRead) -> Floats | None:
    """The scores of a prediction that lists its instances; None where it has none."""
    volume = read.start.pred.volume
    if not lists_instances(read.start.pred, read.start.job.settings.instances):
        return None
    scores = None if volume.instances is None else volume.instances().scores
    return scores if scores is not None and np.isfinite(scores).any() else None


def detection_facts(read: CaseRead, request: TallyRequest) -> dict[str, list[dict[str, Any]]]:
    """Every instance of a case of which scored metrics alone are asked, where an output asks."""
    job = read.start.job
    if not any(output.startswith(OUTPUT) for output in job.settings.output):
        return {}
    others = any(definition.of.startswith("instance") for _, definition in job.metrics)
    both = (lists_instances(s, job.settings.instances) for s in (read.start.truth, read.start.pred))
    if others or not all(both):
        return {}
    found = finish_instances(None, read, request)
    return {} if isinstance(found, NoRoom) else instance_facts(found, read, request)


def place_centre(centre: tuple[float, ...], grid: Geometry) -> dict[str, Any]:
    """A centre along the axes of an array as x, y, z: LPS mm where the grid knows its place."""
    if grid.placed and len(grid.shape) == 3:
        index = np.array([*np.divide(centre, grid.spacing or 1.0), 1.0])
        found = (grid.affine() @ index)[:3].tolist()
        return dict(zip("xyz", found, strict=True)) | {"centre_unit": "mm LPS"}
    named = dict(zip("xyz", [*reversed(centre), None][:3], strict=False))
    return {"x": None, "y": None, "z": None} | named | {"centre_unit": grid.unit}


def size_metrics(text: str, metrics: Sequence[Metric]) -> list[Metric]:
    """lesion_recall of every range of sizes that `--size-bins` cuts. Raises RequestError."""
    from segeval.metrics.lesion_options import read_sizes

    cuts = [cut.strip() for cut in text.split(",")] if text else []
    words = [f"{a}-{b}" for a, b in zip(cuts, [*cuts[1:], ""], strict=True)]
    for word in words:
        try:
            sizes = read_sizes(word)
        except ValueError as problem:
            raise RequestError(f"--size-bins {text}: {problem}") from problem
        if sizes is None or sizes.low >= sizes.high:
            raise RequestError(f"--size-bins {text}: sizes rise from one to the next")
    return [
        Metric(m.name, m.at, tuple(sorted((*m.options, ("size", word)))))
        for m in metrics
        if m.name == "lesion_recall"
        and not m.option("as").replace("overlap", "")
        and not m.option("size")
        for word in words
    ]
