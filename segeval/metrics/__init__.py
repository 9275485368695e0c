"""Finished tallies to numbers: one file a family, and the registry.

A family is listed here in the order in which `segeval metrics` shows it.
"""

FAMILIES = (
    "overlap",
    "volume",
    "surface",
    "boundary",
    "contours",
    "topology",
    "semantic",
    "losses",
    "overlap_losses",
    "generalized_losses",
    "soft_scores",
    "focal",
    "combined_losses",
    "outputs",
    "calibration",
    "maskrcnn",
    "voxel_losses",
)

# A metric is looked for in these last: they load kernels that no other family needs.
HEAVY = ("surface", "boundary", "contours", "topology")
SEARCH_ORDER = tuple(sorted(FAMILIES, key=HEAVY.__contains__))
