"""Whether the values of a label map can be labels at all (rules I8 and I10).

A mask saved as black and white holds 0 and 255; an anti-aliased one holds everything between. What
cannot be told apart is refused, with both readings named.
"""

from __future__ import annotations

from segeval.errors import ReadError
from segeval.volumes import Volume

WHITE = 255
MANY = 64
READINGS = (
    "--kind prob reads shares of 255 (--threshold cuts them), "
    "--kind labels or --classes reads labels"
)


def plain_labels(
    volume: Volume, labels: frozenset[int], ignored: int | None, asked: str
) -> dict[int, int]:
    """How found labels are to be read: 255 of a binary mask is 1. Raises ReadError.

    asked  the kind that the user named for this side, or auto
    """
    if WHITE in labels and ignored != WHITE and labels <= {0, WHITE}:
        return {WHITE: 1}
    if volume.picture and asked == "auto":
        refuse_ramps(volume, labels, ignored)
    return {}


def refuse_shades(pred: Volume, labels: frozenset[int], truth: frozenset[int]) -> None:
    """Refuse many values against a mask: shares of 255, or labels? Raises ReadError."""
    if len(labels) >= MANY and len(truth - {0}) <= 1:
        raise ReadError(
            f"{len(labels)} values against one label of the ground truth: labels, or probabilities?",
            where=pred.path,
            facts=(f"values {first(labels)}", f"ground truth {first(truth)}"),
            help=READINGS,
        )


def refuse_ramps(volume: Volume, labels: frozenset[int], ignored: int | None) -> None:
    """Refuse a picture whose values are more likely something else. Raises ReadError."""
    if WHITE in labels and ignored != WHITE:
        raise ReadError(
            "the value 255 stands beside other labels: ignored, or a class?",
            where=volume.path,
            facts=(f"values {first(labels)}",),
            help="--ignore-label 255 leaves it out; --classes names it as a class",
        )
    top = max(labels - {ignored}, default=0)
    if top >= MANY and not volume.palette:
        raise ReadError(
            f"values up to {top} without a class list: labels, or shades of grey?",
            where=volume.path,
            facts=(f"{len(labels)} values: {first(labels)}",),
            help=READINGS,
        )


def first(labels: frozenset[int], most: int = 10) -> str:
    """The first values, and how many more there are."""
    values = sorted(labels)
    more = len(values) - most
    return ", ".join(map(str, values[:most])) + (f" and {more} more" if more > 0 else "")
