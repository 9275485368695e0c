"""`segeval inspect PATH…`: what a file or a folder is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.messages import print_message
from segeval.cli.options import (
    PATH_OR_URL,
    Command,
    GroupedOption,
    resolve_request,
    settings_options,
)
from segeval.cli.print_table import print_rows
from segeval.runtime import allocator
from segeval.runtime.errors import NothingToScore, RequestError, SegevalError

if TYPE_CHECKING:
    from segeval.classes.class_list import ClassList
    from segeval.classes.structure_matching import StructureItem
    from segeval.contours.structure_set import Contours
    from segeval.pairing.files import SideTree
    from segeval.request.settings import Settings
    from segeval.volume.volume import Volume

NAMES = ("file", "name", "class", "rule")
COLUMNS = ("file", "format", "kind", "grid (x, y, z)", "content")
CHUNK = 1 << 18
MOST = 1 << 28  # voxels of a file that are looked at: a CT of 1 024 slices
FEW = 12  # classes that a line lists


@dataclass(slots=True)
class FileContent:
    """What the values of a file are.

    labels    voxels of each label value, by channel
    low, high the least and the largest score
    looked_at voxels; fewer than there are in a file that is too large to be read for a look
    """

    kind: str = ""
    channels: int = 1
    labels: dict[int, dict[int, int]] = field(default_factory=dict)
    low: float = float("inf")
    high: float = float("-inf")
    looked_at: int = 0


class _LookedEnoughError(Exception):
    """The rest of a file is not read, so its end is not checked."""


def inspect_paths(given: Mapping[str, Any]) -> int:
    """Say what each PATH is: format, kind of values, grid, classes, and what is wrong with it."""
    allocator.freeze_collector()
    settings = resolve_request(given).settings
    rows: list[tuple[str, ...]] = []
    problems: list[SegevalError] = []
    columns, listed = (NAMES, structure_name_rows) if given["names"] else (COLUMNS, content_row)
    for path in list_inspected_files([Path(path) for path in given["paths"]], problems):
        try:
            rows += listed(path, settings)
        except SegevalError as problem:
            problems.append(problem)
            blank = [""] * (len(columns) - 2)
            rows.append((str(path), *blank, f"ERROR: {problem.message}"))
    print_rows(columns, rows, settings.color)
    for line in (line for found in problems for line in found.lines()):
        print_message(line)
    return 3 if problems else 0


def list_inspected_files(paths: list[Path], unlisted: list[SegevalError]) -> list[Path]:
    """The files to look at: a folder is every mask file in it, or its structure sets.

    Raises RequestError.

    unlisted  gets the folders that could not be looked into
    """
    from segeval.pairing.files import holds_dicom, list_mask_files, unlisted_errors

    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise RequestError("there is no such file or folder", where=path)
        inside = [path]
        if path.is_dir():
            tree = list_mask_files(path)
            unlisted += unlisted_errors(tree)
            inside = [f.path(path) for f in tree.files]
            inside += structures_in(tree) if holds_dicom(tree) else []
            if not inside:
                raise nothing_inside(tree)
        found += inside
    return found


def structures_in(tree: SideTree) -> list[Path]:
    """The structure sets and segmentations of a folder with DICOM objects, damaged ones too."""
    from segeval.readers.series import index_dicom

    index = index_dicom(tree.root, [f.path(tree.root) for f in tree.objects])
    damaged = [Path(problem.where) for problem in index.damaged]
    return sorted([*(one.path for one in index.structures), *damaged])


def nothing_inside(tree: SideTree) -> NothingToScore:
    """The error of a folder without masks, which says what it holds instead."""
    from segeval.pairing.dicom_root import objects_in_words

    return NothingToScore(
        "there are no mask files in the folder",
        where=tree.root,
        facts=(f"it holds {objects_in_words(tree) or 'no files'}",),
    )


def structure_name_rows(path: Path, settings: Settings) -> list[tuple[str, ...]]:
    """The structures of a file, each with the class that it is and by which rule (DICOM-N8)."""
    from segeval.classes.structure_matching import classify_structure

    return [
        (str(path), item.key, *classify_structure(item, settings.classes))
        for item in read_structures(path, settings)
    ]


def read_structures(path: Path, settings: Settings) -> tuple[StructureItem, ...]:
    """The structures of a file. Raises SegevalError."""
    from segeval.opening.open_side import open_side, read_options
    from segeval.opening.structure_classes import list_structures
    from segeval.pairing.cases import CaseFiles

    files = CaseFiles(path.parent, {"": path})
    return list_structures(open_side(files, read_options(settings, settings.classes))) or ()


def content_row(path: Path, settings: Settings) -> list[tuple[str, ...]]:
    """A file as a line of the table. Raises SegevalError."""
    from segeval.opening.open_side import read_options
    from segeval.readers.registry import open_file
    from segeval.volume.volume import Volume

    found = open_file(path, read_options(settings, settings.classes))
    if not isinstance(found, Volume):
        return [structure_set_row(found)]
    return [inspected_row(found, settings)]


def structure_set_row(contours: Contours) -> tuple[str, ...]:
    """A structure set as a line of the table (DICOM-S6)."""
    about = (contours.label, contours.date, contours.approval, contours.manufacturer)
    texts = [
        f"{roi.name} ({', '.join(filter(None, (f'ROI {roi.number}', roi.type, roi.algorithm)))}): "
        f"{len(roi.contours)}"
        for roi in contours.rois
    ]
    more = f" and {len(texts) - FEW} more" if len(texts) > FEW else ""
    content = f"{', '.join(filter(None, about))}; contours {', '.join(texts[:FEW])}{more}"
    return (str(contours.path), "rtstruct", "contours", "", content)


def inspected_row(volume: Volume, settings: Settings) -> tuple[str, ...]:
    """A file as a line of the table. Raises SegevalError."""
    from segeval.pairing.file_names import format_suffix

    content = read_content(volume, settings)
    grid = str(volume.geometry)
    if volume.geometry.spacing is None:
        grid += ", no spacing"
    return (
        str(volume.path),
        format_suffix(volume.path.name).lstrip("."),
        content.kind,
        grid,
        "; ".join(describe_content(volume, content, settings.classes)),
    )


def read_content(volume: Volume, settings: Settings) -> FileContent:
    """Read the values once, those of a very large file as far as `MOST`. Raises ReadError."""
    from segeval.volume.channel_streams import open_channels
    from segeval.volume.label_values import open_value_stream
    from segeval.volume.value_stream import read_pred_as

    content = FileContent(channels=len(volume.channels))
    wanted = read_pred_as(volume, settings, bool(volume.segments))
    size = volume.geometry.size
    content.looked_at = min(size, max(1, MOST // max(1, len(volume.channels))))
    with suppress(_LookedEnoughError), open_channels(volume.channels, CHUNK) as opened:
        reader = open_value_stream(volume, dict(enumerate(opened)), wanted)
        for start in range(0, content.looked_at, CHUNK):
            slab = reader.read(min(CHUNK, content.looked_at - start))
            add_slab_content(slab, content)
        content.kind = reader.finish().kind
        if content.looked_at < size:
            raise _LookedEnoughError
    return content


def add_slab_content(slab: Any, content: FileContent) -> None:
    """Count the labels of a slab, and how far its scores reach."""
    for channel, labels in slab.labels.items():
        known = content.labels.setdefault(channel, {})
        for value, count in count_each_label(labels):
            known[value] = known.get(value, 0) + count
    if slab.scores is not None:
        content.low = min(content.low, float(slab.scores.min()))
        content.high = max(content.high, float(slab.scores.max()))


def count_each_label(labels: Any) -> Iterator[tuple[int, int]]:
    """The labels of a slab and how many voxels have each; those of a byte without a sort."""
    import numpy as np

    if labels.dtype == np.uint8:
        counts = np.bincount(labels.reshape(-1), minlength=256)
        values = np.flatnonzero(counts)
        yield from zip(values.tolist(), counts[values].tolist(), strict=True)
        return
    found, many = np.unique(labels, return_counts=True)
    yield from zip(found.tolist(), many.tolist(), strict=True)


def describe_content(volume: Volume, content: FileContent, classes: ClassList) -> Iterator[str]:
    """The content in words: classes with their voxels, or the range of the scores; then notes."""
    from segeval.reports.table_model import format_count

    if content.kind != "labels":
        channels = format_count(content.channels, "channel")
        yield f"{channels} from {content.low:.4g} to {content.high:.4g}"
    if content.kind == "labels" or content.channels == 1:
        voxels = voxels_by_class(volume, content, classes)
        texts = [f"{name}: {count}" for name, count in voxels.items()]
        more = f" and {len(texts) - FEW} more" if len(texts) > FEW else ""
        what = format_count(len(texts), "class", "classes")
        yield f"{what}, voxels {', '.join(texts[:FEW])}{more}" if texts else "no voxels"
    if content.looked_at < volume.geometry.size:
        yield f"of the first {content.looked_at} of {volume.geometry.size} voxels"
    for note in volume.notes:
        yield f"{note.code}: {note.text}"


def voxels_by_class(volume: Volume, content: FileContent, classes: ClassList) -> dict[str, int]:
    """The voxels of each class, by the name that the file or else the request has for it."""
    if volume.segments:
        places = volume.segments.items()
        return {name: content.labels[c].get(value, 0) for name, (c, value) in places}
    names = {value: c.name for c in classes.classes for value in c.labels or ()}
    names |= volume.names
    found: dict[str, int] = {}
    for channel, labels in content.labels.items():
        for value, count in sorted(labels.items()):
            name = names.get(value, str(value))
            if value:
                found[f"{channel + 1}" if content.channels > 1 else name] = count
    return found


def _names_option() -> GroupedOption:
    option = GroupedOption(
        ["--names"], is_flag=True, help="the structures: raw name, class, rule used"
    )
    option.group = "inputs"
    return option


command = Command(
    "inspect",
    inspect_paths,
    [
        click.Argument(["paths"], nargs=-1, required=True, type=PATH_OR_URL),
        *settings_options((), ["kind", "spacing", "channel_axis", "classes", "threshold", "color"]),
        _names_option(),
    ],
    [
        "segeval inspect gt/",
        "segeval inspect pred/ gt/",
        "segeval inspect gt/ --classes 1=liver",
    ],
)
