"""Every choice of a run, in one frozen value.

A signed choice can change a number and is part of the signature; the others only say how fast the
number comes and where it goes. The command line, the environment and the settings file are made
from these fields, so a choice is added in this one place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from segeval.classes import ClassList
from segeval.grammar import Gate, Metric

NUMBERS = 1  # raised by a change of behaviour that alters a number; see CHANGELOG.md


def signed(default: Any, group: str, help: str, **more: Any) -> Any:
    """A choice that can change a number."""
    return field(default=default, metadata={"signed": True, "group": group, "help": help, **more})


def free(default: Any, group: str, help: str, **more: Any) -> Any:
    """A choice that changes no number."""
    return field(default=default, metadata={"signed": False, "group": group, "help": help, **more})


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices. `metrics`, `classes` and `gates` are values already; paths are text."""

    # inputs
    pairs: str = free("", "inputs", "table of cases (CSV or JSON lines)", file=True)
    classes: ClassList = free(ClassList(), "inputs", "names, 5=liver,1=spleen, or a JSON file")
    kind: str = signed("auto", "inputs", "what the prediction holds",
                       choices=("auto", "labels", "prob", "logits"))  # fmt: skip
    gt_kind: str = signed("labels", "inputs", "what the ground truth holds",
                          choices=("labels", "prob"))  # fmt: skip
    activation: str = signed("auto", "inputs", "how scores become probabilities",
                             choices=("auto", "softmax", "sigmoid", "none"))  # fmt: skip
    threshold: float = signed(0.5, "inputs", "a voxel is inside where p >= this")
    channel_axis: int | None = signed(None, "inputs", "axis of the channels of an array, from 0")
    spacing: tuple[float, ...] | None = signed(
        None, "inputs", "mm along x,y,z for files that have none")  # fmt: skip
    ignore_label: int | None = signed(
        None, "inputs", "ground-truth voxels with this label are left out")  # fmt: skip
    resample: str = signed("never", "inputs", "put both sides on one grid: gt, pred, or a file")
    missing: str = signed("error", "inputs", "a case without a prediction",
                          choices=("error", "worst", "skip"))  # fmt: skip
    absent_gt: str = signed("not-annotated", "inputs", "a class file the ground truth lacks",
                            choices=("not-annotated", "empty"))  # fmt: skip
    undefined: str = signed("exclude", "inputs", "a number that cannot be computed",
                            choices=("exclude", "worst"))  # fmt: skip
    layout: str = free("auto", "inputs", "how folders become cases",
                       choices=("auto", "flat", "case-folders", "class-folders", "class-files",
                                "one-case"))  # fmt: skip
    pair_regex_pred: str = free("", "inputs", "pattern with a group `case` on prediction paths")
    pair_regex_gt: str = free("", "inputs", "pattern with a group `case` on ground-truth paths")
    strict: bool = free(False, "inputs", "a prediction without ground truth is an error")
    # metrics
    metrics: tuple[Metric, ...] = free((), "metrics", "what is computed")
    preset: str = free("default", "metrics", "a named set of metrics and choices")
    background: bool = signed(False, "metrics", "label 0 is a class like any other")
    # output
    output: tuple[str, ...] = free((), "output", "[FORMAT:]PATH, repeatable")
    format: str = free("table", "output", "of stdout",
                       choices=("table", "csv", "tsv", "json", "jsonl", "markdown",
                                "none"))  # fmt: skip
    wide: bool = free(False, "output", "CSV with one row a case and class")
    digits: int = free(3, "output", "decimals of the table")
    per_case: bool = free(False, "output", "a table row for every case")
    worst: int = free(0, "output", "name the N worst cases of every class")
    quiet: bool = free(False, "output", "no warnings and no progress")
    verbose: int = free(0, "output", "notes per case; twice: a debug log")
    log_file: str = free("", "output", "debug log", file=True)
    color: str = free("auto", "output", "colour", choices=("auto", "always", "never"))
    progress: str = free("auto", "output", "progress", choices=("auto", "bar", "log", "none"))
    error: tuple[str, ...] = free((), "output", "warnings that are errors, by code")
    ignore: tuple[str, ...] = free((), "output", "warnings that are not shown, by code")
    # gate
    gates: tuple[Gate, ...] = free((), "gate", "a bar: dice=0.85, Heart/hd95.worst=5mm")
    exit_zero: bool = free(False, "gate", "a missed gate does not fail the command")
    # performance
    jobs: int = free(1, "performance", "processes; 0 is one a core")
    max_memory: int = free(512 << 20, "performance", "bytes, of the whole run")
    resume: bool = free(False, "performance", "take unchanged cases from the output file")
