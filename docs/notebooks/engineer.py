# %% [markdown]
# # A training loop, and a gate
#
# For whoever trains a network: the number of every epoch is the number that `segeval score` prints from
# the saved files, and a gate says whether a model may ship. The network is a stand-in of NumPy that gets
# better from epoch to epoch; with PyTorch or MONAI give the tensors as they are.

# %%
import numpy as np

import segeval


def scene(seed):
    """Discs of two classes, and their blurred picture."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:96, :96]
    truth = np.zeros((96, 96), np.uint8)
    for label in (1, 2, 1, 2):
        cy, cx, r = rng.integers(16, 80), rng.integers(16, 80), rng.integers(8, 16)
        truth[(y - cy) ** 2 + (x - cx) ** 2 < r**2] = label
    return truth


def network(truth, noise, seed):
    """Logits (channels, y, x): the truth with an offset and noise."""
    rng = np.random.default_rng(1000 + seed)
    moved = np.roll(truth, round(3 * noise), axis=1)
    logits = 4.0 * np.stack([moved == label for label in range(3)])
    return logits + rng.normal(0, 2.5 * noise, logits.shape)


# %% [markdown]
# An `Evaluator` is made once: a wrong request is told here and not after the first epoch.

# %%
evaluator = segeval.Evaluator(["dice", "iou"], classes={1: "disc", 2: "ring"}, kind="logits")
cards = []
for noise in (1.0, 0.6, 0.3):
    evaluator.reset()
    for batch in np.arange(12).reshape(3, 4):
        truths = np.stack([scene(seed) for seed in batch])
        logits = np.stack(
            [network(truth, noise, k) for k, truth in zip(batch, truths, strict=True)]
        )
        evaluator.update(logits, truths, [f"scene_{k}" for k in batch])
    cards.append(evaluator.compute())
[round(card.summary()["overall"]["dice"].mean, 3) for card in cards]

# %% [markdown]
# The card of the last epoch; a notebook shows its table.

# %%
cards[-1]

# %% [markdown]
# A faulty case does not end the loop. It is not scored, with the reason, and no gate passes over it.

# %%
result = evaluator.add(np.zeros((3, 10, 10)), scene(0), "broken")
result.status, result.error["message"]

# %% [markdown]
# Rules as in `segeval gate`. A judgement is true where it passed.

# %%
judged = segeval.gate(cards[-1], ["dice=0.9", "disc/dice.worst=0.8"])
print(judged)
bool(judged)

# %% [markdown]
# Did the last epoch get better? The interval is of the paired difference over the cases.

# %%
print(segeval.compare(cards[1], cards[2], names=["epoch 2", "epoch 3"]))
