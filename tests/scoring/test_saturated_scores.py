"""Scores at the ends of their range: sure networks, masked classes, and options out of range."""

import build
import numpy as np
import pytest
from runs import only, problem, run, values

import segeval
from segeval.metrics.registry import resolve_metric
from segeval.request.grammar import parse_metric
from segeval.runtime.errors import RequestError

T = (np.arange(60).reshape(3, 4, 5) % 3).astype(np.uint8)


def gaps(confidence, hit, bins=15):
    """torchmetrics' bins in float32, 1.0 apart: sum of |hits - confidence| over the voxels."""
    single = confidence.astype(np.float32)
    edges = np.linspace(0, 1, bins + 1, dtype=np.float32)
    index = np.searchsorted(edges[1:], single, side="right")
    apart = [abs(hit[index == b].sum() - confidence[index == b].sum()) for b in set(index)]
    return sum(apart) / len(confidence)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_ece_of_a_sure_network_is_that_of_float32(dtype):
    rng = np.random.default_rng(3)
    sure = np.where(rng.random(T.size) < 0.5, 1 - 1e-9, 0.97)
    label = np.where(rng.random(T.size) < 0.8, T.reshape(-1), (T.reshape(-1) + 1) % 3)
    p = np.repeat(((1 - sure) / 2)[None], 3, 0)
    p[label, np.arange(T.size)] = sure
    p = p.reshape(3, *T.shape).astype(dtype)
    card = segeval.score(p, T, ["ece"])
    right = gaps(p.reshape(3, -1).max(0).astype(float), label == T.reshape(-1))
    assert values(card, "ece")["all"] == pytest.approx(right, abs=1e-7)


def torch_edges(bins):
    """The edges of torch.linspace in float32, from both ends."""
    step = float(np.float32(1 / bins))
    low = [k * step for k in range((bins + 1) // 2)]
    return np.float32([*low, *(1 - (bins - k) * step for k in range(len(low), bins + 1))])


@pytest.mark.parametrize("bins", [10, 15, 30, 51])
@pytest.mark.parametrize("name", ["ece", "rmsce", "mce"])
def test_a_bin_is_that_of_the_float32_number_in_every_container(tmp_path, name, bins):
    #    0.2 in float32 is in another bin than 0.2 in float64; integers are what a float32 map was
    rng = np.random.default_rng(bins)
    codes = rng.integers(0, 256, (12, 15, 16), np.uint8)
    codes[0, 0, 0] = 128
    truth = (rng.random(codes.shape) < codes / 255).astype(np.uint8)
    single = (codes / 255).astype(np.float32)
    files = {"u8": codes, "u16": codes.astype(np.uint16) * 257, "f4": single}
    files["f8"] = single.astype(np.float64)
    build.npy(tmp_path / "g.npy", truth)
    found = {}
    for form, values_ in files.items():
        build.npy(tmp_path / f"{form}.npy", values_)
        card = run(tmp_path / f"{form}.npy", tmp_path / "g.npy", f"{name}@{bins}", kind="prob")
        found[form] = values(card, f"{name}@{bins}" if bins != 15 else name)["1"]
    index = np.searchsorted(torch_edges(bins)[1:], single.ravel(), side="right")
    if name == "ece":
        p, hit = single.ravel().astype(float), truth.ravel().astype(bool)
        apart = [abs(hit[index == b].sum() - p[index == b].sum()) for b in set(index)]
        assert found["f4"] == pytest.approx(sum(apart) / p.size, abs=1e-6)
    for form in files:
        assert found[form] == pytest.approx(found["f4"], abs=1e-7), form


def test_bce_of_keras_clips_in_the_type_of_the_file():
    p, g = np.ones((1, 2, 2)), np.zeros((1, 2, 2), np.uint8)
    g[0, 0, 0] = 1
    cost = {"f4": 15.942385, "f8": 16.118096}
    for dtype, one in cost.items():
        found = segeval.score(p.astype(dtype)[0], g[0], ["bce:as=keras"])
        assert values(found, "bce:as=keras")["1"] == pytest.approx(0.75 * one, rel=1e-6)


@pytest.mark.parametrize("suffix", [".npy", ".nii.gz"])
def test_a_masked_class_costs_nothing_where_it_is_not(tmp_path, suffix):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4, *T.shape)).astype(np.float32)
    logits[3] = -np.inf
    logits[1][T != 1] = -np.inf
    write = build.stack if suffix != ".npy" else build.npy
    write(tmp_path / f"p{suffix}", logits)
    build.nifti(tmp_path / "g.nii.gz", T)
    card = run(
        tmp_path / f"p{suffix}",
        tmp_path / "g.nii.gz",
        "ce",
        "dice",
        kind="logits",
        channel_axis=0 if suffix == ".npy" else None,
    )
    shares = np.exp(logits.astype(float) - logits.max(0))
    logs = np.log(np.take_along_axis(shares / shares.sum(0), T[None].astype(int), 0))
    assert values(card, "ce")["all"] == pytest.approx(-logs.mean(), rel=1e-7)


def test_a_masked_class_that_is_there_costs_infinitely_much(tmp_path):
    logits = np.zeros((3, *T.shape), np.float32)
    logits[2] = -np.inf
    build.npy(tmp_path / "p.npy", logits)
    build.nifti(tmp_path / "g.nii.gz", T)
    card = run(tmp_path / "p.npy", tmp_path / "g.nii.gz", "ce", kind="logits", channel_axis=0)
    assert [r.reason for r in only(card).rows if r.class_ == "all"] == ["infinite"]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_logit_is_refused(tmp_path, value):
    logits = np.zeros((3, *T.shape), np.float32)
    logits[1, 0, 0, 0] = value
    build.npy(tmp_path / "p.npy", logits)
    build.nifti(tmp_path / "g.nii.gz", T)
    status, text = problem(
        run(tmp_path / "p.npy", tmp_path / "g.nii.gz", "ce", kind="logits", channel_axis=0)
    )
    assert (status, "not a number or infinite: 1" in text) == ("unreadable", True)


def test_a_voxel_without_any_class_is_refused(tmp_path):
    logits = np.zeros((3, *T.shape), np.float32)
    logits[:, 0, 0, 0] = -np.inf
    build.npy(tmp_path / "p.npy", logits)
    build.nifti(tmp_path / "g.nii.gz", T)
    status, _ = problem(
        run(tmp_path / "p.npy", tmp_path / "g.nii.gz", "ce", kind="logits", channel_axis=0)
    )
    assert status == "unreadable"


@pytest.mark.parametrize("text", [
    "ce:smoothing=-1", "ce:smoothing=3", "bce:pos_weight=-2", "ce:weights=1+-1",
    "ce:weights=nan+1"])  # fmt: skip
def test_options_out_of_range_are_refused(text):
    with pytest.raises(RequestError, match="cannot be read"):
        resolve_metric(parse_metric(text))


def test_a_table_cut_by_semicolons_with_backslashes(tmp_path):
    (tmp_path / "sub").mkdir()
    build.nifti(tmp_path / "sub" / "g.nii.gz", T)
    (tmp_path / "pairs.csv").write_bytes(
        "\ufeffcase;pred;gt\r\nc1;sub\\g.nii.gz;sub\\g.nii.gz\r\n".encode()
    )
    from runs import settings

    from segeval.api.run import score_paths

    card = score_paths("", "", settings("dice", pairs=str(tmp_path / "pairs.csv")))
    assert set(values(card).values()) == {1.0}


def test_a11_one_plane_of_a_volume_is_a_slab_with_a_warning(tmp_path):
    build.nifti(tmp_path / "g.nii.gz", T[:1])
    card = run(tmp_path / "g.nii.gz", tmp_path / "g.nii.gz", "hd95")
    assert "W-one-plane" in [note.code for note in only(card).notes]
