import numpy as np
import pytest
from oracles.sums import answers, classes, whole

import segeval
from segeval.request.settings import Settings

# four voxels of class 0 predicted with 0.9; three of them are
LABELS = {
    "p": np.repeat(np.array([[[0.9], [0.1]]]), 4, axis=2),
    "y": np.array([[0, 0, 0, 1]], np.uint8),
}
# p of the class: 0.1 0.1 0.9, true of the last two
MASKS = {"p": np.array([[[0.1, 0.1, 0.9]]]), "g": np.array([[[False, True, True]]])}


def test_one_bin_by_hand():
    for name in ("ece", "mce", "rmsce"):
        assert whole(name, LABELS) == pytest.approx(abs(3 / 4 - 0.9))


def test_two_bins_by_hand():
    # |1/2 - 0.1| of 2 of 3 voxels, |1 - 0.9| of 1 of 3
    low, high = 0.4, 0.1
    assert classes("ece", MASKS)[0] == pytest.approx(2 / 3 * low + 1 / 3 * high)
    assert classes("mce", MASKS)[0] == pytest.approx(low)
    assert classes("ace", MASKS)[0] == pytest.approx((low + high) / 2)
    assert classes("rmsce", MASKS)[0] == pytest.approx(np.sqrt(2 / 3 * low**2 + 1 / 3 * high**2))


def test_the_label_is_one_number_and_each_class_has_its_own():
    assert answers("ece", LABELS)[0].classes is None
    # class 0: |3/4 - 0.9|; class 1: |1/4 - 0.1|
    np.testing.assert_allclose(classes("ece:as=torchmetrics_binary", LABELS), [0.15, 0.15])


def test_bins_are_asked_for_by_number():
    # 0.5 and 0.9 share the only bin: |1/2 - 0.7|; with 10 bins: (|0 - 0.5| + |1 - 0.9|) / 2
    batch = {"p": np.array([[[0.5, 0.9]]]), "g": np.array([[[False, True]]])}
    assert classes("ece@1", batch)[0] == pytest.approx(0.2)
    assert classes("ece@10", batch)[0] == pytest.approx(0.3)


def test_brier_by_hand():
    # 3 voxels (0.1, 0.1), 1 voxel (0.9, 0.9)
    square = (3 * 0.1**2 + 0.9**2) / 4
    np.testing.assert_allclose(classes("brier", LABELS), [square, square])
    assert whole("brier", LABELS) == pytest.approx(2 * square)
    assert whole("brier:as=mean_over_classes", LABELS) == pytest.approx(square)


def test_without_voxels_there_is_no_calibration():
    nothing = LABELS | {"valid": np.zeros((1, 4), bool)}
    value = answers("ece", nothing)[0]
    assert np.isnan(value.whole)
    assert value.reason == "no_voxels"
    assert np.isnan(whole("brier", nothing))


def test_the_mean_gap_of_the_predicted_label_by_hand():
    # one bin holds 0.9; of the classes 0.9 and 0.1, gaps 0.15 each
    assert whole("ace", LABELS) == pytest.approx(abs(3 / 4 - 0.9))
    np.testing.assert_allclose(classes("ace:as=torchmetrics_binary", LABELS), [0.15, 0.15])


def mass(confidence, hit, bins):
    """Bins between quantiles, voxel by voxel; an edge belongs to the bin below it."""
    values = sorted(confidence)
    places = [k * (len(values) - 1) / bins for k in range(1, bins)]
    edges = [
        values[int(x)] + (x - int(x)) * (values[min(int(x) + 1, len(values) - 1)] - values[int(x)])
        for x in places
    ]
    of = [sum(c > edge + 1e-12 for edge in edges) for c in confidence]
    found = []
    for k in range(bins):
        inside = [i for i, b in enumerate(of) if b == k]
        if inside:
            gap = np.mean([hit[i] for i in inside]) - np.mean([confidence[i] for i in inside])
            found.append((len(inside) / len(of), abs(gap)))
    share, gap = np.array(found).T
    return {"ece": share @ gap, "mce": gap.max(), "ace": gap.mean()}


@pytest.mark.parametrize("name", ["ece", "mce", "ace"])
@pytest.mark.parametrize("levels", [1000, 5])  # 5: most confidences are equal
def test_bins_of_one_mass(name, levels):
    rng = np.random.default_rng(3)
    p = rng.integers(1, levels, (20, 17)) / levels
    g = (rng.random(p.shape) < p**2).astype(np.uint8)
    settings = Settings(kind="prob")
    card = segeval.score(p, g, [f"{name}@7:bins=mass"], settings=settings, classes="1=a")
    want = mass(p.ravel().tolist(), g.ravel().tolist(), 7)[name]
    assert card.cases[0].rows[0].value == pytest.approx(want, rel=1e-12)


def test_bins_of_one_mass_of_the_predicted_label():
    rng = np.random.default_rng(4)
    p = np.moveaxis(rng.dirichlet(np.ones(4), (15, 16)), -1, 0)
    y = rng.integers(0, 4, (15, 16)).astype(np.uint8)
    y[3] = 9
    settings = Settings(kind="prob", ignore_label=(9,))
    asked = ["ece:bins=mass", "ece:as=torchmetrics_binary:bins=mass"]
    values = {
        r.class_ + r.metric: r.value
        for r in segeval.score(p, y, asked, settings=settings).cases[0].rows
    }
    kept = y != 9
    hit = (p.argmax(axis=0) == y)[kept]
    want = mass(p.max(axis=0)[kept].tolist(), hit.tolist(), 15)["ece"]
    assert values["allece:bins=mass"] == pytest.approx(want, rel=1e-12)
    want = mass(p[2][kept].tolist(), (y == 2)[kept].tolist(), 15)["ece"]
    assert values["2ece:as=torchmetrics_binary:bins=mass"] == pytest.approx(want, rel=1e-12)
