"""Reads the values that published libraries return; README.md beside the files explains them."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "losses"


@dataclass(frozen=True)
class Record:
    """One value to reproduce."""

    case: str
    id: str
    convention: str
    params: dict
    want: np.ndarray
    exact: np.ndarray | None
    rtol: float
    atol: float


@cache
def inputs(case):
    """The arrays of a case, by name."""
    with np.load(HERE / f"{case}.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


@cache
def expected(case):
    """The large expected arrays of a case, by name."""
    path = HERE / f"{case}.expected.npz"
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def records():
    """Every record of every file."""
    for path in sorted(HERE.glob("*.json")):
        content = json.loads(path.read_text())
        for kept in content["expected"]:
            yield record(content["case"], kept)


def record(case, kept):
    """A record, with the words of its numbers turned into numbers."""
    return Record(
        case,
        kept["id"],
        kept["convention"],
        kept["params"],
        value(case, kept, "value"),
        value(case, kept, "value_f64"),
        kept["rtol"],
        kept["atol"],
    )


def value(case, kept, name):
    """A number or an array of the record; None where it has none of that name."""
    if f"{name}_array" in kept:
        return expected(case)[kept[f"{name}_array"]]
    return np.array(kept[name], dtype=float) if name in kept else None


def ignored(r):
    """Where the expected labels are decided by rounding; None where nowhere."""
    places = expected(r.case)
    for name in (f"{r.id.removesuffix('_mask')}_dont_care", f"{r.id}_near_tie"):
        if f"{name}.value" in places:
            return unpacked(r, places[f"{name}.value"]).astype(bool)
    return None


def unpacked(r, array):
    """A mask whose last axis is packed, one bit a voxel."""
    return np.unpackbits(array, axis=-1, count=r.params["count"]) if "count" in r.params else array
