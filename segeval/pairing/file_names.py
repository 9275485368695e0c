"""What the name of a file says: its format, its role (`_seg`, `_gt`), its modality."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from itertools import chain

from segeval.readers import READERS

SUFFIXES = tuple(chain.from_iterable(READERS.values()))
PICTURES, ARRAYS = READERS["png"], READERS["npy"]
VOLUMES = tuple(suffix for suffix in SUFFIXES if suffix not in (*PICTURES, *ARRAYS))
DOUBLE_ENDINGS = (".gz", ".nrrd")  # the ends of suffixes of two parts
SCORES = ".npz"
MODALITIES = (
    *("t1", "t1n", "t1c", "t1ce", "t1gd", "t2", "t2w", "t2f", "flair", "adc", "dwi"),
    *("ct", "pet", "img", "image"),
)
ROLES = (
    *("seg", "segmentation", "segment", "label", "labels", "labelmap", "mask", "masks", "msk"),
    *("gt", "groundtruth", "truth", "ref", "reference", "manual"),
    *("pred", "prediction", "predictions", "predicted", "auto", "output", "out", "result"),
    *("prob", "probs", "probability", "softmax", "logits", "trans"),
    *("gtFine", "labelIds", "labelTrainIds", "leftImg8bit"),
)
_ROLE = "|".join(sorted(ROLES, key=len, reverse=True))
ROLE_WORDS = frozenset(role.lower() for role in ROLES)
ROLE_END = rf"(?i)(?:[_\-.](?:{_ROLE}))+$"
ROLE_START = rf"(?i)^(?:(?:{_ROLE})[_\-.])+"
ROLE_ONLY = rf"(?i)^(?:{_ROLE})(?:[_\-.](?:{_ROLE}))*$"
CHANNEL = r"^(.+)_000[0-3]$"
_MASK = "|".join(
    sorted((*ROLES[: ROLES.index("prob")], "gtFine", "labelIds", "labelTrainIds"), key=len)[::-1]
)
# of masks: scores and images have other words
MASK_ROLES = rf"(?i)(?:[_\-.](?:{_MASK}))+$|^(?:(?:{_MASK})[_\-.])+"
BESIDE_MASKS = ("imaging", "suv", "ctres", "img")  # KiTS, autoPET and their like: images
# Of names in lower case, each between two line ends: some rule speaks of one of them, for it has a
# role, a modality or the number of a channel. A name that this passes over is that of a case alone.
SPEAKING_NAME = (
    rf"[\n_\-.](?:{_ROLE.lower()}|{'|'.join(MODALITIES)})\n|\n(?:{_ROLE.lower()})[_\-.]"
    rf"|_000[0-3]\n|\n(?:{'|'.join(BESIDE_MASKS)})\n"
)
PLOTS = (
    *("plot", "preview", "screenshot", "progress", "thumb", "figure", "overlay", "montage"),
    *("snapshot", "histogram", "chart", "curve", "contact_sheet", "visual"),
)


def compose_accents(text: str) -> str:
    """A name in the form in which some file systems do and some do not keep accents."""
    if text.isascii():
        return text
    import unicodedata

    return unicodedata.normalize("NFC", text)


def format_suffix(name: str) -> str:
    """The suffix that says the format, as it stands; that of `a.nii.gz` is `.nii.gz`."""
    plain = os.path.splitext(name)[1]
    if plain.lower() in DOUBLE_ENDINGS:
        lower = name.lower()
        for known in SUFFIXES:
            if lower.endswith(known) and len(name) > len(known):
                return name[-len(known) :]
    return plain


def strip_format_suffix(name: str) -> str:
    """The name without the suffix that says the format."""
    end = len(format_suffix(name))
    return compose_accents(name[:-end] if end else name)


def is_score_archive(name: str) -> bool:
    """Whether the file is an archive that may hold the probabilities of a label map."""
    return name.lower().endswith(SCORES)


@lru_cache(1 << 10)
def strip_roles(name: str) -> str:
    """A name without role tokens at its end or start; a name of nothing else stays."""
    words = name.lower().replace("-", "_").replace(".", "_")
    if not (words.rpartition("_")[2] in ROLE_WORDS or words.partition("_")[0] in ROLE_WORDS):
        return name
    if re.match(ROLE_ONLY, name):
        return name
    while (less := re.sub(ROLE_START, "", re.sub(ROLE_END, "", name))) != name:
        name = less
    return name


def has_role(name: str) -> bool:
    """Whether the name says that the file is a mask."""
    return re.match(ROLE_ONLY, name) is not None or strip_roles(name) != name


def strip_modality(name: str) -> str | None:
    """What stands before the modality that ends a name; None where no modality does."""
    before, _, last = name.rpartition("_")
    if not before:
        before, _, last = name.rpartition("-")
    return before if last.lower() in MODALITIES else None
