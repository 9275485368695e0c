"""Files of a side: which could be masks, what their names say, and the folders they lie in.

A folder is listed once and no file is asked for its state, so 20 000 files take a tenth of a
second. Order is natural order, whatever the file system gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from segeval.classes.names import natural_key, sort_naturally
from segeval.pairing.file_names import SUFFIXES, format_suffix, strip_format_suffix
from segeval.readers import INSTANCE_LISTS
from segeval.runtime.errors import ReadError, RequestError
from segeval.runtime.folders import EMPTY, UPWARDS, Unlisted, list_files
from segeval.runtime.frozen import frozen
from segeval.runtime.inventory import KNOWN, LOST, UNKNOWN

REFUSED = (".jpg", ".jpeg")  # taken where nothing else is there: the error helps
DICOM = (".dcm", ".dicom", ".ima")
NO_OBJECTS = (  # what holds neither a mask nor a DICOM object
    *(".txt", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".toml", ".ini", ".md"),
    *(".log", ".html", ".htm", ".pdf", ".xlsx", ".xls", ".ods", ".doc", ".docx", ".ppt", ".pptx"),
    *(".py", ".sh", ".ipynb", ".zip", ".tar", ".gz", ".7z", ".mp4", ".avi", ".mov", ".svg"),
    *(".webp", ".pth", ".pt", ".ckpt", ".onnx", ".bval", ".bvec", ".mat", ".stl", ".vtk", ".vtp"),
    *(".ply", ".obj", ".h5", ".hdf5", ".parquet", ".sqlite", ".db", ".lock", ".bak", ".tmp"),
)
JSON = (".json", ".geojson")
PROBED_POLYGONS = 16  # such files that are looked into before a folder of masks has none of them
SIDE_FILES = (
    *("thumbs.db", "dicomdir", "dataset.json", "plans.json", "predict_from_raw_data_args.json"),
    *("summary.json", "statistics.json"),
)
SIDE_ENDINGS = (".pkl",)
INTERMEDIATE = ("segmentations", "structures", "masks", "labels", "seg", "contours")
IMAGE_FOLDERS = ("images", "imagestr", "imagests", "imagesval")
UNREADABLE = "that cannot be listed"
BROKEN = "linked to nothing"  # a file, or a folder of files


class MaskFile(NamedTuple):
    """A file that could be a mask; there may be a million of them.

    folder  names of the folders below the root
    stem    the name without its suffix
    """

    folder: tuple[str, ...]
    name: str
    stem: str

    @property
    def shown(self) -> str:
        """The path relative to the root."""
        return "/".join((*self.folder, self.name))

    def path(self, root: Path) -> Path:
        """The path of the file."""
        return root.joinpath(*self.folder, self.name)


class Left(NamedTuple):
    """Files or folders of a side that are left aside, and why (see runtime.inventory).

    number  how many there are, where that is more than the names; 0: as many as names
    """

    kind: str
    reason: str
    names: tuple[str, ...]
    weight: str
    code: str = ""
    number: int = 0


def leave_aside(
    kind: str, reason: str, names: Iterable[str], weight: str = KNOWN
) -> Iterator[Left]:
    """What is left aside for a reason, if there is something."""
    if shown := tuple(names):
        yield Left(kind, reason, shown, weight)


@frozen
class SideTree:
    """What a side holds.

    files    what could be masks, in natural order
    objects  what could be DICOM objects, whose names say nothing
    others   what is neither
    met      how many files there are; hidden ones and side files are none
    left     what is left aside already
    dicom    its objects are those of a DICOM tree
    """

    root: Path
    files: tuple[MaskFile, ...]
    objects: tuple[MaskFile, ...] = ()
    others: tuple[str, ...] = ()
    met: int = 0
    left: tuple[Left, ...] = ()
    dicom: bool = False

    @property
    def stems(self) -> set[str]:
        """The stems of all files."""
        return {found.stem for found in self.files}

    @property
    def suffixes(self) -> dict[str, int]:
        """How many files could not be masks, by suffix."""
        names = [*(f.name for f in self.objects), *self.others]
        return dict(Counter(format_suffix(name.lower()) or "no suffix" for name in names))


def list_mask_files(root: Path) -> SideTree:
    """List what could be masks below a folder, and what else is there. Raises RequestError."""
    found: list[MaskFile] = []
    lossy: list[MaskFile] = []
    objects: list[MaskFile] = []
    others: list[str] = []
    special: list[str] = []
    drawn: list[MaskFile] = []
    beside: list[str] = []
    unlisted: list[Unlisted] = []
    met = 0
    try:
        for folder, name, regular in list_files(str(root), unlisted, without_image_folders(beside)):
            lower = name.lower()
            if lower in SIDE_FILES or lower.endswith(SIDE_ENDINGS):
                continue
            met += 1
            if lower.endswith(SUFFIXES):
                found.append(MaskFile(folder, name, strip_format_suffix(name)))
            elif lower.endswith(REFUSED):
                lossy.append(MaskFile(folder, name, strip_format_suffix(name)))
            elif not regular:
                special.append("/".join((*folder, name)))
            elif lower.endswith(INSTANCE_LISTS):
                drawn.append(MaskFile(folder, name, strip_format_suffix(name)))
            elif lower.endswith(NO_OBJECTS):
                others.append("/".join((*folder, name)))
            else:
                objects.append(MaskFile(folder, name, name))
    except OSError as problem:
        raise RequestError(f"cannot list the folder ({problem.strerror})", where=root) from problem
    found += (called := empty_folders_called_masks(unlisted))
    polygons = polygon_files(root, drawn, bool(found))
    others += [file.shown for file in drawn if file not in polygons]
    images: list[str] = []
    parts: list[str] = []
    if polygons:  # a picture of the same name is the image that they were drawn on
        stems = {(file.folder, file.stem) for file in polygons}
        images = [f.shown for f in (*found, *lossy) if (f.folder, f.stem) in stems]
        found = [*polygons, *(f for f in found if (f.folder, f.stem) not in stems)]
        lossy = [f for f in lossy if (f.folder, f.stem) not in stems]
        listed = named_pictures(root, polygons)
        parts = [f.shown for f in found if f.path(root) in listed]
        found = [f for f in found if f.path(root) not in listed]
    files, left = (found, lossy) if found else (lossy, [])
    return SideTree(
        root,
        tuple(in_natural_order(files)),
        tuple(in_natural_order(objects)),
        tuple(others),
        met + len(called),
        (
            *(Left("folder", UNREADABLE, (f"{u.shown}: {u.reason}",), LOST)
              for u in unlisted if u.lost),
            *leave_aside("folder", "linked to a folder above",
                   [u.shown for u in unlisted if u.reason == UPWARDS]),
            *leave_aside("folder", "of images beside folders of masks", beside),
            *leave_aside("file", "that are images of the polygons beside them", images),
            *leave_aside("file", "that lists of masks name", parts),
            *leave_aside("file", "other than regular files", special, UNKNOWN),
            *leave_aside("file", "in a format that no mask has", [f.shown for f in left], UNKNOWN),
        ),
    )  # fmt: skip


def empty_folders_called_masks(unlisted: Iterable[Unlisted]) -> list[MaskFile]:
    """Folders that are called like a mask and hold nothing: a mask that nobody can read."""
    return [
        MaskFile(one.folder[:-1], name, strip_format_suffix(name))
        for one in unlisted
        if one.reason == EMPTY and (name := one.folder[-1]).lower().endswith(SUFFIXES)
    ]


def unlisted_errors(tree: SideTree) -> list[ReadError]:
    """The folders that could not be looked into: what they hold is missing."""
    lost = [left for left in tree.left if left.weight == LOST]
    return [
        ReadError(f"{left.kind} {left.reason}: {name}", where=tree.root)
        for left in lost
        for name in left.names
    ]


def named_pictures(root: Path, polygons: Iterable[MaskFile]) -> set[Path]:
    """The pictures that lists of masks name; one that cannot be read names none here."""
    from segeval.readers import mask_list
    from segeval.runtime.packed_streams import read_head

    found: set[Path] = set()
    for file in polygons:
        path = file.path(root)
        if file.name.lower().endswith(".txt") and mask_list.claims(path, read_head(path)):
            with suppress(ReadError):
                found.update(picture for picture, _, _ in mask_list.list_entries(path))
    return found


def polygon_files(root: Path, drawn: Sequence[MaskFile], masks: bool) -> set[MaskFile]:
    """The files that hold the polygons of one image, by their first bytes.

    masks  there are files of masks too: then a few files tell whether to look into all
    """
    from segeval.readers.registry import is_polygon_file

    if masks and not any(is_polygon_file(f.path(root)) for f in drawn[:PROBED_POLYGONS]):
        return set()
    found = {file for file in drawn if is_polygon_file(file.path(root))}
    # An empty text is an image without objects only among texts that have some.
    full = [f for f in found if not f.name.lower().endswith(".txt") or f.path(root).stat().st_size]
    if not full:
        return set()
    drawn_json = any(f.name.lower().endswith(JSON) for f in full)
    return found | {f for f in drawn if drawn_json and f not in found and is_damaged_json(f, root)}


def is_damaged_json(file: MaskFile, root: Path) -> bool:
    """Whether a file beside polygons is called JSON and is none: one of them that is damaged."""
    if not file.name.lower().endswith(JSON):
        return False
    from segeval.runtime.json_text import parse_json

    try:
        parse_json(file.path(root).read_text("utf-8-sig"))
    except (OSError, ValueError):
        return True
    return False


def in_natural_order(files: list[MaskFile]) -> Sequence[MaskFile]:
    """Files as people count: `case2` before `case10`."""
    files.sort(key=lambda f: (f.folder, f.name))  # mostly the natural order already
    return sort_naturally(files, lambda f: [*map(natural_key, f.folder), natural_key(f.name)])


def without_image_folders(beside: list[str]) -> Callable[[Sequence[str]], Sequence[str]]:
    """Which folders are entered: beside folders of masks, not those of images.

    beside  gets the names of those
    """

    def enter(names: Sequence[str]) -> Sequence[str]:
        if not any(name.lower() in INTERMEDIATE or name.startswith("labels") for name in names):
            return names
        images = [name for name in names if name.lower() in IMAGE_FOLDERS]
        beside.extend(images)
        return [name for name in names if name not in images]

    return enter


PROBED = 4096  # files whose first bytes are read before a folder is no DICOM tree


def holds_dicom(tree: SideTree) -> bool:
    """Whether a folder holds DICOM files: by what they hold, whatever they are called."""
    objects = sorted(tree.objects, key=lambda f: not f.name.lower().endswith(DICOM))
    return any(is_dicom_file(f.path(tree.root)) for f in objects[:PROBED])


def is_dicom_file(path: Path) -> bool:
    """Whether the first bytes of a file say that it is DICOM."""
    from segeval.dicom.files import is_dicom

    try:
        with path.open("rb") as file:
            return is_dicom(file.read(132))
    except OSError:
        return False
