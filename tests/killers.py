"""Metrics that fail, for tests of what a failure costs. Importable in worker processes.

A definition goes to a worker by name, and these are in no registry: they say themselves how they
are made again.
"""

from __future__ import annotations

import os
import signal
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


FUNCTIONS = {"raising": raising, "exiting": exiting, "killed": killed}


def made(name: str) -> Failing:
    """The definition of a metric that fails."""
    return Failing(name, "counts", FUNCTIONS[name], "higher", options={})


def asked(name: str) -> tuple[Metric, Failing]:
    """The same as a job has it."""
    return Metric(name), made(name)
