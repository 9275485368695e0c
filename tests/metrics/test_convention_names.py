"""Every convention of the losses has the name under which it is written about."""

from oracles.read import records

from segeval.metrics.convention_names import CONVENTION_NAMES, convention_name
from segeval.metrics.registry import load_all_metrics

# of kernels, which no metric is: activations, resampling, decoding, targets, and sums by themselves
KERNELS = ("torch.sigmoid", "torch.logsigmoid", "torch.softmax", "torch.log_softmax", "bilinear.",
           "nearest.", "decode.", "paste.", "roi_align.", "maskrcnn.", "soft_volume",
           "soft_confusion", "summary", "negative_control", "keras1.bce", "valid_mean")  # fmt: skip


def test_every_name_is_that_of_a_convention():
    for name, origins in CONVENTION_NAMES.items():
        assert set(origins) == set(load_all_metrics()[name].origins or {""}), name


def test_every_convention_of_a_loss_has_a_name():
    losses = ("sums", "voxels", "branches")
    for name, definition in load_all_metrics().items():
        if definition.of in losses:
            assert all(convention_name(name, origin) for origin in definition.origins or [""]), name


def test_the_names_are_those_of_the_libraries():
    names = " ".join(name for origins in CONVENTION_NAMES.values() for name in origins.values())
    for convention in {r.convention for r in records()}:
        assert convention.startswith(KERNELS) or convention in names, convention
