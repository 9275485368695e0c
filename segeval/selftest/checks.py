"""Every check of the self-test: write a shape, score it as any other file, compare the numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from segeval.api.score import score
from segeval.runtime.errors import SegevalError
from segeval.runtime.frozen import frozen
from segeval.selftest import dicom_objects, shapes
from segeval.selftest.label_files import PICTURES, VOLUMES, write_picture
from segeval.selftest.outline_files import DRAWN
from segeval.selftest.shapes import SPACING, Expected

NAMED = "1=box,2=slab"
SIDES = ("gt", "pred")
Maker = Callable[[Path], Mapping[str, Any]]  # writes both sides, gives what `score` is asked


@frozen
class Check:
    """A number that was asked for, and what came.

    subject  the shape
    format   of the files
    found    nan where nothing came
    problem  why nothing came
    """

    subject: str
    format: str
    expected: Expected
    found: float
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether the number is within its tolerance."""
        return abs(self.found - self.expected.value) <= self.expected.tolerance


@frozen
class Subject:
    """Files that are made and scored.

    make      writes them below a folder, and gives the arguments of `score`
    expected  what each metric has to give
    """

    name: str
    format: str
    make: Maker
    expected: tuple[Expected, ...]


def list_subjects() -> Iterator[Subject]:
    """All that is made, in the order in which it is shown."""
    boxes, planes = tuple(shapes.box_values()), tuple(shapes.picture_values())
    for suffix in VOLUMES:
        yield Subject("boxes", suffix, volume_maker(suffix), boxes)
    yield Subject("boxes", "RTSTRUCT", make_structure_sets, boxes)
    yield Subject("boxes", "SEG", make_segmentations, boxes)
    for suffix in PICTURES:
        yield Subject("plane of boxes", suffix, picture_maker(suffix), planes)
    for name, maker in DRAWN.items():
        yield Subject("plane of boxes", name, drawn_maker(maker), planes)
    yield Subject("balls", ".npy", make_balls, tuple(shapes.ball_values()))
    for suffix in (".npy", ".npz"):
        yield Subject("probabilities", suffix, score_maker(suffix), tuple(shapes.score_values()))
    yield Subject("instances", ".png", make_instances, tuple(shapes.instance_values()))


def volume_maker(suffix: str) -> Maker:
    """Writes the boxes in a format of volumes; arrays do not hold their spacing."""

    def make(folder: Path) -> Mapping[str, Any]:
        for side in SIDES:
            VOLUMES[suffix](folder / f"{side}{suffix}", shapes.box_labels(side))
        known = {"spacing": SPACING} if suffix.startswith(".np") else {}
        return {**both_files(folder, suffix), "classes": NAMED, **known}

    return make


def picture_maker(suffix: str) -> Maker:
    """Writes a plane of the boxes as a picture."""

    def make(folder: Path) -> Mapping[str, Any]:
        for side in SIDES:
            PICTURES[suffix](folder / f"{side}{suffix}", shapes.box_picture(side))
        return {**both_files(folder, suffix), "classes": NAMED}

    return make


def drawn_maker(write: Callable[[Path, str], None]) -> Maker:
    """Writes the plane as outlines in a file a side."""

    def make(folder: Path) -> Mapping[str, Any]:
        for side in SIDES:
            write(folder / f"{side}.json", side)
        return both_files(folder, ".json")

    return make


def score_maker(suffix: str) -> Maker:
    """Writes probabilities as an array, and the mask that they are of as a picture."""

    def make(folder: Path) -> Mapping[str, Any]:
        write_picture(folder / "gt.png", shapes.half_truth())
        path = folder / f"pred{suffix}"
        if suffix == ".npz":
            np.savez(path, probabilities=shapes.half_scores())
        else:
            np.save(path, shapes.half_scores())
        return {"pred": path, "gt": folder / "gt.png", "kind": "prob", "classes": "1=mask"}

    return make


def make_balls(folder: Path) -> Mapping[str, Any]:
    """Writes two balls on a grid of 1 mm."""
    for side in SIDES:
        np.save(folder / f"{side}.npy", shapes.ball_labels(side))
    return {**both_files(folder, ".npy"), "classes": "1=ball", "spacing": (1.0, 1.0, 1.0)}


def make_instances(folder: Path) -> Mapping[str, Any]:
    """Writes ids of instances as pictures."""
    for side in SIDES:
        write_picture(folder / f"{side}.png", shapes.instance_ids(side))
    return {**both_files(folder, ".png"), "instances": "ids"}


def make_structure_sets(folder: Path) -> Mapping[str, Any]:
    """Writes a patient: an image series and a structure set a side."""
    dicom_objects.write_series(folder / "gt" / "patient")
    for side in SIDES:
        dicom_objects.write_structure_set(folder / side / "patient" / "RS.dcm", side)
    return {"pred": folder / "pred", "gt": folder / "gt"}


def make_segmentations(folder: Path) -> Mapping[str, Any]:
    """Writes a segmentation a side."""
    for side in SIDES:
        dicom_objects.write_segmentation(folder / side / "patient.dcm", side)
    return {"pred": folder / "pred", "gt": folder / "gt"}


def both_files(folder: Path, suffix: str) -> dict[str, Any]:
    """Both sides as two files."""
    return {"pred": folder / f"pred{suffix}", "gt": folder / f"gt{suffix}"}


def run_checks() -> Iterator[Check]:
    """Make, score and compare everything, in a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="segeval-selftest-") as room:
        for number, subject in enumerate(list_subjects()):
            folder = Path(room, str(number))
            folder.mkdir()
            yield from check_subject(subject, folder)


def check_subject(subject: Subject, folder: Path) -> Iterator[Check]:
    """The checks of one subject; what cannot be scored fails all of them."""
    metrics = list(dict.fromkeys(one.metric for one in subject.expected))
    problem, values = "", {}
    try:
        card = score(metrics=metrics, **subject.make(folder))
        values = {(row.class_, row.metric): row.value for row in card.rows}
    except (SegevalError, OSError, ImportError) as error:
        problem = str(error)
    for one in subject.expected:
        found = values.get((one.class_, one.metric), math.nan)
        yield Check(subject.name, subject.format, one, found, problem)
