"""What lies on no grid: the maps of regions of interest (RoIs), and the instances they are of.

A reader hands them over beside the volume that is made of them, which overlap metrics see.
"""

from __future__ import annotations

from collections.abc import Callable

from segeval.runtime.arrays import Floats, Raw
from segeval.runtime.frozen import frozen

InstanceLoader = Callable[[], Raw]  # the mask (H, W) of one instance, made when it is asked for


@frozen
class RoiMasks:
    """What a mask head says of the RoIs of an image.

    logits    (R, K, m, m), a map a class; K = 1 is class-agnostic
    boxes     float64 (R, 4), x1, y1, x2, y2 in pixels of the image
    labels    int64 (R,), the map that counts
    scores    (R,); None where the file has none
    gt_index  int64 (R,), the instance of each RoI, -1 of none; None where the file has none
    below     how many RoIs were not pasted because their score is below `--min-score`
    """

    logits: Raw
    boxes: Floats
    labels: Raw
    scores: Floats | None = None
    gt_index: Raw | None = None
    below: int = 0

    def facts(self) -> dict[str, int]:
        """What results keep of them."""
        return {"count": len(self.labels), "not_pasted": self.below}


@frozen
class Instances:
    """The instances of an image, in the order that `gt_index` counts from 0.

    masks  of each, over the image
    boxes  float64 (n, 4), x1, y1, x2, y2
    names  name of each class by its label value, where the file names them
    """

    masks: tuple[InstanceLoader, ...]
    boxes: Floats
    names: dict[int | str, str]
