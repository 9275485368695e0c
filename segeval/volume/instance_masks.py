"""The instances of one side of an image as runs, with what the file says of each.

They may overlap, so they are never painted into one map. A reader hands over a function that makes
them, for most runs do not ask.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segeval.kernels.mask_stack import MaskStack
from segeval.kernels.rle import NO_EDGES
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.frozen import field, frozen


@frozen
class InstanceMasks:
    """Instances in the order of the file.

    masks       of each, column by column
    values      what each is called: category id or label value
    crowd       bool (n,), regions of their class without instances
    scores      float64 (n,), nan where the file has none
    areas       float64 (n,), by which a size is told where it is not the mask's; nan: the mask's
    boxes       float64 (n, 4), x, y, w, h; nan: the mask's
    order       number of the image, by which images follow each other; None where it has none
    negative    values of classes that are known to be absent from the image
    open_ended  values of classes of which not every instance is annotated
    groups      how frequent a class is, by its value
    void        edges of what counts for nothing
    """

    masks: MaskStack
    values: tuple[int | str, ...]
    crowd: Mask
    scores: Floats
    areas: Floats
    boxes: Floats
    order: int | None = None
    negative: tuple[int | str, ...] = ()
    open_ended: tuple[int | str, ...] = ()
    groups: Mapping[int | str, str] = field(default_factory=dict)
    void: Counted = field(default_factory=lambda: NO_EDGES)

    def sizes(self) -> Floats:
        """By which the size of each is told."""
        own: Floats = np.where(np.isnan(self.areas), self.masks.areas, self.areas)
        return own

    def corners(self) -> Floats:
        """The box x, y, w, h of each."""
        around = self.masks.boxes().astype(np.float64)
        around[:, 2:] -= around[:, :2]
        own: Floats = np.where(np.isnan(self.boxes), around, self.boxes)
        return own


def plain_instances(
    masks: MaskStack, values: tuple[int | str, ...], scores: Floats | None = None
) -> InstanceMasks:
    """Instances of which the file says no more than their class, and perhaps a score."""
    n = len(masks)
    return InstanceMasks(
        masks,
        values,
        np.zeros(n, np.bool_),
        np.full(n, np.nan) if scores is None else np.asarray(scores, np.float64),
        np.full(n, np.nan),
        np.full((n, 4), np.nan),
    )
