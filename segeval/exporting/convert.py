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

from segeval.classes.class_list import ClassList, LabelSelector
from segeval.classes.names import similar_names
from segeval.classes.structure_matching import NamedStructures, StructureItem
from segeval.exporting.decode import (
    decode_volume,
    find_matching_file,
    find_prediction_files,
    save_label_map,
)
from segeval.kernels.mask_runs import MaskRuns
from segeval.opening.common_grid import find_common_grid, match_sides
from segeval.opening.open_side import OpenSide, add_side_notes, open_side, read_options
from segeval.opening.open_structures import (
    drawing_rules,
    pick_structures,
    place_side,
    series_near,
)
from segeval.opening.structure_classes import list_structures, name_structures
from segeval.pairing.cases import Case
from segeval.readers import dicom_seg
from segeval.readers.registry import open_volume
from segeval.readers.series import DicomIndex
from segeval.request.settings import Settings
from segeval.runtime.arrays import Labels, Mask
from segeval.runtime.errors import CaseError, GeometryError, Note
from segeval.runtime.frozen import field, frozen, replace
from segeval.runtime.name_lengths import fit_name
from segeval.volume.align import align_volume, read_whole_channel
from segeval.volume.read_options import ReadOptions
from segeval.volume.value_stream import ReadAs
from segeval.volume.volume import Volume

ENDINGS = {"nifti": ".nii.gz", "nrrd": ".nrrd"}
UNSAFE = r'[\x00-\x1f\x7f/\\:*?"<>|]'  # what some file system does not take


@frozen
class ConversionChoices:
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
class ConvertedCase:
    """What came of one case.

    faults  structures that cannot be drawn, by name
    """

    paths: tuple[Path, ...]
    notes: tuple[Note, ...] = ()
    faults: Mapping[str, CaseError] = field(default_factory=dict)


def convert_case(
    case: Case, out: Path, how: ConversionChoices, settings: Settings
) -> ConvertedCase:
    """Write the structures of one case. Raises CaseError."""
    opened = open_structures_alone(case, find_like_file(case, how), settings)
    notes = tuple(replace(note, where=case.id) for note in opened.source.notes)
    if opened.contours is not None:  # of a set without structures, which has no grid
        return ConvertedCase((), notes)
    write = write_case_label_map if how.one_map else write_structure_files
    paths = tuple(write(case, opened, out, how, settings))
    return ConvertedCase(paths, (*notes, *cut_name_notes(case, opened, how)), opened.faults)


def find_like_file(case: Case, how: ConversionChoices) -> Path | None:
    """The file whose grid the masks get. Raises RequestError."""
    return find_matching_file(
        case.id, find_prediction_files(Path(how.like)) if how.like else {}, how.like, "--like"
    )


def open_structures_alone(case: Case, like: Path | None, settings: Settings) -> OpenSide:
    """The structures of a case on one grid, by name. Raises CaseError."""
    reading = read_options(settings, settings.classes)
    given = open_side(case.truth, reading, classes=settings.classes)
    items = list_structures(given)
    if items is None:
        raise CaseError("neither an RTSTRUCT nor a SEG", where=given.volume.path)
    names, notes = select_structures(items, settings.classes)
    source = pick_structures(given, names)
    if not items:
        placed = given
    elif like is None and source.contours is None:
        volume = place_on_series(case, source.volume)
        placed = name_structures(source, volume, None, names)
    else:
        placed = place_on_grid(case, source, names, like, settings)
    return add_side_notes(placed, (*given.notes, *notes))


def place_on_grid(
    case: Case, source: OpenSide, names: NamedStructures, like: Path | None, settings: Settings
) -> OpenSide:
    """The structures on the grid of a file or of their series. Raises CaseError."""
    first = [] if like is None else [OpenSide(open_volume(like, ReadOptions()))]
    index = DicomIndex(series_near(case, [source]))
    matched = match_sides([*first, source], index, settings)
    grid, sides = find_common_grid(matched, settings)
    return place_side(sides[-1], names, drawing_rules(settings), align_volume, grid, settings)


def place_on_series(case: Case, volume: Volume) -> Volume:
    """A segmentation on the slices of the series that it names, if it lies on them (DICOM-E4)."""
    named = {one.series for one in case.truth.sets}
    for series in case.series:
        if series.uid in named:
            try:
                return dicom_seg.read(volume.path, ReadOptions(slices=series.slices()))
            except GeometryError:  # the series is no grid; the segmentation has its own
                break
    return volume


def select_structures(
    items: Sequence[StructureItem], classes: ClassList
) -> tuple[NamedStructures, list[Note]]:
    """The structures by the names of the class list; without one all of them, as they are."""
    names = NamedStructures()
    if not classes:
        names.keys.update((item.key, (item,)) for item in items)
        return names, []
    notes = []
    for class_ in classes.classes:
        names.find(class_, items)
        if class_.name not in names.keys and class_.name not in names.faults:
            near = similar_names(class_.name, [item.name for item in items])
            text = f"there is no {class_.name!r}"
            more = f"; nearest: {', '.join(near)}" if near else ""
            notes.append(Note("W-name-not-found", text + more))
    return names, notes


def write_structure_files(
    case: Case, opened: OpenSide, out: Path, how: ConversionChoices, settings: Settings
) -> Iterator[Path]:
    """A mask for each structure: OUT/CASE/STRUCTURE.nii.gz, of one file OUT/STRUCTURE.nii.gz."""
    folder = out if how.single else out / case_output_path(case)
    for name, file in unique_file_names(opened.parts).items():
        path = folder / f"{file}{how.ending}"
        mask = structure_mask(opened.volume, opened.parts[name], settings)
        yield save_label_map(path, how.ending, mask.view(np.uint8), opened.volume.geometry)


def case_output_path(case: Case) -> Path:
    """The path of a case below OUT."""
    return Path(*(safe_file_name(part) for part in case.id.split("/")))


def safe_file_name(name: str) -> str:
    """A name as every file system takes it."""
    return re.sub(UNSAFE, "_", name).strip(" .") or "_"


def unique_file_names(names: Iterable[str]) -> dict[str, str]:
    """A file name for each structure, which every file system takes and no other one has."""
    taken: set[str] = set()
    files: dict[str, str] = {}
    for name in names:
        file, again = safe_file_name(name), 1
        while file.casefold() in taken:
            again += 1
            file = f"{safe_file_name(name)}_{again}"
        taken.add(file.casefold())
        files[name] = file
    return files


def cut_name_notes(case: Case, opened: OpenSide, how: ConversionChoices) -> Iterator[Note]:
    """Say which structures have a name that is too long for their file."""
    for name, file in unique_file_names(() if how.one_map else opened.parts).items():
        whole = f"{file}{how.ending}"
        if (cut := fit_name(whole, how.ending)) != whole:
            text = f"the name is too long for a file: the mask is {cut}"
            yield Note("W-cut-name", text, f"{case.id}/{name}")


def write_case_label_map(
    case: Case, opened: OpenSide, out: Path, how: ConversionChoices, settings: Settings
) -> Iterator[Path]:
    """All structures as one label map: OUT/CASE.nii.gz. Raises CaseError where two overlap."""
    values = [
        structure_value(name, part, opened, how, settings) for name, part in opened.parts.items()
    ]
    labels: Labels = np.zeros(
        opened.volume.geometry.shape, np.uint8 if max(values, default=0) < 256 else np.uint16
    )
    for value, (name, part) in zip(values, opened.parts.items(), strict=True):
        mask = structure_mask(opened.volume, part, settings)
        if (both := labels[mask]).any():
            shared = int(np.count_nonzero(both))
            other = list(opened.parts)[values.index(int(both.max()))]
            raise CaseError(
                f"{other} and {name} share {shared} voxels, and a voxel of a label map has one",
                help="leave out --label-map, or pick structures with --classes",
                status="overlap",
            )
        labels[mask] = value
    path = out / case_output_path(case)
    path = path.with_name(f"{path.name}{how.ending}")
    yield save_label_map(path, how.ending, labels, opened.volume.geometry)


def structure_value(
    name: str, part: LabelSelector, opened: OpenSide, how: ConversionChoices, settings: Settings
) -> int:
    """The label value of a structure: the request's, that of a label map, else the next."""
    asked = {c.name: c.labels[0] for c in settings.classes.classes if c.labels}
    own = asked.get(name)
    if own is None and opened.volume.names and part.labels:
        own = min(part.labels)
    if own is None:
        own = how.values.get(name, max(how.values.values(), default=0) + 1)
    return how.values.setdefault(name, own)


def describe_dataset(how: ConversionChoices) -> str:
    """The `dataset.json` that says what the values of the label maps are called."""
    labels = {"background": 0} | dict(sorted(how.values.items(), key=lambda item: item[1]))
    return json.dumps({"labels": labels}, ensure_ascii=False, indent=1) + "\n"


def structure_mask(volume: Volume, part: LabelSelector, settings: Settings) -> Mask:
    """One structure as a whole mask; of probabilities, those of the threshold and above."""
    channel: Any = volume.channels[part.channel]
    if isinstance(channel.source, MaskRuns) and channel.order is None:
        drawn: Mask = channel.source.drawn()
        return drawn
    if channel.scaled:
        one = replace(volume, channels=(channel,))
        how = ReadAs("prob", threshold=settings.threshold, independent=True)
        above: Mask = decode_volume(one, how)[0][0].reshape(volume.geometry.shape) != 0
        return above
    values = read_whole_channel(channel, volume.geometry)
    mask: Mask = np.isin(values, sorted(part.labels)) if part.labels else values != 0
    return mask
