"""From a convention and its parameters to a request of segeval: one small function each."""

import numpy as np
from oracles.read import inputs
from oracles.sums import (
    classes,
    each,
    each_class,
    flat,
    from_labels,
    from_masks,
    mean,
    total,
    whole,
    word,
)

SUMS = {}


def answers(*names):
    """Register the function that answers records of these conventions."""

    def register(function):
        SUMS.update(dict.fromkeys(names, function))
        return function

    return register


def answer(r):
    """What segeval says to a record of a convention that comes from sums."""
    return SUMS[r.convention](r, inputs(r.case), r.params)


def options(p, **names):
    """The parameters of a record as options: `library=segeval`, numbers as they are."""
    found = {ours: p[theirs] for theirs, ours in names.items() if p.get(theirs) is not None}
    return "".join(f":{key}={yes(value)}" for key, value in found.items())


def yes(value):
    """A value as a word."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else repr(float(value))


def dice_batch(r, x, p):
    """The inputs of the Dice family: labels, masks, shares or one channel."""
    if r.case == "dtype_layout":
        if "pred" in p:
            return from_labels(x["prob_u8"] / 255, x["labels_u8"], logits=False)
        return from_labels(x["logits_f16_F"], x["labels_i16_F"])
    if r.case == "soft_metrics":
        return {"p": x["pred"], "soft": x["target"], "y": x["labels"]}
    if r.case == "dice_binary_edges":
        return from_masks(x["pred"], x["target"], logits=False)
    if r.case == "dice_multilabel":
        return from_masks(x["logits"], x["target"])
    if r.case == "large_constant":
        shape = tuple(x["shape"])
        return from_masks(np.full(shape, x["value"], "f4"), np.zeros(shape, bool), logits=False)
    return from_labels(x["logits"], x["labels"], p.get("ignore_index"))


@answers("monai.dice")
def monai_dice(r, x, p):
    name = "jaccard_loss" if p.get("jaccard") else "dice_loss"
    form = "squared" if p.get("squared_pred") else "l1" if p.get("soft_label") else "product"
    text = f"{name}:as=monai:form={form}:background={yes(p.get('include_background', True))}"
    text += options(p, smooth_nr="smooth_nr", smooth_dr="smooth_dr")
    if "weight" in p:
        text += f":weights={word(x['class_weight'][1 if '[1:]' in p['weight'] else 0 :])}"
    batch = dice_batch(r, x, p)
    if p.get("reduction") == "none":
        return each_class(text, batch).reshape(r.want.shape)
    if p.get("reduction") == "sum":
        return total(f"{text}:reduction=sum", batch)
    return whole(text, batch) if p.get("batch") else mean(text, batch)


@answers("monai.generalized_dice")
def monai_gdl(r, x, p):
    text = "generalized_dice_loss" + options(p, w_type="weighting", include_background="background")
    text += ":form=l1" if p.get("soft_label") else ""
    return (whole if p.get("batch") else mean)(text, dice_batch(r, x, p))


@answers("monai.tversky")
def monai_tversky(r, x, p):
    text = "tversky_loss" + options(p, alpha="alpha", beta="beta", include_background="background")
    return (whole if p.get("batch") else mean)(text, dice_batch(r, x, p))


@answers("monai.wasserstein_dice")
def monai_wasserstein(r, x, p):
    text = f"wasserstein_dice_loss:weighting={p['weighting_mode'].lower()}"
    return mean(f"{text}:distances={word(x['wasserstein_dist'])}", dice_batch(r, x, p))


@answers("nnunet.dice")
def nnunet_dice(r, x, p):
    text = "dice_loss:as=nnunet" + options(p, do_bg="background", smooth="smooth")
    batch = dice_batch(r, x, p)
    if p.get("per_sample"):
        return each(text, batch)
    return (whole if p["batch_dice"] else mean)(text, batch)


@answers("nnunet.dc_ce")
def nnunet_dc_ce(r, x, p):
    batch = dice_batch(r, x, p)
    if p["batch_dice"]:
        return whole("dice_ce:as=nnunet", batch)
    # the cross-entropy is the batch's even where Dice is the mean over cases
    return whole("ce:as=nnunet", batch) + mean("dice_loss:as=nnunet", batch)


@answers("nnunet.dc_bce")
def nnunet_dc_bce(r, x, p):
    if "ignore" not in p:
        return mean("dice_bce", dice_batch(r, x, p))
    g = x["target_ign"]
    batch = from_masks(x["logits"], g[:, :-1], valid=g[:, -1] == 0)
    # the divisor is the batch's; Dice is the mean over cases
    dice = mean("dice_loss:as=nnunet", batch)
    pooled = whole("dice_bce:divisor=voxels", batch) - whole("dice_loss:as=nnunet", batch)
    return pooled + dice


@answers("nnunet.deep_supervision")
def deep_supervision(r, x, p):
    from segeval.metrics.outputs import deep_supervision_weights

    assert np.array_equal(deep_supervision_weights(3), x["weights"])
    losses = []
    for i in range(3):
        batch = from_labels(x[f"logits{i}"], x[f"labels{i}"])
        losses.append(whole("ce:as=nnunet", batch) + mean("dice_loss:as=nnunet", batch))
    return deep_supervision_weights(3) @ losses


@answers("smp.dice", "smp.jaccard", "smp.tversky")
def smp_overlap(r, x, p):
    text = (
        r.convention.removeprefix("smp.")
        + "_loss:as=smp"
        + options(p, alpha="alpha", beta="beta", gamma="gamma", smooth="smooth", log_loss="log")
    )
    if "class_weights" in p:
        text += f":weights={word(x['class_weight'])}"
    if "classes" in p:
        text += f":classes={'+'.join(map(str, p['classes']))}"
    batch = dice_batch(r, x, p)
    if p.get("per_sample"):
        return each(text, batch)
    return 1 - classes(text, batch) if p.get("score") else whole(text, batch)


@answers("smp.mcc")
def smp_mcc(r, x, p):
    one = slice(p["channel"], p["channel"] + 1)
    return classes("mcc_loss", from_masks(x["logits"][:, one], x["target"][:, one]))[0]


@answers("keras.dice")
def keras_dice(r, x, p):
    batch = dice_batch(r, x, p)
    if p.get("per_sample") or p.get("axis") == "all but batch":
        return each("dice_loss:as=keras", batch)
    return (classes if p["axis"] else whole)("dice_loss:as=keras", batch)


@answers("keras.tversky")
def keras_tversky(r, x, p):
    text = "tversky_loss:as=keras" + options(p, alpha="alpha", beta="beta")
    return whole(text, dice_batch(r, x, p))


@answers("vnet", "vnet.caffe", "soft_dice", "soft_iou.minmax")
def per_case_and_class(r, x, p):
    text = {
        "vnet": "dice_loss:as=vnet",
        "vnet.caffe": "soft_dice:as=vnet_caffe",
        "soft_dice": "soft_dice",
        "soft_iou.minmax": "soft_iou",
    }[r.convention]
    found = each_class(text, dice_batch(r, x, p))
    return found[:, 1] if r.convention == "vnet.caffe" else found.reshape(r.want.shape)


@answers("monai.dice_ce")
def monai_dice_ce(r, x, p):
    text = "dice_ce" + options(
        p, lambda_dice="lambda_dice", lambda_ce="lambda_ce", include_background="background"
    )
    text += f":weights={word(x['class_weight'])}" if "weight" in p else ""
    batch = dice_batch(r, x, p)
    if "weight" not in p:
        return mean(text, batch)  # without ignored voxels every case has as many
    # the weighted mean of the cross-entropy is the batch's
    w = word(x["class_weight"])
    dice = mean(f"dice_loss:background=no:weights={word(x['class_weight'][1:])}", batch)
    return p["lambda_dice"] * dice + p["lambda_ce"] * whole(f"ce:weights={w}", batch)


@answers("monai.dice_focal", "monai.gdl_focal")
def monai_with_focal(r, x, p):
    text = r.convention.removeprefix("monai.") + options(p, gamma="gamma")
    return mean(text, dice_batch(r, x, p))


@answers("monai.focal")
def monai_focal(r, x, p):
    text = "focal" + options(p, alpha="alpha", gamma="gamma", reduction="reduction")
    text += ":activation=softmax" if p.get("use_softmax") else ""
    text += f":weights={word(x['class_weight'])}" if "weight" in p else ""
    return (total if p.get("reduction") == "sum" else mean)(text, dice_batch(r, x, p))


@answers("smp.focal")
def smp_focal(r, x, p):
    text = "focal:as=smp" + options(
        p,
        alpha="alpha",
        gamma="gamma",
        normalized="normalized",
        reduced_threshold="reduced_threshold",
    )
    return whole(text, dice_batch(r, x, p))


@answers("keras.binary_focal")
def keras_binary_focal(r, x, p):
    from segeval.kernels.softmax import sigmoid

    text = "focal:as=keras" + options(p, alpha="alpha", gamma="gamma")
    return whole(text, from_masks(sigmoid(x["logits"]), x["target"], logits=False))


def ce_batch(r, x, p):
    if r.case == "large_constant":
        n = int(np.prod(x["shape"]))
        flat_logits = np.zeros((1, 2, n), np.float32)
        return from_labels(flat_logits, np.arange(n).reshape(1, n) % 2)
    if r.case == "dtype_layout":
        return from_labels(x["logits_f16_F"], x["labels_f32"].astype(np.uint8))
    if "target" in p:
        batch = from_labels(x["logits"], np.zeros_like(x["labels"]))
        return batch | {"soft": x["soft_target"]}
    return from_labels(x["logits"], x[p.get("labels", "labels")], p.get("ignore_index"))


def as_probabilities(batch):
    """The same batch without its logits."""
    return {name: array for name, array in batch.items() if name != "z"}


@answers("torch.ce")
def torch_ce(r, x, p):
    if p.get("reduction") == "none":
        from segeval.kernels.softmax import reference_log

        z, y = x["logits"], x["labels"]
        costs = [
            -reference_log(z[i].reshape(z.shape[1], -1), np.where(y[i] == 255, 0, y[i]).ravel())
            for i in range(len(z))
        ]
        return np.where(y == 255, 0, np.reshape(costs, y.shape))
    text = "ce" + options(p, label_smoothing="smoothing", reduction="reduction")
    text += f":weights={word(x[p['weight']])}" if "weight" in p else ""
    batch = ce_batch(r, x, p)
    if p.get("per_class"):
        return classes(text, batch)
    return each(text, batch) if p.get("per_sample") else whole(text, batch)


@answers("smp.soft_ce")
def smp_ce(r, x, p):
    return whole(f"ce:as=smp:smoothing={p['smooth_factor']}", ce_batch(r, x, p))


@answers("caffe.softmax_loss")
def caffe_ce(r, x, p):
    return whole(f"ce:as=caffe:normalization={p['normalization']}", ce_batch(r, x, p))


@answers("nnunet.ce", "tf.sparse_softmax_ce")
def plain_ce(r, x, p):
    return whole(f"ce:as={r.convention.split('.')[0]}", ce_batch(r, x, {"ignore_index": 255}))


@answers("keras.sparse_ce")
def keras_sparse(r, x, p):
    batch = ce_batch(r, x, {"ignore_index": 255})
    return whole("ce:as=keras", as_probabilities(batch) if "eps" in p else batch)


@answers("keras.categorical_ce", "keras.categorical_focal")
def keras_categorical(r, x, p):
    batch = from_labels(x["logits"], np.where(x["labels"] == 255, 0, x["labels"]))
    batch = as_probabilities(batch) if "eps" in p else batch
    if r.convention == "keras.categorical_focal":
        return whole("focal:as=keras_categorical" + options(p, alpha="alpha", gamma="gamma"), batch)
    return whole("ce:as=keras_categorical" + options(p, label_smoothing="smoothing"), batch)


@answers("torch.bce_with_logits", "torch.bce", "tf.sigmoid_ce", "tf.weighted_ce", "valid_mean")
def torch_bce(r, x, p):
    from segeval.kernels.softmax import sigmoid

    if r.case == "large_constant":
        return whole("bce", dice_batch(r, x, p))
    if r.case == "dtype_layout":
        return whole("bce", flat(x["prob_u8"][:, 1] / 255, x["mask_bool"], logits=False))
    logits = r.convention != "torch.bce"
    text = "bce" + (f":reduction={p['reduction']}" if p.get("reduction") == "sum" else "")
    if r.case == "bce_extreme":
        z, g = (x["logits"], x["target"]) if logits else (x["prob"], x["prob_target"])
        return (
            elementwise("torch", z, g, logits)
            if p.get("reduction") == "none"
            else whole(text, flat(z, g, logits))
        )
    if "pos_weight" in p:
        text += f":pos_weight={word(x['pos_weight'])}"
    if "target" in p:
        return whole(text, flat(x["logits"], x["soft_target"]))
    if "weight" in p:
        cost = elementwise("torch", x["logits"], x["target"], True)
        return (cost * x["weight"]).mean()
    if r.convention == "valid_mean":
        return whole(text, flat(x["logits"], x["target_ign"] == 1, valid=x["target_ign"] != -100))
    z = x["logits"] if logits else sigmoid(x["logits"])
    batch = from_masks(z, x["target"], logits)
    return classes(text, batch) if p.get("per_class") else whole(text, batch)


def elementwise(floor, x, g, logits):
    """The cost of each element, from the kernel."""
    from segeval.kernels.entropy import binary_costs

    true, false = binary_costs(floor, logits, float(np.finfo(x.dtype).eps))
    # a weight of 0 is no cost, be it infinite or not
    return np.where(g > 0, g * true(x), 0) + np.where(g < 1, (1 - g) * false(x), 0)


@answers("keras.bce", "keras1.bce", "tfkeras2.bce", "sklearn.log_loss")
def clipped_bce(r, x, p):
    from segeval.kernels.softmax import sigmoid

    floor = {"tfkeras2.bce": "tfkeras2", "sklearn.log_loss": "sklearn"}.get(r.convention, "keras")
    if r.convention == "sklearn.log_loss":
        hard = (x["prob_target"] == 0) | (x["prob_target"] == 1)
        return whole("bce:as=sklearn", flat(x["prob"][hard], x["prob_target"][hard] == 1, False))
    if r.case == "bce_extreme":
        return elementwise(floor, x["prob"], x["prob_target"], False)
    text = f"bce:as={floor}" + options(p, label_smoothing="smoothing")
    z = x["logits"] if p.get("from_logits") else sigmoid(x["logits"])
    return whole(text, from_masks(z, x["target"], bool(p.get("from_logits"))))


@answers("smp.soft_bce")
def smp_bce(r, x, p):
    if "smooth_factor" in p:
        text = f"bce:as=smp:smoothing={p['smooth_factor']}"
        return whole(text, from_masks(x["logits"], x["target"]))
    g = x["target_ign"]
    return whole("bce:as=smp", flat(x["logits"], g == 1, valid=g != -100))


def l2_batch(r, x, p):
    if r.case == "large_constant":
        return dice_batch(r, x, p)
    if r.case == "dtype_layout":
        return from_labels(x["prob_u8"] / 255, x["labels_u8"], logits=False)
    return from_masks(x["pred"], x["target"], False, x["valid"] if "ignore" in p else None)


@answers("mse", "sse", "rmse", "euclidean", "caffe_euclidean", "tf.l2_loss", "mae")
def l2(r, x, p):
    if "weight_decay" in p:
        from oracles.arrays import sum_of_squares

        return p["weight_decay"] / 2 * sum_of_squares(x["w1"], x["w2"])
    names = {"caffe_euclidean": "l2:as=caffe", "tf.l2_loss": "l2:as=tf", "mae": "l1"}
    text = names.get(r.convention, f"l2:as={r.convention}")
    batch = l2_batch(r, x, p)
    if p.get("per_class"):
        return (each_class if p.get("per_sample") else classes)(text, batch)
    return each(text, batch) if p.get("per_sample") else whole(text, batch)


@answers("soft_volume", "soft_confusion")
def soft_counts(r, x, p):
    from oracles.sums import tallied

    from segeval.metrics.overlap_losses import soft_counts

    if r.convention == "soft_volume":
        return tallied(dice_batch(r, x, p)).p.sum()
    s = tallied({"p": x["pred"], "y": x["labels"]})
    tp, fp, fn = soft_counts(s, "product")
    return np.stack([tp, fp, fn, s.valid - tp - fp - fn], axis=1)


def calibration_batch(r, x, p):
    if r.case == "calib_bin_edges":
        return from_masks(x["prob"].reshape(1, 1, -1), x["target"].reshape(1, 1, -1), False)
    if r.case == "soft_metrics":
        return from_labels(x["pred"], x["labels"], logits=False)
    return from_labels(x["prob"], x["labels"], p.get("ignore_index"), logits=False)


NORMS = {"l1": "ece", "l2": "rmsce", "max": "mce"}
REDUCTIONS = {"expected": "ece", "average": "ace", "maximum": "mce"}


@answers("torchmetrics.ece", "torchmetrics.ece_binary")
def torchmetrics_ece(r, x, p):
    text = f"{NORMS[p['norm']]}@{p['n_bins']}"
    batch = calibration_batch(r, x, p)
    if r.convention == "torchmetrics.ece":
        return whole(text, batch)
    binary = f"{text}:as=torchmetrics_binary"
    return classes(binary, batch)[p.get("class_index", 0)]


@answers("monai.calibration_error")
def monai_calibration(r, x, p):
    text = f"{REDUCTIONS[p['calibration_reduction']]}@{p['num_bins']}:as=monai"
    text += options(p, right="right")
    batch = calibration_batch(r, x, p)
    return each_class(text, batch) if p.get("per_class") else whole(text, batch)


@answers("brier.multiclass", "brier.mean_over_classes", "brier.binary")
def brier(r, x, p):
    batch = calibration_batch(r, x, p)
    origin = r.convention.split(".")[1]
    if origin != "binary":
        return whole(f"brier:as={origin}", batch)
    rows = classes("brier", batch)
    return rows[p["class_index"]] if "class_index" in p else rows.reshape(r.want.shape)


@answers("nll.clamp-100", "nll.clip")
def nll(r, x, p):
    return whole(f"nll:as={r.convention.split('.')[1]}", calibration_batch(r, x, p))


@answers("summary")
def summary(r, x, p):
    from oracles.sums import tallied

    from segeval.tallies.calibration_terms import LabelBinsTerm

    bins = LabelBinsTerm(10, "torchmetrics")
    voxels, confidence, hits = tallied(calibration_batch(r, x, p), [bins]).piece(bins).sum(axis=0)
    return np.array([hits, confidence]) / voxels
