"""The words of the choices, for editors and type checkers: those of `Settings`, spelled out.

A test holds them to the fields of `Settings`, which the command line is made from too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from segeval.classes.class_list import ClassList

Kind = Literal["auto", "labels", "prob", "logits"]
TruthKind = Literal["labels", "prob"]
Activation = Literal["auto", "softmax", "sigmoid", "none"]
Unlisted = Literal["error", "ignore"]
ResampleLoss = Literal["error", "accept"]
GeometrySide = Literal["own", "gt", "pred"]
Paste = Literal["detectron2", "torchvision", "matterport"]
Connectivity = Literal["auto", "26", "18", "6", "8", "4"]
Upsample = Literal["never", "align_corners", "half_pixel", "asymmetric"]
Flip = Literal["never", "logit_sum", "softmax_mean"]
Missing = Literal["error", "worst", "skip"]
AbsentTruth = Literal["not-annotated", "empty"]
Undefined = Literal["exclude", "worst"]
Layout = Literal["auto", "flat", "case-folders", "class-folders", "class-files", "one-case"]
CaseKey = Literal["auto", "folder", "patient", "study", "series"]
Boundary = Literal["centre", "inclusive"]
OwnBoundary = Literal["same", "centre", "inclusive"]
Overlap = Literal["parity", "union"]
FillGaps = Literal["none", "nearest", "shape"]
BadContour = Literal["error", "skip"]
Leads = Literal["mean", "pooled"]
Policy = Literal["any", "regression", "noninferior"]
Adjust = Literal["max", "holm", "none"]
Resample = Literal["never", "gt", "pred", "union", "image"]

# `liver,spleen`, `5=liver,1=spleen`, a file, the name of a list of the field; names or label values
# in a list; label values and names in a mapping, either way round.
Classes = str | Path | Sequence[str | int] | Mapping[Any, Any] | ClassList
LabelValues = str | Path | Mapping[int, int] | Sequence[tuple[int, int]]
