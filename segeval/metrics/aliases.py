"""What the field calls the metrics (CLI-U3): names of the same number, and names that mean two.

An alias stands here only where the number is the same. A name with two meanings is answered with
both; a word that is near in meaning is answered with the metric, whatever its letters.
"""

from __future__ import annotations

ALIASES = {
    "dice": "dsc dice_coefficient dice_score dice_similarity dice_similarity_coefficient dc "
    "sorensen_dice sorensen",
    "iou": "jaccard jaccard_index jaccard_score jac jc intersection_over_union iou_score",
    "precision": "ppv positive_predictive_value",
    "recall": "sensitivity tpr true_positive_rate mean_accuracy macc class_accuracy",
    "specificity": "tnr true_negative_rate selectivity",
    "mcc": "matthews matthews_correlation matthews_corrcoef phi_coefficient",
    "kappa": "cohen_kappa cohens_kappa",
    "volumetric_similarity": "vs volume_similarity",
    "false_positive_rate": "fpr fall_out fallout",
    "false_negative_rate": "fnr miss_rate",
    "volume_difference": "vd",
    "absolute_volume_difference": "avd",
    "relative_volume_difference": "rvd",
    "absolute_relative_volume_difference": "arvd ravd",
    "false_positive_volume": "fpv fp_volume",
    "false_negative_volume": "fnv fn_volume",
    "hd": "hausdorff hausdorff_distance",
    "hd95": "hausdorff95 hausdorff_95 hausdorff_distance_95 hd_95 robust_hausdorff rhd "
    "hd95_distance",
    "assd": "average_symmetric_surface_distance mean_symmetric_surface_distance",
    "masd": "mean_average_surface_distance",
    "nsd": "surface_dice surface_dsc sdsc sdice normalized_surface_dice normalised_surface_dice "
    "normalized_surface_distance normalised_surface_distance surface_dice_at_tolerance",
    "apl": "added_path_length",
    "cldice": "centerline_dice centreline_dice cl_dice",
    "pixel_accuracy": "pixel_acc pa overall_accuracy aacc",
    "miou": "mean_iou mean_jaccard",
    "fwiou": "frequency_weighted_iou fiou",
    "ce": "cross_entropy crossentropy cross_entropy_loss categorical_crossentropy",
    "bce": "binary_cross_entropy binary_crossentropy",
    "l2": "squared_error",
    "ece": "expected_calibration_error",
    "mce": "maximum_calibration_error",
    "brier": "brier_score",
    "pq": "panoptic_quality",
    "sq": "segmentation_quality",
    "rq": "recognition_quality",
    "aji": "aggregated_jaccard_index aggregated_jaccard",
    "ap": "average_precision coco_ap map map50_95",
    "ap@50%": "ap50 ap_50 map50 map_50",
    "ap@75%": "ap75 ap_75 map75 map_75",
    "ar": "average_recall",
    "fbeta@2": "f2 f2_score",
    "focal": "focal_loss",
    "lovasz_loss": "lovasz",
}

# Names that two metrics of the field share, and what each of them is here.
TWO_MEANINGS = {
    "f1_score": "dice (voxels) or f1@50% (instances)",
    "f_score": "dice (voxels) or f1@50% (instances)",
    "f_measure": "dice (voxels), fbeta@2, or f1@50% (instances)",
    "msd": "masd (mean of the two mean distances) or assd (over both surfaces together)",
    "mean_surface_distance": "masd (mean of the two mean distances) or assd (over both surfaces)",
    "asd": "assd, masd, or one way: asd_pred_to_gt, asd_gt_to_pred",
    "average_surface_distance": "assd, masd, or one way: asd_pred_to_gt, asd_gt_to_pred",
    "accuracy_score": "accuracy (of each class) or pixel_accuracy (of all labels at once)",
    "acc": "accuracy (of each class) or pixel_accuracy (of all labels at once)",
    "mse": "l2 (squared distance of probabilities) or brier",
    "fp": "false_positive_volume, false_positive_rate or lesion_fp_volume",
    "fn": "false_negative_volume, false_negative_rate or lesion_fn_volume",
    "vol": "pred_volume, gt_volume or volume_difference",
    "volume": "pred_volume, gt_volume or volume_difference",
    "dice_cross_entropy": "dice_ce (classes that exclude each other) or dice_bce (regions)",
}

# Metrics whose bare name is also what the field calls another one.
BARE_NAMES = {"f1": TWO_MEANINGS["f1_score"]}

# Words that are near in meaning to a metric and not the same number.
AVERAGES = ("average_hausdorff", "average_hausdorff_distance", "ahd", "chamfer", "chamfer_distance",
            "mean_distance", "average_distance", "mda", "mean_distance_to_agreement")  # fmt: skip
CURVES = ("auc", "auroc", "roc_auc", "auprc", "pr_auc")
CONTOUR_F1 = ("bf", "bfscore", "bf_score", "boundary_f1", "boundary_f1_score", "contour_f1")
ROOT_MEANS = ("rmsd", "rmssd", "rms_surface_distance", "root_mean_square_surface_distance")
RAND = (
    "vi",
    "variation_of_information",
    "rand",
    "rand_index",
    "adjusted_rand",
    "adjusted_rand_index",
    "ari",
    "voi",
)
NEAR = {
    **dict.fromkeys(
        CONTOUR_F1, "boundary_iou or nsd (the boundary F1 score is not computed; nsd is not it)"
    ),
    **dict.fromkeys(CURVES, "ece, brier (areas under curves of thresholds are not computed)"),
    **dict.fromkeys(ROOT_MEANS, "assd, masd (root mean squares are not computed)"),
    **dict.fromkeys(AVERAGES, "masd (mean of the two mean distances) or assd (over both surfaces)"),
    **dict.fromkeys(RAND, "aji or pq (the Rand index and its like are not computed)"),
    "iou_loss": "jaccard_loss",
    "mdice": "dice (its row `overall` is the mean over classes)",
    "mean_dice": "dice (its row `overall` is the mean over classes)",
    "entropy": "ce",
    "log_loss": "ce or nll",
    "overlap": "dice, iou",
    "distance": "hd95, assd, nsd",
    "surface_distance": "assd, masd, hd95",
    "percentile_hd": "hd95",
    "hd_percentile": "hd95",
    "tversky": "tversky_loss (1 - the index)",
    "voe": "iou (the volumetric overlap error is 1 - iou)",
    "volumetric_overlap_error": "iou (it is 1 - iou)",
    "fdr": "precision (the false discovery rate is 1 - precision)",
    "npv": "specificity, precision (the negative predictive value is not computed)",
    "tp": "recall, precision",
    "tn": "specificity",
    "volume_ratio": "relative_volume_difference",
    "mae": "brier, l2 (mean absolute errors are not computed)",
    "ged": "brier, ece (the generalised energy distance is not computed)",
    "lesion_sensitivity": "lesion_recall",
    "sensitivity_per_lesion": "lesion_recall",
}

CANONICAL = {word: name for name, words in ALIASES.items() for word in words.split()}
