# %% [markdown]
# # Two models, their intervals, and calibration
#
# For whoever writes the table of a paper: means with intervals over the cases, a paired comparison of two
# models, a data set's mIoU, and how far probabilities can be trusted.

# %%
import numpy as np

import segeval


def volume(seed):
    """A ball and a cube of which one may be small."""
    rng = np.random.default_rng(seed)
    grid = np.mgrid[:16, :32, :32]
    truth = np.zeros((16, 32, 32), np.uint8)
    centre = rng.integers((5, 8, 8), (11, 16, 24))
    away = sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True))
    truth[away < rng.integers(9, 36)] = 1
    truth[5:11, 20:28, 4 : 8 + rng.integers(1, 6)] = 2
    return truth


def probabilities(truth, sharpness, seed):
    """Probabilities (channels, z, y, x) of a model."""
    rng = np.random.default_rng(seed)
    score = sharpness * np.stack([truth == label for label in range(3)])
    score = np.exp(score + rng.normal(0, 1, score.shape))
    return (score / score.sum(axis=0)).astype(np.float32)


# %% [markdown]
# Every model has an Evaluator; `ci` asks for intervals of the means. `iou` pooled over all cases and then
# averaged over the classes is the field's mIoU.


# %%
def evaluated(sharpness, seed):
    evaluator = segeval.Evaluator(
        ["dice", "iou", "ece"], classes={"ball": 1, "cube": 2}, kind="prob", ci=0.95
    )
    for k in range(12):
        truth = volume(k)
        evaluator.add(probabilities(truth, sharpness, seed + k), truth, f"case_{k:02}")
    return evaluator.card()


one, two = evaluated(3.0, 100), evaluated(3.6, 200)
two

# %%
dice = two.summary()["ball"]["dice"]
low, high = dice.interval
print(f"ball: {dice.mean:.3f} [{low:.3f}, {high:.3f}], n = {dice.n}")
print(f"mIoU: {two.summary()['overall']['iou'].pooled:.3f}")
print(f"ECE of all voxels: {two.summary()['all']['ece'].pooled:.4f}")

# %% [markdown]
# The paired difference of both models, with Wilcoxon's test and Holm over the classes.

# %%
print(segeval.compare(one, two, names=["before", "after"]))

# %% [markdown]
# All numbers as a DataFrame of pandas, where it is installed; `card.rows` needs nothing.

# %%
frame = two.to_dataframe()
frame[frame["metric"] == "dice"].groupby("class")["value"].describe().round(3)

# %% [markdown]
# One chart for the paper, as SVG.

# %%
drawing = two.figure("reliability")
drawing[:4], len(drawing) > 1000
