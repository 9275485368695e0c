"""The conventions of LOSSES.md that need more than sums: kernels, from arrays to arrays."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from oracles.conventions import answers
from oracles.sums import from_labels, mean, whole
from stacks import read, stack

from segeval.grid.geometry import Geometry
from segeval.kernels import ordered, resample, rois, softmax, spatial
from segeval.kernels.decode import argmax_channel
from segeval.kernels.entropy import binary_costs
from segeval.metrics.outputs import main_and_aux_loss
from segeval.metrics.registry import find_convention
from segeval.scoring.branches import sum_weight_squares
from segeval.tallies.rois import RoiSums
from segeval.volume.upsampling import mean_flipped_softmax, sum_flipped_logits, upsample_scores

ACTIVATIONS = {
    "torch.sigmoid": lambda x: softmax.sigmoid(x["x"]),
    "torch.logsigmoid": lambda x: -softmax.softplus(-x["x"]),
    "torch.softmax": lambda x: softmax.softmax(x["z"], 1),
    "torch.log_softmax": lambda x: softmax.log_softmax(x["z"], 1),
}


@answers(*ACTIVATIONS)
def activation(r, x, p):
    return ACTIVATIONS[r.convention](x)


def sized(r, x):
    """The label size of a PSPNet case."""
    return x["labels"].shape[1:]


@answers("bilinear.align_corners", "bilinear.half_pixel", "bilinear.asymmetric")
def bilinear(r, x, p):
    rule = r.convention.split(".")[1]
    if r.case == "resize_kernels":
        return resample.resample_linear(x[p["x"]], p["size"], rule)
    part = x["main"][0, 0] if p["x"] == "main[0,0]" else x["main"][:1, :2]
    return resample.resample_linear(part, sized(r, x), rule).reshape(r.want.shape)


@answers("nearest.asymmetric", "nearest.half_pixel")
def nearest(r, x, p):
    rule = r.convention.split(".")[1]
    if r.case == "resize_kernels":
        return resample.resample_nearest(x[p["x"]], p["size"], rule)
    if r.id == "hellochick_low_labels":
        return resample.resample_nearest(x["labels_oor"], x["main"].shape[2:], rule)
    axis = 2 if r.id.endswith("_y") else 3
    return resample.nearest_index(x["labels"].shape[axis - 1], x["main"].shape[axis], rule)


def added_logits(logits, flipped, shape, rule):
    added = sum_flipped_logits(stack(logits), stack(flipped))
    return read(upsample_scores(added, Geometry(tuple(shape)), rule), 1 << 16)


def mean_shares(logits, flipped, shape, rule):
    sides, grid = (stack(logits), stack(flipped)), Geometry(tuple(shape))
    return read(mean_flipped_softmax(*sides, grid, rule, "softmax"), 1 << 16)


@answers("decode.argmax", "decode.flip_logit_sum", "decode.flip_softmax_mean")
def decoded(r, x, p):
    scores = {
        "decode.argmax": lambda a, b, *how: resample.resample_linear(a, *how),
        "decode.flip_logit_sum": added_logits,
        "decode.flip_softmax_mean": mean_shares,
    }[r.convention]
    pairs = zip(x["main"], x["main_flipped"], strict=True)
    maps = [scores(a, b, sized(r, x), p["upsample"]) for a, b in pairs]
    return np.stack([argmax_channel(m.reshape(len(m), -1)).reshape(m.shape[1:]) for m in maps])


@answers("pspnet.semseg", "pspnet.hellochick")
def pspnet(r, x, p):
    weights = ":weights=" + "+".join(map(str, x["class_weight"])) if "weight" in p else ""
    branches = ["main", "aux"] if "total" in r.id else ["aux" if "aux" in r.id else "main"]
    values = [branch_loss(r, x, p, name, weights) for name in branches]
    decay = 0.0
    if "weight_decay" in p:
        decay = p["weight_decay"] / 2 * sum_of_squares(x["w1"], x["w2"])
    return (
        main_and_aux_loss(*values, p["aux_weight"], decay) if len(values) > 1 else values[0] + decay
    )


def sum_of_squares(*weights):
    with TemporaryDirectory() as folder:
        np.savez(f"{folder}/weights.npz", *weights)
        return sum_weight_squares(Path(folder, "weights.npz"))


def branch_loss(r, x, p, name, weights):
    """The cross-entropy of one output."""
    if r.convention == "pspnet.semseg":
        z, y = resample.resample_linear(x[name], sized(r, x), p["upsample"]), x["labels"]
        return whole(f"ce{weights}", from_labels(z, y, 255))
    y = resample.resample_nearest(x["labels_oor"], x[name].shape[2:], "asymmetric")
    y = np.where(y >= x[name].shape[1], 255, y)
    return whole("ce:as=tf", from_labels(x[name], y, 255))


def one_hot(labels, channels):
    """Masks of labels, (channels, *space)."""
    return np.stack([labels == c for c in range(channels)])


def spatial_pairs(x, background=True):
    """Probabilities and reference of each case, without class 0 if it is left out."""
    first = 0 if background else 1
    for z, y in zip(x["logits"], x["labels"], strict=True):
        yield softmax.softmax(z)[first:], one_hot(y, len(z))[first:]


@answers("monai.hausdorff_dt", "monai.log_hausdorff_dt")
def hausdorff(r, x, p):
    values = [
        spatial.hausdorff_dt(p_c, g_c, p["alpha"])
        for pair in spatial_pairs(x, p.get("include_background", False))
        for p_c, g_c in zip(*pair, strict=True)
    ]
    if r.convention == "monai.log_hausdorff_dt":
        return np.log1p(np.mean(values))
    return np.mean(values)


@answers("monai.soft_cldice", "monai.soft_dice_cldice")
def cldice(r, x, p):
    pairs = list(spatial_pairs(x, p.get("include_background", True)))
    values = [spatial.soft_cldice(a, b, p["iter"]) for a, b in pairs]
    if r.convention == "monai.soft_cldice":
        return np.array(values) if p.get("reduction") == "none" else np.mean(values)
    batch = from_labels(x["logits"], x["labels"])
    dice = mean("dice_loss:as=monai:background=yes:smooth_nr=1:smooth_dr=1", batch)
    return (1 - p["alpha"]) * dice + p["alpha"] * np.mean(values)


def mean_of_classes(p, labels):
    each = [ordered.lovasz_softmax_of_class(share, labels == c) for c, share in enumerate(p)]
    return np.nanmean(each) if not np.isnan(each).all() else 0.0


@answers("smp.lovasz")
def lovasz(r, x, p):
    if p.get("mode") == "multilabel":
        pairs = [(z.ravel(), g.ravel() == 1) for z, g in zip(x["logits"], x["target"], strict=True)]
        kernel = ordered.lovasz_hinge
    else:
        keep = [y.ravel() != p.get("ignore_index", 255) for y in x["labels"]]
        pairs = [
            (softmax.softmax(z).reshape(len(z), -1)[:, k], y.ravel()[k])
            for z, y, k in zip(x["logits"], x["labels"], keep, strict=True)
        ]
        kernel = mean_of_classes
    if p["per_image"]:
        return np.mean([kernel(*pair) for pair in pairs])
    return kernel(*(np.concatenate(side, axis=-1) for side in zip(*pairs, strict=True)))


@answers("nnunet.topk")
def topk(r, x, p):
    costs = []
    for z, y in zip(x["logits"], x["labels"], strict=True):
        keep = y.ravel() != p["ignore_index"]
        costs.append(-softmax.reference_log(z.reshape(len(z), -1)[:, keep], y.ravel()[keep]))
    return ordered.top_mean(np.concatenate(costs), x["labels"].size, p["k_percent"])


def instances(r, x):
    """The instance masks of a case, unpacked."""
    width = {"maskrcnn_loss_k3": 112, "maskrcnn_loss_k81": 100}[r.case]
    return np.unpackbits(x["gt_masks"], axis=-1, count=width)


def targets(r, x, rule):
    """The target of every RoI."""
    masks, m = instances(r, x), x["logits_q"].shape[-1]
    pairs = zip(x["boxes"], x["matched"], strict=True)
    return np.stack([rois.roi_target(masks[which], box, m, rule) for box, which in pairs])


def roi_costs(logits, target, floor="torch"):
    """The mean cost of the selected map of every RoI."""
    x = logits if floor == "torch" else softmax.sigmoid(logits)
    true, false = binary_costs(floor, floor == "torch", 0.0)
    return (target * true(x) + (1 - target) * false(x)).mean(axis=(1, 2))


def chosen(r, x, labels="labels"):
    """The logits of the k-th map of every RoI."""
    return rois.select_maps(x["logits_q"] / 8, x[labels])


@answers("maskrcnn.torchvision", "roi_align.legacy", "maskrcnn.kth_bce", "maskrcnn.positive_only")
def roi_losses(r, x, p):
    if r.convention == "roi_align.legacy":
        return targets(r, x, "torchvision")
    if r.convention == "maskrcnn.positive_only":
        keep = x["labels_with_background"] > 0
        goal = targets(r, x, "detectron2")[keep]
        return roi_costs(chosen(r, x, "labels_with_background")[keep], goal, "keras").mean()
    rule = "torchvision" if r.convention == "maskrcnn.torchvision" else "detectron2"
    costs = roi_costs(chosen(r, x), targets(r, x, rule))
    return costs if p.get("per_roi") else costs.mean()


@answers("maskrcnn.detectron2")
def roi_detectron2(r, x, p):
    goal = targets(r, x, "detectron2")
    if r.id == "d2_targets":
        return goal
    if r.id == "d2_loss":
        return roi_costs(chosen(r, x), goal).mean()
    counted = RoiSums({}, cells=rois.count_mask_cells(chosen(r, x), goal))
    return find_convention(r.id.replace("d2", "maskrcnn")).compute(counted).whole


@answers("maskrcnn.matterport")
def roi_matterport(r, x, p):
    goal = targets(r, x, "matterport")
    if r.id == "mt_targets":
        return goal
    keep = x["labels"] > 0
    return roi_costs(chosen(r, x)[keep], goal[keep], "keras").mean()


@answers("maskrcnn.select", "paste.torchvision", "paste.detectron2", "paste.matterport")
def pasted(r, x, p):
    maps = softmax.sigmoid(chosen(r, x))
    if r.convention == "maskrcnn.select":
        return maps.reshape(r.want.shape)
    rule = r.convention.split(".")[1]
    boxes = x["boxes_int_yxyx"][:, [1, 0, 3, 2]] if rule == "matterport" else x["boxes"]
    full = np.zeros((len(maps), *x["image_size"]))
    for image, one, box in zip(full, maps, boxes, strict=True):
        rows, columns, patch = rois.paste_map(one, box, image.shape, rule)
        image[rows, columns] = patch
    if "soft" in r.id:
        return full[0]
    masks = rois.threshold_map(full, rule)
    return masks.sum(axis=(1, 2)) if r.id.endswith("area") else masks


@answers("negative_control")
def all_maps(r, x, p):
    """What segeval reports of the k-th map: the record is the mean over all K."""
    return roi_costs(chosen(r, x), targets(r, x, "detectron2")).mean()
