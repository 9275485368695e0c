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
    "candidates",
    "voxel_losses",
    "panoptic",
    "cells",
    "jaccard",
    "splits",
    "lesions",
    "ivadomed_lesions",
    "lesion_volumes",
    "lesion_fit",
    "lesion_distances",
)

# A metric is looked for in these last: they load kernels that no other family needs.
# The families of metrics that many others would be loaded for first.
OF_INSTANCES = {
    "panoptic": ("pq", "sq", "rq", "pq_dice"),
    "cells": ("f1", "inst_precision", "inst_recall", "cell_ap"),
    "jaccard": ("aji", "aji_plus"),
    "lesions": ("lesion_recall", "lesion_precision", "lesion_f1"),
    "lesion_volumes": ("lesion_fp_volume",),
    "lesion_fit": ("lesion_dice",),
    "lesion_distances": ("lesion_hd95", "lesion_nsd"),
}
NAMED = {name: family for family, names in OF_INSTANCES.items() for name in names}
INSTANCES = ("panoptic", "cells", "lesions", "lesion_fit", "lesion_distances")
HEAVY = ("surface", "boundary", "contours", "topology", *INSTANCES)
SEARCH_ORDER = tuple(sorted(FAMILIES, key=HEAVY.__contains__))
