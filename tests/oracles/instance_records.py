"""Reads the values that published programs return for instances, lesions and topology."""

import json
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "instances"


@cache
def content(case):
    """The file of a case."""
    return json.loads((HERE / f"{case}.json").read_text())


@cache
def arrays(case):
    """The arrays of a case, by name."""
    with np.load(HERE / f"{case}.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def records(*cases, of=()):
    """(case, record) of some cases; of some conventions where they are named."""
    return [
        (case, record)
        for case in cases
        for record in content(case)["expected"]
        if not of or record["convention"] in of
    ]


def name_of(pair):
    """The name of a test of a record."""
    return f"{pair[0]}-{pair[1]['id']}" if isinstance(pair, tuple) else None


def want(record):
    """The value; nan where the program raised or said -1 for nothing of that kind."""
    if record["value"] == "error":
        return np.nan
    found = np.array(record["value"], float)
    return (
        np.where(found == -1, np.nan, found) if record.get("family") in ("coco", "real") else found
    )


def agrees(got, record):
    """Whether a value is inside the tolerance of a record."""
    return np.allclose(
        np.array(got, float), want(record), record["rtol"], record["atol"], equal_nan=True
    )
