"""The rows of classes that a case does not have and another case of the run may have (ACCOUNT-A4).

Without a class list a label map says which classes there are, and an empty one says of none. What
the rows of such a class would be is found where the case is scored, by the same tallies and metrics
as those of its own classes, and kept with it (`spare`): of any class under the name "", of a
channel of probabilities under the class's own. Where cases are joined, rows are taken from there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from segeval.classes.class_list import ClassDef, ScoredClass
from segeval.opening.open_side import NOWHERE
from segeval.runtime.frozen import replace
from segeval.scorecard.card import WHOLE, Row
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.case_stages import CaseRead
from segeval.scoring.class_resolution import stored_classes
from segeval.scoring.classes_by_value import class_of_value, valued_class_selector
from segeval.scoring.finish_tallies import finish_tallies, kind_of
from segeval.scoring.pass_plan import TallyRequest
from segeval.scoring.rows import make_rows
from segeval.scoring.slab_pass import Tally
from segeval.tallies.counts import Counts

ANY = ""  # the name of a class that only other cases have
EMPTY = "both_empty"


def spare_rows(
    read: CaseRead, begun: Mapping[str, Tally], requests: Sequence[TallyRequest]
) -> tuple[Row, ...]:
    """The rows of classes without a voxel on either side; but for those that only say so.

    begun  the tallies of the case, after its pass
    """
    job, grid = read.start.job, read.start.grid
    asked = [r for r in requests if goes_by_class(r.name)]
    key = (ANY, grid.shape, grid.spacing, read.counts.voxel, count_tally_voxels(read.counts))
    alike = not begun or all(kind_of(name).by == "class" for name in begun)
    if alike and key in job.found_out:
        known: tuple[Row, ...] = job.found_out[key]
        return known
    found = made_rows(read, begun, asked)
    if alike:
        job.found_out[key] = found
    return found


def goes_by_class(tally: str) -> bool:
    """Whether a tally has values of classes, or of channels."""
    kind = kind_of(tally)
    return kind.by != "case" and kind.of_files is None


def count_tally_voxels(counts: Counts) -> int:
    """How many voxels count."""
    if len(counts.table):
        return int(counts.table[0].sum())
    return 0 if counts.confusion is None else int(counts.confusion.voxels.sum())


def made_rows(
    read: CaseRead, begun: Mapping[str, Tally], requests: Sequence[TallyRequest]
) -> tuple[Row, ...]:
    """The same, computed."""
    start = read.start
    spare = absent_classes(read)
    total = count_tally_voxels(read.counts)
    size, unit = start.grid.voxel
    table = np.array([[0, 0, 0, total]] * len(spare.targets), np.int64)
    counts = Counts(tuple(t.name for t in spare.targets), table, table * size, unit, size)
    stored = stored_classes(spare, (frozenset(), frozenset()), start.plan.ignored)
    own = replace(read, resolved=spare, classes=stored, counts=counts)
    metrics = tuple((m, d) for m, d in start.job.metrics if goes_by_class(d.tally(m)))
    finished = finish_tallies(begun, own, requests, {}, map)
    found = make_rows(start.case, finished, spare, replace(start.job, metrics=metrics))
    return tuple(r for r in found if r.class_ != WHOLE and not says_nothing(r))


def absent_classes(read: CaseRead) -> CaseClasses:
    """A class that the case does not have, and the channels of its scores that it has not."""
    targets, classes = [ScoredClass(ANY, NOWHERE, NOWHERE)], [ClassDef(ANY, ())]
    scores, own = read.passed.scores, {t.name for t in read.resolved.targets}
    if scores is not None and scores.exclusive:
        for channel in range(1, scores.channels):
            class_ = class_of_value(channel)
            if class_.name not in own:
                sides = (valued_class_selector(class_, f, only=False) for f in read.passed.found)
                targets.append(ScoredClass(class_.name, *sides))
                classes.append(class_)
    return CaseClasses(tuple(targets), tuple(classes))


def says_nothing(row: Row) -> bool:
    """Whether a row says no more than that neither side has the class: then it is not kept."""
    return (row.status, row.reason) == ("undefined", EMPTY) and math.isnan(row.value)
