"""Files among the masks that are images, or pictures of masks, and never masks (I6, I7, L11)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from segeval.pairing.files import (
    CHANNEL,
    INTERMEDIATE,
    MODALITIES,
    MaskFile,
    SideTree,
    has_role,
    strip_modality,
    strip_roles,
)

COMPANIONS = ("_color", "_instanceIds")  # what lies beside `_labelIds` for other purposes
LABEL_IDS = ("_labelIds", "_labelTrainIds")


def drop_images(tree: SideTree, other: frozenset[str]) -> dict[tuple[str, ...], list[MaskFile]]:
    """The masks of a side by the folder of their case: `segmentations` and its like are no part.

    other  stems of the other side, as they are and without role tokens
    """
    units: dict[tuple[str, ...], list[MaskFile]] = {}
    for found in drop_image_channels(tree, other):
        units.setdefault(case_folder(found.folder), []).append(found)
    masks = {folder: drop_modalities(files, folder) for folder, files in units.items()}
    return {folder: drop_companions(files) for folder, files in masks.items()}


def case_folder(folder: tuple[str, ...]) -> tuple[str, ...]:
    """The folder of a case, above `segmentations` and its like (I1)."""
    while folder and folder[-1].lower() in INTERMEDIATE:
        folder = folder[:-1]
    return folder


def drop_image_channels(tree: SideTree, other: frozenset[str]) -> list[MaskFile]:
    """The files that are not image channels: `case_0000` where `case` is a mask (I6).

    A frame `img_0001` is one of many masks, and either side has no `img`.
    """
    bases: frozenset[str] | set[str] | None = None
    kept = []
    for found in tree.files:
        channel = re.match(CHANNEL, found.stem)
        if channel and found.stem not in other:
            bases = bases or tree.stems | other
            if channel[1] in bases:
                continue
        kept.append(found)
    return kept


def drop_modalities(files: list[MaskFile], folder: tuple[str, ...]) -> list[MaskFile]:
    """The files that are not named as images of the masks beside them (I7)."""
    before = {f: "" if f.stem.lower() in MODALITIES else strip_modality(f.stem) for f in files}
    others = [f for f in files if before[f] is None]
    if not others or len(others) == len(files):
        return files
    bases = {"", *folder[-1:], *(strip_roles(f.stem) for f in others)}
    masks = [f for f in files if before[f] is None or before[f] not in bases]
    named = [f for f in masks if has_role(f.stem)] if folder and len(masks) < len(files) else []
    return named or masks


def drop_companions(files: Sequence[MaskFile]) -> list[MaskFile]:
    """The files that are not the coloured or instance form of a label map beside them (L11)."""
    stems = {f.stem for f in files if f.stem.endswith(LABEL_IDS)}
    if not stems:
        return list(files)
    starts = {s.removesuffix(end) for s in stems for end in LABEL_IDS}
    drawn = {start + end for start in starts for end in COMPANIONS}
    return [f for f in files if f.stem not in drawn]
