"""The same answers through the command line: a batch becomes files, a metric a column of the JSON.

A batch is as many cases; what the kernels' door (oracles/sums.py) says of each case and of the
pooled ones stands in the rows of the cases and in the statistic `pooled`.
"""

import json

import build
import numpy as np

from segeval.metrics.registry import Values

FORMATS = ("npz", "nii.gz", "png")
IGNORED = 255


def holds(form, batch):
    """Whether a format can hold a batch: pictures and arrays have labels of two axes."""
    flat = batch["p"].ndim == 4
    if form == "nii.gz":
        return True
    return flat and "soft" not in batch if form == "png" else "y" in batch and "soft" not in batch


def written(folder, form, batch):
    """A folder of predictions and one of ground truths."""
    for side, arrays in (("pred", scores(batch)), ("gt", truths(batch))):
        (folder / side).mkdir(parents=True)
        stack = arrays.ndim == batch["p"].ndim
        for number, array in enumerate(arrays):
            path = folder / side / f"case{number:02}"
            write(path, "npz" if form == "png" and side == "pred" else form, array, stack)
    return folder / "pred", folder / "gt"


def scores(batch):
    """What a network put out, (channels, *space) each; shares of 255 as they were stored."""
    if "z" in batch:
        return batch["z"]
    shades = batch["p"] * 255
    eight = np.allclose(shades, np.rint(shades), atol=1e-9, rtol=0)
    return np.rint(shades).astype(np.uint8) if eight else batch["p"]


def truths(batch):
    """Label maps, masks or shares; ignored voxels have a label of their own."""
    if "soft" in batch:
        return batch["soft"]
    truth, valid = batch["y"] if "y" in batch else masks(batch), batch.get("valid")
    if valid is None:
        return truth
    one_map = truth.ndim == valid.ndim
    return np.where(valid if one_map else valid[:, None], truth, IGNORED).astype(np.uint8)


def masks(batch):
    """Masks of every channel; a label map from 1 on where every voxel has just one of them."""
    g = batch["g"]
    single = g.shape[1] > 1 and (g.sum(axis=1) == 1).all()
    return (g.argmax(axis=1) + 1 if single else g).astype(np.uint8)


def write(path, form, array, stack):
    """One file; of masks that may overlap a picture a class, in a folder of the case."""
    array = np.ascontiguousarray(array)
    if form == "nii.gz":
        plane = array.ndim - stack == 2
        array = array[..., None, :, :] if plane else array
        build.nifti(path.with_name(f"{path.name}.nii.gz"), array)
    elif form == "npz":
        np.savez(path.with_suffix(".npz"), probabilities=array)
    elif stack:
        for channel, mask in enumerate(array):
            build.png(path / f"k{channel}.png", mask)
    else:
        build.png(path.with_suffix(".png"), array)


def choices(batch):
    """The options that say what the files hold."""
    logits, count = "z" in batch, batch["p"].shape[1]
    options = ["--kind", "logits" if logits else "prob"]
    if "y" not in batch:
        options += ["--activation", "sigmoid" if logits else "none"]
    first = 0 if "y" in batch else 1
    options += ["--classes", ",".join(f"{first + c}=k{c}" for c in range(count))]
    options += ["--gt-kind", "prob"] if "soft" in batch else []
    options += ["--ignore-label", str(IGNORED)] if "valid" in batch else []
    return options


def card_of(segeval, folder, form, batch, texts):
    """The JSON of one run that asks for every metric."""
    sides = written(folder, form, batch)
    asked = [word for text in texts for word in ("-m", text)]
    ran = segeval("score", *sides, *asked, *choices(batch), "--format", "json", "-q")
    assert ran.status == 0, ran.err
    return json.loads(ran.out)


def values_of(card, text, count):
    """Of each case, then of the pooled ones, as the kernels' door gives them."""
    rows = [case["values"] for case in card["cases"]]
    summary = {name: columns.get(text, {}) for name, columns in card["summary"][""].items()}
    found = [[row.get(name, {}).get(text) for name in names(count)] for row in rows]
    found.append([summary.get(name, {}).get("pooled") for name in names(count)])
    return [Values(np.array([number(v) for v in each[:-1]]), number(each[-1])) for each in found]


def names(count):
    return [*(f"k{c}" for c in range(count)), "all"]


def number(kept):
    """A value of the JSON, with or without a reason beside it."""
    value, reason = (kept["value"], kept["reason"]) if isinstance(kept, dict) else (kept, "")
    if value is None:
        return np.inf if reason == "infinite" else np.nan
    return float(value)
