"""The words of `--classes`: names, labels with names, a file, or a list that ships."""

from __future__ import annotations

import os
from pathlib import Path

from segeval.classes.class_list import ClassList
from segeval.classes.distinct import check_distinct_labels, check_distinct_names, check_picked_once
from segeval.classes.make_classes import labelled_class_list, make_class, name_classes
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace


def parse_classes(text: str) -> ClassList:
    """Read `liver,spleen` (select), `5=liver` (name), a file, or the name of a list that ships.

    Raises RequestError.
    """
    if is_class_file(text):
        from segeval.classes.class_files import read_class_file

        return replace(read_class_file(Path(text)), only=True)
    from segeval.classes.shipped_lists import shipped_list

    if (shipped := shipped_list(text)) is not None:
        return replace(shipped, only=True)
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise RequestError("the list names no class")
    named = [word.partition("=") for word in words]
    if all(not equals for _, equals, _ in named):
        check_picked_once(words)
        return ClassList(name_classes(words), select=True, only=True)
    made = labelled_class_list(tuple(make_class(*parts) for parts in named))
    check_distinct_names([(name.strip(), label.strip()) for label, _, name in named])
    check_distinct_labels(made.classes)
    return replace(made, only=True)


def is_class_file(text: str) -> bool:
    """Whether `--classes` names a file: one that is there is never the name of a class."""
    return text.lower().endswith(".json") or (bool(text.strip()) and os.path.isfile(text))
