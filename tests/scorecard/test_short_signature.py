"""CLI-U4: the signature for people names what differs from the defaults, and an id."""

from segeval import __version__
from segeval.scorecard.short_signature import short_signature
from segeval.scorecard.signature import signature_id

METRICS = {"dice": "dice", "hd95": "hd95:as=mesh:by=case", "hd95:as=medpy": "hd95:as=medpy:by=case"}
END = f"segeval {__version__} | numbers:2 | id {signature_id('line')}"


def test_defaults_are_left_out_and_conventions_are_named():
    parts = {"metrics": METRICS, "threshold": 0.5, "resample": "never", "numbers": 2}
    assert short_signature("line", parts) == f"dice, hd95 (mesh), hd95:as=medpy | {END}"


def test_what_differs_is_said():
    parts = {"metrics": {"dice": "dice"}, "threshold": 0.4, "ignore_label": [0, 255], "numbers": 2}
    parts |= {"classes": {"liver": [1], "spleen": [2]}, "background": True}
    assert short_signature("line", parts) == (
        f"dice | threshold:0.4 | ignore_label:0,255 | background:yes | classes 2 | {END}"
    )


def test_many_metrics_are_counted():
    parts = {"metrics": {f"fbeta@{n}": f"fbeta@{n}" for n in range(20)}, "numbers": 2}
    line = short_signature("line", parts)
    assert "fbeta@7 and 12 more | segeval" in line
    assert len(line) < 160
