"""`segeval inspect PATH…`: what a file or a folder is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.options import PLACE, Command, Option, resolved, settings_options
from segeval.cli.print_table import show
from segeval.runtime import allocator
from segeval.runtime.errors import NothingToScore, RequestError, SegevalError

if TYPE_CHECKING:
    from segeval.classes.class_list import ClassList
    from segeval.classes.structure_matching import Item
    from segeval.request.settings import Settings
    from segeval.volume.volume import Volume

NAMES = ("file", "name", "class", "rule")
COLUMNS = ("file", "format", "kind", "grid (x, y, z)", "content")
CHUNK = 1 << 18
FEW = 12  # classes that a line lists


@dataclass(slots=True)
class Content:
    """What the values of a file are.

    labels    voxels of each label value, by channel
    low, high the least and the largest score
    """

    kind: str = ""
    channels: int = 1
    labels: dict[int, dict[int, int]] = field(default_factory=dict)
    low: float = float("inf")
    high: float = float("-inf")


def inspect(given: Mapping[str, Any]) -> int:
    """Say what each PATH is: format, kind of values, grid, classes, and what is wrong with it."""
    allocator.started()
    settings = resolved(given).settings
    rows: list[tuple[str, ...]] = []
    problems: list[SegevalError] = []
    columns, listed = (NAMES, names) if given["names"] else (COLUMNS, content_row)
    for path in files([Path(path) for path in given["paths"]]):
        try:
            rows += listed(path, settings)
        except SegevalError as problem:
            problems.append(problem)
            blank = [""] * (len(columns) - 2)
            rows.append((str(path), *blank, f"ERROR: {problem.message}"))
    show(columns, rows, settings.color)
    for line in (line for found in problems for line in found.lines()):
        click.echo(line, err=True)
    return 3 if problems else 0


def files(paths: list[Path]) -> list[Path]:
    """The files to look at: a folder is every mask file in it, or its structure sets.

    Raises RequestError.
    """
    from segeval.pairing.files import holds_dicom, survey

    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise RequestError("there is no such file or folder", where=path)
        if holds_dicom(path):
            from segeval.readers.series import indexed

            inside = [one.path for one in indexed(path).structures]
        else:
            inside = [f.path(path) for f in survey(path).files] if path.is_dir() else [path]
        if not inside:
            raise NothingToScore("there are no mask files in the folder", where=path)
        found += inside
    return found


def names(path: Path, settings: Settings) -> list[tuple[str, ...]]:
    """The structures of a file, each with the class that it is and by which rule (N8)."""
    from segeval.classes.structure_matching import classified

    return [
        (str(path), item.key, *classified(item, settings.classes))
        for item in structures_of(path, settings)
    ]


def structures_of(path: Path, settings: Settings) -> tuple[Item, ...]:
    """The structures of a file. Raises SegevalError."""
    from segeval.opening.open_structures import given
    from segeval.pairing.cases import Side

    found = given(Side(path.parent, {"": path}), settings, settings.classes, "").items
    return found or ()


def content_row(path: Path, settings: Settings) -> list[tuple[str, ...]]:
    """A file as a line of the table. Raises SegevalError."""
    from segeval.opening.open_structures import kind

    if kind({"": path}) == "rtstruct":
        return [structure_row(path)]
    return [row(path, settings)]


def structure_row(path: Path) -> tuple[str, ...]:
    """A structure set as a line of the table (S6). Raises SegevalError."""
    from segeval.readers.rtstruct import read

    contours = read(path)
    about = (contours.label, contours.date, contours.approval, contours.manufacturer)
    texts = [
        f"{roi.name} ({', '.join(filter(None, (f'ROI {roi.number}', roi.type, roi.algorithm)))}): "
        f"{len(roi.contours)}"
        for roi in contours.rois
    ]
    more = f" and {len(texts) - FEW} more" if len(texts) > FEW else ""
    content = f"{', '.join(filter(None, about))}; contours {', '.join(texts[:FEW])}{more}"
    return (str(path), "rtstruct", "contours", "", content)


def row(path: Path, settings: Settings) -> tuple[str, ...]:
    """A file as a line of the table. Raises SegevalError."""
    from segeval.pairing.files import suffix
    from segeval.readers.registry import read
    from segeval.volume.volume import Reading

    reading = Reading(
        spacing=settings.spacing,
        channel_axis=settings.channel_axis,
        classes=len(settings.classes.classes) or None,
        colours=settings.classes.colours,
    )
    volume = read(path, reading)
    content = contents(volume, settings)
    grid = str(volume.geometry)
    if volume.geometry.spacing is None:
        grid += ", no spacing"
    return (
        str(path),
        suffix(path.name).lstrip("."),
        content.kind,
        grid,
        "; ".join(described(volume, content, settings.classes)),
    )


def contents(volume: Volume, settings: Settings) -> Content:
    """Read every value once. Raises ReadError."""
    from segeval.volume.label_values import side
    from segeval.volume.value_stream import wanted_pred
    from segeval.volume.volume import streams

    content = Content(channels=len(volume.channels))
    wanted = wanted_pred(volume, settings, bool(volume.segments))
    with streams(volume.channels, CHUNK) as opened:
        reader = side(volume, dict(enumerate(opened)), wanted)
        for start in range(0, volume.geometry.size, CHUNK):
            add(reader.read(min(CHUNK, volume.geometry.size - start)), content)
        content.kind = reader.finish().kind
    return content


def add(slab: Any, content: Content) -> None:
    """Count the labels of a slab, and how far its scores reach."""
    import numpy as np

    for channel, labels in slab.labels.items():
        known = content.labels.setdefault(channel, {})
        values, voxels = np.unique(labels, return_counts=True)
        for value, count in zip(values.tolist(), voxels.tolist(), strict=True):
            known[value] = known.get(value, 0) + count
    if slab.scores is not None:
        content.low = min(content.low, float(slab.scores.min()))
        content.high = max(content.high, float(slab.scores.max()))


def described(volume: Volume, content: Content, classes: ClassList) -> Iterator[str]:
    """The content in words: classes with their voxels, or the range of the scores; then notes."""
    from segeval.reports.table_model import counted

    if content.kind != "labels":
        yield f"{counted(content.channels, 'channel')} from {content.low:.4g} to {content.high:.4g}"
    if content.kind == "labels" or content.channels == 1:
        voxels = by_class(volume, content, classes)
        texts = [f"{name}: {count}" for name, count in voxels.items()]
        more = f" and {len(texts) - FEW} more" if len(texts) > FEW else ""
        what = counted(len(texts), "class", "classes")
        yield f"{what}, voxels {', '.join(texts[:FEW])}{more}" if texts else "no voxels"
    for note in volume.notes:
        yield f"{note.code}: {note.text}"


def by_class(volume: Volume, content: Content, classes: ClassList) -> dict[str, int]:
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


def _names() -> Option:
    option = Option(["--names"], is_flag=True, help="the structures: raw name, class, rule used")
    option.group = "inputs"
    return option


command = Command(
    "inspect",
    inspect,
    [
        click.Argument(["paths"], nargs=-1, required=True, type=PLACE),
        *settings_options((), ["kind", "spacing", "channel_axis", "classes", "threshold", "color"]),
        _names(),
    ],
    [
        "segeval inspect sample_data/ct/gt",
        "segeval inspect sample_data/ct/pred sample_data/ct/gt",
        "segeval inspect sample_data/png",
    ],
)
