"""What is known of a case before its pass, and after it: what tallies begin and finish with."""

from __future__ import annotations

from collections.abc import Mapping

from segeval.classes.class_list import StoredClasses
from segeval.grid.geometry import Geometry
from segeval.opening.open_side import OpenSide
from segeval.pairing.cases import Case
from segeval.runtime.frozen import field, frozen
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.paired_blocks import Plan
from segeval.scoring.pass_plan import Job
from segeval.scoring.slab_pass import Passed
from segeval.tallies.counts import Counts


@frozen
class CaseStart:
    """A case whose sides are open and on one grid; no voxel is read yet."""

    case: Case
    truth: OpenSide
    pred: OpenSide
    plan: Plan
    job: Job

    @property
    def grid(self) -> Geometry:
        """The grid of both sides."""
        return self.truth.volume.geometry


@frozen
class CaseRead:
    """A case after its pass.

    start     what was known before it
    passed    what the sides turned out to be
    resolved  the classes; 255 of a black-and-white mask is 1
    classes   the same classes in the label values that the slabs held
    counts    the voxels of each class
    labels    the label values of each channel of the ground truth, as the slabs held them
    """

    start: CaseStart
    passed: Passed
    resolved: CaseClasses
    classes: StoredClasses
    counts: Counts
    labels: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
