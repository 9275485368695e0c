"""A prediction to the label maps that scoring would use, written as files.

Channels that exclude each other become one label map: the largest, ties to the lowest. Independent
channels may overlap, so each becomes a mask of its own in a folder of the case, which `segeval
score` reads as a file a class.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from segeval.classes.class_list import ClassList
from segeval.grid.geometry import Geometry
from segeval.opening.enlarge import average_mirrored
from segeval.pairing.file_names import format_suffix, strip_format_suffix
from segeval.pairing.files import list_mask_files, unlisted_errors
from segeval.readers.registry import open_volume
from segeval.request.settings import Settings
from segeval.runtime.arrays import Labels
from segeval.runtime.errors import CaseError, RequestError
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.name_lengths import fit_path, name_beside
from segeval.volume.align import align_volume
from segeval.volume.channel_streams import open_channels
from segeval.volume.label_values import open_value_stream
from segeval.volume.read_options import ReadOptions
from segeval.volume.upsampling import upsample_scores
from segeval.volume.value_stream import ReadAs, ValueKind, may_hold_probabilities, read_pred_as
from segeval.volume.volume import Volume

AT_A_TIME = 1 << 16
WRITERS = {".nii.gz": "nifti", ".nii": "nifti", ".nrrd": "nrrd", ".png": "png"}
SCORES = ("npz", "npy")


@frozen
class DecodeItem:
    """One file to decode.

    name     what its label map is called: the path below the root, without the suffix
    like     the file whose grid it is brought to
    flipped  the scores of the mirrored image
    """

    path: Path
    name: str
    like: Path | None = None
    flipped: Path | None = None


def list_decode_items(
    pred: Path, like: str, settings: Settings, unlisted: list[CaseError]
) -> list[DecodeItem]:
    """The files to decode, with those that belong to them. Raises RequestError.

    unlisted  gets the folders that could not be looked into
    """
    if bool(settings.flipped) != (settings.flip != "never"):
        raise RequestError(
            "--flipped names the scores of mirrored images and --flip says how they are joined",
            help="give both: --flipped PATH --flip softmax_mean, or --flip logit_sum",
        )
    grids = find_prediction_files(Path(like)) if like else {}
    mirrored = find_prediction_files(Path(settings.flipped)) if settings.flipped else {}
    return [
        DecodeItem(
            path,
            name,
            find_matching_file(name, grids, like, "--like"),
            find_matching_file(name, mirrored, settings.flipped, "--flipped"),
        )
        for name, path in find_prediction_files(pred, unlisted).items()
    ]


def find_prediction_files(root: Path, unlisted: list[CaseError] | None = None) -> dict[str, Path]:
    """The files of a path by name; of a label map and the scores beside it, the label map.

    Rule LAYOUTS-I5.

    unlisted  gets the folders that could not be looked into
    """
    if not root.exists():
        raise RequestError("there is no such file or folder", where=root)
    if not root.is_dir():
        return {strip_format_suffix(root.name): root}
    named: dict[str, Path] = {}
    tree = list_mask_files(root)
    if unlisted is not None:
        unlisted += unlisted_errors(tree)
    for file in tree.files:
        path = file.path(root)
        name = path.relative_to(root).with_name(strip_format_suffix(path.name)).as_posix()
        if name not in named or named[name].suffix == ".npz":
            named[name] = path
        elif path.suffix != ".npz":
            raise RequestError(
                "two files would become one label map",
                where=root,
                facts=(named[name].name, path.name),
                help="decode them from two folders",
            )
    return named


def find_matching_file(name: str, files: dict[str, Path], root: str, option: str) -> Path | None:
    """The file of the same name, or the only file that is named. Raises RequestError."""
    if not root:
        return None
    if Path(root).is_file():
        return next(iter(files.values()))
    if name not in files:
        raise RequestError(f"{option} has no file called {name}", where=root)
    return files[name]


def decode_item(item: DecodeItem, out: Path, settings: Settings, classes: ClassList) -> list[Path]:
    """Write the label maps of one file; gives their paths. Raises CaseError."""
    volume, how, ending = prepare_scores(item, settings, classes)
    maps, what = decode_volume(volume, how)
    names = mask_names(volume, what, classes)
    written = []
    for name, labels in zip(names, maps, strict=True):
        path = out / (f"{item.name}/{name}{ending}" if name else f"{item.name}{ending}")
        written.append(save_label_map(path, ending, labels, volume.geometry))
    return written


def save_label_map(wanted: Path, ending: str, labels: Labels, grid: Geometry) -> Path:
    """Write a label map in the format of an ending, whole or not at all; gives its path.

    wanted  what it is called, unless a name in it is longer than file systems take
    """
    path = fit_path(wanted, ending)
    write: Any = import_module(f"segeval.writers.{WRITERS[ending]}").write
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = name_beside(path.with_name(path.name.removesuffix(ending)), ".", f".part{ending}")
    try:
        write(unfinished, labels, grid)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def prepare_scores(
    item: DecodeItem, settings: Settings, classes: ClassList
) -> tuple[Volume, ReadAs, str]:
    """The scores as scoring would have them, how to read them, and what to write."""
    reading = ReadOptions(
        spacing=settings.spacing,
        channel_axis=settings.channel_axis,
        classes=len(classes.classes) or None,
        colours=classes.colours,
        low=True,
        paste=settings.paste,
        threshold=settings.threshold,
        min_score=settings.min_score,
        roi_offset=settings.roi_offset,
    )
    like = None if item.like is None else open_volume(item.like, reading).geometry
    if like is not None:
        reading = replace(reading, grid=like.shape)
    volume = open_volume(item.path, reading)
    if volume.values is not None:
        how = ReadAs("labels", independent=True)
    else:
        how = read_pred_as(volume, settings, classes.regions)
    grid = volume.geometry if like is None else like
    if item.flipped is not None:
        volume = average_mirrored(volume, open_volume(item.flipped, reading), grid, how, settings)
        if settings.flip == "softmax_mean":
            how = replace(how, kind="prob")
    if settings.upsample != "never" and may_hold_probabilities(volume, how):
        volume = upsample_scores(volume, grid, settings.upsample)
    return align_volume(volume, grid, ("pred", "--like")), how, output_ending(item, volume.geometry)


def output_ending(item: DecodeItem, grid: Geometry) -> str:
    """The format of the label map: the input's, or that of the grid it is brought to."""
    for path in (item.path, item.like):
        ending = "" if path is None else format_suffix(path.name.lower())
        if ending in (".nrrd", ".seg.nrrd"):
            return ".nrrd"
        if ending in (".nii", ".nii.gz"):
            return ending
    return ".png" if len(grid.shape) == 2 else ".nii.gz"


def decode_volume(volume: Volume, how: ReadAs) -> tuple[list[Labels], ValueKind]:
    """The labels of every channel, whole; and what the file turned out to hold."""
    parts: dict[int, list[Labels]] = {}
    size = volume.geometry.size
    with open_channels(volume.channels, AT_A_TIME) as opened:
        reader = open_value_stream(volume, dict(enumerate(opened)), how)
        for start in range(0, size, AT_A_TIME):
            slab = reader.read(min(AT_A_TIME, size - start))
            for channel, labels in slab.labels.items():
                parts.setdefault(channel, []).append(labels.copy())
        what = reader.finish()
    maps = [np.concatenate(pieces) for _, pieces in sorted(parts.items())]
    if what.onehot:  # masks of which every voxel has one: a label map that was taken apart
        return [np.argmax(np.stack(maps) != 0, axis=0).astype(np.uint16)], what
    return [shrink_labels(labels) for labels in maps], what


def shrink_labels(labels: Labels) -> Labels:
    """Labels in 8 bits where they fit."""
    return labels.astype(np.uint8) if int(labels.max()) <= 255 else labels


def mask_names(volume: Volume, what: ValueKind, classes: ClassList) -> list[str]:
    """What the masks of independent channels are called; one empty name for a label map."""
    if volume.values:  # masks of regions, each of a class by its value
        called: dict[int | str, str] = {c.labels[0]: c.name for c in classes.classes if c.labels}
        names = [called.get(value, str(value)) for value in volume.values]
    elif what.exclusive or what.onehot or what.channels == 1:
        return [""]
    else:
        named = {c: name for name, (c, _) in volume.segments.items()}
        named |= {c.labels[0] - 1: c.name for c in classes.classes if c.labels}
        names = [named.get(c, str(c + 1)) for c in range(what.channels)]
    if any("/" in name or name.startswith(".") for name in names):
        raise CaseError("a class name with a slash or a dot in front cannot name a file")
    return names


def decode_all(
    files: list[DecodeItem], out: Path, settings: Settings
) -> Iterator[CaseError | list[Path]]:
    """Decode all of them; what goes wrong with one is given in its place."""
    for item in files:
        try:
            yield decode_item(item, out, settings, settings.classes)
        except CaseError as problem:
            problem.where = problem.where or str(item.path)
            yield problem
