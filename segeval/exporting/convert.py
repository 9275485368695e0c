"""Structure sets and segmentations as files: a mask for each structure, or one label map a case.

The masks are those that scoring would use, on the grid of the image series, of the file that
`--like` names, or of the segmentation itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segeval.classes.class_list import ClassList, Part
from segeval.classes.names import nearest
from segeval.classes.structure_matching import Item, Named
from segeval.exporting.decode import belonging, decoded, found, save
from segeval.kernels.mask_runs import Runs
from segeval.opening.common_grid import Ask, Choices, Side, on_one_grid
from segeval.opening.open_case import Opened
from segeval.opening.open_structures import ask, given, rules, series_near
from segeval.opening.structure_classes import Given, finished, noted
from segeval.pairing.cases import Case
from segeval.readers import dicom_seg
from segeval.readers.registry import read
from segeval.readers.series import Index
from segeval.request.settings import Settings
from segeval.runtime.arrays import Labels, Mask
from segeval.runtime.errors import CaseError, GeometryError, Note
from segeval.runtime.frozen import field, frozen, replace
from segeval.volume.align import whole_channel
from segeval.volume.value_stream import Wanted
from segeval.volume.volume import Reading, Volume

ENDINGS = {"nifti": ".nii.gz", "nrrd": ".nrrd"}
UNSAFE = r'[\x00-\x1f\x7f/\\:*?"<>|]'  # what some file system does not take


@frozen
class How:
    """What is written.

    ending   of the files
    one_map  a label map for each case instead of a mask for each structure
    single   there is one file, so no case needs a folder of its own
    like     a file, or a folder of files with the names of the cases, whose grid is taken
    values   label value of each name, of all cases of a run
    """

    ending: str = ".nii.gz"
    one_map: bool = False
    single: bool = False
    like: str = ""
    values: dict[str, int] = field(default_factory=dict)


@frozen
class Converted:
    """What came of one case.

    faults  structures that cannot be drawn, by name
    """

    paths: tuple[Path, ...]
    notes: tuple[Note, ...] = ()
    faults: Mapping[str, CaseError] = field(default_factory=dict)


def convert(case: Case, out: Path, how: How, settings: Settings) -> Converted:
    """Write the structures of one case. Raises CaseError."""
    opened = alone(case, like(case, how), settings)
    paths = one_map if how.one_map else a_file_each
    notes = tuple(replace(note, where=case.id) for note in opened.volume.notes)
    return Converted(tuple(paths(case, opened, out, how, settings)), notes, opened.faults)


def like(case: Case, how: How) -> Path | None:
    """The file whose grid the masks get. Raises RequestError."""
    return belonging(case.id, found(Path(how.like)) if how.like else {}, how.like, "--like")


def alone(case: Case, like: Path | None, settings: Settings) -> Opened:
    """The structures of a case on one grid, by name. Raises CaseError."""
    source = given(case.truth, settings, settings.classes, "")
    if source.items is None:
        raise CaseError("neither an RTSTRUCT nor a SEG", where=source.path)
    names, notes = wanted(source.items, settings.classes)
    made = on_grid(case, source, ask(source, names, rules(settings, "same")), like, settings)
    return noted(finished(source, made, names), notes)


def on_grid(case: Case, source: Given, asked: Ask, like: Path | None, settings: Settings) -> Side:
    """The structures on the grid of a file, of their series, or their own. Raises CaseError."""
    choices = Choices(settings.ignore_frame_of_reference, settings.rt_grid)
    index = Index(series_near(case, [source]))
    if like is not None:
        grid = Ask(like, volume=read(like, Reading()))
        return on_one_grid((grid, asked), index, choices)[1]
    if source.contours is None:
        return Side(on_series(case, source))
    return on_one_grid((asked,), index, choices)[0]


def on_series(case: Case, source: Given) -> Volume:
    """A segmentation on the slices of the series that it names, if it lies on them (E4)."""
    assert source.open is not None
    named = {one.series for one in case.truth.sets}
    for series in case.series:
        if series.uid in named:
            try:
                return dicom_seg.read(source.path, Reading(slices=series.slices()))
            except GeometryError:  # the series is no grid; the segmentation has its own
                break
    return source.open.volume


def wanted(items: Sequence[Item], classes: ClassList) -> tuple[Named, list[Note]]:
    """The structures by the names of the class list; without one all of them, as they are."""
    names = Named()
    if not classes:
        names.keys.update((item.key, (item,)) for item in items)
        return names, []
    notes = []
    for class_ in classes.classes:
        names.find(class_, items)
        if class_.name not in names.keys and class_.name not in names.faults:
            near = nearest(class_.name, [item.name for item in items])
            text = f"there is no {class_.name!r}"
            more = f"; nearest: {', '.join(near)}" if near else ""
            notes.append(Note("W-name-not-found", text + more))
    return names, notes


def a_file_each(
    case: Case, opened: Opened, out: Path, how: How, settings: Settings
) -> Iterator[Path]:
    """A mask for each structure: OUT/CASE/STRUCTURE.nii.gz, of one file OUT/STRUCTURE.nii.gz."""
    folder = out if how.single else out / path_of(case)
    for name, file in file_names(opened.parts).items():
        path = folder / f"{file}{how.ending}"
        mask = mask_of(opened.volume, opened.parts[name], settings)
        save(path, how.ending, mask.view(np.uint8), opened.volume.geometry)
        yield path


def path_of(case: Case) -> Path:
    """The path of a case below OUT."""
    return Path(*(safe(part) for part in case.id.split("/")))


def safe(name: str) -> str:
    """A name as every file system takes it."""
    return re.sub(UNSAFE, "_", name).strip(" .") or "_"


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A file name for each structure, which every file system takes and no other one has."""
    taken: set[str] = set()
    files: dict[str, str] = {}
    for name in names:
        file, again = safe(name), 1
        while file.casefold() in taken:
            again += 1
            file = f"{safe(name)}_{again}"
        taken.add(file.casefold())
        files[name] = file
    return files


def one_map(case: Case, opened: Opened, out: Path, how: How, settings: Settings) -> Iterator[Path]:
    """All structures as one label map: OUT/CASE.nii.gz. Raises CaseError where two overlap."""
    values = [value_of(name, part, opened, how, settings) for name, part in opened.parts.items()]
    labels: Labels = np.zeros(
        opened.volume.geometry.shape, np.uint8 if max(values, default=0) < 256 else np.uint16
    )
    for value, (name, part) in zip(values, opened.parts.items(), strict=True):
        mask = mask_of(opened.volume, part, settings)
        if (both := labels[mask]).any():
            shared = int(np.count_nonzero(both))
            other = list(opened.parts)[values.index(int(both.max()))]
            raise CaseError(
                f"{other} and {name} share {shared} voxels, and a voxel of a label map has one",
                help="leave out --label-map, or pick structures with --classes",
                status="overlap",
            )
        labels[mask] = value
    path = out / path_of(case)
    path = path.with_name(f"{path.name}{how.ending}")
    save(path, how.ending, labels, opened.volume.geometry)
    yield path


def value_of(name: str, part: Part, opened: Opened, how: How, settings: Settings) -> int:
    """The label value of a structure: the request's, that of a label map, else the next."""
    asked = {c.name: c.labels[0] for c in settings.classes.classes if c.labels}
    own = asked.get(name)
    if own is None and opened.volume.names and part.labels:
        own = min(part.labels)
    if own is None:
        own = how.values.get(name, max(how.values.values(), default=0) + 1)
    return how.values.setdefault(name, own)


def described(how: How) -> str:
    """The `dataset.json` that says what the values of the label maps are called."""
    labels = {"background": 0} | dict(sorted(how.values.items(), key=lambda item: item[1]))
    return json.dumps({"labels": labels}, ensure_ascii=False, indent=1) + "\n"


def mask_of(volume: Volume, part: Part, settings: Settings) -> Mask:
    """One structure as a whole mask; of probabilities, those of the threshold and above."""
    channel: Any = volume.channels[part.channel]
    if isinstance(channel.source, Runs) and channel.order is None:
        drawn: Mask = channel.source.drawn()
        return drawn
    if channel.scaled:
        one = replace(volume, channels=(channel,))
        how = Wanted("prob", threshold=settings.threshold, independent=True)
        above: Mask = decoded(one, how)[0][0].reshape(volume.geometry.shape) != 0
        return above
    values = whole_channel(channel, volume.geometry)
    mask: Mask = np.isin(values, sorted(part.labels)) if part.labels else values != 0
    return mask
