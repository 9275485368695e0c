"""Data sets that describe themselves: `dataset.json` and the folders of an nnU-Net data set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from segeval.classes.class_json import read_class_json
from segeval.classes.class_list import ClassList
from segeval.runtime.errors import RequestError
from segeval.runtime.json_text import parse_json

DATASET = "dataset.json"
LABEL_FOLDERS = ("labelsTr", "labelsTs")


def label_folders(gt: Path) -> list[Path]:
    """The folders of labels in the root of an nnU-Net data set; else the path itself.

    Rule LAYOUTS-L7.
    """
    return [folder for name in LABEL_FOLDERS if os.path.isdir(folder := gt / name)] or [gt]


def read_dataset_classes(pred: Path, gt: Path, asked: bool) -> ClassList:
    """The classes of the `dataset.json` of the ground truth, else of the predictions (LAYOUTS-L7,
    L8).

    asked  the request has a class list, so that the files need not agree
    Raises RequestError where they do not.
    """
    places = [gt, gt.parent] if gt.name.startswith("labels") else [gt]
    truth = next((f for place in places if (f := find_dataset_json(place)) is not None), None)
    guess = find_dataset_json(pred)
    lists = [read_class_json(file) for file in (truth, guess) if file is not None]
    if len(lists) == 2 and class_values(lists[0]) != class_values(lists[1]) and not asked:
        raise RequestError(
            "the ground truth and the predictions name their labels differently",
            facts=(
                f"gt {truth}: {list_first_classes(lists[0])}",
                f"pred {guess}: {list_first_classes(lists[1])}",
            ),
            help=f"say which holds: --classes {truth} or --classes {guess}",
        )
    return lists[0] if lists else ClassList()


def find_dataset_json(folder: Path) -> Path | None:
    """The `dataset.json` of a folder, or beside a file, that has labels by name."""
    path = (folder if folder.is_dir() else folder.parent) / DATASET
    if not os.path.isfile(path):
        return None
    try:
        content = parse_json(path.read_text("utf-8"))
    except (OSError, ValueError):
        return path  # read_class_json says what is wrong with it
    found = isinstance(content, Mapping) and isinstance(content.get("labels"), Mapping)
    return path if found else None


def class_values(classes: ClassList) -> tuple[dict[str, object], int | None]:
    """What has to agree between two lists: the values of each name, whatever their order."""
    return {c.name: frozenset(c.labels or ()) for c in classes.classes}, classes.ignore


def list_first_classes(classes: ClassList, most: int = 6) -> str:
    """The first classes of a list."""
    words = [f"{'+'.join(map(str, c.labels or ()))}={c.name}" for c in classes.classes]
    return ", ".join(words[:most]) + (" …" if len(words) > most else "")
