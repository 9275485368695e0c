"""Points in place of masks: detections with their scores, or lesions with their diameters."""

from __future__ import annotations

from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.frozen import frozen, replace


@frozen
class PlacedPoints:
    """The points of one side of a case, in the order of the file.

    place     float64 (n, axes), x, y and z: LPS mm, or as `unit` of the other side's grid says
    score     float64 (n,), nan where the file has none
    diameter  float64 (n,), in the unit of the places; nan where the file has none
    excluded  bool (n,), findings of the ground truth that do not count, and what lies in them
    """

    place: Floats
    score: Floats
    diameter: Floats
    excluded: Mask

    def __len__(self) -> int:
        return len(self.place)

    def some(self, kept: Mask) -> PlacedPoints:
        """Those of the points that are kept, bool (n,)."""
        return replace(
            self,
            place=self.place[kept],
            score=self.score[kept],
            diameter=self.diameter[kept],
            excluded=self.excluded[kept],
        )
