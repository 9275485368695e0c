"""The signature: one line that fixes the numbers of a run.

    dice,iou|threshold:0.5|undefined:exclude|resample:never|…|numbers:2

Every choice that can change a number is in it, metrics with their defaults written out, and nothing
else: no path, no number of processes. Programs compare the fields, never the line.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from segeval.classes.class_list import UNSEEN, ClassDef, ClassList
from segeval.metrics.registry import Definition, full_metric_text
from segeval.request.grammar import Metric
from segeval.request.settings import NUMBERS, Settings
from segeval.runtime.frozen import fields

MANY = 20  # words of a choice that the line spells out
FEW_CLASSES = 6  # classes that the line spells out
RARE = ("resample_loss", "geometry", "unlisted", "frames")  # in it where they are chosen
OF_INTERVALS = ("ci", "seed")  # signed where intervals are asked for; no row depends on them


def signature_fields(
    settings: Settings,
    metrics: Sequence[tuple[Metric, Definition]],
    classes: ClassList,
    unsaid: Collection[str],
) -> dict[str, Any]:
    """The parts of the signature, by name.

    unsaid  choices that change numbers of other metrics alone
    """
    kept: dict[str, Any] = {
        "metrics": {
            str(metric): full_metric_text(metric, definition) for metric, definition in metrics
        }
    }
    left_out = {*unsaid, *(() if settings.ci is not None else OF_INTERVALS)}
    for field in fields(settings):
        value = getattr(settings, field.name)
        rare = field.metadata["group"] == "contours" or field.name in RARE
        if rare and value == field.default:
            continue  # most runs have no contours
        if field.name in left_out:
            continue
        chosen = value not in (None, "", ()) and not isinstance(value, ClassList)
        if field.metadata["signed"] and chosen:
            kept[field.name] = _written(field.name, value)
    kept["resample"] = Path(settings.resample).name  # a word, or the file whose grid is used
    kept |= class_fields(classes)
    kept.pop("ignore_label", None)
    if ignored := [v for v in classes.ignored or (classes.ignore,) if v not in (None, UNSEEN)]:
        kept["ignore_label"] = ignored[0] if len(ignored) == 1 else ignored
    kept |= library_versions(metrics)
    kept["numbers"] = NUMBERS
    return kept


def class_fields(classes: ClassList) -> dict[str, Any]:
    """What the signature says of classes."""
    kept: dict[str, Any] = {}
    if classes:
        kept["classes"] = {c.name: _stands_for(c) for c in classes.classes}
    if classes.only:
        kept["classes_only"] = True
    if colours := {c.name: list(c.colour) for c in classes.described if c.colour}:
        kept["colours"] = colours
    if aliases := {c.name: list(c.aliases) for c in classes.described if c.aliases}:
        kept["aliases"] = aliases
    if tolerances := {c.name: [c.tolerance] for c in classes.described if c.tolerance}:
        kept["class_tolerances"] = tolerances
    return kept


def _written(name: str, value: Any) -> Any:
    """The value of a choice as it is signed."""
    if (name, value) == ("connectivity", "auto"):
        return "26/8"  # of a volume, of a picture
    return _signed_parts(value) if isinstance(value, tuple) else value


def library_versions(metrics: Sequence[tuple[Metric, Definition]]) -> dict[str, list[str]]:
    """The libraries whose version is part of a number, with that version."""
    names = dict.fromkeys(d.library for _, d in metrics if d.library)
    if not names:
        return {}
    from importlib.metadata import version

    return {"libraries": [f"{name} {version(name)}" for name in names]}


def _signed_parts(values: tuple[Any, ...]) -> list[Any]:
    """Numbers as they are, pairs as `3=4`, anything else as its text."""
    texts = ("=".join(map(str, v)) if isinstance(v, tuple) else v for v in values)
    return [value if isinstance(value, float) else str(value) for value in texts]


def _stands_for(class_: ClassDef) -> list[int] | None:
    return None if class_.labels is None else list(class_.labels)


def signature_line(parts: dict[str, Any]) -> str:
    """The line."""
    texts = [",".join(parts["metrics"].values())]
    texts += [
        f"{name}:{_signature_word(value)}" for name, value in parts.items() if name != "metrics"
    ]
    return "|".join(texts)


def signature_id(line: str) -> str:
    """A few letters that stand for a signature where there is no room for it: `3f9a1c2e`."""
    return f"{zlib.crc32(line.encode('utf-8', 'surrogatepass')):08x}"


def _signature_word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        text = ",".join(f"{v:g}" if isinstance(v, float) else str(v) for v in value)
        return (
            text
            if len(value) <= MANY
            else f"{len(value)}#{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"
        )
    if isinstance(value, dict):
        return _classes(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _classes(classes: dict[str, list[Any] | None]) -> str:
    """A few classes in full, many by their number and a checksum of the full text."""
    full = ",".join(
        name if labels is None else f"{'+'.join(map(str, labels))}={name}"
        for name, labels in classes.items()
    )
    if len(classes) <= FEW_CLASSES:
        return full
    return f"{len(classes)}#{zlib.crc32(full.encode('utf-8', 'surrogatepass')):08x}"


def signature_differences(
    one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = ""
) -> Iterator[str]:
    """The fields in which two signatures differ, with both values: `threshold: 0.5, 0.6`."""
    for key in dict.fromkeys([*one, *other]):
        mine, theirs = one.get(key), other.get(key)
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            yield from signature_differences(mine, theirs, f"{prefix}{key} ")
        elif mine != theirs:
            yield f"{prefix}{key}: {format_signature_value(mine)}, {format_signature_value(theirs)}"


def format_signature_value(value: Any) -> str:
    """A value of a signature."""
    return "none" if value is None else str(value)


def incomparable_fields(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    """Why the rows of two runs cannot be compared: fields of the run, or of a metric they share."""
    metrics = set(one.get("metrics", ())) & set(other.get("metrics", ()))
    return tuple(signature_differences(_of_rows(one, metrics), _of_rows(other, metrics)))


def _of_rows(parts: Mapping[str, Any], metrics: set[str]) -> dict[str, Any]:
    kept = {key: value for key, value in parts.items() if key not in OF_INTERVALS}
    own = parts.get("metrics", {})
    return kept | {"metrics": {k: v for k, v in own.items() if k in metrics}}
