"""A scorecard that holds one of each thing that a result file can hold."""

from __future__ import annotations

import json
import math

import pytest
from cards import NAN, card, not_scored, row, unscored

from segeval.runtime.errors import Note
from segeval.scorecard.card import CaseResult
from segeval.scorecard.results import result_lines


def written(made):
    """The file's content, through the text."""
    return json.loads("".join(result_lines(made)), parse_constant=pytest.fail)


def everything():
    """One of each: undefined, infinite, charged, unscored, without a unit, in a group."""
    first = CaseResult(
        "CT_001",
        "p/CT_001.nii.gz",
        "CT_001.nii.gz",
        (
            row("CT_001", "liver", "dice", 0.1 + 0.2, group="east"),
            row("CT_001", "liver", "volume_difference", -2.5, "ml", group="east"),
            row("CT_001", "spleen", "dice", 0.0, reason="pred_empty", group="east"),
            row("CT_001", "spleen", "volume_difference", NAN, "", "no_spacing", group="east"),
            row("CT_001", "all", "ce", math.inf, group="east"),
            not_scored("CT_001", "tumour")._replace(group="east"),
        ),
        group="east",
        patient="P1",
        classes=("liver", "spleen"),
        tallies={"counts": {"classes": {"liver": [1, 2, 3, 4]}, "unit": "ml", "voxel": 0.5}},
        facts={"shape": [4, 3, 2], "spacing": None},
        notes=(Note("W-geometry-near", "the grids differ a little", "CT_001"),),
        fingerprint="12:34:ab",
    )
    second = unscored("CT_002", message="there is no prediction", facts=["gt CT_002"], help="")
    return card(
        [first, second],
        "dice",
        "volume_difference",
        inputs={"pairing": "paired 1 of 2"},
        notes=(Note("N-extra", "one prediction without ground truth"),),
        gates=({"gate": "dice=0.9", "passed": False, "value": None, "bar": 0.9},),
    )
