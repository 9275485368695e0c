"""Finished tallies to numbers: one file a family, and the registry.

A family is listed here in the order in which `segeval metrics` shows it; the last are of instances.
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
    "weighted_losses",
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

# The families of metrics that are asked for often, so that no other is loaded to find them, and of
# each that has conventions in several. Any other metric is looked for in SEARCH_ORDER.
FAMILIES_OF = {
    **dict.fromkeys(("hd", "masd", "assd", "nsd"), ("surface",)),
    **dict.fromkeys(("biou", "boundary_iou"), ("boundary",)),
    "cldice": ("topology",),
    **dict.fromkeys(("pq", "sq", "rq", "pq_dice"), ("panoptic",)),
    **dict.fromkeys(("f1", "inst_precision", "inst_recall", "cell_ap"), ("cells",)),
    **dict.fromkeys(("aji", "aji_plus"), ("jaccard",)),
    **dict.fromkeys(("lesion_recall", "lesion_precision"), ("lesions", "ivadomed_lesions")),
    "lesion_f1": ("lesions",),
    "lesion_fp_volume": ("lesion_volumes",),
    "lesion_dice": ("lesion_fit",),
    **dict.fromkeys(("lesion_hd95", "lesion_nsd"), ("lesion_distances",)),
}
OF_INSTANCES = FAMILIES[FAMILIES.index("panoptic") :]
# These load kernels that no other family needs, and are searched last.
HEAVY = ("surface", "boundary", "contours", "topology", *OF_INSTANCES)
SEARCH_ORDER = tuple(sorted(FAMILIES, key=HEAVY.__contains__))
