"""ACCOUNT-A31: a help line is done as it is printed, and the error it stood under is gone.

A situation is keyed by the function that gives the advice. The places without one are counted.
"""

import ast
import re
from pathlib import Path

import build
import numpy as np
import pytest
from python_advice import SITUATIONS as PYTHON

import segeval as package

ROOT = Path(package.__file__).parent
ERRORS = re.compile(r"(Error|error|Refusal|Note)$")
WITHOUT_SITUATION = 291  # places; may only shrink


def places():
    """Each function that gives an error a `help=`, as file:function, with how many it gives."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                count = sum(map(gives_advice, ast.walk(function)))
                if count:
                    found[f"{path.relative_to(ROOT).as_posix()}:{function.name}"] = count
    return found


def gives_advice(node):
    """Whether a call makes an error with a help line."""
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    return bool(ERRORS.search(name)) and any(word.arg == "help" for word in node.keywords)


def organ(*labels):
    """Boxes of some labels, one a plane."""
    made = np.zeros((6, 8, 8), np.int32)
    for plane, label in enumerate(labels):
        made[plane, 1:5, 1:5] = label
    return made


NEGATIVE, TWO, LARGE = organ(1, -1), organ(1, 3), organ(1, 70000)
SMALL = organ(1)[0]
SITUATIONS = [  # place, prediction, ground truth, options, words of the help, what it makes of them
    ("bad_labels_error", organ(1), NEGATIVE, [], "--ignore-label=-1", None),
    ("bad_labels_error", organ(1), NEGATIVE, [], "--remap-gt=-1=0", None),
    ("bad_labels_error", NEGATIVE, organ(1), [], "--remap-pred", ["--remap-pred=-1=0"]),
    ("bad_labels_error", organ(1), LARGE, [], "--remap-gt 70000=1", None),
    ("grid_mismatch_error", SMALL, SMALL.repeat(2, 0), [], "--resample gt", None),
    ("bad_entry_error", organ(1), TWO, ["--remap-gt", "3=-1"], "--ignore-label=-1", None),
    ("bad_entry_error", organ(1), TWO, [], "3=0 in place of 3=-1", ["--remap-gt", "3=0"]),
    ("bad_entry_error", organ(1), TWO, [], "3=0 in place of 3=70000", ["--remap-gt", "3=0"]),
]


@pytest.mark.parametrize("case", SITUATIONS, ids=lambda case: f"{case[0]} {case[4]}")
def test_a31_help_done_as_printed_leads_out(segeval, here, case):
    _, pred, gt, options, words, done = case
    build.npy(here / "p.npy", pred)
    build.npy(here / "g.npy", gt)
    wrong = words.split()[-1]
    before = options or (["--remap-gt", wrong] if " in place of " in words else [])
    first = segeval("score", "p.npy", "g.npy", "-m", "dice", *before)
    advice = first.err.split("  help: ")[1]
    assert first.status == 3
    assert words in advice
    follow = [*options, *words.split()] if done is None else done
    second = segeval("score", "p.npy", "g.npy", "-m", "dice", *follow)
    assert second.status == 0, second.err


def test_a31_places_without_a_situation_only_shrink():
    found = places()
    covered = {case[0] for case in (*SITUATIONS, *PYTHON)}
    names = {place.split(":")[1] for place in found}
    assert covered <= names
    left = sum(n for place, n in found.items() if place.split(":")[1] not in covered)
    assert left <= WITHOUT_SITUATION, left
