"""A COCO JSON file taken apart: images, what is marked in each, and categories.

    instances    an object with `images`, `annotations` and `categories`
    panoptic     the same, an annotation an image with `segments_info` and a PNG of segments; of a
                 prediction the annotations are enough
    detections   a list; its images are those of the ground truth, by their id

Nothing in the file is trusted: an image or an annotation that cannot be used is a fault of its
image, which is then unreadable, and the others go on. Ids are numbers or names, with gaps, and
never places. What belongs to no image or category is counted as left aside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from segeval.readers.coco_marks import (
    Id,
    Mark,
    MarkGatherer,
    MarkStore,
    StrayMarks,
    flag_of,
    id_of,
)
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.json_parts import PartsError, read_object_parts
from segeval.runtime.json_text import parse_json
from segeval.volume.channel import check_channel_count

KEYS = ("images", "annotations", "categories")
LISTS = "images, annotations and categories are lists"
IN_MEMORY = 1 << 21  # bytes of a file whose annotations are held
LARGEST = 1 << 31  # pixels of an image
HELP = "an object with images, annotations and categories, or a list of detections"


@frozen
class CocoImage:
    """An image of a file.

    number      its id; None where it has none
    name        its file name, or `image 3` without one
    shape       (H, W); (0, 0) where the file does not say
    fault       why it cannot be scored; "" where it can
    twins       ids of images of the same name, its own among them
    negative    categories that are known to be absent (LVIS)
    open_ended  categories that are not annotated to the end (LVIS)
    """

    number: Id | None
    name: str
    shape: tuple[int, int]
    fault: str = ""
    twins: tuple[Id, ...] = ()
    negative: tuple[Id, ...] = ()
    open_ended: tuple[Id, ...] = ()


@frozen
class CocoCategory:
    """A category of a file.

    group  how frequent it is (LVIS: r, c, f); "" where the file does not say
    thing  whether it has instances (panoptic)
    """

    number: Id
    name: str
    group: str = ""
    thing: bool = True


@frozen
class CocoFile:
    """A file, taken apart.

    images      by file name; None of detections
    marks       the annotations or detections of each image, by its id
    categories  by id, in the order of the file; those that only group others are left out
    grouping    the names of those
    panoptic    an annotation is a map of segments
    strays      annotations that belong to nothing
    """

    images: Mapping[str, CocoImage] | None
    marks: MarkStore
    categories: Mapping[Id, CocoCategory]
    grouping: tuple[str, ...] = ()
    panoptic: bool = False
    strays: tuple[StrayMarks, ...] = ()

    def count_marks(self, image: CocoImage) -> int:
        """How many annotations an image has, those of images of its name among them."""
        ids = {image.number, *image.twins} - {None}
        return sum(self.marks.count(number) for number in ids if number is not None)


class UnclearCategoriesError(ValueError):
    """Categories that one name, or one id, does not tell apart."""

    help = "give each category an id and a name of its own"


def parse_coco(path: Path) -> CocoFile:
    """The images, annotations and categories of a file. Raises ReadError."""
    try:
        state = path.stat()
        return _parse_coco_version(path, state.st_mtime_ns, state.st_size)
    except OSError as problem:
        raise ReadError(f"cannot be opened ({problem.strerror})", where=path) from problem
    except UnclearCategoriesError as problem:
        raise ReadError(str(problem), where=path, help=problem.help) from problem
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise ReadError(
            f"not a COCO file ({type(problem).__name__}: {problem})", where=path, help=HELP
        ) from problem


@lru_cache(4)
def _parse_coco_version(path: Path, changed: int, size: int) -> CocoFile:
    """The file as it is at a time; every image of it asks."""
    content, marks = gather_marks(path, size)
    if content is None:
        store, strays = marks.finish(None)
        return CocoFile(None, store, {}, strays=strays)
    if "images" not in content and marks.segmented:
        store, strays = marks.finish(None)
        return CocoFile(None, store, {}, panoptic=True, strays=strays)
    images, categories = content["images"], content["categories"]
    if not all(isinstance(part, list) for part in (images, categories)):
        raise TypeError(LISTS)
    check_channel_count(len(categories), path, "categories")
    entries = [image_of(entry, place) for place, entry in enumerate(images, 1)]
    found = images_by_name(entries)
    known = {image.number for image in entries if image.number is not None}
    store, strays = marks.finish(known)
    kept, grouping = categories_of(categories, marks.used)
    return CocoFile(found, store, kept, grouping, marks.segmented, strays)


def gather_marks(path: Path, size: int) -> tuple[dict[str, Any] | None, MarkGatherer]:
    """The members of a file but its annotations, None of a list; and these, or the detections.

    A large file is read in parts, unless there is something unusual in it. Raises ValueError,
    KeyError, TypeError, OSError.
    """
    if size > IN_MEMORY:
        marks = MarkGatherer(in_memory=False)
        with suppress(PartsError, UnicodeDecodeError), path.open(encoding="utf-8-sig") as file:
            content = read_object_parts(file, ("annotations",), marks.add)
            if content is None or (set(KEYS) <= set(content)):
                return content, marks
            if marks.segmented and "images" not in content:
                return content, marks
    content = parse_json(path.read_text("utf-8-sig"))
    marks = MarkGatherer()
    if isinstance(content, list):
        listed, content = content, None
    elif "images" not in content:
        listed = content["annotations"]
        if not isinstance(listed, list):
            raise KeyError("images")
    else:
        listed = [content[key] for key in KEYS][1]
        if not isinstance(listed, list):
            raise TypeError(LISTS)
    for entry in listed:
        marks.add(entry)
    if content is not None and "images" not in content and not marks.segmented:
        raise KeyError("images")
    return content, marks


def list_of_entry(mark: Mark, key: str) -> list[Any]:
    """A list of an entry; empty where it has none."""
    value = mark.get(key)
    return value if isinstance(value, list) else []


def images_by_name(entries: Sequence[CocoImage]) -> dict[str, CocoImage]:
    """The images by file name; those that share a name or an id with another are faulty."""
    images = list(dict.fromkeys(entries))  # the same entry twice is one image
    ids = Counter(image.number for image in images if image.number is not None)
    names = Counter(image.name for image in images)
    found: dict[str, CocoImage] = {}
    for image in images:
        if names[image.name] > 1:
            same = [other.number for other in images if other.name == image.name]
            told = ", ".join(map(str, same))
            image = replace(
                image,
                fault=f"{len(same)} images are called {image.name}: ids {told}",
                twins=tuple(one for one in same if one is not None),
            )
        elif image.number is not None and ids[image.number] > 1:
            image = replace(image, fault=f"{ids[image.number]} images have the id {image.number}")
        found[image.name] = image
    return found


def image_of(entry: Any, place: int) -> CocoImage:
    """One entry of `images`."""
    if not isinstance(entry, Mapping):
        return CocoImage(None, f"image {place}", (0, 0), "its entry is no object")
    number, name = id_of(entry.get("id")), entry.get("file_name")
    name = name if isinstance(name, str) and name.strip("/. ") else f"image {place}"
    sides = tuple(id_of(entry.get(key)) for key in ("height", "width"))
    if number is None:
        return CocoImage(None, name, (0, 0), f"it has no usable id ({entry.get('id')!r})")
    lists = [
        tuple(one for value in list_of_entry(entry, key) if (one := id_of(value)) is not None)
        for key in ("neg_category_ids", "not_exhaustive_category_ids")
    ]
    height, width = sides
    if not (isinstance(height, int) and isinstance(width, int) and height > 0 and width > 0):
        told = ", ".join(f"{key} {entry.get(key)!r}" for key in ("height", "width"))
        return CocoImage(number, name, (0, 0), f"it has no usable size ({told})", (), *lists)
    if height * width > LARGEST:
        return CocoImage(number, name, (0, 0), f"{width} x {height} is no size of a picture")
    return CocoImage(number, name, (height, width), "", (), *lists)


def categories_of(
    entries: Iterable[Any], used: set[Id | None]
) -> tuple[dict[Id, CocoCategory], tuple[str, ...]]:
    """The categories by id, and the names of those that only group others.

    A category that others name as theirs (`supercategory`) and that nothing is annotated with is a
    heading of the program that wrote the file. Raises ValueError.
    """
    entries = [entry for entry in entries if isinstance(entry, Mapping)]
    above = Counter(str(e.get("supercategory")) for e in entries if e.get("supercategory"))
    found: dict[Id, CocoCategory] = {}
    grouping = []
    for entry in entries:
        number, name = id_of(entry.get("id")), entry.get("name", entry.get("id"))
        if number is None or not isinstance(name, (str, int)):
            raise ValueError(
                f"a category has no usable id and name ({entry.get('id')!r}, {name!r})"
            )
        own = int(str(entry.get("supercategory")) == str(name))
        if above[str(name)] > own and number not in used:
            grouping.append(str(name))
            continue
        if number in found:
            raise UnclearCategoriesError(f"two categories have the id {number}")
        group = entry.get("frequency")
        thing = flag_of(entry, "isthing", True)
        found[number] = CocoCategory(
            number, str(name), group if isinstance(group, str) else "", thing
        )
    twice = [name for name, n in Counter(c.name for c in found.values()).items() if n > 1]
    if twice:
        ids = [str(c.number) for c in found.values() if c.name == twice[0]]
        raise UnclearCategoriesError(
            f"{len(ids)} categories are called {twice[0]!r}: ids {', '.join(ids)}"
        )
    return found, tuple(grouping)
