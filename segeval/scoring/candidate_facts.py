"""What is said of the candidates of a case: each of them as a row, and points outside the image."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from segeval.metrics.candidate_rows import list_candidates
from segeval.runtime.errors import Note
from segeval.scoring.case_stages import CaseRead
from segeval.scoring.instances import OUTPUT, place_centre
from segeval.scoring.pass_plan import TallyRequest
from segeval.scoring.points import holds_points
from segeval.tallies.candidate_marks import marks_of_points, nearest_voxels
from segeval.tallies.candidates import Candidates


def outside_notes(read: CaseRead) -> Iterable[Note]:
    """The warning where points lie outside the image: their unit may be another."""
    truth, pred = read.start.truth, read.start.pred
    if holds_points(truth) and holds_points(pred):
        return
    grid = read.start.grid
    for side in (truth, pred):
        points = side.volume.points
        if points is None or not len(points):
            continue
        voxel = nearest_voxels(marks_of_points(points, grid), grid)
        far = int(((voxel < 0) | (voxel >= grid.shape)).any(axis=1).sum())
        if far:
            placed = grid.placed and len(grid.shape) == 3
            unit = "LPS mm" if placed else f"{grid.unit} from its first voxel"
            yield Note(
                "W-points-outside",
                f"{far} of {len(points)} points lie outside the image; x, y, z are taken as {unit}",
                str(side.volume.path),
            )


def candidate_facts(
    found: Candidates, read: CaseRead, request: TallyRequest
) -> dict[str, list[dict[str, Any]]]:
    """Every candidate and lesion of a case, where an output asks and no metric is of instances."""
    job, grid = read.start.job, read.start.grid
    asked = any(output.startswith(OUTPUT) for output in job.settings.output)
    others = any(known.of.startswith(("instance", "detections")) for _, known in job.metrics)
    if others or not asked:
        return {}
    metric, known = min(request.metrics, key=lambda pair: pair[1].name == "case_auroc")
    alone = holds_points(read.start.truth) and holds_points(read.start.pred)
    voxel, unit = grid.voxel
    rows = []
    for name, (case,), at in zip(found.classes, found.cases, found.places, strict=True):
        for row in list_candidates(
            case, at, metric, known, given_place if alone else lambda c: place_centre(c, grid)
        ):
            size = None if row["voxels"] is None else row["voxels"] * voxel
            rows.append({"class": name, **row, "volume": size, "unit": unit if size else None})
    return {"instances": rows}


def given_place(centre: tuple[float, ...]) -> dict[str, Any]:
    """A point of a table as it stands there."""
    named = dict(zip("xyz", [*reversed(centre), None][:3], strict=False))
    return {"x": None, "y": None, "z": None} | named | {"centre_unit": "as given"}
