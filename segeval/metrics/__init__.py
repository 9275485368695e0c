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
    "detections",
    "voxel_losses",
    "panoptic",
    "cells",
    "lesions",
    "lesion_fit",
)

# A metric is looked for in these last: they load kernels that no other family needs.
INSTANCES = ("panoptic", "cells", "lesions", "lesion_fit")
HEAVY = ("surface", "boundary", "contours", "topology", *INSTANCES)
SEARCH_ORDER = tuple(sorted(FAMILIES, key=HEAVY.__contains__))
