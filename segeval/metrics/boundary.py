"""What lies along the surface or the contour: rims that overlap, and length that has to be drawn.

biou          IoU of the shells inside both surfaces    Podobnik, Vrtovec, arXiv:2509.05670, 2025
boundary_iou  IoU of the rims of a picture              Cheng et al., CVPR 2021
apl           contour that has to be drawn again        Vaassen et al., PhIRO 13, 2020
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from segeval.kernels.depths import InnerDepths, box_reach, is_deep, shell_overlap
from segeval.kernels.planes import added_length, added_pixels, inner_boundary
from segeval.metrics.registry import SHARE, UPWARDS, Values, metric
from segeval.metrics.surface import BY, mean_or_nan
from segeval.runtime.arrays import Floats, Mask
from segeval.tallies.surface import MaskCrop, Surfaces

BOUNDARY_WIDTH = 0.02  # width of the rim of `boundary_iou`, as a share of the image's diagonal


def boundary_overlap(s: Surfaces, by: str, shell: Callable[[MaskCrop], list[Mask]]) -> Floats:
    """The IoU of what a function makes of both masks of every class; 0/0 is nan."""
    found = []
    for place in range(len(s.targets)):
        if not s.has_room(place, "rims", by == "slice"):
            found.append(np.nan)
            continue
        shells = [shell(part) for part in s.parts(place, by == "slice")]
        unions = [int((truth | pred).sum()) for truth, pred in shells]
        shared = [int((truth & pred).sum()) for truth, pred in shells]
        found.append(mean_or_nan([n / u for n, u in zip(shared, unions, strict=True) if u]))
    return np.array(found)


@metric(
    "biou",
    of="surface",
    better="higher",
    at=("mm", "px"),
    bounds=SHARE,
    options={"by": BY},
    needs_at=True,
)
def biou(s: Surfaces, at: float, by: str = "case") -> Values:
    """Boundary IoU by distance: the overlap of the shells inside both surfaces.

    formula  IoU of the voxels of each mask that are less than d from its own surface
    empty    both empty: undefined; one empty: 0
    source   Podobnik, Vrtovec, arXiv:2509.05670, 2025
    """
    return Values(np.array([mean_or_nan(_shell_ious(s, k, at, by)) for k in range(len(s.targets))]))


def _shell_ious(s: Surfaces, place: int, depth: float, by: str) -> list[float]:
    """The IoU of the shells of a class, part by part where there are any."""
    spacing = s.spacing or (1.0,) * len(s.grid_shape)
    slices = by == "slice" and not s.flat
    cost = "deep" if is_deep(depth, spacing[slices:]) else "depths"
    if not s.has_room(place, cost, reach=box_reach(depth, spacing)):
        return []
    parts = s.of_parts(place, "depths", _inner_depths, by == "slice")
    counts = [shell_overlap(sides, depth) for sides in parts]
    return [shared / either for shared, either in counts if either]


def _inner_depths(crop: MaskCrop) -> tuple[InnerDepths, InnerDepths]:
    return InnerDepths(crop.truth, crop.spacing), InnerDepths(crop.pred, crop.spacing)


@metric("boundary_iou", of="surface", better="higher", bounds=SHARE, options={"by": BY})
def boundary_iou(s: Surfaces, by: str = "case") -> Values:
    """Boundary IoU of a picture: the overlap of the rims of both masks, 2 % of the diagonal wide.

    formula  IoU of what round(0.02 diagonal) erosions by 3 x 3 pixels take away, one at least
    empty    both empty: undefined; one empty: 0
    source   Cheng et al., CVPR 2021
    """
    if not s.flat and by != "slice":
        return Values(np.full(len(s.targets), np.nan), reason="not_a_picture")

    def rims(crop: MaskCrop) -> list[Mask]:
        width = max(1, round(BOUNDARY_WIDTH * float(np.linalg.norm(crop.shape))))
        return [inner_boundary(mask, width) for mask in (crop.truth, crop.pred)]

    return Values(boundary_overlap(s, by, rims))


def length_to_draw(s: Surfaces, at: float | None, amount: Callable[..., float]) -> Floats:
    """How much contour of every class has to be drawn again; nan without a ground truth."""
    found = np.full(len(s.targets), np.nan)
    for place in range(len(found)):
        crop = s.crop(place) if s.has_room(place, "planes", by_slice=True) else None
        if crop is not None and crop.truth.any():
            found[place] = amount(crop.truth, crop.pred, crop.spacing, at or 0.0)
    return found


@metric("apl", of="surface", better="lower", unit="length", at=("mm", "px"), bounds=UPWARDS)
def apl(s: Surfaces, at: float | None) -> Values:
    """Added path length: the reference contour that is not on the predicted one, plane by plane.

    formula  length of the ground truth's contours farther than tau from the prediction's
    empty    prediction empty: the whole contour; ground truth empty: undefined
    source   Vaassen et al., Phys. Imaging Radiat. Oncol. 13, 2020
    """
    return Values(length_to_draw(s, at, added_length), unit=s.unit)


@metric("apl_px", of="surface", better="lower", unit="px", at=("mm", "px"), bounds=UPWARDS)
def apl_px(s: Surfaces, at: float | None) -> Values:
    """Added path length in pixels: contour pixels of the reference that are not the prediction's.

    formula  contour pixels of the ground truth farther than tau from the prediction's, all planes
    empty    prediction empty: the whole contour; ground truth empty: undefined
    source   Vaassen et al., Phys. Imaging Radiat. Oncol. 13, 2020
    """
    return Values(length_to_draw(s, at, added_pixels), unit="px")
