"""Metrics that fail, for tests of what a failure costs. Importable in worker processes.

A definition goes to a worker by name, and these are in no registry: they say themselves how they
are made again.
"""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from segeval.metrics.registry import Definition, Values
from segeval.request.grammar import Metric
from segeval.runtime.frozen import frozen
from segeval.tallies.counts import Counts

PREY = 77  # voxels of label 1 in the ground truth of the case that fails


@frozen
class Failing(Definition):
    """A definition that no registry knows."""

    def __reduce__(self) -> tuple[Any, ...]:
        return made, (self.name,)


def met(n: Counts) -> bool:
    """Whether this is the case that fails."""
    return bool((n.truth == PREY).any())


def raising(n: Counts) -> Values:
    """Raise on the case."""
    if met(n):
        raise ZeroDivisionError("a bug in a metric")
    return Values(np.ones(len(n.truth)))


def exiting(n: Counts) -> Values:
    """End the process that scores the case."""
    if met(n):
        os._exit(9)
    return Values(np.ones(len(n.truth)))


def killed(n: Counts) -> Values:
    """End it as the kernel does when memory is short."""
    if met(n):
        os.kill(os.getpid(), signal.SIGKILL)
    return Values(np.ones(len(n.truth)))


def rewriting(n: Counts, file: str) -> Values:
    """Write to a file of the case, as another program may: the same bytes, later."""
    if met(n):
        path = Path(file)
        path.write_bytes(path.read_bytes())
        os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1000))
    return Values(np.ones(len(n.truth)))


def replacing(n: Counts, file: str) -> Values:
    """Put another file in the place of one of the case."""
    if met(n):
        path = Path(file)
        fresh = path.with_name(f"fresh-{path.name}")
        fresh.write_bytes(path.read_bytes())
        fresh.replace(path)
    return Values(np.ones(len(n.truth)))


def cutting(n: Counts, file: str) -> Values:
    """Make a file of the case shorter."""
    if met(n):
        path = Path(file)
        path.write_bytes(path.read_bytes()[:-8])
    return Values(np.ones(len(n.truth)))


CHANGES = {"rewriting": rewriting, "replacing": replacing, "cutting": cutting}
FUNCTIONS = {"raising": raising, "exiting": exiting, "killed": killed}


def made(name: str) -> Failing:
    """The definition of a metric that fails; of one that changes a file, `rewriting PATH`."""
    word, _, file = name.partition(" ")
    function = partial(CHANGES[word], file=file) if word in CHANGES else FUNCTIONS[word]
    return Failing(name, "counts", function, "higher", options={})


def asked(name: str) -> tuple[Metric, Failing]:
    """The same as a job has it."""
    return Metric(name), made(name)
