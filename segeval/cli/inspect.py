"""`segeval inspect PATH…`: what a file or a folder is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.options import Command, resolved, settings_options
from segeval.cli.show import show
from segeval.errors import NothingToScore, RequestError, SegevalError

if TYPE_CHECKING:
    from segeval.settings import Settings
    from segeval.volumes import Volume

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
    settings = resolved(given).settings
    rows: list[tuple[str, ...]] = []
    problems: list[SegevalError] = []
    for path in files([Path(path) for path in given["paths"]]):
        try:
            rows.append(row(path, settings))
        except SegevalError as problem:
            problems.append(problem)
            rows.append((str(path), "", "", "", f"ERROR: {problem.message}"))
    show(COLUMNS, rows, settings.color)
    for line in (line for found in problems for line in found.lines()):
        click.echo(line, err=True)
    return 3 if problems else 0


def files(paths: list[Path]) -> list[Path]:
    """The files to look at: a folder is every mask file in it. Raises RequestError."""
    from segeval.files import survey

    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise RequestError("there is no such file or folder", where=path)
        inside = [f.path(path) for f in survey(path).files] if path.is_dir() else [path]
        if not inside:
            raise NothingToScore("there are no mask files in the folder", where=path)
        found += inside
    return found


def row(path: Path, settings: Settings) -> tuple[str, ...]:
    """A file as a line of the table. Raises SegevalError."""
    from segeval.files import suffix
    from segeval.readers.open import read
    from segeval.volumes import Reading

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
        "; ".join(described(volume, content)),
    )


def contents(volume: Volume, settings: Settings) -> Content:
    """Read every value once. Raises ReadError."""
    from segeval.kinds import side, wanted_pred
    from segeval.volumes import streams

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


def described(volume: Volume, content: Content) -> Iterator[str]:
    """The content in words: labels or segments with their voxels, or the range of the scores."""
    if content.kind != "labels":
        yield f"{content.channels} channels" if content.channels > 1 else "1 channel"
        yield f"values from {content.low:.4g} to {content.high:.4g}"
        if content.channels > 1:
            return
    named = volume.segments or {
        volume.names.get(value, str(value)): (channel, value)
        for channel, labels in content.labels.items()
        for value in labels
        if value
    }
    counts = [f"{name} {content.labels[c].get(v, 0)}" for name, (c, v) in named.items()]
    more = f" and {len(counts) - FEW} more" if len(counts) > FEW else ""
    word = "classes" if content.kind == "labels" else "voxels at or above the threshold"
    yield f"{len(counts)} {word}: {', '.join(counts[:FEW])}{more}" if counts else "no voxels"
    for note in volume.notes:
        yield f"{note.code}: {note.text}"


command = Command(
    "inspect",
    inspect,
    [
        click.Argument(["paths"], nargs=-1, required=True, type=click.Path()),
        *settings_options((), ["kind", "spacing", "channel_axis", "classes", "threshold", "color"]),
    ],
    [
        "segeval inspect sample_data/ct/gt",
        "segeval inspect sample_data/ct/pred sample_data/ct/gt",
        "segeval inspect sample_data/png",
    ],
)
