"""Files among the masks that are images, plots or other forms of masks (ACCOUNT-A8, LAYOUTS-I6,
I7, L11).

In this order, so that what is known comes before what is only named like it:

1. a picture among volumes that the other side has nothing of is a plot or a preview
2. `case_0000` where `case` is a mask is a channel of the image
3. what the field keeps beside masks: `imaging`, `SUV`, `CTres`, `img`, and `X` beside `X_gt`
4. names of modalities: only where the other side has no file of that name, and a mask remains
5. `_color` and `_instanceIds` beside `_labelIds`
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from segeval.pairing.file_names import (
    BESIDE_MASKS,
    CHANNEL,
    MASK_ROLES,
    MODALITIES,
    PICTURES,
    PLOTS,
    VOLUMES,
    has_role,
    strip_modality,
    strip_roles,
)
from segeval.pairing.files import INTERMEDIATE, Left, MaskFile, SideTree, leave_aside
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.inventory import KNOWN, UNKNOWN

CITYSCAPES_IMAGE = "_leftImg8bit"
COMPANIONS = ("_color", "_instanceIds")  # what lies beside `_labelIds` for other purposes
LABEL_IDS = ("_labelIds", "_labelTrainIds")
SAMPLE, FEW_LABELS = 50_000, 64  # voxels that are looked at; values that a label map may have
SEGMENTS = ".seg.nrrd"

Unit = tuple[str, ...]
Units = dict[Unit, list[MaskFile]]


def require_image_folder(settings: Settings) -> None:
    """Refuse a folder of images that is not there. Raises RequestError."""
    if settings.images and not Path(settings.images).is_dir():
        raise RequestError("there is no such folder of images", where=settings.images)


def drop_images(
    tree: SideTree,
    other: frozenset[str],
    left: list[Left] | None = None,
    doubtful: set[MaskFile] | None = None,
) -> dict[Unit, list[MaskFile]]:
    """The masks of a side by the folder of their case: `segmentations` and its like are no part.

    other     stems of the other side, as they are and without role tokens
    left      gets what is left aside, and why
    doubtful  gets masks that are named like images of other cases
    """
    aside = left if left is not None else []
    folded = frozenset(name.casefold() for name in other)
    files = without_plots(tree.files, folded, aside)
    files = drop_image_channels(files, tree, other, aside)
    units: Units = {}
    for found in files:
        units.setdefault(case_folder(found.folder), []).append(found)
    images: list[MaskFile] = []
    for folder, those in units.items():
        units[folder] = without_known(beside_mask_folder(those, folder, images), images)
    aside += leave_aside("file", "named as the image of a mask beside it", shown_paths(images))
    if not any(f.stem.casefold() in folded for f in named_as_images(units)):
        images = []
        for folder, those in units.items():
            units[folder] = drop_modalities(those, folder, images)
        aside += doubted_images(tree.root, images)
        if doubtful is not None:
            doubtful.update(named_like(images, units))
    drawn: list[MaskFile] = []
    for folder, those in units.items():
        units[folder] = drop_companions(those, drawn)
    aside += leave_aside("file", "beside a label map, as another form of it", shown_paths(drawn))
    return units


def doubted_images(root: Path, images: Sequence[MaskFile]) -> Iterator[Left]:
    """Files that only their names call images: what holds a few labels may be a mask (ACCOUNT-A8,
    A34).

    One file of each modality is looked at.
    """
    groups: dict[str, list[MaskFile]] = {}
    for file in images:
        groups.setdefault(modality_word(file), []).append(file)
    for files in groups.values():
        weight = UNKNOWN if holds_few_labels(files[0].path(root)) else KNOWN
        yield from leave_aside("file", "named like images", shown_paths(files), weight)


def modality_word(file: MaskFile) -> str:
    """The last word of a name."""
    return re.split(r"[_\-]", file.stem.lower())[-1]


def named_like(images: Sequence[MaskFile], units: Units) -> Iterator[MaskFile]:
    """The masks that are none only where another one lies beside them, as in other cases.

    `c_t1.nii.gz` alone is hardly a mask where `a_t1.nii.gz` beside `a_seg.nii.gz` is an image.
    """
    words = {modality_word(file) for file in images}
    return (file for file in named_as_images(units) if modality_word(file) in words)


def holds_few_labels(path: Path) -> bool:
    """Whether a file has one channel with a few whole values, as label maps have."""
    import numpy as np

    from segeval.readers.registry import open_volume
    from segeval.runtime.errors import CaseError
    from segeval.volume.align import read_whole_channel
    from segeval.volume.read_options import ReadOptions

    try:
        volume = open_volume(path, ReadOptions())
        if len(volume.channels) != 1:
            return False
        values = read_whole_channel(volume.channels[0], volume.geometry).ravel()
    except CaseError:
        return False
    found = np.unique(values[:: max(1, len(values) // SAMPLE)])
    return len(found) <= FEW_LABELS and bool((found == np.floor(found)).all())


def shown_paths(files: Iterable[MaskFile]) -> tuple[str, ...]:
    """The paths of files as people see them."""
    return tuple(f.shown for f in files)


def case_folder(folder: Unit) -> Unit:
    """The folder of a case, above `segmentations` and its like (LAYOUTS-I1)."""
    while folder and folder[-1].lower() in INTERMEDIATE:
        folder = folder[:-1]
    return folder


def split_off(
    files: Iterable[MaskFile], gone: list[MaskFile], leaves: Callable[[MaskFile], bool]
) -> list[MaskFile]:
    """The files that stay; those that do not are added to what is gone."""
    kept: list[MaskFile] = []
    for found in files:
        (gone if leaves(found) else kept).append(found)
    return kept


def without_plots(
    files: Sequence[MaskFile], other: frozenset[str], left: list[Left]
) -> list[MaskFile]:
    """The files without plots among volumes, and pictures that the other side has no name of.

    Rule ACCOUNT-A9.
    """
    pictures = [f for f in files if f.name.lower().endswith(PICTURES)]
    volumes = len(pictures) < len(files) and any(f.name.lower().endswith(VOLUMES) for f in files)
    if not pictures or not volumes:
        return list(files)
    keys = {name for stem in other for name in (stem, strip_roles(stem))}
    stray: list[MaskFile] = []
    kept = split_off(
        files,
        stray,
        lambda f: is_plot(f) or is_picture_without(f, keys),
    )
    plots = [f for f in stray if is_plot(f)]
    unknown = [f for f in stray if not is_plot(f)]
    left += leave_aside("file", "named like plots or previews", shown_paths(plots), KNOWN)
    left += leave_aside("file", "in a picture format among volumes", shown_paths(unknown), UNKNOWN)
    return kept


def is_picture_without(found: MaskFile, keys: set[str]) -> bool:
    """Whether a file is a picture of none of the names of the other side."""
    names = (found.stem.casefold(), strip_roles(found.stem).casefold())
    return found.name.lower().endswith(PICTURES) and keys.isdisjoint(names)


def is_plot(found: MaskFile) -> bool:
    """Whether a picture is called like what people look at."""
    lower = found.name.lower()
    return lower.endswith(PICTURES) and any(word in lower for word in PLOTS)


def drop_image_channels(
    files: Sequence[MaskFile], tree: SideTree, other: frozenset[str], left: list[Left]
) -> list[MaskFile]:
    """The files that are not image channels: `case_0000` where `case` is a mask (LAYOUTS-I6).

    A frame `img_0001` is one of many masks, and either side has no `img`.
    """
    bases: frozenset[str] | set[str] | None = None
    kept, gone = [], []
    for found in files:
        channel = re.match(CHANNEL, found.stem)
        if channel and found.stem not in other:
            bases = bases or tree.stems | other
            if channel[1] in bases:
                gone.append(found)
                continue
        kept.append(found)
    left += leave_aside("file", "named like channels of images", shown_paths(gone))
    return kept


def beside_mask_folder(files: list[MaskFile], folder: Unit, gone: list[MaskFile]) -> list[MaskFile]:
    """The files of a case without the images that lie beside its folder of masks.

    `s0001/ct.nii.gz` beside `s0001/segmentations/` is no mask, even where the other side has it too
    (ACCOUNT-A8).
    """
    if not any(found.folder != folder for found in files):
        return files
    return split_off(
        files, gone, lambda f: f.folder == folder and f.stem.lower() in (*MODALITIES, *BESIDE_MASKS)
    )


def without_known(files: list[MaskFile], gone: list[MaskFile]) -> list[MaskFile]:
    """The files of a folder without the images that the field keeps beside masks (ACCOUNT-A8)."""
    if len(files) < 2:
        return files
    segments = {f.stem for f in files if f.name.lower().endswith(SEGMENTS)}
    if segments:  # `ct.nrrd` beside `ct.seg.nrrd`
        files = split_off(
            files, gone, lambda f: f.stem in segments and not f.name.lower().endswith(SEGMENTS)
        )
    masks = {base for f in files if (base := mask_name(f.stem))}
    if masks:
        files = split_off(files, gone, lambda f: f.stem.removesuffix(CITYSCAPES_IMAGE) in masks)
    rest = [f for f in files if f.stem.lower() not in BESIDE_MASKS]
    return split_off(files, gone, lambda f: f.stem.lower() in BESIDE_MASKS) if rest else files


def mask_name(stem: str) -> str:
    """The name without the words at its end that say that the file is a mask; "" without one."""
    less = re.sub(MASK_ROLES, "", stem)
    return less if less != stem else ""


def named_as_images(units: Units) -> Iterable[MaskFile]:
    """The files whose names are, or end in, that of a modality."""
    return (
        f
        for files in units.values()
        for f in files
        if f.stem.lower() in MODALITIES or strip_modality(f.stem) is not None
    )


def drop_modalities(files: list[MaskFile], folder: Unit, gone: list[MaskFile]) -> list[MaskFile]:
    """The files that are not named as images of the masks beside them (LAYOUTS-I7)."""
    before = {f: "" if f.stem.lower() in MODALITIES else strip_modality(f.stem) for f in files}
    others = [f for f in files if before[f] is None]
    if not others or len(others) == len(files):
        return files
    bases = {"", *folder[-1:], *(strip_roles(f.stem) for f in others)}
    masks = [f for f in files if before[f] is None or before[f] not in bases]
    named = [f for f in masks if has_role(f.stem)] if folder and len(masks) < len(files) else []
    kept = named or masks
    stays = set(map(id, kept))
    gone += [f for f in files if id(f) not in stays]
    return kept


def drop_companions(files: Sequence[MaskFile], gone: list[MaskFile]) -> list[MaskFile]:
    """The files that are not the coloured or instance form of a label map beside them.

    Rule LAYOUTS-L11.
    """
    stems = {f.stem for f in files if f.stem.endswith(LABEL_IDS)}
    if not stems:
        return list(files)
    starts = {s.removesuffix(end) for s in stems for end in LABEL_IDS}
    drawn = {start + end for start in starts for end in COMPANIONS}
    return split_off(files, gone, lambda f: f.stem in drawn)
