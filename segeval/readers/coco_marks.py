"""The annotations or detections of a COCO file by their image; those of a large file lie on disk.

A file of a data set holds those of every image, and one image is scored at a time: of a large file
the text of each is kept in a temporary file and read again when its image is asked for.
"""

from __future__ import annotations

import json
import os
import tempfile
from array import array
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any
from weakref import finalize

from segeval.runtime.frozen import frozen

Id = int | str
Mark = Mapping[str, Any]


@frozen
class StrayMarks:
    """Marks that belong to nothing: what they are without, and the ids that they name."""

    reason: str
    code: str
    names: tuple[str, ...]
    count: int


def id_of(value: Any) -> Id | None:
    """An id as it is compared: a whole number, or a name; None where it is neither."""
    if isinstance(value, str):
        return int(value) if value.isdecimal() else value or None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


FLAGS = {0: False, 1: True, "0": False, "1": True}


def flag_of(entry: Mark, key: str, default: bool) -> bool:
    """A yes or no of an entry, as 0 and 1. Raises ValueError for anything else."""
    value = entry.get(key)
    if value is None:
        return default
    if not isinstance(value, (int, float, str)) or value not in FLAGS:
        raise ValueError(f"{key} is {value!r}, not 0 or 1"[:200])
    return FLAGS[value]


class MarkFile:
    """Texts in a temporary file that has no name, by their number.

    They are read at their place, so that processes that were forked do not disturb each other.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="segeval-")  # noqa: SIM115
        self._ends = array("q", [0])
        finalize(self, self._file.close)

    def add(self, text: str) -> None:
        """Add a text."""
        content = text.encode("utf-8", "surrogatepass")
        self._file.write(content)
        self._ends.append(self._ends[-1] + len(content))

    def close(self) -> None:
        """Nothing more is added."""
        self._file.flush()

    def read(self, number: int) -> Any:
        """The value of a text."""
        start, stop = self._ends[number], self._ends[number + 1]
        return json.loads(os.pread(self._file.fileno(), stop - start, start))


class MarkStore:
    """Marks by the id of their image, each image's in the order of the file."""

    def __init__(self, in_memory: bool) -> None:
        self._held: list[Mark] = []
        self._file = None if in_memory else MarkFile()
        self._images: dict[Id, int] = {}
        self._owner = array("i")  # the place of each mark's image
        self._order, self._begins = array("i"), array("i", [0])

    def add(self, number: Id, mark: Mark, text: str) -> None:
        """Add a mark of an image."""
        self._owner.append(self._images.setdefault(number, len(self._images)))
        if self._file is None:
            self._held.append(mark)
        else:
            self._file.add(text)

    def close(self) -> None:
        """Nothing more is added."""
        import numpy as np

        if self._file is not None:
            self._file.close()
        owner = np.array(self._owner, np.int32)
        self._order = array("i", np.argsort(owner, kind="stable").astype(np.int32).tobytes())
        counts = np.bincount(owner, minlength=len(self._images))
        self._begins = array(
            "i", np.concatenate([[0], np.cumsum(counts)]).astype(np.int32).tobytes()
        )

    def drop(self, known: Container[Id]) -> dict[Id, int]:
        """Forget the images that are not known; gives how many marks each of them had."""
        gone = {n: self.count(n) for n in self._images if n not in known}
        self._images = {n: place for n, place in self._images.items() if n in known}
        return gone

    def count(self, number: Id) -> int:
        """How many marks an image has."""
        place = self._images.get(number)
        return 0 if place is None else self._begins[place + 1] - self._begins[place]

    def get(self, number: Id | None) -> Sequence[Mark]:
        """The marks of an image."""
        place = None if number is None else self._images.get(number)
        if place is None:
            return ()
        numbers = self._order[self._begins[place] : self._begins[place + 1]]
        if self._file is None:
            return [self._held[k] for k in numbers]
        return [self._file.read(k) for k in numbers]

    def __iter__(self) -> Iterator[Id]:
        """The ids of the images, in the order in which they come."""
        return iter(self._images)

    def __len__(self) -> int:
        return len(self._images)


class MarkGatherer:
    """Sees every annotation or detection of a file once.

    segmented  whether one is a map of segments
    used       the categories that are annotated in known images, those of segments among them
    """

    def __init__(self, in_memory: bool = True) -> None:
        self.segmented, self.used = False, set[Id | None]()
        self._categories: dict[Id | None, set[Id]] = {}  # and images of each
        self._store = MarkStore(in_memory)
        self._many = 0
        self._lost: dict[str, int] = {}  # what is said of those without an image, and how many
        self._spelled: dict[Id, list[str]] = {}  # ids that are not written as they are compared

    def add(self, entry: Any, text: str = "") -> None:
        """See an entry, with its text."""
        self._many += 1
        if not isinstance(entry, Mapping):
            self._lose(f"entry {self._many}")
            return
        self.segmented |= "segments_info" in entry
        raw = entry.get("image_id")
        number = id_of(raw)
        if number is None:
            self._lose(f"image_id {raw!r}"[:40] if "image_id" in entry else f"entry {self._many}")
            return
        if raw != number or not isinstance(raw, int | str):
            self._spelled.setdefault(number, []).append(f"image_id {raw!r}"[:40])
        self._store.add(number, entry, text)
        segments = entry.get("segments_info")
        for one in (entry, *(segments if isinstance(segments, list) else ())):
            if isinstance(one, Mapping):
                self._categories.setdefault(id_of(one.get("category_id")), set()).add(number)

    def _lose(self, said: str) -> None:
        self._lost[said] = self._lost.get(said, 0) + 1

    def finish(self, known: Container[Id] | None) -> tuple[MarkStore, tuple[StrayMarks, ...]]:
        """The marks by image, and what belongs to no image. Raises ValueError.

        known  ids of the images; None: those of another file
        """
        self._store.close()
        self.used = {
            category
            for category, images in self._categories.items()
            if known is None or any(image in known for image in images)
        }
        lost = dict(self._lost)
        gone = {} if known is None else self._store.drop(known)
        for number, many in gone.items():
            names = dict.fromkeys(self._spelled.get(number) or [f"image_id {number!r}"[:40]])
            lost |= dict.fromkeys(names, 0)
            lost[next(iter(names))] += many
        if not lost:
            return self._store, ()
        if known is None and not len(self._store):
            raise ValueError("no entry of the list has an image_id")
        return self._store, (
            StrayMarks(
                "that belong to no image", "W-unknown-image", tuple(lost), sum(lost.values())
            ),
        )
