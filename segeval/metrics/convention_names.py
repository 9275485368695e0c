"""What the conventions of the losses are called where they are written about.

`segeval metrics NAME` shows it. A request says it in two words: `ce:as=tf` is tf.sparse_softmax_ce.
"""

from __future__ import annotations

from collections.abc import Mapping

CONVENTION_NAMES: Mapping[str, Mapping[str, str]] = {
    "ce": {
        "torch": "torch.ce",
        "tf": "tf.sparse_softmax_ce",
        "caffe": "caffe.softmax_loss",
        "keras": "keras.sparse_ce",
        "keras_categorical": "keras.categorical_ce",
        "nnunet": "nnunet.ce",
        "smp": "smp.soft_ce",
    },
    "bce": {
        "torch": "torch.bce_with_logits of logits (tf.sigmoid_ce, with pos_weight tf.weighted_ce); "
        "torch.bce of probabilities",
        "keras": "keras.bce",
        "tfkeras2": "tfkeras2.bce",
        "sklearn": "sklearn.log_loss",
        "smp": "smp.soft_bce",
    },
    "l1": {"": "mae"},
    "l2": {
        "mse": "mse",
        "sse": "sse",
        "rmse": "rmse",
        "euclidean": "euclidean",
        "tf": "tf.l2_loss",
        "caffe": "caffe_euclidean",
    },
    "dice_loss": {
        "monai": "monai.dice",
        "nnunet": "nnunet.dice",
        "smp": "smp.dice",
        "keras": "keras.dice",
        "vnet": "vnet",
    },
    "jaccard_loss": {"monai": "monai.dice with jaccard", "smp": "smp.jaccard"},
    "tversky_loss": {"monai": "monai.tversky", "smp": "smp.tversky", "keras": "keras.tversky"},
    "generalized_dice_loss": {"monai": "monai.generalized_dice"},
    "wasserstein_dice_loss": {"monai": "monai.wasserstein_dice"},
    "soft_dice": {"soft": "soft_dice", "vnet_caffe": "vnet.caffe"},
    "soft_iou": {"minmax": "soft_iou.minmax"},
    "mcc_loss": {"smp": "smp.mcc"},
    "focal": {
        "monai": "monai.focal",
        "smp": "smp.focal",
        "keras": "keras.binary_focal",
        "keras_categorical": "keras.categorical_focal",
    },
    "dice_ce": {"monai": "monai.dice_ce", "nnunet": "nnunet.dc_ce"},
    "dice_bce": {"nnunet": "nnunet.dc_bce"},
    "dice_focal": {"monai": "monai.dice_focal"},
    "gdl_focal": {"monai": "monai.gdl_focal"},
    "pspnet": {"semseg": "pspnet.semseg", "hellochick": "pspnet.hellochick"},
    "weight_decay": {"": "tf.l2_loss"},
    "deep_supervision": {"nnunet": "nnunet.deep_supervision"},
    "ece": {
        "torchmetrics": "torchmetrics.ece, norm l1",
        "torchmetrics_binary": "torchmetrics.ece_binary, norm l1",
        "monai": "monai.calibration_error, expected",
    },
    "mce": {
        "torchmetrics": "torchmetrics.ece, norm max",
        "torchmetrics_binary": "torchmetrics.ece_binary, norm max",
        "monai": "monai.calibration_error, maximum",
    },
    "rmsce": {
        "torchmetrics": "torchmetrics.ece, norm l2",
        "torchmetrics_binary": "torchmetrics.ece_binary, norm l2",
    },
    "ace": {
        "torchmetrics": "the bins of torchmetrics.ece, averaged",
        "torchmetrics_binary": "the bins of torchmetrics.ece_binary, averaged",
        "monai": "monai.calibration_error, average",
    },
    "brier": {
        "multiclass": "brier.multiclass, of a class brier.binary",
        "mean_over_classes": "brier.mean_over_classes",
    },
    "nll": {"clamp-100": "nll.clamp-100", "clip": "nll.clip"},
    "nll_at_floor": {"clamp-100": "of nll.clamp-100", "clip": "of nll.clip"},
    "maskrcnn": {
        "detectron2": "maskrcnn.detectron2",
        "torchvision": "maskrcnn.torchvision",
        "matterport": "maskrcnn.matterport",
    },
    "topk_ce": {"nnunet": "nnunet.topk"},
    "lovasz_loss": {"smp": "smp.lovasz"},
    "hausdorff_dt_loss": {"monai": "monai.hausdorff_dt; with log=yes monai.log_hausdorff_dt"},
    "cldice_loss": {"monai": "monai.soft_cldice"},
    "dice_cldice": {"monai": "monai.soft_dice_cldice"},
}


def convention_name(name: str, origin: str) -> str:
    """The full name of a convention; "" of a metric that has only one."""
    return CONVENTION_NAMES.get(name, {}).get(origin, "")
