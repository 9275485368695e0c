"""Class lists of JSON files, whichever tool wrote them.

dataset.json    nnU-Net, Medical Segmentation Decathlon, MONAI Label: `labels`, either way round
config.json     Hugging Face: `id2label` or `label2id`
metadata.json   a bundle of MONAI: `channel_def` of its output `pred`
instances.json  COCO: `categories` with `id` and `name`
a list          of objects with a name and a value: `id`, `value`, `label_value`, `index`, `trainId`
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segeval.classes.class_list import ClassList
from segeval.classes.make_classes import make_class_list
from segeval.runtime.errors import RequestError
from segeval.runtime.file_state import refuse_device
from segeval.runtime.json_text import RepeatedKeyError, parse_json_once

NAMES = ("name", "label", "class", "title")
VALUES = ("id", "value", "label_value", "index", "trainid", "label_id")


def read_class_json(path: Path) -> ClassList:
    """Read the classes of a JSON file. Raises RequestError.

    path  the file
    """
    try:
        refuse_device(path)
        content = parse_json_once(path.read_text("utf-8-sig"))
    except RepeatedKeyError as problem:
        raise RequestError(
            f"the key '{problem}' stands twice, and only one of its values would count",
            where=path,
            help="leave one of the two out",
        ) from problem
    except OSError as problem:
        raise RequestError(f"cannot read the classes ({problem.strerror})", where=path) from problem
    except (ValueError, RecursionError) as problem:
        raise RequestError(f"not a JSON file ({problem})", where=path) from problem
    labels = find_labels(content)
    if not labels:
        raise RequestError("there are no labels in the file", where=path)
    return make_class_list(labels, path)


def find_labels(content: Any) -> dict[str, Any]:
    """Names and values in the JSON of some tool, either way round; {} where there are none.

    content  what the file holds
    """
    if isinstance(content, list):
        return _of_objects(content)
    if not isinstance(content, Mapping):
        return {}
    for key in ("labels", "id2label", "label2id", "categories", "classes"):
        held = content.get(key)
        if isinstance(held, list):
            return _of_objects(held)
        if isinstance(held, Mapping):
            return {str(name): value for name, value in held.items()}
    if isinstance(held := _pred_channels(content), Mapping):
        return {str(name): value for name, value in held.items()}
    return {str(name): value for name, value in content.items()}


def _pred_channels(content: Mapping[str, Any]) -> Any:
    """What a bundle of MONAI says of the channels of its prediction."""
    held: Any = content
    for key in ("network_data_format", "outputs", "pred", "channel_def"):
        held = held.get(key) if isinstance(held, Mapping) else None
    return held


def _of_objects(items: list[Any]) -> dict[str, Any]:
    """The names and values of objects; {} where one has none."""
    made: dict[str, Any] = {}
    for item in items:
        if not isinstance(item, Mapping):
            return {}
        own = {str(key).lower(): value for key, value in item.items()}
        name = next((own[key] for key in NAMES if isinstance(own.get(key), str)), None)
        value = next((own[key] for key in VALUES if key in own), None)
        if name is None or value is None:
            return {}
        made[f"{name}"] = value
    return made
